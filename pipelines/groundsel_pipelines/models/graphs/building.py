"""A graph under construction: nodes are added in order, each gives the name of its output."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET: Final = 17
MICROSOFT: Final = "com.microsoft"  # the domain of onnxruntime's fused operators
IR_VERSION: Final = 10  # read by every onnxruntime since 1.18

Array = npt.NDArray[np.generic]


class GraphBuilder:
    """Collects nodes, weights, inputs and outputs; `save` writes the model with its weights."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, element: int, shape: Sequence[int | str]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, element, list(shape)))
        return name

    def output(self, name: str, element: int, shape: Sequence[int | str]) -> None:
        self._outputs.append(helper.make_tensor_value_info(name, element, list(shape)))

    def weight(self, name: str, values: Array) -> str:
        """Store an array once under a name; a second call with the same name shares it."""
        if name not in self._weights:
            self._weights[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def integers(self, *values: int) -> str:
        """Give the name of a constant int64 vector, shared by all who need the same."""
        return self.weight("int64_" + "_".join(map(str, values)), np.array(values, np.int64))

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        output: str,
        *,
        domain: str = "",
        **attributes: float | str | list[int],
    ) -> str:
        """Add an operator with one output and give that output's name."""
        return self.nodes(operator, inputs, (output,), domain=domain, **attributes)[0]

    def nodes(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        *,
        domain: str = "",
        **attributes: float | str | list[int],
    ) -> Sequence[str]:
        """Add an operator with several outputs."""
        node = helper.make_node(operator, inputs, outputs, name=outputs[0], domain=domain)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self._nodes.append(node)
        return outputs

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, list(self._weights.values()))
        domains = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=domains, ir_version=IR_VERSION, producer_name="groundsel")

    def save(self, path: Path) -> None:
        """Write one file; the largest model of these families stays below protobuf's 2 GB."""
        onnx.save_model(self.model(), str(path))


FLOAT: Final = TensorProto.FLOAT
INT32: Final = TensorProto.INT32
INT64: Final = TensorProto.INT64
