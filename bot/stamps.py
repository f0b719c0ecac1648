"""Whether what a model hears may be compared with what a catalogue was made of."""

from __future__ import annotations

from collections.abc import Sequence

from models.types import CatalogueError, ModelStamp


def compare_stamps(
    model: ModelStamp, catalogue: ModelStamp, others: Sequence[ModelStamp] = ()
) -> str:
    """Check that a model's vectors may be compared with a catalogue's.

    Parameters
    ----------
    model, catalogue : ModelStamp
    others : sequence of ModelStamp
        Other files of the catalogue's model that made some of its vectors.

    Returns
    -------
    str
        A note where another file of the same space made some of them; empty where none did.

    Raises
    ------
    CatalogueError
        The spaces differ.
    """
    if model.space != catalogue.space or model.dim != catalogue.dim:
        raise CatalogueError(
            f"The catalogue was made with the model {catalogue.model} ({catalogue.space}), "
            f"and {model.model} ({model.space}) cannot be compared with it.",
            f"Listen with {catalogue.model} (SOUNDALIKE_MODEL={catalogue.model}), or build the "
            f"index again with `soundalike index build … --model {model.model}`.",
        )
    made_by = (catalogue, *others)
    foreign = [stamp for stamp in made_by if stamp.sha512 != model.sha512]
    if not foreign:
        return ""
    partly = " in part" if len(foreign) < len(made_by) else ""
    made_with = f"another file of the same embedding space ({catalogue.model})"
    precisions = dict.fromkeys(stamp.precision for stamp in foreign)
    if model.precision and all(precisions) and model.precision not in precisions:
        named = " and ".join(precisions)
        made_with = f"{catalogue.model} in {named}, and {model.precision} listens"
    return f"The catalogue was made{partly} with {made_with}: answers may differ in small ways."
