"""ONNX by the exporters of the libraries that a model comes from (extra `export`): where we have no graph writer."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal
from warnings import catch_warnings, simplefilter

import numpy as np
from onnxruntime import InferenceSession

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.dynamic_int8 import in_precision
from groundsel_pipelines.models.graphs.weights import NoGraphWriter

NEEDED: Final = ("accelerate", "onnx_ir", "sentence_transformers", "torch", "transformers")
OPSET: Final = 17
LEAST_COSINE: Final = 0.9999  # between the library's own vectors and those of its graph
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
    from onnxruntime.transformers.optimizer import optimize_model  # noqa: PLC0415 - seconds, for this alone
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    try:
        model = SentenceTransformer(str(weights), device="cpu").eval()
        expected = model.encode(SAMPLE, normalize_embeddings=True)
        with in_precision(target / "model.onnx", precision) as file, catch_warnings():
            simplefilter("ignore")  # the exporter warns of its own future
            inputs = _trace(model, file)
            optimize_model(str(file), model_type="bert", opt_level=1).save_model_to_file(
                str(file), use_external_data_format=True
            )
            (vectors,) = InferenceSession(file).run(["sentence_embedding"], inputs)
    except Exception as error:
        raise InvalidInput(f"sentence-transformers cannot export {weights}: {_first_line(error)}") from error
    cosine = float(np.sum(np.asarray(vectors) * expected, axis=1).min())
    if cosine < LEAST_COSINE:
        raise InvalidInput(f"the graph of {weights} gives other vectors than sentence-transformers (cosine {cosine})")


def _trace(model: Any, file: Path) -> dict[str, Any]:  # noqa: ANN401 - a model of sentence-transformers
    """Write the graph of a model in full precision, and give the inputs for the sample."""
    import torch  # noqa: PLC0415

    encoded = model.tokenize(SAMPLE)
    given = {name: encoded[name] for name in INPUTS if name in encoded}

    class Traced(torch.nn.Module):  # its forward takes tensors, as a graph does, where the library's takes a mapping
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            output = self.model(dict(zip(given, tensors, strict=True)))
            return output["token_embeddings"], torch.nn.functional.normalize(output["sentence_embedding"])

    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Traced(),
        tuple(given.values()),
        str(file),
        input_names=list(given),
        output_names=["token_embeddings", "sentence_embedding"],
        dynamic_axes={**dict.fromkeys(given, axes), "token_embeddings": axes, "sentence_embedding": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    return {name: tensor.numpy() for name, tensor in given.items()}


def write_decoder_by_library(weights: Path, target: Path, *, precision: Literal["fp32", "int8", "int4"]) -> None:
    """Write what onnxruntime-genai loads, by that library's own builder.

    Raises:
        InvalidInput: transformers cannot read the weights, or the builder does not know the architecture.

    """
    with TemporaryDirectory(dir=target.parent) as scratch:
        folder = weights if weights.is_dir() else _unpacked(weights, Path(scratch) / "weights")
        command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", str(folder), "-o", str(target)]
        command += ["-p", precision, "-e", "cpu", "-c", scratch]
        if precision == "int8":
            command += ["--extra_options", "accuracy_level=4", "shared_embeddings=true"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # very chatty
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
            raise InvalidInput(f"onnxruntime-genai cannot export {weights}: {lines[-1].strip()}")


def _unpacked(file: Path, folder: Path) -> Path:
    """Write a GGUF file as a folder of safetensors in full precision, with its tokenizer."""
    import torch  # noqa: PLC0415
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    try:
        model: Any = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
        tokenizer: Any = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        raise InvalidInput(f"transformers cannot read {file}: {_first_line(error)}") from error
    model.hf_quantizer, model.is_quantized = None, False  # the weights are plain numbers now
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
