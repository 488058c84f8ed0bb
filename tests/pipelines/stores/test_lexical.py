"""The lexical leg's scores are BM25's, counted over passages alone."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from groundsel_pipelines.stores.analysis import indexed_terms
from groundsel_pipelines.stores.embedded.entries import Entry
from groundsel_pipelines.stores.embedded.lexical import LexicalIndex
from groundsel_pipelines.stores.embedded.reading import Facts
from groundsel_pipelines.types import PUBLIC, Passage, Query

TEXTS = {"Annual leave is 25 days": "en", "Trains are booked early": "en", "Les congés durent 25 jours": "fr"}
STORED = {"en": 2, "fr": 1}


def entry(row: int, text: str, language: str) -> Entry:
    facts = Facts(
        row=row,
        doc_id=f"hr/{row}",
        version=1,
        collection="hr",
        source="files",
        uri=f"{row}.md",
        title="",
        media_type="md",
        language=language,
        updated_at=None,
        allowed=frozenset({PUBLIC}),
        denied=frozenset(),
    )
    passage = Passage(
        passage_id=f"hr/{row}#0",
        doc_id=facts.doc_id,
        ordinal=0,
        start=0,
        end=len(text),
        text=text,
        headings=(),
        page=None,
        title="",
        uri=facts.uri,
        collection="hr",
        source="files",
        media_type="md",
        language=language,
        updated_at=None,
        version=1,
        allowed=facts.allowed,
    )
    return Entry(row=row, facts=facts, passages=(passage,), metadata={})


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    made = LexicalIndex(tmp_path / "lexical", lambda: 1)
    made.apply([entry(row, text, language) for row, (text, language) in enumerate(TEXTS.items())], change=1)
    return made


def ask(text: str) -> Query:
    return Query(text=text, principals=frozenset({PUBLIC}))


def test_a_score_is_bm25_over_all_passages_of_all_languages(index: LexicalIndex) -> None:
    lengths = [len(indexed_terms(text, language)) for text, language in TEXTS.items()]
    rarity = math.log(1 + (len(TEXTS) - 1 + 0.5) / (1 + 0.5))
    mean = sum(lengths) / len(lengths)

    ((key, score),) = index.search(ask("annual"), STORED)

    assert key == (0, 0)
    assert score == pytest.approx(rarity * (1.2 + 1) / (1 + 1.2 * (1 - 0.75 + 0.75 * lengths[0] / mean)), rel=1e-5)


def test_accents_and_endings_do_not_matter(index: LexicalIndex) -> None:
    assert [key for key, _ in index.search(ask("CONGE"), STORED)] == [(2, 0)]


def test_a_deleted_document_is_neither_ranked_nor_counted(index: LexicalIndex) -> None:
    index.apply([Entry(row=0, facts=None, passages=(), metadata={})], change=2)

    assert index.search(ask("annual"), {"en": 1}) == []
    assert index.count(ask("annual"), {"en": 1}, also=(), facets=())[0] == 0


@pytest.mark.parametrize("pattern", ["meta.json", "*.fieldnorm", "*.term", "applied"])
def test_an_index_with_a_changed_bit_is_made_anew(tmp_path: Path, pattern: str) -> None:
    index = LexicalIndex(tmp_path / "lexical", lambda: 1)
    index.apply([entry(0, "Annual leave", "en")], change=1)
    for file in (tmp_path / "lexical").rglob(pattern):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)

    again = LexicalIndex(tmp_path / "lexical", lambda: 1)
    assert again.applied == 0
    again.apply([entry(0, "Annual leave", "en")], change=1)
    assert [score for _, score in again.search(ask("annual"), {"en": 1})] == [
        score for _, score in index.search(ask("annual"), {"en": 1})
    ]


def test_a_commit_that_a_crash_left_without_its_note_is_taken_up(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path / "lexical", lambda: 1)
    index.apply([entry(0, "Annual leave", "en")], change=1)
    noted = (tmp_path / "lexical" / "applied").read_bytes()
    index.apply([entry(1, "Trains are booked early", "en")], change=2)
    (tmp_path / "lexical" / "applied").write_bytes(noted)

    assert LexicalIndex(tmp_path / "lexical", lambda: 2).applied == 1


def test_a_commit_that_a_full_disk_or_a_crash_cut_off_is_made_again(tmp_path: Path) -> None:
    """Of such a commit there are files already, and `meta.json` does not name them; their names are given out again."""
    folder = tmp_path / "lexical"
    LexicalIndex(folder, lambda: 1).apply([entry(0, "Annual leave", "en"), entry(1, "Trains", "en")], change=1)
    before = {file: file.read_bytes() for file in (*folder.rglob("meta.json"), folder / "applied")}
    changed = [entry(0, "Annual holidays", "en")]
    LexicalIndex(folder, lambda: 2).apply(changed, change=2)
    for file, content in before.items():
        file.write_bytes(content)

    again = LexicalIndex(folder, lambda: 2)
    assert again.applied == 1
    again.apply(changed, change=2)
    assert [len(again.search(ask(word), {"en": 1})) for word in ("leave", "holidays", "trains")] == [0, 1, 1]


def test_what_is_applied_twice_is_found_once(index: LexicalIndex) -> None:
    only = entry(0, "Annual leave is 25 days", "en")

    index.apply([only, replace(only)], change=2)

    assert len(index.search(ask("annual"), {"en": 1})) == 1
