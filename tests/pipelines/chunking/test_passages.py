"""Passages are exact slices along the structure of a document, whole sentences within a token budget."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fakes import WordTokens
from groundsel_pipelines.chunking import embedded_text, split
from groundsel_pipelines.types import Block, BlockKind, Document

TOKENS = WordTokens()
DOCUMENT = Document(
    doc_id="documents/1",
    collection="documents",
    source="files",
    uri="file:///leave.md",
    title="",
    text="",
    media_type="md",
    language="en",
    version=1,
    updated_at=None,
    allowed=frozenset({"user:ann"}),
)


def document(*blocks: tuple[BlockKind, str], title: str = "", levels: tuple[int, ...] = ()) -> Document:
    """Put blocks under one another, an empty line between them; `levels` are those of the headings, 1 by default."""
    text, placed, left = "", [], list(levels)
    for kind, content in blocks:
        text += "\n\n" if text else ""
        level = (left.pop(0) if left else 1) if kind == "heading" else 0
        placed.append(Block(kind=kind, start=len(text), end=len(text) + len(content), level=level))
        text += content
    return replace(DOCUMENT, text=text, title=title, blocks=tuple(placed))


def words(count: int, word: str = "word") -> str:
    return " ".join([word] * (count - 1)) + f" {word}."


KINDS: st.SearchStrategy[BlockKind] = st.sampled_from(("heading", "paragraph", "list", "table", "code"))
TEXTS = st.lists(
    st.one_of(
        st.characters(),
        st.sampled_from((" ", "\n", ". ", "A sentence of five words. ", "word " * 30, "x" * 200, "你好。", "a | b\n")),
    ),
    max_size=20,
).map("".join)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any text, with blocks anywhere in it, in order, some of it outside all of them."""
    text = draw(st.lists(TEXTS, max_size=8).map("\n".join))
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    blocks = tuple(
        Block(kind=draw(KINDS), start=start, end=end, level=draw(st.integers(1, 4)))
        for start, end in zip(edges[::2], edges[1::2], strict=False)
    )
    return replace(DOCUMENT, text=text, title=draw(TEXTS), blocks=blocks)


@given(document=documents(), budget=st.integers(4, 60), overlap=st.integers(0, 20))
def test_passages_are_slices_that_hold_all_of_the_text(document: Document, budget: int, overlap: int) -> None:
    passages = split(document, TOKENS, budget=budget, overlap=overlap)

    covered = [False] * len(document.text)
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.passage_id == f"documents/1#{ordinal}"
        assert passage.text == document.text[passage.start : passage.end] == passage.text.strip()
        assert TOKENS.count(passage.text) <= budget
        covered[passage.start : passage.end] = [True] * len(passage.text)
    assert all(held or character.isspace() for held, character in zip(covered, document.text, strict=True))
    assert [passage.start for passage in passages] == sorted({passage.start for passage in passages})


def test_a_section_is_not_joined_to_the_next_once_it_says_enough() -> None:
    passages = split(
        document(("heading", "Leave"), ("paragraph", words(60)), ("heading", "Travel"), ("paragraph", words(60))),
        TOKENS,
    )

    assert [passage.headings for passage in passages] == [("Leave",), ("Travel",)]
    assert passages[1].text.startswith("Travel\n\nword")


def test_small_sections_share_a_passage() -> None:
    passages = split(
        document(("heading", "Leave"), ("paragraph", words(20)), ("heading", "Travel"), ("paragraph", words(60))),
        TOKENS,
    )

    assert len(passages) == 1


def test_the_path_of_headings_forgets_what_a_higher_one_ends() -> None:
    passages = split(
        document(
            ("heading", "Staff"),
            ("heading", "Leave"),
            ("paragraph", words(60)),
            ("heading", "Products"),
            ("paragraph", words(120)),
            ("paragraph", words(120)),
            levels=(1, 2, 1),
        ),
        TOKENS,
    )

    assert [passage.headings for passage in passages] == [("Staff",), ("Products",), ("Products",)]


def test_a_heading_goes_with_what_stands_below_it() -> None:
    passages = split(
        document(("paragraph", words(45)), ("heading", "Travel"), ("paragraph", words(20))), TOKENS, budget=60
    )

    assert [passage.text.split()[0] for passage in passages] == ["word", "Travel"]


def test_passages_of_a_section_share_whole_sentences() -> None:
    sentences = [words(10, f"w{number}") for number in range(12)]

    passages = split(document(("paragraph", " ".join(sentences))), TOKENS, budget=50, overlap=15)

    assert [passage.text.split()[0] for passage in passages] == ["w0", "w4", "w8"]
    assert passages[0].text.endswith("w4.")


def test_a_table_is_cut_between_rows_and_names_its_columns() -> None:
    rows = ["Product | Price", *(f"Gadget number {number} | {number} EUR" for number in range(20))]

    passages = split(document(("table", "\n".join(rows))), TOKENS, budget=60)

    assert len(passages) > 1
    assert [row for passage in passages for row in passage.text.split("\n")] == rows
    assert passages[0].headings == ()
    assert passages[1].headings == ("Product | Price",)


def test_an_item_of_two_sentences_is_not_cut() -> None:
    items = [f"- {words(10)} {words(10)}" for _ in range(4)]

    passages = split(document(("list", "\n".join(items))), TOKENS, budget=55)

    assert [passage.text.count("- ") for passage in passages] == [2, 2]


def test_a_sentence_longer_than_the_budget_is_cut_between_words() -> None:
    passages = split(document(("paragraph", words(100))), TOKENS, budget=40)

    assert [TOKENS.count(passage.text) for passage in passages] == [40, 40, 20]


def test_title_and_headings_are_counted_and_embedded() -> None:
    passages = split(
        document(("heading", "Paid leave"), ("paragraph", " ".join([words(10)] * 10)), title="Staff handbook"),
        TOKENS,
        budget=50,
    )

    texts = [embedded_text(passage) for passage in passages]
    assert all(TOKENS.count(text) <= 50 for text in texts)
    assert texts[0].startswith("Staff handbook\nPaid leave\n\nword")
    assert texts[1].startswith("Staff handbook\nPaid leave\nword")


def test_text_outside_all_blocks_is_taken_as_a_paragraph() -> None:
    plain = replace(DOCUMENT, text="One. Two.")

    assert [passage.text for passage in split(plain, TOKENS)] == ["One. Two."]


def test_a_document_without_text_has_no_passages() -> None:
    assert split(DOCUMENT, TOKENS) == ()
