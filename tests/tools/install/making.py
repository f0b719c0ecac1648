"""Makes what an installation starts from: narrow networks, and a release that they are."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from models.card import ModelCard
from models.published import PublishedFile, sha512_of
from tests.tools.convert.making import (
    random_variables,
    some_patches,
    write_checkpoint,
    write_pca,
)
from tools.convert.network import Topology
from tools.convert.pca import read_pca
from tools.convert.reference import embed_reference, whiten_reference
from tools.convert.source import read_weights
from tools.install.check_numbers import smoke_figures
from tools.install.folder import holding
from tools.install.install import Installed, Plan, install
from tools.install.release import Release
from tools.install.sources import Sources
from tools.install.tone import tone_patches
from tools.quantize.telling import Tell

NARROW = Topology.narrow(16)


def write_sources(folder: Path, seed: int = 1) -> Sources:
    """Write the files of a made-up narrow VGGish."""
    folder.mkdir(parents=True, exist_ok=True)
    variables = random_variables(NARROW, seed)
    return Sources(
        write_checkpoint(folder / "vggish_model.ckpt", variables),
        write_pca(folder / "vggish_pca_params.npz"),
    )


def release_of(sources: Sources, root: str = "https://example.org") -> Release:
    """Return a release whose published files these are."""
    embeddings = embed_reference(read_weights(sources.checkpoint, NARROW), tone_patches())
    whitened = whiten_reference(read_pca(sources.pca), embeddings)
    published = [
        PublishedFile(path.name, f"{root}/{path.name}", sha512_of(path), path.stat().st_size)
        for path in sources
    ]
    return Release(*published, 1, "no torch file", smoke_figures(embeddings, whitened))


def torch_release(sources: Sources, file: Path) -> Release:
    """Return that release, with another file for torchvggish's."""
    release = release_of(sources)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return Release(
        release.checkpoint, release.pca, file.stat().st_size, sha256[:8], release.figures
    )


def copy_as_int8(card: ModelCard, out: Path, tell: Tell) -> float:
    """Stand in for the quantiser: the same network, under another name."""
    shutil.copy(card.files[0].path, out)
    return 0.97


def plan_of(release: Release, name: str = "vggish", **more: object) -> Plan:
    options = {"sounds": lambda: [some_patches()], "topology": NARROW} | more
    return Plan(name, release=release, **options)


def installed(models_dir: Path, sources: Sources, plan: Plan) -> Installed:
    with holding(models_dir) as staging:
        return install(plan, sources, models_dir, staging)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but its lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
