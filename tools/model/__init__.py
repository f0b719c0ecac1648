"""`soundalike model`: the models that can listen."""

from __future__ import annotations

import click

from tools.lazy import LazyGroup

# The sentences stand here so that `--help` need not load what the commands need.
COMMANDS = {
    "list": "List every model there is a card for, and which file of it runs here.",
    "fetch": "Download, convert, verify, quantise and install the full VGGish.",
    "verify": "Check a model: its files, the front end, its network and what it answers.",
    "quantize": "Make the int8 file of a model: small, fast, and measured.",
    "calibrate": "Measure what a model's similarities mean, and write it on its card.",
    "convert": "Convert VGGish's weights into an ONNX file.",
}


@click.group("model", cls=LazyGroup, package=__name__, sentences=COMMANDS)
def command() -> None:
    """List the models that can listen; fetch, verify, quantise, calibrate or convert one."""
