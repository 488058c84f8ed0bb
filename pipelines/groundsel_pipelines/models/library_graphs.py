"""ONNX by the exporters of the libraries that a model comes from (extra `export`): where we have no graph writer."""

import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal
from warnings import catch_warnings, simplefilter

import numpy as np
from onnxruntime import InferenceSession

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.dynamic_int8 import in_precision
from groundsel_pipelines.models.graphs.weights import Floats, NoGraphWriter, read_config

NEEDED: Final = ("accelerate", "onnx_ir", "sentence_transformers", "torch", "transformers")
OPSET: Final = 17
LEAST_COSINE: Final = 0.9999  # between the library's own vectors and those of its graph
FARTHEST: Final = 1e-3  # between the library's own scores of pairs and those of its graph
AXES: Final = {0: "batch", 1: "sequence"}
INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
SAMPLE: Final = ["The seals are replaced every 2,000 hours.", "Leave"]  # two lengths, so that one is padded


def require_libraries(reason: NoGraphWriter) -> None:
    """Refuse what has no graph writer where the libraries are not installed.

    Raises:
        InvalidInput: says the reason, and the command with the extra that can export it.

    """
    if any(find_spec(name) is None for name in NEEDED):
        raise InvalidInput(
            f"{reason}; the library that the model comes from may export it: "
            "pip install 'groundsel[export]', then run this command again"
        )


def write_encoder_by_library(weights: Path, target: Path, *, precision: Literal["fp32", "int8"]) -> None:
    """Write `target/model.onnx` by tracing sentence-transformers; inputs and outputs as `graphs.write_encoder` says.

    Raises:
        InvalidInput: the library cannot read or trace the model, or its graph gives other vectors.

    """
    import torch  # noqa: PLC0415 - seconds, for this alone
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from transformers import AutoModel  # noqa: PLC0415

    _read_whole(AutoModel, weights, unneeded="pooler.")

    class Traced(torch.nn.Module):  # its forward takes tensors, as a graph does, where the library's takes a mapping
        def __init__(self, model: Any) -> None:  # noqa: ANN401 - a model of sentence-transformers
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            output = self.model(dict(zip(given, tensors, strict=True)))
            return output["token_embeddings"], torch.nn.functional.normalize(output["sentence_embedding"])

    try:
        model: Any = SentenceTransformer(str(weights), device="cpu").eval()
        expected = model.encode(SAMPLE, normalize_embeddings=True)
        given = _inputs(model.tokenize(SAMPLE))
        outputs = {"token_embeddings": AXES, "sentence_embedding": {0: "batch"}}
        *_, vectors = _traced(Traced(model), given, outputs, target / "model.onnx", precision)
    except Exception as error:
        raise InvalidInput(f"sentence-transformers cannot export {weights}: {_first_line(error)}") from error
    cosine = float(np.sum(vectors * expected, axis=1).min())
    if cosine < LEAST_COSINE:
        raise InvalidInput(f"the graph of {weights} gives other vectors than sentence-transformers (cosine {cosine})")


def write_reranker_by_library(weights: Path, target: Path, *, precision: Literal["fp32", "int8"]) -> None:
    """Write `target/model.onnx` of a cross-encoder by tracing transformers; its output is `logits`, (batch, labels).

    Raises:
        InvalidInput: the library cannot read or trace the model, or its graph gives other scores.

    """
    import torch  # noqa: PLC0415 - seconds, for this alone
    from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: PLC0415

    model = _read_whole(AutoModelForSequenceClassification, weights).eval()

    class Traced(torch.nn.Module):
        def __init__(self, model: Any) -> None:  # noqa: ANN401 - a model of transformers
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            scores: torch.Tensor = self.model(**dict(zip(given, tensors, strict=True))).logits
            return scores

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(weights)
        given = _inputs(tokenizer(SAMPLE, SAMPLE[::-1], padding=True, return_tensors="pt"))
        with torch.no_grad():
            expected = model(**given).logits.numpy()
        (scores,) = _traced(Traced(model), given, {"logits": {0: "batch"}}, target / "model.onnx", precision)
    except Exception as error:
        raise InvalidInput(f"transformers cannot export {weights}: {_first_line(error)}") from error
    gap = float(np.abs(scores - expected).max())
    if gap > FARTHEST:
        raise InvalidInput(f"the graph of {weights} gives other scores than transformers (by {gap:.3g})")


