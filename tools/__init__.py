"""Offline work: the `soundalike` command, the build job, the demo and the benchmarks."""
