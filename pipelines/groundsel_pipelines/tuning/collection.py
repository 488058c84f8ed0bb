"""Makes rows of a collection's own documents, by their structure alone: no model writes them, so none is needed.

What is asked can be known where the writer said it: a heading names its section, a table's first row and column name
its cells, "X is a ..." defines X, a list's item has a name before its colon. A question whose section is exchanged for
its neighbour has a near miss and no answer; a sentence whose number, name or negation is changed is contradicted by the
one it came from, and two documents that say the same with other numbers contradict each other.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from groundsel_pipelines.answering.summarising import MAIL_FIELD
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.tuning.conflicting import changed, differing
from groundsel_pipelines.tuning.phrasing import phrasing_of
from groundsel_pipelines.tuning.public import whole_words
from groundsel_pipelines.tuning.rows import AnswerRow, ReaderRow, RerankerRow, Row, VerifierRow
from groundsel_pipelines.tuning.sentenced import with_sentences
from groundsel_pipelines.types import Document

ITEM: Final = re.compile(r"^\s*[-*•●–]\s+(?P<name>[^:\d][^:]{1,40}):\s+(?P<value>\S.{0,120})$")
ARTICLES: Final = frozenset("the a an le la les un une l der die das ein eine el los las una".split())
MadeRole = Literal["reader", "verifier", "reranker", "answer"]
MADE: Final[tuple[MadeRole, ...]] = get_args(MadeRole)
FEWEST_WORDS: Final = 5  # of a section or a sentence that is worth asking about
NEGATIVES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands below one heading."""

    heading: str
    text: str
    tables: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


def rows_of(documents: Iterable[Document], role: MadeRole) -> Iterator[Row]:
    """Make rows of every document, for ever the same, and of documents that contradict one another."""
    every = tuple(documents)
    for document in every:
        parts = sections(document)
        yield from MAKERS[role](document, parts)
    if role == "verifier":
        yield from differing(every)


def sections(document: Document) -> tuple[Section, ...]:
    """Cut a document at its headings; a document without any is one section under its title."""
    cuts = [block for block in document.blocks if block.kind == "heading"]
    ends = [*(cut.start for cut in cuts), len(document.text)]
    starts = [0, *(cut.end for cut in cuts)]
    headings = [document.title, *(document.text[cut.start : cut.end].strip("# \n") for cut in cuts)]
    found = []
    for heading, start, end in zip(headings, starts, ends, strict=True):
        within = [block for block in document.blocks if start <= block.start < end]
        section = Section(
            heading=heading,
            text=document.text[start:end].strip(),
            tables=tuple(document.text[each.start : each.end] for each in within if each.kind == "table"),
            items=tuple(document.text[each.start : each.end] for each in within if each.kind == "list"),
        )
        if len(section.text.split()) >= FEWEST_WORDS:
            found.append(section)
    return tuple(found)


def _reader(document: Document, parts: Sequence[Section]) -> Iterator[ReaderRow]:
    for at, section in enumerate(parts):
        language = document.language
        asked = [
            *_faq(section, language),
            *_definitions(section, language),
            *_cells(section, language),
            *_items(section, language),
        ]
        others = [other.text for other in (*parts[at + 1 : at + 2], *parts[max(0, at - 1) : at])]
        for number, (question, answer, start) in enumerate(asked):
            if start < 0 or not whole_words(section.text, start, start + len(answer)):
                continue
            own = ReaderRow(
                id=f"{document.doc_id}/{at}/{number}",
                document=document.doc_id,
                question=question,
                passage=section.text,
                answers=(answer,),
                start=start,
            )
            yield own
            if miss := next((text for text in others if answer.lower() not in text.lower()), ""):
                yield ReaderRow(
                    id=f"{own.id}-miss", document=own.document, question=question, passage=miss, answerable=False
                )


Asked = tuple[str, str, int]
"""A question, its answer, and where that begins in the section's text."""


def _faq(section: Section, language: str) -> Iterator[Asked]:
    """Let a heading that asks be answered by the first sentence below it."""
    if section.heading.endswith("?"):
        spans = sentence_spans(section.text, language)
        if spans:
            yield section.heading, section.text[spans[0][0] : spans[0][1]].strip(), spans[0][0]


