"""How indices are named and made: one per collection and generation, read through aliases."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.protocols import Cluster

FORMAT: Final = 3
"""Of the mapping. Another format is another file, another generation: an index is never altered in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One index of a collection, as its own metadata describe it."""

    index: str
    collection: str
    number: int  # from 1
    format: int
    embedding_model: str
    dimensions: int
    live: bool  # the aliases lead to it
    amiss: tuple[str, ...] = ()  # fields that its mapping lacks, or has otherwise than the format says


def index_name(prefix: str, collection: str, number: int) -> str:
    """Name an index. Collections hold no dot, so no index is taken for another collection's alias."""
    return f"{prefix}-{collection}.{number:06}"


def collection_in(index: str) -> str:
    """Give the part of an index's name that all generations of its collection share."""
    return index.rpartition(".")[0]


def alias_name(prefix: str, collection: str) -> str:
    """Name what leads to the live generation of a collection; the bare prefix leads to those of all collections."""
    return f"{prefix}-{collection}"


def live_aliases(prefix: str, collection: str) -> tuple[str, str]:
    return prefix, alias_name(prefix, collection)


def writing_name(index: str) -> str:
    """Name the alias that a generation is written by, as long as there is the generation.

    Elasticsearch makes an index that is written to and not there; an alias that is required it does not make.
    """
    return f"{index}.writes"


def index_body(
    cluster: Cluster, *, collection: str, number: int, embedding_model: str, dimensions: int
) -> dict[str, Any]:
    """Give what an index is created with: the file's settings and mapping, its shards, and whose vectors it holds."""
    body: dict[str, Any] = json.loads(template(FORMAT).read_text(encoding="utf-8"))
    body["settings"]["index"] |= {"number_of_shards": cluster.shards, **_copies(cluster.replicas)}
    body["mappings"]["properties"]["passages"]["properties"]["vector"]["dims"] = dimensions
    body["mappings"]["_meta"] = {
        "format": FORMAT,
        "collection": collection,
        "generation": number,
        "embedding_model": embedding_model,
        "dimensions": dimensions,
    }
    return body


def _copies(replicas: str) -> dict[str, Any]:
    if replicas == "auto":
        return {"auto_expand_replicas": "0-1"}
    return {"number_of_replicas": int(replicas)}


def template(version: int) -> Path:
    """Give the file of a mapping's format: the repository's own, or the one that travels in the wheel."""
    beside = Path(__file__).resolve().parents[3]  # pipelines/ in the repository, site-packages once installed
    repository = beside / "elasticsearch"
    folder = repository if (repository / f"documents-{FORMAT}.json").exists() else beside / "groundsel_elasticsearch"
    return folder / f"documents-{version}.json"


def generations(prefix: str, indices: Mapping[str, Any]) -> tuple[Generation, ...]:
    """Read the answer of `GET prefix-*`: every index of ours, in order; what only looks like one is left out."""
    found = []
    for name, described in indices.items():
        meta = described["mappings"].get("_meta", {})
        if "generation" in meta and name == index_name(prefix, meta["collection"], meta["generation"]):
            found.append(
                Generation(
                    index=name,
                    collection=meta["collection"],
                    number=meta["generation"],
                    format=meta["format"],
                    embedding_model=meta["embedding_model"],
                    dimensions=meta["dimensions"],
                    live=alias_name(prefix, meta["collection"]) in described["aliases"],
                    amiss=_amiss(described["mappings"], meta["format"]),
                )
            )
    return tuple(sorted(found, key=lambda generation: generation.index))


def _amiss(mappings: Mapping[str, Any], version: int) -> tuple[str, ...]:
    """Compare a mapping with the file of today's format; another format is refused as such."""
    if version != FORMAT:
        return ()
    wanted = _types(json.loads(template(FORMAT).read_text(encoding="utf-8"))["mappings"])
    held = _types(mappings)
    return tuple(sorted(name for name, kind in wanted.items() if held.get(name) != kind))


def _types(mappings: Mapping[str, Any], inside: str = "") -> dict[str, str]:
    """Give the type of every field, by its path."""
    found: dict[str, str] = {}
    for name, described in mappings.get("properties", {}).items():
        found[f"{inside}{name}"] = described.get("type", "object")
        found |= _types(described, f"{inside}{name}.")
    return found


def verify(generation: Generation, *, embedding_model: str) -> None:
    """Refuse an index that another format or another model made: vector spaces are never mixed.

    Raises:
        InvalidInput: names both, and the command that makes a new generation.

    """
    if generation.format != FORMAT:
        raise InvalidInput(
            f"the index {generation.index} has format {generation.format}, not {FORMAT}; "
            "use the version that made it, or make a new generation: groundsel index rebuild"
        )
    if generation.amiss:
        raise InvalidInput(
            f"the index {generation.index} has not the fields of its format ({', '.join(generation.amiss)}); somebody "
            "has changed it: make a new generation by groundsel index rebuild and groundsel index switch"
        )
    if generation.embedding_model != embedding_model:
        raise InvalidInput(
            f"the index {generation.index} was made with the embedding model {generation.embedding_model}, "
            f"not {embedding_model}; set models.embed back, or make a new generation: groundsel index rebuild"
        )
