"""What an adapter adds to a decoder (Hu et al. 2022), as its graph takes it: optional inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from onnxruntime import AdapterFormat, OrtValue

from groundsel_pipelines.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """The matrices by the names of the graph's inputs; none, where nothing is added."""

    values: Mapping[str, OrtValue] = field(default_factory=dict[str, OrtValue])
    file: AdapterFormat | None = None  # whose memory the values lie in


def read_adapter(file: Path) -> Adapter:
    """Read a runtime's adapter.

    Raises:
        InvalidInput: the file is none.

    """
    try:
        opened = AdapterFormat.read_adapter(str(file))  # pyright: ignore[reportArgumentType]  # its stub asks for what it does not take
        return Adapter(values=opened.get_parameters(), file=opened)
    except Exception as error:  # the library's own classes have no common base
        raise InvalidInput(f"the adapter {file} cannot be loaded: {error}") from error
