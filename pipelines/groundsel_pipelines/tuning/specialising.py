"""From a recipe to an adapter that has proven itself: rows, training, packing, the gate, the card."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from groundsel_pipelines.models import load_embedder
from groundsel_pipelines.models.adapter_manifest import CARD, AdapterManifest, write_adapter_manifest
from groundsel_pipelines.models.adapting import install_adapter
from groundsel_pipelines.models.exporting import Weights
from groundsel_pipelines.models.manifest import DECODER_ROLES
from groundsel_pipelines.models.pulling import FETCHED, weights_on_disk
from groundsel_pipelines.settings import ModelSettings
from groundsel_pipelines.tuning import doubt, judged
from groundsel_pipelines.tuning.card import card
from groundsel_pipelines.tuning.data import collect
from groundsel_pipelines.tuning.figures import figures
from groundsel_pipelines.tuning.gate import Compared, compared, lost, require_enough
from groundsel_pipelines.tuning.measuring import judge, judge_installed
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import Row

if TYPE_CHECKING:
    from groundsel_pipelines.tuning.training import Progress

RULES: Final = {"summarise": "rule", "rewrite": "rule"}  # the first sentences; what the rules of a conversation make
MOST_WRITTEN: Final = 400  # held-out rows that a decoder, and its base, write for: a second or more each


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where everything lies."""

    data: Path  # the sources of the recipe
    models: Path  # the installed models
    work: Path  # where trainings keep themselves
    adapters: Path  # where the adapter is put


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialised:
    """An adapter, and what the gate says of it; `folder` is None where it was refused."""

    manifest: AdapterManifest
    compared: tuple[Compared, ...]
    folder: Path | None


def specialise(
    recipe: Recipe, places: Places, *, force: bool, told: judged.Told, learnt: "Callable[[Progress], None]"
) -> Specialised:
    """Train an adapter by its recipe and put it under `places.adapters`, if it wins over every baseline.

    Args:
        recipe: what to do.
        places: where everything lies.
        force: put it there although it does not win; the manifest says so.
        told: hears how the measuring goes.
        learnt: hears how the training goes.

    Raises:
        UnknownName: the base is not on disk.
        InvalidInput: a source is damaged, or there is too little to train on or to decide by.

    """
    from groundsel_pipelines.tuning.packing import pack  # noqa: PLC0415 - torch is loaded only where it is needed

    base = weights_on_disk(places.models, recipe.base)
    rows = collect(recipe, places.data)
    require_enough(recipe.role, rows.train, rows.held_out)
    work = places.work / f"{recipe.name}-{recipe.beginning}"
    trained = train(recipe, rows.train, base, work, places, learnt)
    packed = work / "adapter"
    packed.mkdir(exist_ok=True)
    manifest = pack(recipe, rows, base, trained, packed, model=places.models / recipe.base)
    held_out = rows.held_out[:MOST_WRITTEN] if recipe.role in DECODER_ROLES else rows.held_out
    own = judge_packed(recipe, held_out, packed, places, told)
    if recipe.role == "answer":
        manifest = replace(manifest, settings=doubt.fitted(held_out, own))
        own = doubt.kept_silent(held_out, own)
    found = decide(recipe, held_out, own, places, told)
    against = lost(found)
    manifest = replace(manifest, figures={**manifest.figures, **told_figures(found)}, forced=bool(against))
    write_adapter_manifest(packed, manifest)
    (packed / CARD).write_text(card(recipe, manifest, found), encoding="utf-8")
    if against and not force:
        return Specialised(manifest=manifest, compared=found, folder=None)
    target = places.adapters / recipe.name
    put(packed, target)
    return Specialised(manifest=manifest, compared=found, folder=target)


def train(
    recipe: Recipe,
    rows: Sequence[Row],
    base: Weights,
    work: Path,
    places: Places,
    learnt: "Callable[[Progress], None]",
) -> Path:
    """Train unless it is done already, and give the file of the trained weights."""
    from groundsel_pipelines.tuning import training  # noqa: PLC0415
    from groundsel_pipelines.tuning.learning import learn  # noqa: PLC0415

    if (done := training.trained_file(recipe, work)).exists():
        return done
    start = training.read_start(places.adapters / recipe.start, base) if recipe.start else None
    return learn(recipe, rows, base, places.models / recipe.base, work, told=learnt, start=start)


def decide(
    recipe: Recipe, held_out: Sequence[Row], own: Sequence[judged.Judged], places: Places, told: judged.Told
) -> tuple[Compared, ...]:
    """Hold what the adapter judged, as it would run, in int8, against what can be had without it."""
    role = recipe.role
    free = RULES.get(role, "overlap")
    others = {free: judge(role, held_out, ModelSettings(folder=places.models), name=free, told=told)}
    if role in DECODER_ROLES:
        others["untuned"] = judge_installed(places.models, recipe.base, role, held_out, told)
    else:
        others["cosine"] = judged.by_cosine(load_embedder(places.models, recipe.base), held_out, told)
    return compared(
        role,
        figures(role, held_out, own),
        {name: figures(role, held_out, each) for name, each in others.items()},
    )


def judge_packed(
    recipe: Recipe, rows: Sequence[Row], packed: Path, places: Places, told: judged.Told
) -> list[judged.Judged]:
    """Let an adapter that is installed nowhere yet judge rows, as it would run."""
    with TemporaryDirectory() as scratch:
        models = Path(scratch)
        for name in (recipe.base, f"{FETCHED}/{recipe.base}"):
            (models / name).parent.mkdir(exist_ok=True)
            (models / name).symlink_to((places.models / name).resolve())
        install_adapter(models, packed, progress=lambda _, __: None)
        return judge_installed(models, recipe.name, recipe.role, rows, told)


def told_figures(found: Sequence[Compared]) -> dict[str, Any]:
    """Give the figures as JSON has them."""
    told: dict[str, Any] = {}
    for each in found:
        told.setdefault(
            each.figure, {"own": [round(value, 4) for value in (each.own.mean, each.own.low, each.own.high)]}
        )
        told[each.figure][f"gain over {each.baseline}"] = [
            round(value, 4) for value in (each.gain.mean, each.gain.low, each.gain.high)
        ]
        told[each.figure]["rows"] = each.own.count
    return told


def put(packed: Path, target: Path) -> None:
    """Copy an adapter to its place, file by file: the folder may be under version control."""
    target.mkdir(parents=True, exist_ok=True)
    for file in packed.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
