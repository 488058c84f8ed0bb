"""Packs trained weights into an adapter, with probes that any later installation is checked by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file

from groundsel_pipelines.models.adapter_manifest import CARD, AdapterManifest, Probe, write_adapter_manifest
from groundsel_pipelines.models.differences import FILE, write_differences
from groundsel_pipelines.models.exporting import Weights
from groundsel_pipelines.models.graphs.checkpoints import open_checkpoint
from groundsel_pipelines.models.graphs.encoder_checkpoints import open_encoder
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.low_rank import write_low_rank
from groundsel_pipelines.models.manifest import sha256
from groundsel_pipelines.models.tokens import read_tokenizer
from groundsel_pipelines.tuning.decoder import DecoderModel
from groundsel_pipelines.tuning.model import probe
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import ENCODER_ROLES, Row
from groundsel_pipelines.tuning.sequences import Sequencer, texts_of
from groundsel_pipelines.tuning.splits import Split

PROBES: Final = 16
LONGEST_PAIR: Final = 320  # tokens: a passage of the store and a question; more costs time and was not trained on


def pack(
    recipe: Recipe, rows: Split[Row], base: Weights, trained: Path, target: Path, *, model: Path
) -> AdapterManifest:
    """Write the adapter of trained weights; `model` is the folder of the installed base."""
    tensors = SafetensorsWeights.open(trained.parent)
    values = {name: tensors(name) for name in tensors.names}
    chosen = rows.held_out[:: max(1, len(rows.held_out) // PROBES)][:PROBES]
    if recipe.role in ENCODER_ROLES:
        write_differences(SafetensorsWeights.open(base.path), values, target)
        probes = probe(recipe, recipe.role, chosen, base.path, trained)
        longest = min(LONGEST_PAIR, open_encoder(base.path).shape.positions)
    else:
        write_low_rank(values, target / FILE)
        probes = foretell(recipe, chosen, base, trained, model)
        longest = open_checkpoint(base.path).shape.context
    manifest = AdapterManifest(
        name=recipe.name,
        role=recipe.role,
        base=recipe.base,
        base_weights=base.hashes,
        licence="; ".join(sorted({part.strip() for each in recipe.sources for part in each.licence.split(";")})),
        recipe=recipe.fingerprint,
        max_tokens=longest,
        data=tuple(
            {"file": each.file, "licence": each.licence, "held_out_only": each.held_out_only} for each in recipe.sources
        ),
        figures={"trained_rows": len(rows.train), "held_out_rows": len(rows.held_out)},
        probes=probes,
        weights=sha256(target / FILE),
    )
    write_adapter_manifest(target, manifest)
    (target / CARD).write_text("", encoding="utf-8")
    return manifest


def foretell(recipe: Recipe, rows: Sequence[Row], base: Weights, trained: Path, model: Path) -> tuple[Probe, ...]:
    """Foretell answers with the trained weights in full precision."""
    learner = DecoderModel(base.path, recipe.training.rank)
    values = load_file(trained)
    with torch.no_grad():
        for name, parameter in learner.trained().items():
            parameter.copy_(values[name])
    end = open_checkpoint(base.path).eos[0]
    sequencer = Sequencer(read_tokenizer(model / "tokenizer.json"), end=end, longest=recipe.training.longest)
    found = []
    for row in rows:
        for sequence in sequencer.sequences([row]):
            with torch.inference_mode():
                likely, targets = learner.likelihoods([sequence])
            scores = likely.gather(1, targets[:, None])[:, 0]
            texts = texts_of(row)
            found.append(Probe(first=texts.shared + texts.asked, second=texts.answer, scores=tuple(map(float, scores))))
    return tuple(found)
