"""Fits the gate, which says whether evidence answers a question, on training questions, and writes it beside gate.py.

A question counts as answered where the quotation that would be shown holds the right answer. It does not where nothing
in the collection answers it: SQuAD's unanswerable questions, and questions whose own passage is taken out of the
results, so that only its neighbours are left. No evaluation set is read.

There are two gates: gate.json, and with `--reader NAME` gate-reader.json, which hears a reader as well and judges the
quotations that are chosen with it. It is fitted on the documents that the reader's recipe holds out, and on a set that
it has no part in: of what it was trained on, a reader is surer than of a user's documents. As these are few and of two
sets only, what the first gate says of all else counts as one feature.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import anyio
import numpy as np
import numpy.typing as npt
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from corpora import default_embedder, document, indexed, rows
from groundsel_pipelines.answering.gate import Features, Gate, fitted_gate
from groundsel_pipelines.answering.quoting import choose, readable
from groundsel_pipelines.answering.spans import odds
from groundsel_pipelines.evaluating.judging import normalised
from groundsel_pipelines.evaluating.judgments import ANYONE
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.models import load_reader, read_manifest
from groundsel_pipelines.models.differences import FILE as ADAPTER
from groundsel_pipelines.protocols import Embedder, Reader
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.tuning.data import collect
from groundsel_pipelines.tuning.recipes import read_recipe
from groundsel_pipelines.types import Document, SearchRequest
from looking import Looked, look
from reporting import arguments, report, shared_data

TARGET: Final = Path(__file__).parents[1] / "pipelines" / "groundsel_pipelines" / "answering"
HELD: Final = 0.8  # of the words of an answer: the quotation has it
FOLDS, RESAMPLES = 5, 200
TAKEN_OUT: Final = 3 / 7  # of the questions that have an answer: asked once more without their passage
DOC2DIAL: Final = 205  # questions of that set, for the gate with a reader: half as many as of Natural Questions
RECIPES: Final = Path(__file__).parents[1] / "tuning"
NAMES: Final = tuple(field.name for field in fields(Features) if not field.name.startswith("read_"))
READ_NAMES: Final = tuple(field.name for field in fields(Features) if field.name.startswith("read_"))

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    text: str
    group: str  # title: examples of one group are in one fold
    kind: str
    doc_id: str  # its own passage
    answers: tuple[str, ...]
    taken_out: bool = False  # its own passage is


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An example as the gate sees it."""

    example: Example
    features: Features
    right: bool  # the quotation holds the answer


# ---------------------------------------------------------------- questions and passages


def drawn(random: Random, unseen: frozenset[str] | None) -> tuple[dict[str, Document], list[Example]]:
    """Give the collection, and the questions over it: two of five have no answer in it.

    Of the sets that a reader was trained on, only the rows `unseen` are asked about, if that is given.
    """
    folder = shared_data("train")
    documents: dict[str, Document] = {}
    examples: list[Example] = []
    for name, kind, count in (
        ("qa-squad2-part", "squad", 450),
        ("qa-squad2-part", "squad, unanswerable", 300),
        ("qa-nq-qed", "nq", 450),
        ("qa-doc2dial", "doc2dial", 150),
    ):
        found = [row for row in rows(folder / f"{name}.jsonl.gz") if fits(row, kind)]
        if name != "qa-nq-qed":  # all passages, so that the neighbours of a question's own are there
            documents.update(own_document(row) for row in found)
        if unseen is not None:
            found = [row for row in found if kind == "doc2dial" or row["id"] in unseen]
        asked = len(found) if unseen is not None else count
        for row in random.sample(found, DOC2DIAL if unseen is not None and kind == "doc2dial" else asked):
            doc_id, own = own_document(row)
            documents[doc_id] = own
            answers = (row["answer"], *row.get("also", ())) if row["answerable"] else ()
            example = Example(text=row["question"], group=own.title, kind=kind, doc_id=doc_id, answers=answers)
            examples.append(example)
    return documents, examples


def fits(row: Mapping[str, Any], kind: str) -> bool:
    """Choose rows; in one half of SQuAD 2 a missing answer does not mean that there is none."""
    if row.get("history"):
        return False
    if kind == "squad, unanswerable":
        return not row["answerable"] and row["source"] != "squad2-dev-half2"
    return bool(row["answerable"] and row["source"] != "squad1-sample")


