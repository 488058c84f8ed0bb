"""Trains what a learner says is to be trained, in bfloat16 with float32 masters, from checkpoint to checkpoint."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final, Protocol, TypeVar

import torch
from safetensors.torch import save_file
from torch import Tensor

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.adapter_manifest import read_adapter_manifest
from groundsel_pipelines.models.differences import apply_differences
from groundsel_pipelines.models.exporting import Weights
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.low_rank import read_low_rank
from groundsel_pipelines.models.manifest import DECODER_ROLES
from groundsel_pipelines.tuning.batches import Measured, batches, padded_tokens
from groundsel_pipelines.tuning.recipes import Recipe, TrainingRecipe

Kind = TypeVar("Kind", bound=Measured)
Learns_contra = TypeVar("Learns_contra", bound=Measured, contravariant=True)

CHECKPOINT: Final = "checkpoint.pt"
EVERY: Final = 50  # steps from checkpoint to checkpoint: a few minutes of work at most are lost
CLIP: Final = 1.0  # length of the gradient


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    step: int
    steps: int
    loss: float  # mean over the steps since the last report
    tokens_per_second: float


class Learner(Protocol[Learns_contra]):
    """A model of torch that learns from batches of one kind of example."""

    def trained(self) -> dict[str, torch.nn.Parameter]:
        """Give what is trained, by the name that it is kept under."""
        ...

    def loss(self, batch: Sequence[Learns_contra], /) -> Tensor:
        """Give the mean loss of a batch."""
        ...

    def to(self, device: torch.device, dtype: torch.dtype, /) -> Any: ...  # noqa: ANN401 - the module itself


def train(
    recipe: Recipe,
    examples: Sequence[Kind],
    learner: Learner[Kind],
    folder: Path,
    *,
    told: Callable[[Progress], None],
    start: dict[str, Tensor] | None = None,
    threads: int = 0,
) -> Path:
    """Train and give the file of the trained weights; one that was cut off goes on from its last checkpoint.

    Args:
        recipe: what to do.
        examples: what to learn from.
        learner: what learns.
        folder: where the training keeps itself, outside of the repository.
        told: hears how far it is.
        start: weights to begin with, by name, instead of the base's.
        threads: of the processor; 0 for one a core.

    Raises:
        InvalidInput: the folder holds the checkpoint of another recipe, or the loss is no number any more.

    """
    torch.manual_seed(recipe.seed)
    if threads:
        torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    learner.to(device, _fastest_type(device))
    trained = learner.trained()
    masters = {name: parameter.detach().float().clone() for name, parameter in trained.items()}
    masters |= {name: tensor.to(device) for name, tensor in begun_with(start or {}, masters).items()}
    optimiser = torch.optim.AdamW(
        [{"params": [each], "weight_decay": 0.01 if each.ndim > 1 else 0.0} for each in masters.values()],
        lr=recipe.training.rate,
        betas=(0.9, 0.98),
    )
    order = [
        batch
        for epoch in range(recipe.training.epochs)
        for batch in batches(examples, tokens=recipe.training.batch_tokens, seed=recipe.seed + epoch)
    ]
    done = _resume(folder / CHECKPOINT, recipe, masters, optimiser)
    _copy(masters, trained)
    losses: list[float] = []
    tokens, began = 0, perf_counter()
    last = min(recipe.training.steps or len(order), len(order))
    for step in range(done, last):
        batch = order[step]
        for group in optimiser.param_groups:
            group["lr"] = recipe.training.rate * rate_at(step, len(order), recipe.training)
        loss = learner.loss(batch)
        if not loss.isfinite():
            raise InvalidInput(f"the loss of step {step + 1} is no number: lower `rate`, now {recipe.training.rate:g}")
        loss.backward()  # type: ignore[no-untyped-call]
        for name, parameter in trained.items():
            masters[name].grad = parameter.grad.float() if parameter.grad is not None else None
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(list(masters.values()), CLIP)
        optimiser.step()
        _copy(masters, trained)
        losses.append(float(loss.detach()))
        tokens += padded_tokens(batch)
        if (step + 1) % EVERY == 0 or step + 1 == last:
            _save(folder / CHECKPOINT, recipe, masters, optimiser, step + 1)
            rate = tokens / (perf_counter() - began)
            told(Progress(step=step + 1, steps=last, loss=sum(losses) / len(losses), tokens_per_second=rate))
            losses, tokens, began = [], 0, perf_counter()
    target = trained_file(recipe, folder)
    target.parent.mkdir(exist_ok=True)
    save_file({name: each.contiguous().cpu() for name, each in masters.items()}, target)
    return target


def begun_with(start: Mapping[str, Tensor], masters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give what there is to begin with of what is trained.

    Raises:
        InvalidInput: it is of another rank.

    """
    found = {name: tensor for name, tensor in start.items() if name in masters}
    for name, tensor in found.items():
        if tensor.shape != masters[name].shape:
            raise InvalidInput(
                f"{name} of the adapter to start with is of the shape {tuple(tensor.shape)}, not "
                f"{tuple(masters[name].shape)}: the recipe must name the same `rank`"
            )
    return found


