"""A card's fields, checked and put together."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from models.card import LIBROSA_FEATURES, Calibration, Metric, ModelCard, ModelFile
from models.card_fields import FieldError, Fields
from models.types import Sameness
from models.windows import MEAN_MAX_MIN, POOLINGS

_PRECISIONS = ("fp32", "fp16", "int8")
_MOST_DIMENSIONS = 65_536


def parse_card(fields: Fields, beside: Path, fetched: Path) -> ModelCard:
    """Make a card of its fields.

    Parameters
    ----------
    fields : Fields
    beside : Path
        The folder in which files without an address lie.
    fetched : Path
        That of those with one.

    Raises
    ------
    FieldError
        A field is missing, or makes no sense.
    """
    dim = fields.whole("dim", 1, _MOST_DIMENSIONS)
    return ModelCard(
        name=fields.text("name"),
        version=fields.text("version"),
        space=fields.text("embedding_space"),
        front_end=fields.text("front_end"),
        sample_rate=fields.whole("sample_rate", 1_000, 384_000),
        dim=dim,
        patch_seconds=fields.number("patch_seconds", 0.01, 60.0),
        pooling=_pooling(fields, dim),
        files=_files(fields, beside, fetched),
        licence=fields.text("licence"),
        training_data=fields.text("training_data"),
        mean=fields.numbers("mean", dim),
        calibration=_calibration(fields.table("calibration")) if "calibration" in fields else None,
        scale=_scale(fields, dim) if "scale" in fields else None,
        output=fields.text("output") if "output" in fields else "",
        clip=fields.number("clip", 1e-6, 1e6) if "clip" in fields else None,
        verified=fields.flag("verified") if "verified" in fields else True,
        sameness=_sameness(fields.table("same")) if "same" in fields else Sameness(),
        metric=_metric(fields.table("metric"), beside, fetched) if "metric" in fields else None,
    )


def _pooling(fields: Fields, dim: int) -> str:
    pooling = fields.one_of("pooling", POOLINGS)
    if pooling == MEAN_MAX_MIN and dim % 3:
        raise FieldError(f"'pooling' {pooling!r} wants a 'dim' of three equal parts, not {dim}")
    return pooling


def _scale(fields: Fields, dim: int) -> tuple[float, ...]:
    scale = fields.numbers("scale", dim)
    if min(scale) <= 0:
        raise FieldError("'scale' holds a number that is not above 0")
    return scale


def _files(fields: Fields, beside: Path, fetched: Path) -> tuple[ModelFile, ...]:
    front_end = fields.text("front_end")
    if "metric" in fields:
        if "files" in fields:
            raise FieldError("it names 'files', and a 'metric' takes those of its model")
        return ()
    if front_end != LIBROSA_FEATURES:
        return tuple(_file(entry, beside, fetched) for entry in fields.tables("files"))
    if "files" in fields:
        raise FieldError(f"it names 'files', and the front end {front_end!r} has none")
    return ()


def _metric(fields: Fields, beside: Path, fetched: Path) -> Metric:
    return Metric(fields.text("model"), fields.text("space"), _file(fields, beside, fetched))


def _file(fields: Fields, beside: Path, fetched: Path) -> ModelFile:
    name = fields.text("path")
    if Path(name).name != name:
        raise FieldError(f"the file {name!r} is not a plain file name")
    url = fields.text("url") if "url" in fields else ""
    sha512 = fields.text("sha512")
    if len(sha512) != 128 or set(sha512) - set("0123456789abcdef"):
        raise FieldError("'sha512' is not 128 lower-case hexadecimal characters")
    return ModelFile(
        path=(fetched if url else beside) / name,
        size=fields.whole("size", 1, 1 << 40),
        sha512=sha512,
        precision=fields.one_of("precision", _PRECISIONS),
        url=url,
        overlap=fields.number("overlap", 0, 1) if "overlap" in fields else None,
    )


def _calibration(fields: Fields) -> Calibration:
    knots = fields.pairs("knots")
    rises = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(knots))
    if not rises or not (knots[0][0] >= -1 and knots[0][1] >= 0 and max(knots[-1]) <= 1):
        raise FieldError("'knots' do not rise from similarity -1 and match 0 to 1 and 1 at most")
    return Calibration(fields.text("reference"), knots)


def _sameness(fields: Fields) -> Sameness:
    return Sameness(
        long=fields.number("long", -1, 1),
        short=fields.number("short", -1, 1),
        twin=fields.number("twin", -1, 1),
    )
