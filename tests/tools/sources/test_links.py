"""Addresses in lists are fetched under guard, heard and not kept; what fails is said."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import soundfile

from models.fetch import GuardedFetcher
from models.types import ClipError, EmbeddedTrack, PassingError, Track
from tests.tools.conftest import write_piece
from tools.compose import read_settings, runtime_of
from tools.sources.links import embed_links


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve a folder on loopback; return it and its address."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def only_loopback(address: str, port: int) -> bool:
    return address == "127.0.0.1" and port > 1024


def test_what_lies_behind_addresses_is_heard_and_not_kept(
    site: tuple[Path, str], temporary: Path, tiny_model: Path
) -> None:
    folder, root = site
    write_piece(folder / "07 - The Band - A piece.wav", 300, seed=1)
    write_piece(folder / "again.wav", 300, seed=1)
    write_piece(folder / "silent.wav", 300, seed=2)
    soundfile.write(folder / "silent.wav", [0.0] * 32_000, 16_000)
    (folder / "page.html").write_text("<html>")
    names = ("07%20-%20The%20Band%20-%20A%20piece.wav", "absent.wav", "silent.wav", "page.html")
    links = [f"{root}/{name}" for name in names]
    runtime = runtime_of(read_settings())
    fetcher = GuardedFetcher(policy=only_loopback)
    found = dict(embed_links(links, runtime, fetcher, jobs=1))
    assert set(found) == set(links)
    heard, absent, silent, page = (found[link] for link in links)
    assert isinstance(heard, EmbeddedTrack)
    assert heard.track == Track(
        heard.track.id, "A piece", "The Band", seconds=heard.track.seconds, url=links[0]
    )
    assert len(heard.windows) == 2
    # The address may work another time; what is silent will be so then, too.
    assert isinstance(absent, PassingError)
    assert "nothing behind that link" in absent.sentence
    assert isinstance(page, PassingError)
    assert isinstance(silent, ClipError)
    assert not isinstance(silent, PassingError)
    assert list(temporary.iterdir()) == []
    # What is known already is fetched to be recognised, and not heard.
    links.append(f"{root}/again.wav")
    known = dict(embed_links(links[4:], runtime, fetcher, jobs=1, known=lambda _id: True))
    assert known == {links[4]: Track(heard.track.id, "again", url=links[4])}


def test_addresses_of_this_machine_are_refused_and_nothing_is_left_behind(
    site: tuple[Path, str], temporary: Path, tiny_model: Path
) -> None:
    folder, root = site
    write_piece(folder / "piece.wav", 300, seed=1)
    runtime = runtime_of(read_settings())
    ((url, refused),) = embed_links([f"{root}/piece.wav"], runtime, GuardedFetcher(), jobs=1)
    assert url == f"{root}/piece.wav"
    assert isinstance(refused, PassingError)
    assert "outside the public web" in refused.sentence
    fetcher = GuardedFetcher(policy=only_loopback)
    results = embed_links([f"{root}/piece.wav"] * 3, runtime, fetcher, jobs=1)
    next(results)
    assert len(list(temporary.iterdir())) == 1
    results.close()
    assert list(temporary.iterdir()) == []
