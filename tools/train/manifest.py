"""The data manifest of a model: every recording it learnt from, by name and hash.

``python -m tools.train.manifest DATA [--made FOLDER] --out FILE`` writes it; where the files lie,
``b2sum --length=128 --check`` goes through it.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import click

from tools.files import write_whole
from tools.train.sources import AUDIO_ENDINGS, Recording, list_recordings

_DIGEST_BYTES = 16


def manifest_text(recordings: Iterable[Recording]) -> str:
    """Return a line for each recording that is not for testing, sorted: its hash and its name.

    The hash is BLAKE2b with 128 bits over the whole file; the name is ``KIND/LABEL/FILE``.
    """
    lines = [
        f"{_hash(each.path)}  {each.kind}/{each.label}/{each.path.name}"
        for each in recordings
        if not each.test
    ]
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.split("  ", 1)[1]))


def manifest_digest(text: str) -> str:
    """Return the SHA-256 of a manifest, 64 hexadecimal digits: what a card names it by."""
    return hashlib.sha256(text.encode()).hexdigest()


def list_made(folder: Path) -> tuple[Recording, ...]:
    """List the audio of a folder of synthetic sound as recordings to train on."""
    return tuple(
        Recording(path, folder.name, folder.name, test=False)
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in AUDIO_ENDINGS
    )


def _hash(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=_DIGEST_BYTES).hexdigest()


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--made",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder of sound that was made for training; may be given more than once.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(data: Path, made: tuple[Path, ...], out: Path) -> None:
    """Write the manifest of the training side of DATA.

    Example: python -m tools.train.manifest DATA --made .soundalike/train/synthetic --out data.txt
    """
    recordings = [*list_recordings(data), *(each for folder in made for each in list_made(folder))]
    text = manifest_text(recordings)
    write_whole(out, text.encode(), "Name another file with --out.")
    click.echo(f"{text.count(chr(10))} recordings; SHA-256 {manifest_digest(text)}")


if __name__ == "__main__":
    main()
