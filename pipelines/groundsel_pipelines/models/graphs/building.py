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
INLINE_BYTES: Final = 1024  # constants that shapes are computed from must stand in the model itself
ALIGNMENT: Final = 64  # bytes: a line of the processor's cache

Array = npt.NDArray[np.generic]


class GraphBuilder:
    """Collects nodes, inputs and outputs; weights go to a file beside the model as they come.

    So only one weight at a time is in memory, protobuf's limit of 2 GB does not matter, and onnxruntime maps them.
    """

    def __init__(self, name: str, file: Path) -> None:
        self._name = name
        self._file = file
        self._data = file.with_name(f"{file.name}.data")
        self._data.write_bytes(b"")
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, element: int, shape: Sequence[int | str]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, element, list(shape)))
        return name

    def optional_input(self, name: str, element: int, shape: Sequence[int | str]) -> str:
        """Add an input that may be left out: it is then empty, of length zero where its shape has a name."""
        self.weight(name, np.empty([size if isinstance(size, int) else 0 for size in shape], np.float32))
        return self.input(name, element, shape)

    def output(self, name: str, element: int, shape: Sequence[int | str]) -> None:
        self._outputs.append(helper.make_tensor_value_info(name, element, list(shape)))

    def weight(self, name: str, values: Array) -> str:
        """Store an array once under a name; a second call with the same name shares it."""
        if name not in self._weights:
            store = self._stored_beside if values.nbytes > INLINE_BYTES else numpy_helper.from_array
            self._weights[name] = store(np.asarray(values, order="C"), name)
        return name

    def __contains__(self, weight: str) -> bool:
        return weight in self._weights

    def _stored_beside(self, values: Array, name: str) -> onnx.TensorProto:
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor = TensorProto(name=name, data_type=kind, dims=values.shape, data_location=TensorProto.EXTERNAL)
        with self._data.open("ab") as file:
            file.write(bytes(-file.tell() % ALIGNMENT))
            place = {"location": self._data.name, "offset": str(file.tell()), "length": str(values.nbytes)}
            values.tofile(file)
        tensor.external_data.extend(onnx.StringStringEntryProto(key=key, value=value) for key, value in place.items())
        return tensor

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

    def save(self) -> None:
        """Write the model; its weights stand beside it already."""
        self._file.write_bytes(self.model().SerializeToString())


FLOAT: Final = TensorProto.FLOAT
INT32: Final = TensorProto.INT32
INT64: Final = TensorProto.INT64
