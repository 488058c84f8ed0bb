"""A tiny base that takes pairs of texts, pulled as any model is, and adapters over it: real files, made in a moment."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors.numpy import load_file, save_file

from groundsel_pipelines.models.adapter_manifest import CARD, AdapterManifest, Probe, write_adapter_manifest
from groundsel_pipelines.models.adapting import HEADS, compose
from groundsel_pipelines.models.differences import FILE, write_differences
from groundsel_pipelines.models.graphs.encoder import write_encoder
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.graphs.weights import Floats
from groundsel_pipelines.models.manifest import sha256
from groundsel_pipelines.models.pairs import PairModel
from groundsel_pipelines.models.pulling import pull, weights_on_disk
from tiny_models import HIDDEN, told, write_tiny_encoder

OUTPUTS = {"reader": 1, "verifier": 3, "reranker": 1}
PAIRS = (("annual leave", "annual leave is five days"), ("trains", "the desk"))


def write_tiny_base(folder: Path) -> Path:
    """Write a tiny BERT that takes pairs, with the pooler that scoring heads stand on."""
    write_tiny_encoder(folder)
    tensors = load_file(folder / "model.safetensors")
    generator = np.random.default_rng(3)
    tensors["pooler.dense.weight"] = generator.normal(0, 0.3, (HIDDEN, HIDDEN)).astype(np.float32)
    tensors["pooler.dense.bias"] = np.zeros(HIDDEN, np.float32)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    first = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    second = [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    tokenizer["post_processor"]["pair"] = [*first, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, *second]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def tiny_models_folder(root: Path) -> Path:
    """Pull the tiny base into `root/models`, as `tiny`; its weights stand in `root/weights`."""
    weights = write_tiny_base(root / "weights")
    pull(root / "models", f"file://{weights}", name="tiny", precision="fp32", progress=told)
    return root / "models"


def trained_tensors(base: SafetensorsWeights, *, outputs: int, seed: int = 5) -> dict[str, Floats]:
    """Change every tensor but the embeddings a little, and add the heads."""
    generator = np.random.default_rng(seed)
    changed = {
        name: base(name) + generator.normal(0, 0.01, base(name).shape).astype(np.float32)
        for name in base.names
        if not name.startswith("embeddings.")
    }
    for head, rows in (("classifier", outputs), ("span", 2)):
        changed[f"{head}.weight"] = generator.normal(0, 0.1, (rows, HIDDEN)).astype(np.float32)
        changed[f"{head}.bias"] = np.zeros(rows, np.float32)
    return changed


def tiny_adapter(models: Path, root: Path, *, role: Literal["reader", "verifier", "reranker"], seed: int = 5) -> Path:
    """Write an adapter `tiny-ROLE`, its probes scored by a graph in full precision."""
    adapter = root / f"tiny-{role}"
    adapter.mkdir(parents=True)
    base = weights_on_disk(models, "tiny")
    opened = SafetensorsWeights.open(base.path)
    write_differences(opened, trained_tensors(opened, outputs=OUTPUTS[role], seed=seed), adapter)
    (adapter / CARD).write_text("# tiny\n", encoding="utf-8")
    compose(base.path, adapter, root / f"composed-{role}")
    graph = root / f"graph-{role}"
    graph.mkdir()
    write_encoder(root / f"composed-{role}", graph, precision="fp32", head=HEADS[role])
    (graph / "tokenizer.json").write_bytes((base.path / "tokenizer.json").read_bytes())
    scored = PairModel(graph, max_tokens=32, threads=1).run(PAIRS)
    probes = tuple(
        Probe(first=first, second=second, scores=tuple(map(float, output.scores)))
        for (first, second), output in zip(PAIRS, scored, strict=True)
    )
    manifest = AdapterManifest(
        name=f"tiny-{role}",
        role=role,
        base="tiny",
        base_weights=base.hashes,
        licence="Apache-2.0",
        recipe="0" * 12,
        max_tokens=32,
        data=(),
        figures={},
        probes=probes,
        weights=sha256(adapter / FILE),
    )
    write_adapter_manifest(adapter, manifest)
    return adapter