def own_document(row: Mapping[str, Any]) -> tuple[str, Document]:
    text = row["passages"][row.get("gold", 0)]
    title = row.get("title") or ""
    own = document(f"{title[:60]}-{hash_of(text)}", title=title, text=text)
    return own.doc_id, own


def hash_of(text: str) -> str:
    return f"{abs(int.from_bytes(text.encode()[:64], 'big')) % 10**9}-{len(text)}"


# ---------------------------------------------------------------- what the gate sees


async def looked_at(
    examples: Sequence[Example], store: EmbeddedStore, embedder: Embedder, reader: Reader | None
) -> list[tuple[Example, Looked]]:
    searcher = Searcher(store=store, embedder=embedder, fusion=min_max_linear)
    found: list[tuple[Example, Looked]] = []
    for example in track(examples, description="questions"):
        results = await searcher.search(SearchRequest(text=example.text, principals=ANYONE))
        if looked := await look(example.text, results.hits, store, embedder, reader):
            found.append((example, looked))
    return with_twins(found)


def with_twins(found: Sequence[tuple[Example, Looked]]) -> list[tuple[Example, Looked]]:
    """Ask some of the questions that have an answer once more, without their own passage."""
    answered = [pair for pair in found if pair[0].answers]
    twins = Random(5).sample(answered, round(TAKEN_OUT * len(answered)))  # noqa: S311 - reproducible, not secret
    return [
        *found,
        *(
            (replace(example, kind=f"{example.kind}, taken out", taken_out=True), left)
            for example, looked in twins
            if (left := looked.without(example.doc_id))
        ),
    ]


def seen(example: Example, looked: Looked, *, reader: bool) -> Seen:
    evidence = looked.evidence(reader=reader)
    quotation = " ".join(readable(each.place) for each in choose(evidence))
    return Seen(
        example=example,
        features=looked.features(evidence),
        right=not example.taken_out and any(holds_most(quotation, answer) for answer in example.answers),
    )


def holds_most(text: str, answer: str) -> bool:
    wanted = Counter(normalised(answer))
    return bool(wanted) and (wanted & Counter(normalised(text))).total() >= HELD * wanted.total()


# ---------------------------------------------------------------- the fit


def matrix(found: Sequence[Seen], names: Sequence[str], plain: Gate | None) -> tuple[Array, Array]:
    """Give the features, after the log-odds that the gate without a reader gives, where that is the base."""
    values = [
        [*([odds(plain.probability(each.features))] if plain else []), *(asdict(each.features)[name] for name in names)]
        for each in found
    ]
    return np.array(values, np.float64), np.array([each.right for each in found], np.float64)