def _definitions(section: Section, language: str) -> Iterator[Asked]:
    words = phrasing_of(language)
    for start, end in sentence_spans(section.text, language):
        if found := words.definition.match(section.text[start:end]):
            question = words.many if found["verb"] in words.plurals else words.defined
            asked = question.format(term=lowered(found["term"], language))
            yield asked, found["what"].strip(), start + found.start("what")


def lowered(term: str, language: str) -> str:
    """Give a term as it stands within a sentence: what is a name, or a German noun, keeps its capital."""
    first, _, rest = term.partition(" ")
    keeps = first[1:] != first[1:].lower() or (rest[:1].isupper() and first.lower() not in ARTICLES)
    own = language == "de" and first.lower() not in ARTICLES
    return term if keeps or own else f"{term[0].lower()}{term[1:]}"


def _cells(section: Section, language: str) -> Iterator[Asked]:
    """Ask for a cell by the names of its row and its column."""
    words = phrasing_of(language)
    for table in section.tables:
        lines = [line for line in table.splitlines() if line.strip() and not set(line) <= set("|-: ")]
        names = [name for name, _ in _cut(lines[0])] if lines else []
        for line in lines[1:]:
            begin, cells = section.text.find(line), _cut(line)
            for name, (cell, at) in zip(names[1:], cells[1:], strict=False):
                if name and cell and cells[0][0] and begin >= 0:
                    yield words.cell.format(name=name, row=cells[0][0]), cell, begin + at


def _items(section: Section, language: str) -> Iterator[Asked]:
    """Ask for what stands behind the name and the colon of a list's item."""
    words = phrasing_of(language)
    for line in (line for item in section.items for line in item.splitlines()):
        found = ITEM.match(line)
        if found and not MAIL_FIELD.match(found["name"] + ":"):
            name = found["name"]  # one word is rather a name than the beginning of a phrase
            asked = lowered(name, language) if " " in name else name
            begin = section.text.find(line.strip()) - (len(line) - len(line.lstrip()))
            yield words.item.format(name=asked), found["value"].strip(), begin + found.start("value")


def _cut(line: str) -> list[tuple[str, int]]:
    """Give the cells of a row, each with where it begins in it."""
    cells = re.finditer(r"[^\t]+" if "\t" in line else r"[^|]+", line)
    found = [(cell.group(), cell.start()) for cell in cells]
    if found and not found[0][0].strip():
        found = found[1:]  # before the first of "| a | b |"
    return [(text.strip(), start + len(text) - len(text.lstrip())) for text, start in found]


def _verifier(document: Document, parts: Sequence[Section]) -> Iterator[VerifierRow]:
    for at, section in enumerate(parts):
        for number, (start, end) in enumerate(sentence_spans(section.text, document.language)):
            claim = section.text[start:end].strip()
            if len(claim.split()) < FEWEST_WORDS:
                continue
            name = f"{document.doc_id}/{at}/{number}"
            yield VerifierRow(id=name, document=document.doc_id, claim=claim, evidence=section.text, label="supported")
            for kind, text in changed(claim, section.text, document.language):
                yield VerifierRow(
                    id=f"{name}-{kind}",
                    document=document.doc_id,
                    claim=text,
                    evidence=section.text,
                    label="contradicted",
                )
            if at + 1 < len(parts) and claim not in parts[at + 1].text:
                yield VerifierRow(
                    id=f"{name}-elsewhere",
                    document=document.doc_id,
                    claim=claim,
                    evidence=parts[at + 1].text,
                    label="neither",
                )


def _reranker(document: Document, parts: Sequence[Section]) -> Iterator[RerankerRow]:
    """Let a heading ask for its section: the others of the document are near it, and are not it."""
    for at, section in enumerate(parts):
        others = tuple(other.text for other in parts if other is not section)[:NEGATIVES]
        if others and section.heading:
            yield RerankerRow(
                id=f"{document.doc_id}/{at}",
                document=document.doc_id,
                query=section.heading,
                positive=section.text,
                negatives=others,
            )


def _answer(document: Document, parts: Sequence[Section]) -> Iterator[AnswerRow]:
    """Give the questions of a reader with the sentences of the section; `tune train` chooses among them."""
    for row in _reader(document, parts):
        found = with_sentences(row, document.language)
        if found:
            yield found


MAKERS: Final[Mapping[MadeRole, Callable[[Document, Sequence[Section]], Iterator[Row]]]] = {
    "reader": _reader,
    "verifier": _verifier,
    "reranker": _reranker,
    "answer": _answer,
}
