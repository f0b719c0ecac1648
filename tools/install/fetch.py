"""The whole errand of `soundalike model fetch`: what is missing is downloaded, then installed."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.card import check_file
from models.cards import load_card
from models.connections import AddressPolicy, is_public_web
from models.download import download
from models.published import PublishedFile, sha512_of
from models.types import FloatArray, ModelError
from tools.convert.network import VGGISH, Topology
from tools.install.folder import FETCHED, check_room, holding
from tools.install.install import ROOM, Installed, Plan, Quantiser, install
from tools.install.naming import VGGISH_NAME, check_name, check_own_weights, installed_from
from tools.install.release import OFFICIAL, Release
from tools.install.sources import Given, Sources, reading, sort_files
from tools.quantize.telling import telling
from tools.screen import Screen

_MEGABYTE: Final = 1_000_000
# What a checkpoint of VGGish takes: its size is not published, but its numbers can be counted.
_USUAL_BYTES: Final = 290 * _MEGABYTE


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be fetched.

    Attributes
    ----------
    name : str
        What the model is to be called.
    files : tuple of Path
        What is here already: a checkpoint, a PCA file, both or neither.
    again : bool
        Whether to do it even if it was done before.
    sounds : callable
        As in `tools.install.install.Plan`.
    quantise : Quantiser or None
    release : Release
    topology : Topology
    policy : callable
        Which addresses may be connected to; anything but the default is for tests.
    """

    name: str
    files: tuple[Path, ...]
    again: bool
    sounds: Callable[[], Iterable[FloatArray]]
    quantise: Quantiser | None = None
    release: Release = OFFICIAL
    topology: Topology = VGGISH
    policy: AddressPolicy = is_public_web


def run_errand(errand: Errand, models_dir: Path, screen: Screen) -> Installed | None:
    """Fetch and install a model.

    Returns
    -------
    Installed or None
        None where the model is there already, made of the same files, and intact.

    Raises
    ------
    ModelError
        It cannot be had or installed; what was downloaded is kept, all else is as it was.
    """
    given = sort_files(errand.files)
    check_name(errand.name, models_dir)
    if not errand.again and _is_there(errand, given, models_dir):
        return None
    if not errand.again and given.checkpoint is None:
        check_own_weights(errand.name, models_dir)
    with holding(models_dir) as staging:
        sources = _gather(errand, given, models_dir, screen)
        with telling(screen) as tell:
            plan = Plan(
                name=errand.name,
                sounds=errand.sounds,
                quantise=errand.quantise,
                tell=tell,
                release=errand.release,
                topology=errand.topology,
            )
            installed = install(plan, sources, models_dir, staging)
        _forget(_missing(errand, given), models_dir / FETCHED)
    return installed


def _is_there(errand: Errand, given: Given, models_dir: Path) -> bool:
    """Whether a model of that name, made of these files, is installed and intact."""
    identity = installed_from(models_dir / f"{errand.name}.toml")
    if identity is None:
        return False
    try:
        card = load_card(errand.name, models_dir)
        for file in card.files:
            check_file(file)
    except ModelError:
        return False
    pca = _sum_of(given.pca) if given.pca else errand.release.pca.sha512
    if given.checkpoint is None:
        # The published weights come in two forms of other sums; the card says it was one of them.
        return card.verified and identity.pca_sha512 == pca
    same = identity.checkpoint_sha512 == _sum_of(given.checkpoint)
    return same and identity.pca_sha512 == pca


def _sum_of(path: Path) -> str:
    with reading(path):
        return sha512_of(path)


def _gather(errand: Errand, given: Given, models_dir: Path, screen: Screen) -> Sources:
    """Return the files, downloading those that were not given; the small one first."""
    release = errand.release
    folder = models_dir / FETCHED
    missing = _missing(errand, given)
    if given.checkpoint is None:
        checkpoint_bytes = release.checkpoint.size or _USUAL_BYTES
        check_room(models_dir, (1 + ROOM) * checkpoint_bytes - _bytes_in(folder))
    by_hand = _by_hand(errand, given, missing)
    for file in missing:
        _download(errand, file, folder, by_hand, screen)
    return Sources(
        given.checkpoint or folder / release.checkpoint.name, given.pca or folder / release.pca.name
    )


def _missing(errand: Errand, given: Given) -> list[PublishedFile]:
    release = errand.release
    pairs = ((release.pca, given.pca), (release.checkpoint, given.checkpoint))
    return [file for file, path in pairs if path is None]


def _forget(files: Sequence[PublishedFile], folder: Path) -> None:
    """Remove what was downloaded for an installation that is done; the rest is not its own."""
    # What cannot be removed is in nobody's way: the installation is done all the same.
    with contextlib.suppress(OSError):
        for file in files:
            (folder / file.name).unlink(missing_ok=True)
        folder.rmdir()


def _download(
    errand: Errand, file: PublishedFile, folder: Path, by_hand: str, screen: Screen
) -> None:
    usual = file.size or _USUAL_BYTES
    with screen.progress(f"Downloading {file.name} (MB)", _megabytes(usual)) as step:

        def report(here: int, total: int | None) -> None:
            of = _megabytes(total or usual)
            # The last step is taken below, once the checksum is seen to be right.
            step(min(here // _MEGABYTE, of - 1), total=of)

        work = download(file, folder, by_hand=by_hand, report=report, policy=errand.policy)
        whole = _megabytes(asyncio.run(work).stat().st_size)
        step(whole, total=whole)


def _megabytes(size: int) -> int:
    """Return megabytes that hold so many bytes."""
    return -(-size // _MEGABYTE)


def _by_hand(errand: Errand, given: Given, missing: Sequence[PublishedFile]) -> str:
    """Return the way that needs no network here."""
    options = [str(path) for path in given if path] + [file.name for file in missing]
    line = " ".join(f"--from {shlex.quote(option)}" for option in options)
    line += "" if errand.name == VGGISH_NAME else f" --name {errand.name}"
    line += " --again" if errand.again else ""
    urls = " and ".join(file.url for file in missing)
    return f"Download {urls} with a browser, then run `soundalike model fetch vggish {line}`."


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
