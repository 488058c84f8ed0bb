"""A Llama-like decoder with low-rank adapters (Hu et al. 2022), as torch trains it: what is frozen costs no gradient.

It mirrors `models/graphs/llama`, product by product. Several branches share one beginning: a mask lets each see that
and itself, and logits are computed where an answer is learnt, as the vocabulary is a fifth of a small model's work.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.checkpoints import Checkpoint, open_checkpoint
from groundsel_pipelines.models.graphs.decoder_shapes import DecoderShape
from groundsel_pipelines.models.low_rank import SCALE
from groundsel_pipelines.tuning.sequences import Sequence as Learnt

HIDDEN: Final = -1e4  # added to what attention must not see


class Product(nn.Module):
    """One frozen weight and what is learnt beside it; B begins at zero, so that nothing is added at first."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.lora_A = nn.Parameter(torch.empty(rank, weight.shape[1]))
        self.lora_B = nn.Parameter(torch.zeros(weight.shape[0], rank))
        nn.init.kaiming_uniform_(self.lora_A, a=5**0.5)

    def forward(self, states: Tensor) -> Tensor:
        added = functional.linear(functional.linear(states, self.lora_A), self.lora_B)
        return functional.linear(states, self.weight, self.bias) + SCALE * added


class Layer(nn.Module):
    """Attention and feed-forward."""

    q: Product
    k: Product
    v: Product
    o: Product
    gate: Product
    up: Product
    down: Product
    attention_norm: Tensor
    feed_forward_norm: Tensor

    def __init__(self, checkpoint: Checkpoint, layer: int, rank: int) -> None:
        super().__init__()
        self.shape = checkpoint.shape
        for name, size in self.shape.products.items():
            weight = torch.from_numpy(checkpoint.weight(f"{layer}.{name}", size).copy())
            biased = name in self.shape.biases
            bias = torch.from_numpy(checkpoint.bias(f"{layer}.{name}", size[0]).copy()) if biased else None
            self.add_module(name, Product(weight, bias, rank))
        for name in ("attention_norm", "feed_forward_norm"):
            norm = checkpoint.weight(f"{layer}.{name}", (self.shape.hidden,))
            self.register_buffer(name, torch.from_numpy(norm.copy()))

    def forward(self, states: Tensor, mask: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """Take and give (batch * tokens, hidden); `mask` is (batch, 1, 1, tokens, tokens)."""
        attended = self._attended(_normalised(states, self.attention_norm, self.shape), mask, turns)
        states = states + self.o(attended)
        normalised = _normalised(states, self.feed_forward_norm, self.shape)
        output: Tensor = states + self.down(functional.silu(self.gate(normalised)) * self.up(normalised))
        return output

    def _attended(self, states: Tensor, mask: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """Attend plainly: torch's fused attention is slow backwards on a processor."""
        shape, (batch, tokens) = self.shape, (mask.shape[0], mask.shape[-1])
        groups = shape.heads // shape.key_heads

        def heads(product: Tensor, count: int) -> Tensor:
            return product.view(batch, tokens, count, shape.head_size).transpose(1, 2)

        queries = _turned(heads(self.q(states), shape.heads), turns)
        keys = _turned(heads(self.k(states), shape.key_heads), turns)
        values = heads(self.v(states), shape.key_heads)
        queries = queries.reshape(batch, shape.key_heads, groups * tokens, shape.head_size)
        scores = (queries @ keys.transpose(2, 3)) * shape.head_size**-0.5
        likely = torch.softmax(scores.view(batch, shape.key_heads, groups, tokens, tokens) + mask, dim=-1)
        mixed = likely.view(scores.shape) @ values
        mixed = mixed.view(batch, shape.heads, tokens, shape.head_size)
        return mixed.transpose(1, 2).reshape(batch * tokens, shape.heads * shape.head_size)


class DecoderModel(nn.Module):
    """The names of what it trains are those of the graph's inputs: `3.gate.lora_A`."""

    embed: Tensor
    head: Tensor
    norm: Tensor

    def __init__(self, weights: Path, rank: int) -> None:
        super().__init__()
        checkpoint = open_checkpoint(weights)
        self.shape = shape = checkpoint.shape
        if shape.window > 0:
            raise InvalidInput(f"{weights} attends within a window of {shape.window} tokens, which is not trained here")
        table = (shape.vocabulary, shape.hidden)
        self.register_buffer("embed", torch.from_numpy(checkpoint.weight("embed", table).copy()))
        head = self.embed if shape.tied else torch.from_numpy(checkpoint.weight("head", table).copy())
        self.register_buffer("head", head)
        self.register_buffer("norm", torch.from_numpy(checkpoint.weight("norm", (shape.hidden,)).copy()))
        self.layers = nn.ModuleList(Layer(checkpoint, layer, rank) for layer in range(shape.layers))

    def trained(self) -> dict[str, nn.Parameter]:
        """Give what is trained, by its name."""
        return {name.removeprefix("layers."): parameter for name, parameter in self.named_parameters()}

    def loss(self, batch: Sequence[Learnt]) -> Tensor:
        """Give the mean loss over the tokens of the answers."""
        likely, targets = self.likelihoods(batch)
        return functional.nll_loss(likely, targets)

    def likelihoods(self, batch: Sequence[Learnt]) -> tuple[Tensor, Tensor]:
        """Give log-probabilities at every token of every answer, (tokens, vocabulary), and the tokens themselves."""
        laid = laid_out(batch)
        device, kind = self.embed.device, self.embed.dtype
        mask = laid.mask.to(device)[:, None, None]
        hidden = torch.zeros(mask.shape, device=device, dtype=kind).masked_fill_(~mask, HIDDEN)
        angles = laid.positions.to(device)[..., None] * torch.tensor(self.shape.turns, device=device)
        angles = torch.cat((angles, angles), dim=-1)[:, None]
        turns = angles.cos().to(kind), angles.sin().to(kind)
        states = self.embed[laid.ids.to(device)].flatten(0, 1)
        for layer in self.layers:
            states = layer(states, hidden, turns)
        states = _normalised(states[laid.at.to(device)], self.norm, self.shape)
        return (states @ self.head.t()).float().log_softmax(dim=-1), laid.targets.to(device)


class LaidOut:
    """A batch as tensors: `ids` and `positions` (batch, tokens), `mask` (batch, tokens, tokens), true where seen."""

    def __init__(self, ids: Tensor, positions: Tensor, mask: Tensor, at: Tensor, targets: Tensor) -> None:
        self.ids, self.positions, self.mask, self.at, self.targets = ids, positions, mask, at, targets


def laid_out(batch: Sequence[Learnt]) -> LaidOut:
    """Lay sequences out; `at` are the places, in the flattened batch, from which `targets` are to be foretold."""
    width = max(each.tokens for each in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    positions, branches = torch.zeros_like(ids), torch.full_like(ids, -1)
    at: list[int] = []
    targets: list[int] = []
    for row, each in enumerate(batch):
        shared = end = len(each.shared)
        ids[row, :end] = torch.tensor(each.shared)
        positions[row, :end] = torch.arange(end)
        branches[row, :end] = 0
        for number, branch in enumerate(each.branches, 1):
            tokens = branch.asked + branch.answer
            begin, end = end, end + len(tokens)
            ids[row, begin:end] = torch.tensor(tokens)
            positions[row, begin:end] = torch.arange(shared, shared + len(tokens))
            branches[row, begin:end] = number
            first = row * width + begin + len(branch.asked) - 1
            at += range(first, first + len(branch.answer))
            targets += branch.answer
    own, other = branches[:, :, None], branches[:, None, :]
    seen = torch.ones(width, width, dtype=torch.bool).tril() & ((other == 0) | (other == own))
    return LaidOut(ids, positions, seen, torch.tensor(at), torch.tensor(targets))


def _normalised(states: Tensor, weight: Tensor, shape: DecoderShape) -> Tensor:
    return functional.rms_norm(states, (shape.hidden,), weight, shape.epsilon)


def _turned(states: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """Turn the halves of each head by the angles of their positions (Su et al. 2021)."""
    cosines, sines = turns
    left, right = states.chunk(2, dim=-1)
    return states * cosines + torch.cat((-right, left), dim=-1) * sines
