"""A search fuses, counts and pages one set, leaves out what fails, and shows nobody what is not theirs."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundsel_pipelines.errors import AccessDenied, InvalidInput, Unavailable, UnknownName
from groundsel_pipelines.fusion import min_max_linear, reciprocal_rank
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import (
    FacetField,
    Filter,
    MatchSet,
    Mode,
    Query,
    Ranking,
    SearchRequest,
    SearchResults,
    SimilarRequest,
    Vectors,
    Vocabulary,
)
from small_corpus import EMBEDDER, STAFF, embedded, filled, hidden_in_fact, indexed, of_date

LEAVE = indexed("leave.md", "Annual leave is 25 days. Unused leave ends in March.", title="Leave")
TRAVEL = indexed("travel.md", "Trains are booked in second class. Ask before a flight.", title="Travel")
BOARD = indexed("board.md", "The board plans annual leave for all.", allowed=frozenset({"group:board"}))
DENIED = indexed("denied.md", "Annual leave of Ann.", denied=frozenset({"user:ann"}))


class DenseIsDown(MemoryStore):
    async def search_dense(self, query: Query, vector: Vectors) -> Ranking:
        raise Unavailable("the vectors are gone")


class LexicalIsDown(MemoryStore):
    async def search_lexical(self, query: Query) -> Ranking:
        raise OSError("disk")


class AllIsDown(DenseIsDown, LexicalIsDown): ...


class DenseIsLate(MemoryStore):
    async def search_dense(self, query: Query, vector: Vectors) -> Ranking:
        await anyio.sleep_forever()
        return ()


class CountingIsDown(MemoryStore):
    async def match_set(self, query: Query, *, also: frozenset[str], facets: Sequence[FacetField]) -> MatchSet:
        raise Unavailable("no counts")


def search(
    store: MemoryStore, text: str = "annual leave", *, top_k: int = 100, timeout: float = 30.0, **changes: object
) -> SearchResults:
    request = replace(SearchRequest(text=text, principals=STAFF), **changes)  # type: ignore[arg-type]
    searcher = Searcher(store=store, embedder=EMBEDDER, fusion=min_max_linear, top_k=top_k, timeout=timeout)
    return anyio.run(searcher.search, request)


def found(results: SearchResults) -> list[str]:
    return [result.passage.doc_id.removeprefix("docs/") for result in results.results]


def test_the_best_document_comes_first_with_its_rank_in_each_leg() -> None:
    results = search(filled(MemoryStore(), TRAVEL, LEAVE))

    assert found(results) == ["leave.md", "travel.md"]
    first, second = results.results
    assert (first.rank, first.score, first.ranks) == (1, 1.0, {"lexical": 1, "dense": 1})
    assert (second.rank, second.ranks) == (2, {"dense": 2})
    assert first.snippets[0] == "<em>Annual</em> <em>leave</em> is 25 days."
    assert results.degraded == ()
    assert set(results.took_ms) >= {"embed", "lexical", "dense", "fuse", "highlight", "count", "total"}


@pytest.mark.parametrize(("mode", "legs"), [("lexical", {"lexical"}), ("dense", {"dense"})])
def test_a_mode_asks_one_leg_alone(mode: Mode, legs: set[str]) -> None:
    results = search(filled(MemoryStore(), LEAVE, TRAVEL), mode=mode)

    assert {name for result in results.results for name in result.ranks} == legs
    assert results.total == len(results.results)


def test_a_document_counts_once_by_its_best_passage() -> None:
    long = indexed("long.md", "\n\n".join(f"Annual leave rule {number}. " + "word " * 150 for number in range(4)))
    assert len(long.passages) == 4

    results = search(filled(MemoryStore(), long))

    assert found(results) == ["long.md"]
    assert results.total == 1


@pytest.mark.parametrize(
    ("store", "left_out", "expected"),
    [
        (DenseIsDown, ("dense",), ["leave.md"]),
        (DenseIsLate, ("dense",), ["leave.md"]),
        (LexicalIsDown, ("lexical",), ["leave.md", "travel.md"]),
        (CountingIsDown, ("count",), ["leave.md", "travel.md"]),
    ],
)
def test_what_fails_or_is_late_is_left_out_and_named(
    store: type[MemoryStore], left_out: tuple[str, ...], expected: list[str]
) -> None:
    results = search(filled(store(), LEAVE, TRAVEL), timeout=1.0)

    assert results.degraded == left_out
    assert found(results) == expected
    assert results.total == len(expected)


def test_without_any_leg_the_search_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="vectors are gone"):
        search(filled(AllIsDown(), LEAVE))


def test_nobody_is_refused() -> None:
    with pytest.raises(AccessDenied):
        search(filled(MemoryStore(), LEAVE), principals=frozenset[str]())


@pytest.mark.parametrize("text", ["", " \n", "x" * 1001])
def test_a_question_that_cannot_be_asked_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        search(filled(MemoryStore(), LEAVE), text)


def test_others_documents_are_neither_found_nor_counted() -> None:
    store = filled(MemoryStore(), LEAVE, BOARD, DENIED)

    asked_by_ann = search(store, principals=STAFF | {"user:ann"}, facets=("media_type",))
    asked_by_bob = search(store, principals=STAFF)

    assert (found(asked_by_ann), asked_by_ann.total) == (["leave.md"], 1)
    assert asked_by_ann.facets[0].counts == (("md", 1),)
    assert sorted(found(asked_by_bob)) == ["denied.md", "leave.md"]


def test_a_hit_that_a_broken_store_lets_through_is_dropped_with_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    results = search(filled(MemoryStore(), LEAVE, hidden_in_fact(TRAVEL)))

    assert found(results) == ["leave.md"]
    assert all(hit.passage.doc_id == "docs/leave.md" for hit in results.hits)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_only_the_sources_of_what_was_found_say_when_they_were_synced() -> None:
    store = filled(MemoryStore(), LEAVE)
    for source in ("files", "a secret source"):
        anyio.run(store.record_sync, "docs", source, datetime(2026, 1, 2, tzinfo=UTC))

    assert set(search(store).as_of) == {"files"}


WORDS = st.sampled_from(["leave", "annual", "train", "flight", "book", "lunch"])
CORPORA = st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(corpus=CORPORA, limit=st.integers(1, 7), top_k=st.integers(1, 12), mode=st.sampled_from(["hybrid", "lexical"]))
def test_pages_joined_are_the_whole_list_without_repeats(
    corpus: list[list[str]], limit: int, top_k: int, mode: Mode
) -> None:
    store = filled(MemoryStore(), *(indexed(f"{number:02}.md", " ".join(text)) for number, text in enumerate(corpus)))

    whole = search(store, top_k=top_k, mode=mode, limit=1000)
    pages = [search(store, top_k=top_k, mode=mode, limit=limit, offset=offset) for offset in range(0, 40, limit)]

    joined = [result for page in pages for result in page.results]
    assert joined == list(whole.results)
    assert len({result.passage.doc_id for result in joined}) == len(joined) == whole.total
    assert [result.rank for result in joined] == list(range(1, len(joined) + 1))
    assert {page.total for page in pages} == {whole.total}


KINDS = st.sampled_from(["md", "pdf", "txt"])


@settings(max_examples=40, deadline=None)
@given(
    corpus=st.lists(st.tuples(st.lists(WORDS, min_size=1, max_size=6), KINDS, st.booleans()), min_size=1, max_size=25),
    mode=st.sampled_from(["hybrid", "lexical", "dense"]),
    text=st.sampled_from(["annual leave", "leave -train", '"annual leave"', "flight type:pdf,md"]),
)
def test_facets_and_total_are_a_recount_of_all_pages(
    corpus: list[tuple[list[str], str, bool]], mode: Mode, text: str
) -> None:
    documents = [
        indexed(f"{number:02}.{kind}", " ".join(words), allowed=STAFF if visible else frozenset({"group:board"}))
        for number, (words, kind, visible) in enumerate(corpus)
    ]

    found = search(filled(MemoryStore(), *documents), text, mode=mode, limit=1000, facets=("media_type",))

    recount = Counter(result.passage.media_type for result in found.results)
    assert dict(found.facets[0].counts) == recount
    assert found.total == sum(recount.values())


@settings(max_examples=40, deadline=None)
@given(corpus=CORPORA, limit=st.integers(1, 7))
def test_collapsed_pages_hold_every_document_once_as_itself_or_as_a_duplicate(
    corpus: list[list[str]], limit: int
) -> None:
    store = filled(MemoryStore(), *(indexed(f"{number:02}.md", " ".join(text)) for number, text in enumerate(corpus)))

    pages = [search(store, collapse=True, limit=limit, offset=offset) for offset in range(0, 35, limit)]

    shown = [result for page in pages for result in page.results]
    everything = [doc_id for result in shown for doc_id in (result.passage.doc_id, *result.duplicates)]
    assert len(everything) == len(set(everything)) == pages[0].total


def test_documents_that_say_nearly_the_same_are_shown_as_one() -> None:
    text = "Annual leave is 25 days a year, and half of that for those who start in the second half of it. " * 2
    copies = [indexed(f"copy{number}.md", f"{text}Printed {number}.") for number in range(3)]

    found_collapsed = search(filled(MemoryStore(), *copies, TRAVEL), collapse=True)

    assert found(found_collapsed)[0] == "copy0.md"
    assert set(found_collapsed.results[0].duplicates) == {"docs/copy1.md", "docs/copy2.md"}
    assert found_collapsed.total == 4


def test_results_that_hold_none_of_the_words_say_so() -> None:
    store = filled(MemoryStore(), LEAVE, TRAVEL)

    assert search(store, "annual leave").worded
    assert not search(store, "parrots").worded
    assert search(store, "parrots", mode="dense").worded  # its words were not looked up


def test_by_date_what_matches_the_words_is_given_and_nothing_by_meaning() -> None:
    old = of_date(indexed("old.md", "Annual leave."), datetime(2020, 1, 1, tzinfo=UTC))
    new = of_date(indexed("new.md", "Leave."), datetime(2026, 1, 1, tzinfo=UTC))
    store = filled(MemoryStore(), old, new, TRAVEL)

    results = search(store, sort="newest")

    assert (results.mode, results.total, found(results)) == ("lexical", 2, ["new.md", "old.md"])


def test_documents_like_one_are_found_without_itself() -> None:
    other = indexed("other.md", "Annual leave of part-time staff.")
    searcher = Searcher(
        store=filled(MemoryStore(), LEAVE, other, TRAVEL, BOARD), embedder=EMBEDDER, fusion=min_max_linear
    )

    like = anyio.run(searcher.similar, SimilarRequest(doc_id="docs/leave.md", principals=STAFF))

    assert found(like)[0] == "other.md"
    assert not {"leave.md", "board.md"} & set(found(like))
    with pytest.raises(UnknownName):
        anyio.run(searcher.similar, SimilarRequest(doc_id="docs/board.md", principals=STAFF))


def test_misspelt_words_are_corrected_from_what_the_asker_may_see_alone() -> None:
    store = filled(MemoryStore(), LEAVE, indexed("board.md", "A merger.", allowed=frozenset({"group:board"})))

    mended = search(store, "anual leave")
    hidden = search(store, "mergre leave")

    assert (mended.plan.words, found(mended)) == ("annual leave", ["leave.md"])
    assert hidden.plan.words == "mergre leave"


class Untaught(MemoryStore):
    async def vocabulary(self, *, principals: frozenset[str], collections: tuple[str, ...] = ()) -> Vocabulary:
        raise Unavailable("no words")


def test_without_a_vocabulary_a_question_is_asked_as_it_is_typed() -> None:
    results = search(filled(Untaught(), LEAVE), "anual leave")

    assert (results.plan.words, results.degraded, found(results)) == ("anual leave", ("understand",), ["leave.md"])


@pytest.mark.parametrize("collection", ["memoirs", "secret"])
def test_a_collection_with_nothing_for_the_asker_is_told_and_a_hidden_one_like_a_misspelt_one(collection: str) -> None:
    secret = replace(BOARD.document, doc_id="secret/board.md", collection="secret")
    store = filled(MemoryStore(), LEAVE, embedded(secret))

    with pytest.raises(InvalidInput, match=f"nothing for you in the collection '{collection}'; correct the name"):
        search(store, collections=(collection,))


def test_a_collection_that_holds_something_may_answer_nothing() -> None:
    store = filled(MemoryStore(), LEAVE)
    pdf = Filter(field="media_type", op="in", values=("pdf",))

    assert search(store, collections=("docs",), filters=(pdf,)).results == ()


def test_a_collection_searched_alone_is_ranked_by_its_own_fusion() -> None:
    store = filled(MemoryStore(), TRAVEL, LEAVE)
    searcher = Searcher(store=store, embedder=EMBEDDER, fusion=min_max_linear, fusions={"docs": reciprocal_rank})

    def first_score(*collections: str) -> float:
        request = SearchRequest(text="annual leave", principals=STAFF, collections=collections)
        return anyio.run(searcher.search, request).hits[0].score

    assert first_score("docs") == 1 / (60 + 1) + 1 / (60 + 1)
    assert first_score() == first_score("docs", "others") == 1.0
