"""Follow-up questions of real conversations: what is found for them as typed, and made to stand alone.

The dialogues of doc2dial (Feng et al. 2020) about public services; their passages are the collection. Every follow-up
is searched as it was typed, as the rules make it stand alone, and, with --model, as a tuned model does in the product;
"both turns" is the question with the one before it, which names nothing wrong and everything twice. None of it is
trained on doc2dial, whose conversations have no rewritten questions. `leaning` are those that the product rewrites.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, Final

import anyio

from corpora import COLLECTION, default_embedder, document, indexed, rows
from groundsel_pipelines.answering.conversation import last_question, leans, standing_alone
from groundsel_pipelines.answering.rewriting import Rewriting
from groundsel_pipelines.evaluating.intervals import mean_interval
from groundsel_pipelines.evaluating.judgments import ANYONE
from groundsel_pipelines.evaluating.measures import by_query
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.models import load_language_model
from groundsel_pipelines.protocols import LanguageModel
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.types import SearchRequest, Turn
from reporting import Row, arguments, report, shared_data

FILE: Final = "qa-doc2dial.jsonl.gz"
ASKS: Final = re.compile(
    r"\?|^(?:what|which|who|where|when|why|how|and|can|could|do|does|is|are|will|would)\b", re.IGNORECASE
)
MEASURE: Final = "nDCG@10"

Asked = Mapping[str, Any]


def turns_of(row: Asked) -> list[Turn]:
    said = (turn.partition(":") for turn in row["history"])
    return [Turn(role="user" if who == "user" else "assistant", text=text) for who, _, text in said]


async def asked(row: Asked, method: str, rewriting: Rewriting) -> str:
    text, history = row["question"], turns_of(row)
    if method == "rules":
        return standing_alone(text, history)
    if method == "both turns":
        return f"{last_question(history)} {text}".strip()
    return await rewriting.standing_alone(text, history) if method == "model" else text


async def found(
    questions: Sequence[Asked], texts: Mapping[str, str], methods: Iterable[str], model: LanguageModel | None
) -> dict[str, dict[str, float]]:
    """Give the nDCG@10 of each question by method."""
    names = {text: name for name, text in texts.items()}
    qrels = {row["id"]: {f"{COLLECTION}/{names[row['passages'][row.get('gold', 0)]]}": 1} for row in questions}
    rewriting = Rewriting(rewriters=lambda _collection, _language: model, seconds=60)
    embedder = default_embedder()
    corpus = [document(name, title=name.rpartition("/")[0], text=text) for name, text in texts.items()]
    scores = {}
    async with indexed(corpus, embedder) as store:
        searcher = Searcher(store=store, embedder=embedder, fusion=min_max_linear)
        for method in methods:
            run = {}
            for row in questions:
                text = (await asked(row, method, rewriting))[:1000]
                results = await searcher.search(SearchRequest(text=text, principals=ANYONE))
                run[row["id"]] = [hit.passage.doc_id for hit in results.hits]
            scores[method] = by_query(qrels, run, [MEASURE])[MEASURE]
    return scores


def table(questions: Sequence[Asked], scores: Mapping[str, Mapping[str, float]]) -> list[Row]:
    kinds = {
        "all": list(questions),
        "leaning": [row for row in questions if leans(row["question"], turns_of(row))],
        "rewritten": [row for row in questions if standing_alone(row["question"], turns_of(row)) != row["question"]],
    }
    made: list[Row] = []
    for kind, chosen in kinds.items():
        for method, by_id in scores.items():
            own = [by_id[row["id"]] for row in chosen]
            typed = [scores["typed"][row["id"]] for row in chosen]
            gain = mean_interval([a - b for a, b in zip(own, typed, strict=True)])
            made.append(
                {
                    "follow-ups": kind,
                    "count": len(chosen),
                    "asked": method,
                    MEASURE: str(mean_interval(own)),
                    "over typed": str(gain),
                }
            )
    return made


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, default=600, help="follow-ups that ask something, of all dialogues")
    parser.add_argument("--model", default="", help="an installed model of the role rewrite")
    options = parser.parse_args()
    every = list(rows(shared_data("train") / FILE))
    texts: dict[str, str] = {}
    for row in every:
        for text in row["passages"]:
            texts.setdefault(text, f"{row['title']}/{len(texts)}")
    follow_ups = [row for row in every if row["history"] and ASKS.search(row["question"])]
    chosen = Random(8).sample(follow_ups, min(options.questions, len(follow_ups)))  # noqa: S311 - reproducible, not secret
    models = read_settings().models
    model = load_language_model(models.folder, options.model, threads=models.threads) if options.model else None
    methods = ["typed", "rules", "both turns", *(["model"] if model else [])]
    scores = anyio.run(partial(found, chosen, {name: text for text, name in texts.items()}, methods, model))
    report("Follow-up questions of doc2dial", table(chosen, scores), json_file=options.json)


if __name__ == "__main__":
    main()
