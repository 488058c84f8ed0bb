"""A decoder's graph on ONNX Runtime, over keys and values that lie where it writes them and reads them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.models.describing import runtime_facts
from groundsel_pipelines.models.graphs.llama import ASKED
from groundsel_pipelines.models.graphs.weights import Facts, Floats

# How long a thread that waits for its part of the next operator keeps its core. A step takes as long as with the
# runtime's own, much longer wait; where cores have other work, sixteen askers get a fifth more answers.
SPIN_MICROSECONDS: Final = 20
ERRORS: Final = 3  # the level from which the runtime logs: its warnings are about its own optimiser


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Of the keys, or the values, that one layer keeps of one token."""

    layers: int
    heads: int
    head_size: int


class DecoderGraph:
    """An opened graph, from tokens to the logits of those that follow."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        """Open it; `threads` 0 takes one a core.

        Raises:
            InvalidInput: its description is not complete, or its inputs are not those of a decoder with a shared past.
            Unavailable: the runtime cannot open it.

        """
        model = runtime_facts(folder)
        decoder = Facts(model["decoder"], model.file)
        ends = model["eos_token_id"]
        self.ends = (ends,) if isinstance(ends, int) else tuple(ends)
        self.vocabulary = model.size("vocab_size")
        self.sizes = Sizes(
            layers=decoder.size("num_hidden_layers"),
            heads=decoder.size("num_key_value_heads"),
            head_size=decoder.size("head_size"),
        )
        names = {**decoder["inputs"], **decoder["outputs"]}
        self.past = self._pairs(names["past_key_names"], names["past_value_names"])
        self.present = self._pairs(names["present_key_names"], names["present_value_names"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN_MICROSECONDS))
        options.log_severity_level = ERRORS
        try:
            self._session = onnxruntime.InferenceSession(
                folder / decoder["filename"], options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the library's own classes have no common base
            raise Unavailable(f"the language model in {folder} cannot be opened: {error}") from error
        values = [*self._session.get_inputs(), *self._session.get_overridable_initializers()]  # these are an adapter's
        self.inputs = frozenset(value.name for value in values)
        if not {"input_ids", "attention_mask", *self.past} <= self.inputs:
            raise InvalidInput(f"the graph in {folder} is not one that can be run here: it has other inputs")

    def binding(self) -> onnxruntime.IOBinding:
        return self._session.io_binding()

    def run(
        self,
        binding: onnxruntime.IOBinding,
        tokens: npt.NDArray[np.int64],
        lengths: Sequence[int],
        asked: Sequence[int],
    ) -> Floats:
        """Read tokens, shape (texts, tokens), after what the bound keys and values hold of each text.

        Args:
            binding: of keys, values and an adapter.
            tokens: a row a text; several tokens only of a single one.
            lengths: of each text, these tokens with it.
            asked: the columns of `tokens` of which to give the logits.

        Returns:
            Shape (texts, asked, vocabulary).

        Raises:
            Unavailable: the runtime failed, out of memory included.

        """
        texts, count = tokens.shape
        ends = np.array(lengths, np.int64)[:, None]
        given = {
            "input_ids": tokens,
            "attention_mask": (np.arange(max(lengths)) < ends).astype(np.int64),
            "position_ids": ends - count + np.arange(count),
            ASKED: np.array(asked, np.int64),
        }
        of_all = ASKED not in self.inputs  # the library's graphs give the logits of every token
        logits = np.empty((texts, count if of_all else len(asked), self.vocabulary), np.float32)
        for name, values in given.items():
            if name in self.inputs:
                binding.bind_input(name, "cpu", 0, np.int64, values.shape, values.ctypes.data)
        binding.bind_output("logits", "cpu", 0, np.float32, logits.shape, logits.ctypes.data)
        try:
            self._session.run_with_iobinding(binding)
        except Exception as error:  # the library's own classes have no common base
            raise Unavailable(f"the language model failed: {error}") from error
        return logits[:, asked] if of_all else logits

    def _pairs(self, keys: str, values: str) -> tuple[str, ...]:
        return tuple(name % layer for layer in range(self.sizes.layers) for name in (keys, values))
