"""The small models at their tasks, on sets they were not trained on, each beside what can be had without it.

Reader: xquad-en with the paragraph that answers and the nearest one that does not; clapnq-dev, where every question
comes with a passage, half of which answer it. `gate` combines the reader with cosine and overlap: a logistic model
fitted on the reader's own held-out rows. Verifier: the held-out part of its recipe.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from corpora import default_embedder, rows
from groundsel_pipelines.evaluating.beir import read_beir
from groundsel_pipelines.evaluating.intervals import difference, mean_interval
from groundsel_pipelines.models import load_reader
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.tuning.data import collect
from groundsel_pipelines.tuning.figures import Array, figures
from groundsel_pipelines.tuning.judged import ReaderJudged, by_cosine, overlap
from groundsel_pipelines.tuning.measuring import default_model, judge
from groundsel_pipelines.tuning.recipes import read_recipe
from groundsel_pipelines.tuning.rows import EncoderRole, ReaderRow, Row
from groundsel_pipelines.tuning.statistics import area
from reporting import arguments, report, shared_data

RECIPES: Final = Path(__file__).parents[1] / "tuning"


def quiet(_: str, __: int, ___: int | None) -> None:
    """Hear of progress and say nothing."""


# ---------------------------------------------------------------- rows


def xquad(limit: int) -> list[ReaderRow]:
    """Give each question with its paragraph, and with the nearest other one that lacks the answer."""
    folder = shared_data("xquad-en")
    texts = {row["_id"]: row["text"] for row in rows(folder / "corpus.jsonl.gz")}
    gold = {qrel.query_id: next(iter(qrel.gold)).name for qrel in read_beir(folder, split="test").questions}
    embedder = default_embedder()
    ids = list(texts)
    vectors = embedder.embed_passages([texts[each] for each in ids])
    found = []
    for query in spread(list(rows(folder / "queries.jsonl.gz")), limit):
        answers = tuple(answer["text"] for answer in query["answers"])
        own = texts[gold[query["_id"]]]
        found.append(
            ReaderRow(
                id=query["_id"], document=gold[query["_id"]], question=query["text"], passage=own, answers=answers
            )
        )
        order = np.argsort(-(vectors @ embedder.embed_query(query["text"])[0]))
        near = next(texts[ids[at]] for at in order if answers[0].lower() not in texts[ids[at]].lower())
        found.append(
            ReaderRow(
                id=f"{query['_id']}-near", document=query["_id"], question=query["text"], passage=near, answerable=False
            )
        )
    return found


def clapnq(limit: int) -> list[ReaderRow]:
    """Give the questions with their passages; the answers are whole sentences, so that F1 says little."""
    folder = shared_data("clapnq-dev")
    found = []
    for answerable in (True, False):
        name = "answerable" if answerable else "unanswerable"
        for row in spread(list(rows(folder / f"clapnq_dev_{name}.jsonl.gz")), limit):
            answers = tuple(" ".join(each["selected_sentences"]) for each in row["output"]) if answerable else ()
            found.append(
                ReaderRow(
                    id=str(row["id"]),
                    document=row["passages"][0]["title"],
                    question=row["input"],
                    passage=row["passages"][0]["text"],
                    answers=answers,
                    answerable=answerable,
                )
            )
    return found


def spread(given: Sequence[Any], limit: int) -> Sequence[Any]:
    """Take at most `limit`, spread over the whole."""
    return given[:: max(1, -(-len(given) // limit))] if limit else given


# ---------------------------------------------------------------- the gate as a whole


def signals(found: Sequence[Row], reader_name: str) -> Array:
    """Describe each pair by the reader's two probabilities as logits, the cosines and the overlap: shape (rows, 4)."""
    models = read_settings().models
    reader, embedder = load_reader(models.folder, reader_name), default_embedder()
    values = []
    for row in track([each for each in found if isinstance(each, ReaderRow)], description="signals"):
        (reading,) = reader.read(row.question, [row.passage])
        (near,) = by_cosine(embedder, [row], quiet)
        cosine = near.answerable if isinstance(near, ReaderJudged) else 0.0
        values.append(
            (logit(reading.answerable), logit(reading.confidence), cosine, overlap(row.question, row.passage))
        )
    return np.array(values, np.float64)


def logit(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return float(np.log(clipped / (1 - clipped)))


def fitted_gate(data: Path, name: str) -> Any:  # noqa: ANN401 - scikit-learn ships no types
    """Fit on the rows that the reader's recipe holds out."""
    held_out = collect(read_recipe(RECIPES / "reader.toml"), data).held_out
    right = [isinstance(row, ReaderRow) and row.answerable for row in held_out]
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(signals(held_out, name), right)


# ---------------------------------------------------------------- figures


def beside(role: EncoderRole, set_name: str, found: Sequence[Row], names: Sequence[str]) -> list[dict[str, object]]:
    """Give a row a figure: the model first, then each baseline with the model's gain over it."""
    models = read_settings().models
    began = perf_counter()
    given = {names[0]: figures(role, found, judge(role, found, models, name=names[0], told=quiet))}
    milliseconds = (perf_counter() - began) * 1000 / len(found)
    for name in names[1:]:
        given[name] = figures(role, found, judge(role, found, models, name=name, told=quiet))
    return [
        {
            "set": set_name,
            "rows": len(found),
            "figure": figure,
            "model": name,
            "value": str(mean_interval(values)),
            "gain of the model": "" if name == names[0] else str(difference(given[names[0]][figure], values)),
            "ms a row": round(milliseconds, 1) if name == names[0] else "",
        }
        for name, all_figures in given.items()
        for figure, values in all_figures.items()
    ]


def reader_figures(limit: int) -> list[dict[str, object]]:
    name = default_model("reader")
    told: list[dict[str, object]] = []
    gate = fitted_gate(shared_data("train"), name)
    sets: Mapping[str, Callable[[int], list[ReaderRow]]] = {"xquad-en": xquad, "clapnq-dev": clapnq}
    for set_name, read in sets.items():
        found = read(limit)
        told += beside("reader", set_name, found, [name, "cosine", "overlap"])
        together = gate.predict_proba(signals(found, name))[:, 1]
        values = area(together, np.array([row.answerable for row in found]))
        told.append(
            {
                "set": set_name,
                "rows": len(found),
                "figure": "answerability AUROC",
                "model": "gate: reader, cosine, overlap",
                "value": str(mean_interval(values)),
            }
        )
    return told


def verifier_figures(limit: int) -> list[dict[str, object]]:
    held_out = collect(read_recipe(RECIPES / "verifier.toml"), shared_data("train")).held_out
    return beside(
        "verifier", "grounding, held out", spread(held_out, limit), [default_model("verifier"), "cosine", "overlap"]
    )


PARTS: Final = {"reader": reader_figures, "verifier": verifier_figures}


def main() -> None:
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="a role; all of them if left out")
    parser.add_argument("--limit", type=int, default=0, help="questions of each set, spread over it [default: all]")
    options = parser.parse_args()
    found = [row for name in options.only or PARTS for row in PARTS[name](options.limit)]
    report("Roles over the encoder", found, json_file=options.json)


if __name__ == "__main__":
    main()
