"""Documents that say nearly the same are shown once: the first of them, which names the others."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from groundsel_pipelines.searching.duplicates import ALIKE, SHINGLE, SKETCH, alike, collapsed, sketch
from groundsel_pipelines.types import Hit, Ranking
from small_corpus import indexed

LETTER = " ".join(f"word{number}" for number in range(60))


def ranked(*texts: str) -> Ranking:
    passages = [indexed(f"{number}.md", text).passages[0] for number, text in enumerate(texts)]
    return tuple(Hit(passage=each, rank=at, score=1.0, retriever="fused") for at, each in enumerate(passages, start=1))


def test_the_first_of_copies_with_another_date_stands_for_them_all() -> None:
    copies = [f"Valid from {day} May 2026. {LETTER}" for day in (1, 2, 3)]

    first, same = collapsed(ranked(copies[0], "Travel is booked by the office.", *copies[1:]), 10)

    assert [hit.passage.doc_id for hit in first] == ["docs/0.md", "docs/1.md"]
    assert same == {"docs/0.md": ("docs/2.md", "docs/3.md")}


def test_upper_case_accents_and_line_breaks_make_no_other_text() -> None:
    assert sketch("Die Gebühr\nbeträgt zehn Euro im Monat") == sketch("DIE GEBUHR  betragt zehn Euro im Monat")


def test_marks_of_a_list_or_a_table_make_no_other_text() -> None:
    assert sketch("Fees: ten euro a month, five for students") == sketch(
        "| Fees | ten euro a month - five for students |"
    )


def test_two_words_are_alike_only_when_they_are_the_same() -> None:
    first, _ = collapsed(ranked("Leave policy", "Travel policy", "leave policy"), 10)

    assert [hit.passage.doc_id for hit in first] == ["docs/0.md", "docs/1.md"]


def test_more_documents_than_wanted_are_counted_as_copies_and_else_left_for_the_next_page() -> None:
    first, same = collapsed(ranked("Leave policy", "Travel policy", "Fees", "leave policy"), 2)

    assert [hit.passage.doc_id for hit in first] == ["docs/0.md", "docs/1.md"]
    assert same == {"docs/0.md": ("docs/3.md",)}


texts = st.text("ab", min_size=SHINGLE, max_size=60)


@given(st.lists(texts, max_size=12))
def test_every_text_is_kept_unless_it_is_alike_one_that_was_kept_before(texts: list[str]) -> None:
    kept: list[tuple[int, set[str]]] = []
    for number, text in enumerate(texts):
        runs = {text[start : start + SHINGLE] for start in range(len(text) - SHINGLE + 1)}
        if all(len(runs & other) < ALIKE * len(runs | other) for _, other in kept):
            kept.append((number, runs))

    first, same = collapsed(ranked(*texts), len(texts))

    assert [hit.passage.doc_id for hit in first] == [f"docs/{number}.md" for number, _ in kept]
    assert len(first) + sum(map(len, same.values())) == len(texts)


def test_of_long_texts_a_sample_tells_how_much_they_share() -> None:
    numbers = Random(1)  # noqa: S311 - reproducible, not secret
    words = [f"{numbers.randrange(10**8)}" for _ in range(1000)]

    assert len(sketch(" ".join(words))) == SKETCH
    assert alike(sketch(" ".join(words)), sketch(" ".join(words[50:])))
    assert not alike(sketch(" ".join(words)), sketch(" ".join(words[400:])))
