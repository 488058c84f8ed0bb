"""What every store promises; each registered one is under test at once."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes import HashEmbedder
from groundsel_pipelines.chunking import embedded_text, split
from groundsel_pipelines.errors import InvalidInput, VersionConflict
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.types import PUBLIC, Block, Document, Filter, FilterField, IndexedDocument, Query
from registered_stores import a_store, registered_stores

pytestmark = pytest.mark.anyio

EMBEDDER = HashEmbedder()
FACETS: tuple[FilterField, ...] = ("source", "media_type", "language", "updated_at")
EVERYONE = frozenset({PUBLIC})
BOARD = frozenset({PUBLIC, "group:board"})


@pytest.fixture(params=registered_stores())
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Store]:
    async with a_store(request, tmp_path, EMBEDDER) as made:
        yield made


def document(name: str, text: str, **changes: object) -> IndexedDocument:
    plain = Document(
        doc_id=f"hr/{name}",
        collection="hr",
        source="files",
        uri=f"/documents/{name}.md",
        title=name.capitalize(),
        text=text,
        media_type="md",
        language="en",
        version=1,
        updated_at=datetime(2025, 3, 1, 12, tzinfo=UTC),
        allowed=EVERYONE,
    )
    made = replace(plain, **changes)  # type: ignore[arg-type]  # each test names real fields
    passages = split(made, EMBEDDER.tokens)
    vectors = EMBEDDER.embed_passages([embedded_text(passage) for passage in passages])
    return IndexedDocument(document=made, passages=passages, vectors=vectors)


def ask(text: str, **changes: object) -> Query:
    return replace(Query(text=text, principals=EVERYONE), **changes)  # type: ignore[arg-type]  # real fields


async def lexical(store: Store, query: Query) -> list[str]:
    return [hit.passage.doc_id for hit in await store.search_lexical(query)]


async def dense(store: Store, query: Query) -> list[str]:
    return [hit.passage.doc_id for hit in await store.search_dense(query, EMBEDDER.embed_query(query.text))]


async def both(store: Store, query: Query) -> set[str]:
    return {*await lexical(store, query), *await dense(store, query)}


LEAVE = document("leave", "Annual leave is 25 days a year.")
TRAVEL = document("travel", "Trains are booked by the travel desk.")
MERGER = document("merger", "The merger is planned for leave season.", allowed=frozenset({"group:board"}))


async def test_what_was_written_is_found_by_its_words(store: Store) -> None:
    await store.write([LEAVE, TRAVEL])

    assert await lexical(store, ask("annual leave")) == ["hr/leave"]


async def test_a_word_asked_for_twice_counts_twice(store: Store) -> None:
    await store.write([LEAVE, TRAVEL])

    once, twice = [await store.search_lexical(ask(text)) for text in ("leave", "leave leave")]

    assert twice[0].score == pytest.approx(2 * once[0].score)


async def test_what_was_written_is_found_by_its_vector(store: Store) -> None:
    await store.write([LEAVE, TRAVEL])

    assert (await dense(store, ask("annual leave days")))[0] == "hr/leave"


async def test_a_hit_is_the_stored_passage_with_its_rank(store: Store) -> None:
    await store.write([LEAVE])

    (hit,) = await store.search_lexical(ask("leave"))

    assert hit.passage == LEAVE.passages[0]
    assert (hit.rank, hit.retriever) == (1, "lexical")


async def test_every_passage_of_a_long_document_is_ranked(store: Store) -> None:
    long = document("rules", "Leave is long. " * 900)
    await store.write([long, LEAVE, TRAVEL])
    query = ask("leave")

    for ranking in (
        await store.search_lexical(query),
        await store.search_dense(query, EMBEDDER.embed_query("leave")),
        (await store.search_both(query, EMBEDDER.embed_query("leave"), seconds=30)).lexical,
    ):
        assert not isinstance(ranking, Exception)
        ranked = [hit.passage for hit in ranking if hit.passage.doc_id == "hr/rules"]
        assert len(long.passages) > 10
        assert {passage.ordinal: passage for passage in ranked} == dict(enumerate(long.passages))


async def test_no_principal_finds_nothing(store: Store) -> None:
    await store.write([LEAVE])
    nobody = ask("annual leave", principals=frozenset())

    assert await both(store, nobody) == set()
    assert (await store.match_set(nobody, also=frozenset({"hr/leave"}), facets=())).total == 0
    assert await store.read("hr/leave", principals=frozenset()) is None


async def test_only_members_find_what_their_group_may_see(store: Store) -> None:
    await store.write([LEAVE, MERGER])

    assert await both(store, ask("merger leave")) == {"hr/leave"}
    assert await both(store, ask("merger leave", principals=BOARD)) == {"hr/leave", "hr/merger"}


async def test_deny_beats_allow(store: Store) -> None:
    await store.write([document("merger", "The merger.", allowed=BOARD, denied=frozenset({"user:ann"}))])
    ann = frozenset({"group:board", "user:ann"})

    assert await both(store, ask("merger", principals=ann)) == set()
    assert await store.read("hr/merger", principals=ann) is None


async def test_a_document_that_allows_nobody_is_seen_by_nobody(store: Store) -> None:
    await store.write([document("lost", "A lost memo.", allowed=frozenset())])

    assert await both(store, ask("lost memo", principals=BOARD)) == set()


async def test_a_new_version_replaces_the_document_whole(store: Store) -> None:
    await store.write([LEAVE])
    await store.write([document("leave", "Holidays are 30 days.", version=2)])

    assert await lexical(store, ask("annual")) == []
    assert await lexical(store, ask("holidays")) == ["hr/leave"]
    assert await dense(store, ask("holidays")) == ["hr/leave"]


async def test_an_older_version_is_refused_and_the_others_are_written(store: Store) -> None:
    await store.write([document("leave", "Holidays are 30 days.", version=2)])

    with pytest.raises(VersionConflict, match="hr/leave"):
        await store.write([LEAVE, TRAVEL])

    assert await store.versions("hr", "files") == {"hr/leave": 2, "hr/travel": 1}


async def test_a_store_that_was_warmed_up_finds_what_is_written_later(store: Store) -> None:
    await store.write([LEAVE])
    await store.warm_up()
    await store.write([TRAVEL])

    assert await lexical(store, ask("annual leave")) == ["hr/leave"]
    assert await dense(store, ask("travel")) != []


async def test_a_repeated_write_does_no_harm(store: Store) -> None:
    await store.write([LEAVE])
    await store.write([LEAVE])

    assert await lexical(store, ask("annual leave")) == ["hr/leave"]
    assert await dense(store, ask("annual leave")) == ["hr/leave"]


async def test_a_deleted_document_is_gone_and_an_older_write_does_not_bring_it_back(store: Store) -> None:
    await store.write([LEAVE, TRAVEL])
    await store.delete("hr/leave", version=3)

    assert await both(store, ask("annual leave")) == {"hr/travel"}
    assert await store.read("hr/leave", principals=EVERYONE) is None
    with pytest.raises(VersionConflict):
        await store.write([document("leave", "Back again.", version=2)])


async def test_a_delete_of_something_never_seen_fences_its_late_write(store: Store) -> None:
    await store.delete("hr/leave", version=5)

    with pytest.raises(VersionConflict):
        await store.write([LEAVE])


async def test_losing_a_right_hides_the_document_at_once(store: Store) -> None:
    await store.write([LEAVE])
    assert await lexical(store, ask("annual")) == ["hr/leave"]
    await store.write([document("leave", LEAVE.document.text, version=2, allowed=frozenset({"group:board"}))])

    assert await both(store, ask("annual")) == set()
    assert await store.suggest("leave", principals=EVERYONE, limit=5) == ()


FILTERS = [
    (Filter(field="media_type", op="in", values=("pdf",)), {"hr/scan"}),
    (Filter(field="media_type", op="not_in", values=("pdf",)), {"hr/leave", "hr/undated"}),
    (Filter(field="language", op="in", values=("fr", "de")), {"hr/scan"}),
    (Filter(field="updated_at", op="range", gte="2025-03-01", lte="2025-03-01"), {"hr/leave"}),
    (Filter(field="updated_at", op="range", gte="2025-03-02"), {"hr/scan"}),
    (Filter(field="updated_at", op="range", lte="2025-12-31T00:00:00+00:00"), {"hr/leave"}),
    (Filter(field="updated_at", op="exists"), {"hr/leave", "hr/scan"}),
    (Filter(field="updated_at", op="in", values=("2026",)), {"hr/scan"}),
    (Filter(field="metadata.author", op="in", values=("anna kern",)), {"hr/scan"}),
    (Filter(field="metadata.Author", op="in", values=("KERN", "nobody")), {"hr/scan"}),
    (Filter(field="metadata.author", op="in", values=("ann",)), set()),
    (Filter(field="metadata.author", op="not_in", values=("Anna",)), {"hr/leave", "hr/undated"}),
    (Filter(field="metadata.author", op="exists"), {"hr/scan"}),
    (Filter(field="metadata.none", op="exists"), set()),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
async def test_a_filter_holds_in_both_legs_and_in_the_counts(
    store: Store, condition: Filter, expected: set[str]
) -> None:
    scan = document(
        "scan",
        "Annual leave.",
        media_type="pdf",
        language="fr",
        updated_at=datetime(2026, 1, 5, tzinfo=UTC),
        metadata={"author": "Anna  Kérn", "page count": ""},
    )
    await store.write([LEAVE, scan, document("undated", "Annual leave.", updated_at=None)])
    query = ask("annual leave", filters=(condition,))

    assert set(await lexical(store, query)) == expected
    assert set(await dense(store, query)) == expected
    assert (await store.match_set(query, also=frozenset(), facets=())).total == len(expected)


async def test_the_names_of_fields_are_those_of_visible_documents(store: Store) -> None:
    await store.write(
        [
            document("leave", "Annual leave.", metadata={"Author": "Kern", "empty": " "}),
            document("hidden", "Merger.", metadata={"deal": "Leeds"}, allowed=BOARD - EVERYONE),
        ]
    )

    assert (await store.vocabulary(principals=EVERYONE)).fields == {"author"}
    assert (await store.vocabulary(principals=BOARD)).fields == {"author", "deal"}


async def test_a_range_that_is_no_date_is_refused(store: Store) -> None:
    await store.write([LEAVE])

    with pytest.raises(InvalidInput, match="2026-01-31"):
        await lexical(store, ask("leave", filters=(Filter(field="updated_at", op="range", gte="soon"),)))


@pytest.mark.parametrize("field", ["language", "metadata.year"])
@pytest.mark.parametrize("leg", ["lexical", "dense"])
async def test_a_range_over_anything_but_dates_is_refused(store: Store, field: str, leg: str) -> None:
    await store.write([LEAVE])
    query = ask("leave", filters=(Filter(field=field, op="range", gte="2024"),))

    with pytest.raises(InvalidInput, match=f"a range is for updated_at; {field} takes"):
        await {"lexical": lexical, "dense": dense}[leg](store, query)


async def test_a_collection_is_searched_apart(store: Store) -> None:
    await store.write([LEAVE, document("other", "Annual leave.", doc_id="it/other", collection="it")])

    assert await both(store, ask("annual leave", collections=("it",))) == {"it/other"}


async def test_totals_and_facets_count_the_visible_matches_and_those_asked_for(store: Store) -> None:
    await store.write([LEAVE, TRAVEL, MERGER, document("plan", "Leave plan.", media_type="pdf")])

    found = await store.match_set(ask("leave"), also=frozenset({"hr/travel", "hr/merger"}), facets=("media_type",))

    assert found.total == 3
    assert found.facets[0].counts == (("md", 2), ("pdf", 1))


@pytest.mark.parametrize(
    "text", ['"leave', "leave AND (", "title:leave", "leave*", "+leave -annual", "[a TO b]", "\\", "/leave/", "^2"]
)
async def test_the_words_of_a_query_are_never_a_language(store: Store, text: str) -> None:
    await store.write([LEAVE])

    assert await lexical(store, ask(text)) in ([], ["hr/leave"])


async def test_a_query_without_words_finds_nothing_by_words(store: Store) -> None:
    await store.write([LEAVE])

    assert await lexical(store, ask("?!")) == []


async def test_top_k_bounds_a_ranking(store: Store) -> None:
    await store.write([document(f"memo{number}", f"Leave memo {number}.") for number in range(5)])

    assert len(await store.search_lexical(ask("leave", top_k=3))) == 3
    assert len(await store.search_dense(ask("leave", top_k=3), EMBEDDER.embed_query("leave"))) == 3


async def test_a_document_is_read_back_as_it_was_written(store: Store) -> None:
    await store.write([LEAVE])

    assert await store.read("hr/leave", principals=EVERYONE) == LEAVE.document


async def test_a_document_is_located_by_its_path_or_the_end_of_it(store: Store) -> None:
    await store.write([LEAVE, TRAVEL, MERGER])

    assert await store.locate("leave.md", principals=EVERYONE) == ("hr/leave",)
    assert await store.locate("/documents/travel.md", principals=EVERYONE) == ("hr/travel",)
    assert await store.locate("avel.md", principals=EVERYONE) == ()
    assert await store.locate("merger.md", principals=EVERYONE) == ()


async def test_titles_are_suggested_by_the_beginning_of_a_word_without_case_and_accents(store: Store) -> None:
    await store.write(
        [document("a", "x", title="Règlement des congés"), document("b", "y", title="Congress report"), MERGER]
    )

    suggested = await store.suggest("CONG", principals=EVERYONE, limit=5)

    assert [suggestion.text for suggestion in suggested] == ["Congress report", "Règlement des congés"]


async def test_the_last_sync_of_a_source_is_told(store: Store) -> None:
    at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    await store.record_sync("hr", "files", at)

    assert await store.as_of() == {"files": at}


async def test_statistics_count_everything(store: Store) -> None:
    await store.write([LEAVE, MERGER])
    found = await store.statistics()

    assert (found.documents, found.passages) == (2, len(LEAVE.passages) + len(MERGER.passages))
    assert (found.embedding_model, found.dimensions) == (EMBEDDER.model_id, EMBEDDER.dimensions)


async def test_an_empty_document_is_kept(store: Store) -> None:
    empty: Sequence[IndexedDocument] = [document("empty", "")]
    await store.write(empty)

    assert await store.versions("hr", "files") == {"hr/empty": 1}


async def test_a_replaced_document_is_no_longer_found_by_its_former_words(store: Store) -> None:
    await store.write([LEAVE, TRAVEL])
    assert await lexical(store, ask("annual")) == ["hr/leave"]

    await store.write([document("leave", "Holidays are 25 days.", version=2)])

    assert await lexical(store, ask("annual")) == []
    assert (await store.match_set(ask("annual"), also=frozenset(), facets=())).total == 0
    assert len(await store.search_lexical(ask("leave"))) == 1


CONDITIONS: list[tuple[dict[str, object], set[str]]] = [
    ({"phrases": ("annual leave",)}, {"hr/leave", "hr/later"}),
    ({"phrases": ("leave annual",)}, set()),
    ({"phrases": ("annual leave", "travel desk")}, {"hr/later"}),
    ({"excluded": ("leave",)}, {"hr/travel"}),
    ({"excluded": ("annual leave",)}, {"hr/travel", "hr/parted"}),
    ({"phrases": ("leave",), "excluded": ("desk", "annual")}, set()),
    ({"phrases": ("nowhere",)}, set()),
    ({"excluded": ("nowhere",)}, {"hr/leave", "hr/travel", "hr/parted", "hr/later"}),
]


@pytest.mark.parametrize(("asked", "expected"), CONDITIONS)
async def test_phrases_and_what_is_excluded_hold_in_both_legs_and_in_the_counts(
    store: Store, asked: dict[str, object], expected: set[str]
) -> None:
    later = (
        "The travel desk books trains. " * 30 + "\n\n" + "Nobody reads on. " * 60 + "\n\nAnnual leave is at the end."
    )
    held = [LEAVE, TRAVEL, document("parted", "Leave granted is annual."), document("later", later)]
    await store.write([*held, document("secret", "Annual leave, travel desk.", allowed=frozenset({"group:board"}))])
    query = ask("annual leave travel", **asked)

    assert set(await lexical(store, query)) == expected
    assert set(await dense(store, query)) == expected
    everything = frozenset(each.document.doc_id for each in held)
    assert (await store.match_set(query, also=everything, facets=())).total == len(expected)


async def test_titles_headings_and_phrases_complete_what_is_typed_and_those_of_others_do_not(store: Store) -> None:
    text = "Parental leave\n\n" + "The parental allowance is paid monthly. " * 3
    heading = Block(kind="heading", start=0, end=14, level=1)
    await store.write(
        [
            document("guide", text, title="Guide for parents", blocks=(heading,)),
            document("secret", text, title="Parents of the board", allowed=frozenset({"group:board"})),
        ]
    )

    found = await store.suggest("paren", principals=EVERYONE, limit=5)

    assert [(each.text, each.kind, each.doc_id) for each in found] == [
        ("Parental leave", "heading", ""),
        ("parental allowance", "phrase", ""),
        ("Guide for parents", "title", "hr/guide"),
    ]


async def test_the_vocabulary_is_that_of_the_visible_documents(store: Store) -> None:
    explained = document("sla", "A service level agreement (SLA) is signed.", title="Contracts")
    secret = document("secret", "The merger (MRG) of leave.", allowed=frozenset({"group:board"}))
    await store.write([LEAVE, explained, secret])

    mine = await store.vocabulary(principals=EVERYONE)
    theirs = await store.vocabulary(principals=frozenset({"group:board"}))

    assert mine.words["leave"] == 1
    assert mine.words["contracts"] == 1
    assert "merger" not in mine.words
    assert mine.abbreviations == (("SLA", "service level agreement"),)
    assert (theirs.words["leave"], "annual" in theirs.words) == (1, False)
    assert (await store.vocabulary(principals=frozenset())).words == {}
    assert (await store.vocabulary(principals=EVERYONE, collections=("it",))).words == {}


async def test_by_date_the_newest_or_the_oldest_come_first_and_those_without_a_date_last(store: Store) -> None:
    dates = {
        "b": datetime(2025, 1, 2, tzinfo=UTC),
        "a": datetime(2026, 1, 2, tzinfo=UTC),
        "c": datetime(2025, 1, 2, tzinfo=UTC),
    }
    dated = [document(name, "Leave. " * 200, updated_at=at) for name, at in dates.items()]
    secret = document("secret", "Leave.", allowed=frozenset({"group:board"}))
    await store.write([*dated, document("undated", "Leave.", updated_at=None), TRAVEL, secret])

    newest = await store.search_by_date(ask("leave"), newest_first=True)
    oldest = await store.search_by_date(ask("leave", top_k=3), newest_first=False)
    none = await store.search_by_date(ask("?!"), newest_first=False)

    assert [hit.passage.doc_id for hit in newest] == ["hr/a", "hr/b", "hr/c", "hr/undated"]
    assert [(hit.rank, hit.passage.doc_id) for hit in oldest] == [(1, "hr/b"), (2, "hr/c"), (3, "hr/a")]
    assert none == ()


async def test_dates_are_counted_by_month(store: Store) -> None:
    await store.write([LEAVE, document("other", "Leave.", updated_at=datetime(2025, 4, 1, tzinfo=UTC))])

    found = await store.match_set(ask("leave"), also=frozenset(), facets=("updated_month", "updated_at"))

    assert found.facets[0].counts == (("2025-03", 1), ("2025-04", 1))
    assert found.facets[1].counts == (("2025", 2),)


async def test_a_filter_that_leaves_one_in_a_hundred_costs_no_recall_in_either_leg(store: Store) -> None:
    """Also where nothing that passes shares a word with the question: the nearest vectors of those are found."""
    others = [document(f"memo{number}", f"Leave memo about case {number}.") for number in range(198)]
    rare = [document(f"rare{number}", f"Trains of line {number}.", media_type="pdf") for number in range(2)]
    await store.write([*others, *rare])
    only = (Filter(field="media_type", op="in", values=("pdf",)),)

    assert sorted(await lexical(store, ask("trains", filters=only, top_k=2))) == ["hr/rare0", "hr/rare1"]
    assert await lexical(store, ask("leave memo", filters=only)) == []
    assert sorted(await dense(store, ask("leave memo", filters=only, top_k=2))) == ["hr/rare0", "hr/rare1"]
    phrase = ask("leave memo", phrases=("line 1",), top_k=2)
    assert await dense(store, phrase) == ["hr/rare1"]
