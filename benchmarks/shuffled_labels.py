"""How often the gate refuses what learnt from shuffled labels: real trainings of a tiny verifier, other rows each time.

Every run shuffles, trains, packs, writes the graph and decides as `groundsel tune train` does, over 120 held-out rows.
"""

import sys
from math import comb
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # where the tiny models are made

from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import write_rows
from groundsel_pipelines.tuning.specialising import Places, specialise
from learnable_rows import verifier_rows
from reporting import arguments, report
from tiny_bases import tiny_models_folder

ROWS: Final = 600
STEPS: Final = 40
HALVINGS: Final = 40  # of the interval in which a bound is looked for


def is_refused(models: Path, folder: Path, seed: int) -> bool:
    data = folder / "data"
    data.mkdir(parents=True)
    write_rows(data / "rows.jsonl", verifier_rows(ROWS, shuffled=True, seed=seed))
    recipe = Recipe.model_validate(
        {
            "name": "small",
            "role": "verifier",
            "base": "tiny",
            "seed": seed,
            "held_out": 0.2,
            "sources": [{"file": "rows.jsonl", "licence": "made here"}],
            "training": {"rate": 3e-3, "batch_tokens": 256, "longest": 32, "epochs": 4, "steps": STEPS},
        }
    )
    places = Places(data=data, models=models, work=folder / "work", adapters=folder / "adapters")
    found = specialise(recipe, places, force=False, told=lambda _, __, ___: None, learnt=lambda _: None)
    return found.folder is None


def exact_interval(hits: int, runs: int) -> tuple[float, float]:
    """Give the exact 95 % interval of a share (Clopper and Pearson 1934)."""

    def at_least(share: float) -> float:
        return sum(comb(runs, k) * share**k * (1 - share) ** (runs - k) for k in range(hits, runs + 1))

    def at_most(share: float) -> float:
        return sum(comb(runs, k) * share**k * (1 - share) ** (runs - k) for k in range(hits + 1))

    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if at_least(middle) > 0.025 else (middle, high)  # noqa: PLR2004 - of each side
    lower, high = low, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if at_most(middle) < 0.025 else (middle, high)  # noqa: PLR2004
    return (lower if hits else 0.0), (high if hits < runs else 1.0)


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=150)
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        models = tiny_models_folder(folder)
        refused = sum(
            is_refused(models, folder / str(seed), seed) for seed in track(range(options.runs), description="trainings")
        )
    low, high = exact_interval(refused, options.runs)
    told = {"runs": options.runs, "refused": refused, "share": f"{refused / options.runs:.3f} [{low:.3f}, {high:.3f}]"}
    report("Trained on shuffled labels", [told], json_file=options.json)


if __name__ == "__main__":
    main()
