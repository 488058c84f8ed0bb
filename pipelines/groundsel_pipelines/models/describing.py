"""What weights say of themselves: role, licence, length, pooling and prefixes, read from the files beside them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.encoder_checkpoints import KNOWN, first_position
from groundsel_pipelines.models.graphs.gguf_weights import GgufWeights
from groundsel_pipelines.models.graphs.heads import pooling_of as known_pooling
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.graphs.weights import Facts, NoGraphWriter, read_config
from groundsel_pipelines.models.manifest import Role

LICENCE = re.compile(r"^license:\s*(\S+)\s*$", re.MULTILINE)
LANGUAGES = re.compile(r"^language:([^\n]*\n(?:[ \t]*- *\S+\n)*)", re.MULTILINE)  # one, [a list], or a line each
SPDX = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixes:
    """What an encoder was trained to see before a question and before a passage."""

    query: str = ""
    passage: str = ""


def find_weights(root: Path) -> Path:
    """Give the folder with `config.json`, or the one GGUF file, inside what a source gave.

    Raises:
        InvalidInput: there is neither, or more than one.

    """
    if root.is_file() or (root / "config.json").exists():
        return root
    configs = (file for file in root.rglob("config.json") if "model_type" in _read(file))  # a pooling has one too
    found = sorted(root.rglob("*.gguf")) or sorted(file.parent for file in configs)
    if len(found) != 1:
        names = ", ".join(path.relative_to(root).as_posix() for path in found) or "neither"
        raise InvalidInput(f"{root} should hold one GGUF file or one folder with config.json, it holds {names}")
    return found[0]


def role_of(weights: Path) -> Role:
    """Tell a decoder, which answers, from an encoder, which embeds, or scores a question and a passage together.

    Raises:
        InvalidInput: it is a classifier of several labels, which no role here has a use for.

    """
    if weights.is_file():
        return "answer"
    config = read_config(weights)
    architecture = str((config.get("architectures") or [""])[0])
    if architecture.endswith("ForCausalLM"):
        return "answer"
    if not architecture.endswith("ForSequenceClassification"):
        return "embed"
    labels = len(config.get("id2label") or ("", ""))  # transformers leaves two unsaid
    if labels != 1:
        raise InvalidInput(f"{weights} is a classifier of {labels} labels; a reranker gives one score")
    return "reranker"


def architecture_of(weights: Path) -> str:
    if weights.is_file():
        return str(GgufWeights.open(weights).metadata.get("general.architecture"))
    return str(read_config(weights).get("model_type"))


def licence_of(weights: Path) -> str:
    """Give the SPDX identifier that a model card or a GGUF file states, or "unknown"."""
    if weights.is_file():
        stated = str(GgufWeights.open(weights).metadata.get("general.license", "unknown"))
    else:
        card = weights / "README.md"
        match = LICENCE.search(card.read_text(encoding="utf-8", errors="replace")) if card.exists() else None
        stated = match[1] if match else "unknown"
    return SPDX.get(stated.lower(), stated)


def languages_of(weights: Path) -> tuple[str, ...]:
    """Give the languages that a model card states (ISO 639-1); none where it states none, or "multilingual"."""
    card = weights / "README.md"
    if weights.is_file() or not card.exists():
        return ()
    match = LANGUAGES.search(card.read_text(encoding="utf-8", errors="replace"))
    named = re.findall(r"[\w-]+\w", match[1]) if match else []
    return tuple(named) if all(len(each) == len("en") for each in named) else ()


def parameters_of(weights: Path) -> int:
    """Count the numbers in all tensors."""
    opened = GgufWeights.open(weights) if weights.is_file() else SafetensorsWeights.open(weights)
    return opened.count()


def pooling_of(weights: Path) -> str:
    """Name how one vector is made of many: `mean`, `cls`, or `other` where only the model's library knows it."""
    try:
        return known_pooling(weights)
    except NoGraphWriter:
        return "other"


def dimensions_of(graph: Path) -> int:
    """Read the length of the vectors that an encoder's graph gives."""
    outputs = {value.name: value for value in onnx.load(graph, load_external_data=False).graph.output}
    return int(outputs["sentence_embedding"].type.tensor_type.shape.dim[1].dim_value)


def runtime_facts(folder: Path) -> Facts:
    """Read the description beside a decoder's graph: `vocab_size`, `context_length`, ..."""
    file = folder / "genai_config.json"
    return Facts(json.loads(file.read_text(encoding="utf-8"))["model"], file)


def encoder_tokens(weights: Path) -> int:
    """Give the longest text, in tokens, that an encoder was made for."""
    limit = _read(weights / "sentence_bert_config.json").get("max_seq_length")
    limit = limit or _read(weights / "tokenizer_config.json").get("model_max_length")  # 10 ** 30 where none is known
    config = read_config(weights)
    known = config.get("model_type") in KNOWN
    positions = config.size("max_position_embeddings") - (first_position(config) if known else 0)
    return min(int(limit or positions), positions)


def prefixes_of(weights: Path) -> Prefixes:
    """Read the prompts that a checkpoint stores, as `encode_query` and `encode_document` of its library choose them."""
    config = _read(weights / "config_sentence_transformers.json")
    prompts: Mapping[str, str] = config.get("prompts") or {}
    otherwise = prompts.get(config.get("default_prompt_name") or "", "")
    passage = (prompts[name] for name in ("document", "passage", "corpus") if name in prompts)
    return Prefixes(query=prompts.get("query", otherwise), passage=next(passage, otherwise))


def _read(file: Path) -> Mapping[str, Any]:
    if not file.exists():
        return {}
    values: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return values