def trained_file(recipe: Recipe, folder: Path) -> Path:
    """Give the place of the weights that the whole recipe makes; where it stops is part of their name."""
    return folder / recipe.fingerprint / "trained.safetensors"


def read_start(adapter: Path, base: Weights) -> dict[str, Tensor]:
    """Read what another adapter over the same base has learnt; the head of an encoder is of its role and stays away."""
    about = read_adapter_manifest(adapter)
    if dict(about.base_weights) != dict(base.hashes):
        raise InvalidInput(f"the adapter {about.name!r} to start with is of another base than {base.name!r}")
    if about.role in DECODER_ROLES:
        return {name: torch.from_numpy(values) for name, values in read_low_rank(adapter)}
    opened = SafetensorsWeights.open(base.path)
    tensors = apply_differences(opened, adapter)
    return {name: torch.from_numpy(values) for name, values in tensors if name in opened.names}


def rate_at(step: int, steps: int, training: TrainingRecipe) -> float:
    """Rise over the warm-up, then fall in a straight line to zero: at the end of the rows, or earlier and faster.

    A training that is to stop early does not begin differently (Hu et al. 2024, section 4): how long it may go on can
    be decided while it runs.
    """
    rising = max(1, int(steps * training.warmup))
    rate = (step + 1) / rising if step < rising else (steps - step) / (steps - rising)
    last = min(training.steps or steps, steps)
    if last == steps:
        return rate
    return min(rate, (last - step) / max(1, int(last * training.cooling)))


def _copy(masters: dict[str, Tensor], trained: dict[str, torch.nn.Parameter]) -> None:
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(masters[name])


def _fastest_type(device: torch.device) -> torch.dtype:
    """Choose by measurement: bfloat16 is twice as fast where the processor has it, and far slower where not.

    A product this small takes a millisecond at best, and a second at worst.
    """
    taken: dict[torch.dtype, float] = {}
    for kind in (torch.float32, torch.bfloat16):
        left, right = (torch.ones(size, 512, device=device, dtype=kind) for size in (256, 512))
        for _ in range(3):
            began = perf_counter()
            (left @ right)[0, 0].item()
            taken[kind] = min(taken.get(kind, 1e9), perf_counter() - began)
    return min(taken, key=taken.__getitem__)


def _save(file: Path, recipe: Recipe, masters: dict[str, Tensor], optimiser: torch.optim.Optimizer, step: int) -> None:
    """Write a checkpoint beside the former one, then in its place: a crash leaves one of them whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    state = {"recipe": recipe.beginning, "masters": masters, "optimiser": optimiser.state_dict(), "step": step}
    torch.save(state, file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)


def _resume(file: Path, recipe: Recipe, masters: dict[str, Tensor], optimiser: torch.optim.Optimizer) -> int:
    """Take up a checkpoint, and give the steps that are done."""
    if not file.exists():
        return 0
    state = torch.load(file, weights_only=True)
    if state["recipe"] != recipe.beginning:
        raise InvalidInput(
            f"{file} is of another recipe (or this one was changed); move {file.parent} away to begin anew"
        )
    for name, master in masters.items():
        master.copy_(state["masters"][name])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])
