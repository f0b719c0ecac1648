"""A server's own track with the model that ships: heard in a worker, found as an index finds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from index.builder import IndexBuilder
from index.libraries import Libraries
from index.opened import open_index
from index.state_file import State
from models.cards import load_card
from models.pool import WorkerPool
from models.runtime import Runtime
from models.tracks import embed_tracks
from models.types import EmbeddedTrack
from tests.bot.fakes import MakeBot
from tests.bot.sounds import RATE, sound
from tests.discord_server.driver import Discord


async def test_it_is_the_track_that_an_index_would_have(
    discord_server: Discord, make_bot: MakeBot, state: State, tmp_path: Path
) -> None:
    card = load_card("vggish-small", tmp_path)
    runtime = Runtime(card, card.file)
    paths = [tmp_path / f"Ann - Song {number}.flac" for number in range(2)]
    for number, path in enumerate(paths):
        samples = sound("low" if number else "high", number, seconds=30.0)
        soundfile.write(path, samples, RATE)
    with IndexBuilder(tmp_path / "index", runtime.stamp) as builder:
        for path, track in embed_tracks(paths, runtime, jobs=1):
            assert isinstance(track, EmbeddedTrack)
            if path == paths[0]:
                builder.add(track, path.name, 1, 1)
            else:
                wanted = track
        builder.publish()
    with (
        WorkerPool(runtime, decoders=1, threads=1) as pool,
        open_index(tmp_path / "index") as index,
    ):
        async with discord_server.running(make_bot(listener=pool, index=index)):
            file = discord_server.upload(paths[1].name, paths[1].read_bytes())
            added = await discord_server.slash("library add", {"file": file})
            assert "**Song 1** · Ann is in this" in (await added.final_message(120)).text
            own = Libraries(state).shelf(discord_server.guild.id, runtime.stamp.space)
            found = own.find(wanted.track.id)
            assert found is not None
            np.testing.assert_array_equal(found.windows.vectors, wanted.windows.vectors)
            clip = discord_server.upload("clip.flac", _cut(paths[1], tmp_path))
            asked = await discord_server.slash("similar", {"file": clip})
            answer = await asked.final_message(120)
            assert "This is **Song 1** · Ann · 🏠 from this server" in answer.text
    assert discord_server.rejections == []


def _cut(path: Path, place: Path) -> bytes:
    """Return 20 seconds of a file."""
    samples, _ = soundfile.read(path, frames=20 * RATE, start=5 * RATE)
    soundfile.write(place / "clip.flac", samples, RATE)
    return (place / "clip.flac").read_bytes()
