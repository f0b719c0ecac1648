"""The `soundalike` command: what there is to do, loaded when it is asked for."""

from __future__ import annotations

import importlib.metadata
import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from models.types import SoundalikeError
from tools.lazy import LazyGroup
from tools.screen import report
from tools.stop import StoppedError, heed_termination

DONE, PARTLY, NOT_DONE, INTERRUPTED, UNREAD = 0, 1, 2, 130, 141

# The sentences stand here so that `--help` need not load what the commands need.
COMMANDS = {
    "demo": "Make music, index it, ask it and show the answer: all on bundled parts.",
    "run": "Start the Discord bot.",
    "ask": "Find the tracks of an index that sound like a clip.",
    "index": "Build an index of your music, change it, describe it or verify it.",
    "evaluate": "Measure how well a model finds what belongs together, by audio that is labelled.",
    "embed": "Write the embeddings of a clip, one for every 0.96 seconds.",
    "model": "List the models that can listen; fetch, verify, quantise, calibrate or convert one.",
    "doctor": "Look whether everything is in place, and say what mends it.",
    "bench": "Time the main job and its parts on this machine, beside their peers.",
}


def _show_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    try:
        version = importlib.metadata.version("soundalike")
    except importlib.metadata.PackageNotFoundError:
        version = "(run from its source, not installed)"
    click.echo(f"soundalike {version}")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    package="tools",
    sentences=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Begin with:
  soundalike demo
  soundalike index build ~/Music
  soundalike ask clip.mp3""",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Print the version and stop.",
)
def soundalike() -> None:
    """Find the tracks that sound like a clip, on this machine, in your own music.

    Every command takes --help, which ends with an example, and --json, which prints its answer for
    programs. Exit status: 0 done, 1 done but some audio was left out (it is listed), 2 not done,
    130 stopped.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and leave with its exit status."""
    _begin()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def main_of(command: click.Command) -> None:
    """Run one command by itself, as `python -m tools.NAME` does, and leave with its exit status."""
    _begin()
    sys.exit(run(sys.argv[1:], command, f"python -m tools.{command.name}"))


def run(
    arguments: Sequence[str], command: click.Command = soundalike, name: str = "soundalike"
) -> int:
    """Run a command line and return its exit status; errors become sentences, not tracebacks."""
    try:
        status = _run(arguments, command, name)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # Nobody reads any more. Click and rich take it for a failure and leave: it is none.
        _drop_output()
        return UNREAD
    return status


def _run(arguments: Sequence[str], command: click.Command, name: str) -> int:
    as_json = "--json" in arguments
    try:
        status = command.main(list(arguments), prog_name=name, standalone_mode=False)
    except StoppedError as error:
        report(error, as_json=as_json)
        return INTERRUPTED
    except (click.Abort, KeyboardInterrupt):
        report(StoppedError("Stopped."), as_json=as_json)
        return INTERRUPTED
    except SoundalikeError as error:
        report(_shortened(error), as_json=as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
    except click.ClickException as error:
        report(_usage(error), as_json=as_json)
    except BrokenPipeError:
        raise
    except OSError as error:
        report(_refusal(error), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - shown whole; Python's own status, 1, means done
        traceback.print_exc()
        report(_bug(error), as_json=as_json)
    else:
        return status if isinstance(status, int) else DONE
    return NOT_DONE


def _begin() -> None:
    """Prepare this process for a command."""
    heed_termination()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names of tracks know no bounds; the encodings of terminals do.
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let what is still buffered vanish, or Python would complain of it as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _usage(error: click.ClickException) -> SoundalikeError:
    ctx = getattr(error, "ctx", None)
    where = ctx.command_path if ctx else "soundalike"
    return SoundalikeError(" ".join(error.format_message().split()), f"See `{where} --help`.")


def _shortened(error: SoundalikeError) -> SoundalikeError:
    from tools.settings import without_default  # noqa: PLC0415  (`--help` needs no settings)

    return SoundalikeError(error.sentence, without_default(error.fix)) if error.fix else error


def _bug(error: Exception) -> SoundalikeError:
    return SoundalikeError(
        f"Something went wrong that nobody foresaw ({type(error).__name__}).",
        "Report it, with the lines above and the command you ran.",
    )


def _refusal(error: OSError) -> SoundalikeError:
    where = f" ({error.filename})" if error.filename else ""
    return SoundalikeError(
        f"This machine refuses: {error.strerror or error}{where}.",
        "Make room, mend the permissions, or name another place.",
    )


if __name__ == "__main__":
    main()