def _read_whole(kind: Any, weights: Path, *, unneeded: str = "\n") -> Any:  # noqa: ANN401 - class and model of transformers
    """Read weights in full precision, refusing those that the library would quietly fill up with random numbers.

    Args:
        kind: a class of transformers that reads them.
        weights: a folder, or one GGUF file.
        unneeded: what the names of tensors begin with that may be missing.

    Raises:
        InvalidInput: a tensor is missing, which is named, or the library cannot read the weights.

    """
    import torch  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    library: Any = logging
    library.disable_progress_bar()  # the command shows its own
    library.set_verbosity_error()
    folder, file = (weights, None) if weights.is_dir() else (weights.parent, weights.name)
    try:
        model, found = kind.from_pretrained(folder, gguf_file=file, dtype=torch.float32, output_loading_info=True)
    except Exception as error:
        raise InvalidInput(f"transformers cannot read {weights}: {_first_line(error)}") from error
    if missing := sorted(name for name in found["missing_keys"] if not name.startswith(unneeded)):
        raise InvalidInput(
            f"{weights} has no tensor {missing[0]!r} ({len(missing)} such), which the architecture that it names has: "
            "they do not belong together"
        )
    return model


def _inputs(encoded: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encoded[name] for name in INPUTS if name in encoded}


def _traced(
    module: Any,  # noqa: ANN401 - a module of torch
    given: Mapping[str, Any],
    outputs: Mapping[str, Mapping[int, str]],
    target: Path,
    precision: Literal["fp32", "int8"],
) -> list[Floats]:
    """Write the graph of a module, optimised, and give what it gives in full precision for these tensors.

    `outputs` name, for each, the axes whose length varies.
    """
    import torch  # noqa: PLC0415
    from onnxruntime.transformers.optimizer import optimize_model  # noqa: PLC0415

    with in_precision(target, precision) as file, catch_warnings():
        simplefilter("ignore")  # the exporter warns of its own future
        torch.onnx.export(
            module,
            tuple(given.values()),
            str(file),
            input_names=list(given),
            output_names=list(outputs),
            dynamic_axes={**dict.fromkeys(given, AXES), **outputs},
            opset_version=OPSET,
            dynamo=False,
        )
        optimize_model(str(file), model_type="bert", opt_level=1).save_model_to_file(
            str(file), use_external_data_format=True
        )
        inputs = {name: tensor.numpy() for name, tensor in given.items()}
        return [np.asarray(each) for each in InferenceSession(file).run(list(outputs), inputs)]


def write_decoder_by_library(weights: Path, target: Path, *, precision: Literal["fp32", "int8", "int4"]) -> None:
    """Write what onnxruntime-genai loads, by that library's own builder.

    Raises:
        InvalidInput: transformers cannot read the weights, a tensor is missing, or the builder does not know them.

    """
    with TemporaryDirectory(dir=target.parent) as scratch:
        folder = _as_folder(weights, Path(scratch) / "weights")
        command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", str(folder), "-o", str(target)]
        command += ["-p", precision, "-e", "cpu", "-c", scratch]
        if precision == "int8":
            command += ["--extra_options", "accuracy_level=4"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # very chatty
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
            raise InvalidInput(f"onnxruntime-genai cannot export {weights}: {lines[-1].strip()}")


def _as_folder(weights: Path, unpacked: Path) -> Path:
    """Give the folder of safetensors that the builder reads: a GGUF file is written as one, in full precision."""
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - seconds, for this alone

    if weights.is_dir() and read_config(weights).get("quantization_config"):
        return weights  # such tensors the builder reads itself
    model = _read_whole(AutoModelForCausalLM, weights)
    if weights.is_dir():
        return weights
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name)
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        raise InvalidInput(f"transformers cannot read {weights}: {_first_line(error)}") from error
    model.hf_quantizer, model.is_quantized = None, False  # the weights are plain numbers now
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(unpacked)
    tokenizer.save_pretrained(unpacked)
    return unpacked


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
