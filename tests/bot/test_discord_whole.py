"""The whole line with real parts: files on disk, a model's workers, an index, Discord."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.builder import IndexBuilder
from index.opened import open_index
from models.cards import ModelCard, read_card
from models.decode import TRACK_LIMITS
from models.embedder import OnnxEmbedder
from models.listen import listen_track
from models.pool import WorkerPool
from models.types import TrackIndex
from tests.bot.fakes import MakeBot
from tests.bot.sounds import KINDS, sound, wav
from tests.discord_server.driver import Discord
from tests.models.tiny import card_text, write_network

DIM = 24


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    """Write a small network and its card, with the mean of the sounds it will hear."""
    folder = tmp_path_factory.mktemp("models")
    network, text = folder / "tiny.onnx", folder / "tiny.toml"
    write_network(network, dim=DIM)
    text.write_text(card_text(network, dim=str(DIM), mean=str([0.0] * DIM)))
    embedder = OnnxEmbedder(first := read_card(text, folder), first.file, 1)
    mean = np.mean([embedder.embed(sound(kind, 9)).embeddings.mean(axis=0) for kind in KINDS], 0)
    text.write_text(card_text(network, dim=str(DIM), mean=str(mean.tolist())))
    return read_card(text, folder)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write three sounds of each kind as files."""
    folder = tmp_path_factory.mktemp("music")
    for kind in KINDS:
        for seed in range(3):
            (folder / f"{kind} {seed}.wav").write_bytes(wav(sound(kind, seed)))
    return folder


@pytest.fixture(scope="module")
def index(
    card: ModelCard, music: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrackIndex]:
    place = tmp_path_factory.mktemp("index") / "main"
    embedder = OnnxEmbedder(card, card.file, 1)
    with IndexBuilder(place, embedder.stamp) as builder:
        for path in sorted(music.iterdir()):
            builder.add(listen_track(path, embedder, card, TRACK_LIMITS), path, 1, 1)
        builder.publish()
    with open_index(place) as opened:
        yield opened


@pytest.fixture(scope="module")
def pool(card: ModelCard) -> Iterator[WorkerPool]:
    with WorkerPool(card, decoders=1, threads=1) as opened:
        yield opened


async def test_real_parts_answer_over_the_wire(
    discord_server: Discord, make_bot: MakeBot, pool: WorkerPool, index: TrackIndex, music: Path
) -> None:
    discord = discord_server

    async def ask(name: str, data: bytes, **options: str) -> str:
        filled = {"file": discord.upload(name, data), **options}
        return (await (await discord.slash("similar", filled)).final_message(30)).text

    async with discord.running(make_bot(listener=pool, index=index)):
        for kind, form in zip(KINDS, ("WAV", "FLAC", "OGG", "MP3"), strict=True):
            answer = await ask(f"clip.{form.lower()}", wav(sound(kind, 7), form))
            assert f"**1.** **{kind}" in answer, (kind, form)
        both = np.concatenate([sound("low", 7), sound("shrill", 7)])
        answer = await ask("both.flac", wav(both, "FLAC"), start="6", end="0:12")
        assert "**1.** **shrill" in answer
        assert "heard 0:06 – 0:12" in answer
        answer = await ask("renamed.wav", (music / "high 1.wav").read_bytes())
        assert "This is **high 1**" in answer
        assert "no sound in the file" in await ask("broken.mp3", b"ID3 nothing of the kind" * 50)
        assert "only silence" in await ask("hush.wav", wav(np.zeros(32_000, np.float32)))
        dropped = await discord.voice_message(discord.dm(), wav(sound("middle", 7), "OGG"))
        assert "**1.** **middle" in (await discord.next_message(dropped, 30)).text
    assert discord.rejections == []
