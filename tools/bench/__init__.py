"""Benchmarks: the main job and its parts beside the peers that are installed."""

from tools.bench.command import command

__all__ = ["command"]
