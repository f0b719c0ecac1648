"""Builds ONNX files of networks that are a chain: each operator takes what the last one gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.frontend import BANDS, PATCH_FRAMES

OPSET: Final = 17
IR_VERSION: Final = 8
INPUT: Final = "patches"


class Chain:
    """A network from float32 [n, …] to embeddings.

    Parameters
    ----------
    given : str
        What its input is called.
    shape : tuple of int
        Of one of them: a log-mel patch, without it.
    """

    def __init__(self, given: str = INPUT, shape: tuple[int, ...] = (PATCH_FRAMES, BANDS)) -> None:
        self._given = _vectors(given, *shape)
        self._last = given
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []

    @property
    def last(self) -> str:
        """What the last operator gave, by its name."""
        return self._last

    @property
    def length(self) -> int:
        """How many operators there are so far."""
        return len(self._nodes)

    def add(self, operator: str, *inputs: str, **attributes: Any) -> None:
        """Append an operator that takes what the last one gave, then `inputs`."""
        name = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(operator, [self._last, *inputs], [name], name=name, **attributes)
        )
        self._last = name

    def name_last(self, name: str) -> None:
        """Give what the last operator gave a name of its own, as outputs have."""
        self._nodes[-1].output[0] = name
        self._last = name

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Keep an array in the file as it is; return its name."""
        self._initializers.append(numpy_helper.from_array(values, name))
        return name

    def weight(self, name: str, values: NDArray[np.float16 | np.float32]) -> str:
        """Keep weights in the file, float16 ones behind a cast; return their name.

        The file is half as large, and the arithmetic stays float32.
        """
        if values.dtype != np.float16:
            return self.constant(name, values)
        stored = self.constant(f"{name}_f16", values)
        self._nodes.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
        return name

    def finish(
        self, name: str, outputs: Mapping[str, int], metadata: Mapping[str, str]
    ) -> onnx.ModelProto:
        """Return the whole network, checked.

        Parameters
        ----------
        name : str
            Of the graph.
        outputs : mapping of str to int
            The outputs, float32 [n, dim]: the name and dim of each.
        metadata : mapping of str to str
            Kept in the file's ``metadata_props``.
        """
        model = helper.make_model(
            helper.make_graph(
                self._nodes,
                name,
                [self._given],
                [_vectors(output, dim) for output, dim in outputs.items()],
                self._initializers,
            ),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="soundalike",
        )
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model, full_check=True)
        return model


def _vectors(name: str, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
