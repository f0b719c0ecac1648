"""`soundalike embed`: the raw embeddings of a clip, for other programs."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import click
import numpy as np

from bot.settings import Settings
from bot.times import parse_span
from models.decode import Audio
from models.embedders import open_embedder
from models.fetch import GuardedFetcher
from models.frontend import MIN_SAMPLES
from models.pool import cores, decode_apart
from models.runtime import Runtime
from models.types import ClipSource, PatchEmbeddings, Span
from tools import options
from tools.ask import file_source
from tools.compose import OWN_FILES, runtime_of
from tools.files import write_whole
from tools.screen import Screen
from tools.settings import read_settings


@click.command(
    "embed",
    epilog="""\b
Example:
  soundalike embed clip.mp3 --out clip.npy
  soundalike embed clip.mp3 --start 30 --end 45 --json""",
)
@click.argument("clip")
@click.option("--start", metavar="TIME", help="Where to begin listening: 1:23, 83 or 1m23s.")
@click.option("--end", metavar="TIME", help="Where to stop listening.")
@click.option(
    "--out",
    metavar="FILE.npy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write them here, as a NumPy array [n, dim] of float32.",
)
@options.model
@options.as_json
def command(
    clip: str,
    start: str | None,
    end: str | None,
    out: Path | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Write the embeddings of CLIP, one for every 0.96 seconds.

    CLIP is a file or a link. The embeddings are the model's own numbers: not pooled into windows,
    not centred, not scaled, without a metric over them. With --json they are printed, with the
    second at which each begins.
    """
    if out is None and not as_json:
        raise click.UsageError("Say where to write them with --out, or print them with --json.")
    span = parse_span(start, end)
    screen = Screen(as_json=as_json)
    settings = read_settings()
    runtime = runtime_of(settings, model, note=screen.note)
    card = runtime.card
    audio, found = _embed(_source(clip, settings), span, runtime)
    for note in audio.notes:
        screen.note(note)
    if out is not None:
        _write(out, found.embeddings)
        count, dim = found.embeddings.shape
        screen.show(f"{count} embeddings of {dim} numbers ({card.name}) are in {out}.")
    screen.answer(
        {
            "model": card.name,
            "embedding_space": card.patch_space,
            "timestamps": [round(float(second) + audio.start, 3) for second in found.timestamps],
            "embeddings": found.embeddings.tolist(),
        }
    )


def _source(clip: str, settings: Settings) -> ClipSource:
    if clip.startswith(("http://", "https://")):
        return asyncio.run(GuardedFetcher(max_bytes=settings.clip_bytes).fetch(clip))
    return file_source(clip)


def _embed(source: ClipSource, span: Span, runtime: Runtime) -> tuple[Audio, PatchEmbeddings]:
    embedder = open_embedder(runtime, cores())
    audio = decode_apart(source, sample_rate=embedder.sample_rate, span=span, limits=OWN_FILES)
    missing = max(0, MIN_SAMPLES - len(audio.samples))
    return audio, embedder.embed(np.pad(audio.samples, (0, missing)))


def _write(path: Path, embeddings: np.ndarray) -> None:
    array = io.BytesIO()
    np.save(array, embeddings)
    write_whole(path, array.getvalue(), "Name another file with --out.")


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
