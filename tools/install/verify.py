"""Verifies a model: its files, the front end, its graphs, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import onnx

from models.card import ModelCard, ModelFile
from models.published import sha512_of
from models.types import ModelError
from tools.convert.graph import EMBEDDING, PCA
from tools.convert.reference import run_in_float64
from tools.install.check_features import check_features
from tools.install.check_front_end import check_front_end
from tools.install.check_graph import check_graph, is_ours
from tools.install.check_listening import check_listening
from tools.install.check_numbers import (
    SMOKE,
    Answers,
    CannotRunError,
    check_against_first,
    check_against_reference,
    check_answers,
    check_smoke,
    run_network,
    smoke_figures,
    trial_patches,
)
from tools.install.findings import Finding, Outcome, finding, not_applicable
from tools.install.release import OFFICIAL, Release

_TONE_PATCHES = 3
_SPACE = "vggish-pca"


def verify_model(card: ModelCard, release: Release = OFFICIAL) -> Iterator[Finding]:
    """Check everything about a model that can be checked on its own.

    Parameters
    ----------
    card : ModelCard
    release : Release
        What the weights of VGGish are measured by.

    Yields
    ------
    Finding
        As they are made: some take seconds.
    """
    if not card.files:
        for each in (*check_features(card), check_listening(card, None)):
            yield replace(each, part="features")
        return
    yield from (replace(each, part="front end") for each in check_front_end())
    first: Answers | None = None
    for number, file in enumerate(card.files):
        verification = FileVerification(card, file, first, release if number == 0 else None)
        for each in verification.findings():
            yield replace(each, part=file.precision)
        if number == 0:
            first = verification.answers
    if card.metric:
        yield replace(_intact(card.metric.file), part="metric")


class FileVerification:
    """The checks of one file of a model.

    Parameters
    ----------
    card : ModelCard
    file : ModelFile
    first : Answers or None
        What the card's first file answers; None for that one itself.
    release : Release or None
        What the weights are measured by; None leaves the smoke test out.

    Attributes
    ----------
    answers : Answers or None
        What the file answers, once it was found to.
    """

    def __init__(
        self, card: ModelCard, file: ModelFile, first: Answers | None, release: Release | None
    ) -> None:
        self.answers: Answers | None = None
        self._card = card
        self._file = file
        self._first = first
        self._release = release

    def findings(self) -> Iterator[Finding]:
        """Yield the findings as they are made."""
        intact = _intact(self._file)
        yield intact
        if intact.outcome is Outcome.FAILED:
            return
        reference: Answers | None = None
        try:
            model = onnx.load(self._file.path)
        except Exception:  # noqa: BLE001 - protobuf's errors have no kind in common
            yield finding("graph", "an ONNX file", "something else")
            return
        yield from check_graph(model, self._card)
        if self._file.precision != "int8" and is_ours(model):
            try:
                reference = run_in_float64(model, trial_patches())
            except ModelError as error:
                yield finding("against float64", "operators that are known", error.sentence)
        del model  # hundreds of megabytes, before the session takes as many
        yield from self._check_answers(reference)

    def _check_answers(self, reference: Answers | None) -> Iterator[Finding]:
        try:
            answers = run_network(self._card, self._file)
        except CannotRunError as error:
            yield finding("answers", "finite numbers", error)
            return
        self.answers = answers
        numbers = check_answers(answers)
        yield numbers
        if numbers.outcome is Outcome.FAILED:
            return
        if reference is not None:
            yield from check_against_reference(answers, reference)
        if self._first is not None:
            yield from check_against_first(answers, self._first, self._card)
        if self._release is not None:
            yield from self._check_smoke(self._release, reference)
        yield check_listening(self._card, self._file)

    def _check_smoke(self, release: Release, reference: Answers | None) -> Iterator[Finding]:
        published = release.figures
        claimed = self._card.verified and self._card.patch_space == _SPACE
        if not claimed or reference is None or not {EMBEDDING, PCA} <= set(reference):
            for what, figure in zip(SMOKE, published, strict=True):
                yield not_applicable(what, figure, "not the published VGGish")
            return
        embedding, pca = (reference[name][:_TONE_PATCHES] for name in (EMBEDDING, PCA))
        exactly = self._file.precision == "fp32"
        figures = smoke_figures(embedding, pca)
        yield from check_smoke(figures, published, stored_exactly=exactly)


def _intact(file: ModelFile) -> Finding:
    """Check that a file is the one its card describes."""
    try:
        size, sha512 = file.path.stat().st_size, sha512_of(file.path)
    except OSError as error:
        return finding("file", file.path.name, error.strerror or error, passed=False)
    return finding(
        "file",
        f"{file.size:,} bytes, {file.sha512[:8]}…",
        f"{size:,} bytes, {sha512[:8]}…",
        passed=(size, sha512) == (file.size, file.sha512),
    )
