"""Over every store: pages make up one list, counts are those of that list, and a filter costs neither leg a hit."""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count, takewhile
from random import Random
from typing import Final

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.stores.visibility import facet_value, keeps
from groundsel_pipelines.types import (
    Document,
    FacetField,
    Filter,
    IndexedDocument,
    Query,
    SearchRequest,
    SearchResults,
)
from registered_stores import a_store, registered_stores
from small_corpus import EMBEDDER, embedded

WORDS: Final = ("harbour", "basalt", "violin", "meadow", "copper", "lantern", "falcon", "orchard", "walnut", "timber")
"""No stemmer changes them: a document is found by them in whatever language it is."""

NOWHERE: Final = "xylophone quagmire"  # words that no document holds: what is found is found by meaning alone
GROUPS: Final = ("group:a", "group:b", "group:rare")
FACETS: Final[tuple[FacetField, ...]] = ("media_type", "source", "language", "updated_at", "updated_month")
DOCUMENTS: Final = 120
WINDOW: Final = 8  # passages asked of each leg: most pages lie beyond it
RANKED: Final = 100  # passages that a leg is asked for by default
MOST: Final = 200


def corpus() -> tuple[IndexedDocument, ...]:
    """Make documents that differ in everything that is filtered or counted by; one in a hundred is for few."""
    random = Random(17)  # noqa: S311 - reproducible, not secret
    made: list[IndexedDocument] = []
    for number in range(DOCUMENTS):
        dated = datetime(random.randint(2021, 2025), random.randint(1, 12), 9, tzinfo=UTC)
        document = Document(
            doc_id=f"docs/{number}",
            collection="docs",
            source=random.choice(("files", "wiki")),
            uri=f"/{number}",
            title=f"{random.choice(WORDS)} {number}",
            text=" ".join(random.choices(WORDS, k=random.randint(3, 40))) + f" note {number}.",
            media_type="rare" if number % 100 == 7 else random.choice(("md", "pdf", "eml")),
            language=random.choice(("en", "und")),
            version=1,
            updated_at=None if number % 9 == 0 else dated,
            allowed=frozenset({"group:rare"} if number % 40 == 3 else random.choices(GROUPS[:2], k=2)),
            denied=frozenset({"group:b"} if number % 31 == 0 else ()),
        )
        made.append(embedded(document))
    return tuple(made)


CORPUS: Final = corpus()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A filled store, and the loop that it lives in."""

    portal: BlockingPortal
    store: Store

    def search(self, request: SearchRequest) -> SearchResults:
        searcher = Searcher(store=self.store, embedder=EMBEDDER, fusion=min_max_linear, top_k=WINDOW, timeout=60)
        found: SearchResults = self.portal.call(searcher.search, request)
        assert not found.degraded
        return found


@pytest.fixture(scope="module", params=registered_stores())
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Opened]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(a_store(request, tmp_path_factory.mktemp("store"), EMBEDDER)) as store,
    ):
        portal.call(store.write, CORPUS)
        yield Opened(portal=portal, store=store)


askers = st.sets(st.sampled_from(GROUPS), min_size=1).map(frozenset)
questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join) | st.just(NOWHERE)
conditions = st.one_of(
    st.builds(
        partial(Filter, field="media_type", op="in"), values=st.sampled_from([("rare",), ("md",), ("md", "pdf")])
    ),
    st.builds(partial(Filter, field="source", op="not_in"), values=st.just(("wiki",))),
    st.builds(partial(Filter, field="updated_at", op="range"), gte=st.sampled_from(["2022-06-01", "2025-01-01"])),
    st.just(Filter(field="updated_at", op="exists")),
)
filters = st.lists(conditions, max_size=2).map(tuple)
over_every_store = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def kept(asker: frozenset[str], conditions: tuple[Filter, ...]) -> list[IndexedDocument]:
    """Give the documents that the asker may see and the filters keep, told by the plain rules."""
    query = Query(text="", principals=asker, filters=conditions)
    return [each for each in CORPUS if keeps(each.document, query)]


@over_every_store
@given(text=questions, asker=askers, conditions=filters, size=st.integers(1, 9), collapse=st.booleans())
@example(  # two documents of one score, between which what a leg is asked for ends
    text="harbour",
    asker=frozenset({"group:b"}),
    conditions=(Filter(field="source", op="not_in", values=("wiki",)),),
    size=1,
    collapse=False,
)
def test_pages_joined_are_the_whole_list_without_a_duplicate(
    opened: Opened, text: str, asker: frozenset[str], conditions: tuple[Filter, ...], size: int, *, collapse: bool
) -> None:
    asked = SearchRequest(text=text, principals=asker, filters=conditions, collapse=collapse)
    whole = [result.passage.doc_id for result in opened.search(replace(asked, limit=MOST)).results]

    pages = (opened.search(replace(asked, offset=page * size, limit=size)).results for page in count())
    joined = [result.passage.doc_id for page in takewhile(len, pages) for result in page]

    assert joined == whole
    assert len(set(joined)) == len(joined)


@over_every_store
@given(text=questions, asker=askers, conditions=filters)
def test_total_and_facets_are_a_recount_of_the_whole_list(
    opened: Opened, text: str, asker: frozenset[str], conditions: tuple[Filter, ...]
) -> None:
    found = opened.search(SearchRequest(text=text, principals=asker, filters=conditions, facets=FACETS, limit=MOST))
    documents = {each.document.doc_id: each.document for each in CORPUS}
    listed = [documents[result.passage.doc_id] for result in found.results]

    assert found.total == len(listed)
    for facet in found.facets:
        values = (facet_value(document, facet.field) for document in listed)
        assert dict(facet.counts) == Counter(value for value in values if value is not None)


@over_every_store
@given(text=questions, asker=askers, conditions=filters)
def test_a_filter_holds_in_both_legs_and_costs_neither_a_hit(
    opened: Opened, text: str, asker: frozenset[str], conditions: tuple[Filter, ...]
) -> None:
    query = Query(text=text, principals=asker, filters=conditions, top_k=RANKED)
    vector = EMBEDDER.embed_query(text)
    left = kept(asker, conditions)
    nearness = {each.document.doc_id: float((each.vectors @ vector[0]).max()) for each in left}

    dense = opened.portal.call(opened.store.search_dense, query, vector)
    lexical = opened.portal.call(opened.store.search_lexical, replace(query, top_k=1000))

    found = sorted((nearness[doc_id] for doc_id in {hit.passage.doc_id for hit in dense}), reverse=True)
    exact = sorted(nearness.values(), reverse=True)
    assert np.allclose(found, exact[: len(found)], atol=2e-3)
    assert bool(found) == bool(left)
    holding = {each.document.doc_id for each in left if set(text.split()) & set(words_of(each.document))}
    assert {hit.passage.doc_id for hit in lexical} == holding


def words_of(document: Document) -> list[str]:
    return f"{document.title} {document.text}".split()