def model() -> Any:  # noqa: ANN401 - scikit-learn ships no types
    """Make an unfitted logistic model over standardised features (extra `export` brings scikit-learn)."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))


def raw_weights(fitted: Any, names: Sequence[str], plain: Gate | None) -> tuple[float, dict[str, float]]:  # noqa: ANN401
    """Undo the standardising: the intercept, and a weight for each feature as `Features` gives it."""
    scaler, logistic = (step for _, step in fitted.steps)
    weights = list(logistic.coef_[0] / scaler.scale_)
    intercept = float(logistic.intercept_[0] - weights @ scaler.mean_)
    found: dict[str, float] = {}
    if plain:
        share = float(weights.pop(0))
        intercept += share * plain.intercept
        found = {name: round(share * weight, 4) for name, weight in plain.weights.items()}
    return intercept, found | {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def best_threshold(probability: Array, right: Array) -> float:
    """Give the threshold at which the share of right quotations shown exceeds that of the others shown the most."""
    shown_wrong, shown_right, thresholds = roc_curve(right, probability)
    return float(thresholds[int((shown_right - shown_wrong).argmax())])


def interval(statistic: Callable[[Array, Array], float], probability: Array, right: Array) -> list[float]:
    """Give the 95 % interval of a statistic by resampling the examples (Efron 1979)."""
    numbers = np.random.default_rng(3)
    picks = (numbers.integers(0, len(right), len(right)) for _ in range(RESAMPLES))
    found = [statistic(probability[pick], right[pick]) for pick in picks]
    return [round(float(np.quantile(found, share)), 4) for share in (0.025, 0.975)]


def area(probability: Array, right: Array) -> float:
    return float(roc_auc_score(right, probability))


async def measure(reader_name: str) -> dict[str, Any]:
    """Fit the gate without a reader, or with the one that is named."""
    unseen = None
    if reader_name:
        recipe = read_recipe(RECIPES / "reader.toml")
        unseen = frozenset(row.id for row in collect(recipe, shared_data("train")).held_out)
    documents, examples = drawn(Random(5), unseen)  # noqa: S311 - reproducible, not secret
    embedder = default_embedder()
    models = read_settings().models
    reader = load_reader(models.folder, reader_name, threads=models.threads) if reader_name else None
    async with indexed(documents.values(), embedder) as store:
        looked = await looked_at(examples, store, embedder, reader)
    if reader is None:
        return fitted([seen(*each, reader=False) for each in looked], NAMES)
    plain = [seen(*each, reader=False) for each in looked]
    sure = np.array([fitted_gate().probability(each.features) for each in plain])
    right = np.array([each.right for each in plain], np.float64)
    about = read_manifest(models.folder, reader_name)
    return {
        "reader": {"name": about.name, "adapter": about.weights[ADAPTER]},
        "area_without": [round(area(sure, right), 4), *interval(area, sure, right)],
        "quoted_right_without": round(float(right.mean()), 4),
        **fitted([seen(*each, reader=True) for each in looked], READ_NAMES, fitted_gate()),
    }


def fitted(found: Sequence[Seen], names: Sequence[str], plain: Gate | None = None) -> dict[str, Any]:
    """Fit a gate over these features, and over what the `plain` one says of the others."""
    values, right = matrix(found, names, plain)
    groups = [each.example.group for each in found]
    given = cross_val_predict(model(), values, right, groups=groups, cv=GroupKFold(FOLDS), method="predict_proba")[:, 1]
    threshold = best_threshold(given, right)
    shown = given >= threshold
    intercept, weights = raw_weights(model().fit(values, right), names, plain)
    kinds = sorted({each.example.kind for each in found})
    return {
        "fitted_on": f"{', '.join(kinds)}; thresholds out of fold, folds by title",
        "fitted_at": f"{datetime.now(UTC):%Y-%m-%d}",
        "questions": len(found),
        "quoted_right": round(float(right.mean()), 4),
        "area": round(area(given, right), 4),
        "area_interval": interval(area, given, right),
        "right_shown": round(float(shown[right > 0].mean()), 4),
        "others_shown": round(float(shown[right == 0].mean()), 4),
        "threshold_interval": interval(best_threshold, given, right),
        "intercept": round(intercept, 4),
        "weights": weights,
        "threshold": round(threshold, 4),
        "by_kind": shares(found, shown),
    }


def shares(found: Sequence[Seen], shown: npt.NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    """Give, by kind of question, how many are quoted right and how many the gate lets through."""
    kinds = sorted({each.example.kind for each in found})
    rows_of = {kind: [index for index, each in enumerate(found) if each.example.kind == kind] for kind in kinds}
    return {
        kind: {
            "questions": len(indices),
            "quoted right": round(float(np.mean([found[index].right for index in indices])), 4),
            "shown": round(float(shown[indices].mean()), 4),
        }
        for kind, indices in rows_of.items()
    }


def main() -> None:
    parser = arguments("Fits the gate on training questions.")
    parser.add_argument("--write", action="store_true", help="replace the gate that travels with the package")
    parser.add_argument("--reader", default="", help="fit the gate that hears this reader, instead of the one without")
    options = parser.parse_args()
    gate = anyio.run(measure, options.reader)
    by_kind = gate.pop("by_kind")
    report("The gate, out of fold", [{"kind": kind, **row} for kind, row in by_kind.items()], json_file=options.json)
    print(json.dumps(gate, indent=2))
    if options.write:
        target = TARGET / ("gate-reader.json" if options.reader else "gate.json")
        target.write_text(json.dumps(gate, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
