"""An encoder with the head of a role, as torch trains it: scores of a pair and, for the reader, starts and ends."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel
from transformers.utils import logging

from groundsel_pipelines.models.adapter_manifest import Probe
from groundsel_pipelines.models.pairs import first_words
from groundsel_pipelines.models.tokens import read_tokenizer
from groundsel_pipelines.tuning.examples import OUTPUTS, Encoder, Example, texts_of
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import EncoderRole, EncoderRow, Row

FROZEN = "embeddings."  # half of a small model's weights; the roles share them


class RoleModel(nn.Module):
    """The names of its parameters are those of the checkpoint, with `classifier` and `span` for the head."""

    def __init__(self, weights: Path, role: EncoderRole) -> None:
        super().__init__()
        self.role: EncoderRole = role
        library: Any = logging
        library.disable_progress_bar()  # the command shows its own
        self.encoder = AutoModel.from_pretrained(  # eager: torch's fused attention is slow backwards on a processor
            weights, attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        )
        hidden = self.encoder.config.hidden_size
        self.classifier = nn.Linear(hidden, OUTPUTS[role])
        self.span = nn.Linear(hidden, 2) if role == "reader" else None
        for layer in (self.classifier, self.span):
            if layer is not None:
                nn.init.normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)

    def trained(self) -> dict[str, nn.Parameter]:
        """Give what is trained, by the name that the checkpoint has for it; the rest is frozen."""
        self.train()
        found = {}
        for name, parameter in self.named_parameters():
            short = name.removeprefix("encoder.")
            parameter.requires_grad = not short.startswith(FROZEN)
            if parameter.requires_grad:
                found[short] = parameter
        return found

    def loss(self, batch: Sequence[Example]) -> Tensor:
        """Give the mean loss of a batch."""
        ids, mask, types = padded(batch, self.classifier.weight.device)
        return loss_of(self.role, batch, self(ids, mask, types), mask)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Give scores, (pairs, outputs), and spans, (pairs, tokens, 2), empty but for the reader; both float32."""
        output = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types)
        scores = self.classifier(output.pooler_output).float()
        spans = self.span(output.last_hidden_state).float() if self.span is not None else scores.new_zeros(0)
        return scores, spans


def padded(batch: Sequence[Example], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Give ids, mask and types of all pairs of a batch, each of shape (pairs, longest)."""
    pairs = [pair for example in batch for pair in example.pairs]
    width = max(len(pair.ids) for pair in pairs)
    ids = torch.tensor([pair.ids + [0] * (width - len(pair.ids)) for pair in pairs])
    mask = torch.tensor([[1] * len(pair.ids) + [0] * (width - len(pair.ids)) for pair in pairs])
    types = torch.tensor([pair.types + [0] * (width - len(pair.types)) for pair in pairs])
    return ids.to(device), mask.to(device), types.to(device)


def loss_of(role: EncoderRole, batch: Sequence[Example], output: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
    """Give the mean loss of a batch.

    Reader: cross-entropy of start and end where there is an answer, and of answerable or not. Verifier: the
    probability of all classes that the label allows. Reranker: the right one among its list (listwise softmax).
    """
    scores, spans = output
    if role == "reranker":
        sizes = [len(example.pairs) for example in batch]
        lists = torch.split(scores[:, 0], sizes)
        return torch.stack(
            [functional.cross_entropy(each, each.new_zeros((), dtype=torch.long)) for each in lists]
        ).mean()
    if role == "verifier":
        likely = scores.log_softmax(dim=1)
        allowed = [torch.logsumexp(likely[row, list(each.classes)], 0) for row, each in enumerate(batch)]
        return -torch.stack(allowed).mean()
    answerable = scores.new_tensor([each.classes[0] for each in batch])
    loss = functional.binary_cross_entropy_with_logits(scores[:, 0], answerable)
    rows = [row for row, each in enumerate(batch) if each.span[0] >= 0]
    if rows:
        at = torch.tensor([batch[row].span for row in rows], device=scores.device)
        likely = spans[rows].masked_fill(mask[rows, :, None] == 0, -1e4)
        loss = loss + functional.cross_entropy(likely.transpose(1, 2).reshape(-1, likely.shape[1]), at.reshape(-1)) * (
            len(rows) / len(batch)
        )
    return loss


def probe(recipe: Recipe, role: EncoderRole, rows: Sequence[Row], weights: Path, trained: Path) -> tuple[Probe, ...]:
    """Score pairs with the trained weights in full precision: what the graph is held to wherever it is installed."""
    model = RoleModel(weights, role)
    values = load_file(trained)
    with torch.no_grad():
        for name, parameter in model.trained().items():
            parameter.copy_(values[name])
    model.eval()
    encoder = Encoder(read_tokenizer(weights / "tokenizer.json"), recipe.training.longest)
    found = []
    for row in rows:
        if not isinstance(row, EncoderRow):
            continue
        first, second = texts_of(row)
        pair = encoder.pair(first, second)
        ids, mask, types = padded([Example((pair,))], torch.device("cpu"))
        with torch.inference_mode():
            scores, _ = model(ids, mask, types)
        found.append(Probe(first=first_words(first), second=second, scores=tuple(map(float, scores[0]))))
    return tuple(found)
