"""Fits the gate: how likely the evidence answers a question, learnt from public ones with and without an answer."""

import asyncio
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np

from groundsel_pipelines.answering.evidence import places, rarity, score
from groundsel_pipelines.answering.gate import Features, features
from groundsel_pipelines.answering.questions import read_question
from groundsel_pipelines.answering.quoting import choose
from groundsel_pipelines.chunking import split
from groundsel_pipelines.composition import open_embedder
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.indexing import embed
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import PUBLIC, Document, SearchRequest
from reporting import arguments, report, shared_data

TARGET = Path(__file__).parents[1] / "pipelines" / "groundsel_pipelines" / "answering" / "gate.json"
SETS = ("qa-nq-qed", "qa-squad2-part")
TOP_K = 5
EACH = 400  # questions of each kind and set
WRONG_ANSWERS = 0.15  # most of the questions without an answer that may be answered, on the development half
ASKER = frozenset({PUBLIC})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, the passage that should answer it and the answers that count; none if it has no answer."""

    text: str
    gold: str  # doc_id
    answers: tuple[str, ...]
    hide_gold: bool  # an answerable question becomes one without answer when its passage is taken away


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    features: Features
    answerable: bool
    quoted: bool  # the quotation holds an answer


def read(name: str) -> Iterator[dict[str, object]]:
    with gzip.open(shared_data("train") / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def sample(random: Random) -> tuple[dict[str, Document], list[Asked]]:
    """Give every passage of the sets as a document, and questions of three kinds over them."""
    documents: dict[str, Document] = {}
    asked: list[Asked] = []
    for name in SETS:
        answerable: list[Asked] = []
        without: list[Asked] = []
        for row in read(name):
            passage = str(row["passages"][0])  # type: ignore[index]  # a list of texts
            doc_id = f"train/{abs(hash(passage)):x}"
            documents[doc_id] = as_document(doc_id, str(row.get("title") or ""), passage)
            answers = tuple(filter(None, (str(row["answer"]), *(row.get("also") or ()))))  # type: ignore[misc]
            each = Asked(text=str(row["question"]), gold=doc_id, answers=answers, hide_gold=False)
            (answerable if row["answerable"] else without).append(each)
        random.shuffle(answerable)
        random.shuffle(without)
        asked += answerable[:EACH]
        asked += [Asked(**{**asdict(each), "hide_gold": True}) for each in answerable[EACH : 2 * EACH]]
        asked += without[: EACH // 2]
    random.shuffle(asked)
    return documents, asked


def as_document(doc_id: str, title: str, text: str) -> Document:
    return Document(
        doc_id=doc_id,
        collection="train",
        source="train",
        uri=doc_id,
        title=title,
        text=text,
        media_type="txt",
        language="en",
        version=1,
        updated_at=None,
        allowed=ASKER,
    )


async def described(asked: Asked, searcher: Searcher, documents: dict[str, Document], embedder: Embedder) -> Row | None:
    found = await searcher.search(SearchRequest(text=asked.text, principals=ASKER, limit=1))
    hits = tuple(hit for hit in found.hits if not (asked.hide_gold and hit.passage.doc_id == asked.gold))[:TOP_K]
    held = places(hits, documents)
    if not held:
        return None
    question = read_question(asked.text, "en")
    evidence = score(question, held, embedder)
    quotation = " ".join(each.place.text for each in choose(evidence)).lower()
    answers = () if asked.hide_gold else asked.answers
    return Row(
        features=features(question, evidence, rarity(question, held)),
        answerable=bool(answers),
        quoted=any(answer.lower() in quotation for answer in answers),
    )


async def rows(folder: Path) -> list[Row]:
    documents, asked = sample(Random(5))  # noqa: S311 - reproducible, not secret
    embedder = open_embedder(read_settings())
    store = EmbeddedStore(folder, embedding_model=embedder.model_id, dimensions=embedder.dimensions)
    await store.prepare()
    cut = [(document, split(document, embedder.tokens, budget=200)) for document in documents.values()]
    for first in range(0, len(cut), 512):
        await store.write(await embed(cut[first : first + 512], embedder))
    searcher = Searcher(store=store, embedder=embedder, fusion=min_max_linear)
    found = [await described(each, searcher, documents, embedder) for each in asked]
    await store.close()
    return [row for row in found if row is not None]


def matrix(found: Sequence[Row]) -> np.ndarray:
    return np.array([[getattr(row.features, each.name) for each in fields(Features)] for row in found])


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--write", action="store_true", help="replace the gate that travels with the package")
    options = parser.parse_args()
    import tempfile

    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(rows(Path(folder)))
    half = len(found) // 2
    fit, held = found[:half], found[half:]
    model = LogisticRegression(C=1.0, max_iter=1000).fit(matrix(fit), [row.quoted for row in fit])
    probability = model.predict_proba(matrix(held))[:, 1]
    quoted = np.array([row.quoted for row in held])
    without = np.array([not row.answerable for row in held])
    threshold = float(np.quantile(probability[without], 1 - WRONG_ANSWERS))
    opens = probability >= threshold
    resampled = np.random.default_rng(1)
    auc = [roc_auc_score(quoted[pick], probability[pick]) for pick in
           (resampled.integers(0, len(held), len(held)) for _ in range(200))]  # fmt: skip
    figures = {
        "questions": len(found),
        "auc": float(roc_auc_score(quoted, probability)),
        "auc 95 % from": float(np.quantile(auc, 0.025)),
        "auc 95 % to": float(np.quantile(auc, 0.975)),
        "threshold": threshold,
        "answered of those quoted right": float(opens[quoted].mean()),
        "right of those answered": float(quoted[opens].mean()),
        "answered of those without an answer": float(opens[without].mean()),
    }
    report("The gate on the development half", [figures], json_file=options.json)
    if options.write:
        weights = {each.name: round(float(w), 4) for each, w in zip(fields(Features), model.coef_[0], strict=True)}
        gate = {
            "fitted_on": f"{', '.join(SETS)}; half of {len(found)} questions, {datetime.now(UTC):%Y-%m-%d}",
            "development": {name: round(value, 4) for name, value in figures.items()},
            "intercept": round(float(model.intercept_[0]), 4),
            "weights": weights,
            "threshold": round(threshold, 4),
        }
        TARGET.write_text(json.dumps(gate, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
