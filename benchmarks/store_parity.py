"""The same documents in both stores: do they rank alike? nDCG@10, recall@100, their paired difference, top-10 overlap.

The node is the one of scripts/elasticsearch_node.py, or of GROUNDSEL_TEST_ELASTICSEARCH_URL. Indexes are kept, as those
of `groundsel eval` are; texts are embedded once for both stores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio
import ir_measures
import numpy as np
from ir_measures import R, nDCG

from groundsel_pipelines.composition import open_embedder, open_fusion
from groundsel_pipelines.evaluating.intervals import difference
from groundsel_pipelines.evaluating.judgments import ANYONE, EvaluationSet
from groundsel_pipelines.evaluating.preparing import prepared
from groundsel_pipelines.evaluating.retrieving import find, rankings, relevance, units
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.evaluating.shadowing import overlap
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.settings import Settings, read_settings
from groundsel_pipelines.types import Vectors
from node import own_indices
from reporting import Row, arguments, report, set_folder

SETS = ("demo-company", "contoso-hr", "workarena-kb", "beir-scifact")
STORES = ("elasticsearch", "embedded")
MEASURES = (nDCG @ 10, R @ 100)

Measured = dict[str, dict[str, float]]  # by measure, then query_id


class Remembering:
    """An embedder that embeds no text twice."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.model_id, self.dimensions = embedder.model_id, embedder.dimensions
        self.max_tokens, self.tokens, self.languages = embedder.max_tokens, embedder.tokens, embedder.languages
        self.known: dict[str, Vectors] = {}  # a row each

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if new := [text for text in dict.fromkeys(texts) if text not in self.known]:
            self.known.update(zip(new, self.embedder.embed_passages(new), strict=True))
        return np.stack([self.known[text] for text in texts])

    def embed_query(self, text: str) -> Vectors:
        return self.embedder.embed_query(text)


@dataclass(slots=True)
class Side:
    """What one store gave for one leg, by query_id."""

    qrels: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    found: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def measured(self) -> Measured:
        run = {
            query_id: {name: -float(rank) for rank, name in enumerate(names)} for query_id, names in self.found.items()
        }
        values: Measured = {str(measure): {} for measure in MEASURES}
        for each in ir_measures.iter_calc(MEASURES, self.qrels, run):
            values[str(each.measure)][each.query_id] = each.value
        return values


async def asked(evaluation: EvaluationSet, settings: Settings, embedder: Embedder) -> dict[str, Side]:
    """Give what a store finds, by leg; documents are called as the set calls them, whatever the collection is."""
    sides: dict[str, Side] = {}
    fusion = {"fused": open_fusion(settings.search, embedder)}
    async with prepared(evaluation, settings, embedder=embedder, principals=ANYONE, told=silent) as made:
        answers = await find(
            evaluation.questions,
            made,
            embedder=embedder,
            principals=ANYONE,
            top_k=settings.search.top_k,
            told=silent,
        )
        for each in answers:
            for leg, ranking in rankings(each, fusion).items():
                side = sides.setdefault(leg, Side())
                query_id = each.question.query_id
                side.qrels[query_id] = {
                    own_name(name): value for name, value in relevance(each.question, made.doc_ids).items()
                }
                side.found[query_id] = [own_name(name) for name in units(ranking, each.question, made.doc_ids)]
    return sides


def own_name(doc_id: str) -> str:
    return doc_id.partition("/")[2]


def silent(stage: str, done: int, total: int | None) -> None:
    """Show nothing."""


async def measure(name: str) -> list[Row]:
    evaluation = read_set(set_folder(name))
    settings = read_settings()
    embedder = Remembering(open_embedder(settings))
    found: dict[str, dict[str, Side]] = {}
    async with own_indices(kept="parity") as cluster:
        for kind in STORES:
            store = settings.store.model_copy(update={"kind": kind, "url": cluster.hosts[0]})
            found[kind] = await asked(evaluation, settings.model_copy(update={"store": store}), embedder)
    return [compared(name, leg, {kind: found[kind][leg] for kind in STORES}) for leg in found[STORES[0]]]


def compared(name: str, leg: str, sides: Mapping[str, Side]) -> Row:
    """Give both stores' figures, and the difference of each with its 95 % interval (paired bootstrap)."""
    ours, theirs = (sides[kind] for kind in STORES)
    measured = [side.measured() for side in (ours, theirs)]
    row: dict[str, object] = {"set": name, "leg": leg, "questions": len(theirs.found)}
    for measure in map(str, MEASURES):
        pairs = [[values[measure][query_id] for query_id in theirs.found] for values in measured]
        found = difference(*pairs)
        row |= {f"{measure} {kind}": float(np.mean(values)) for kind, values in zip(STORES, pairs, strict=True)}
        row |= {f"{measure} difference": f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"}
    shared = [overlap(ours.found[query_id], theirs.found[query_id]) for query_id in theirs.found]
    return {**row, "top-10 overlap": float(np.mean(shared))}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("sets", nargs="*", default=list(SETS))
    options = parser.parse_args()
    found = [row for name in options.sets for row in anyio.run(measure, name)]
    report("Both stores over the same documents", found, json_file=options.json)


if __name__ == "__main__":
    main()
