"""Makes rows of a collection's own documents, by their structure alone: no model writes them, so none is needed.

What is asked can be known where the writer said it: a heading names its section, a table's first row and column name
its cells, "X is a ..." defines X. A question whose section is exchanged for its neighbour has a near miss and
no answer; a sentence whose number is changed is contradicted by the one it came from.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.tuning.rows import EncoderRole, ReaderRow, RerankerRow, Row, VerifierRow
from groundsel_pipelines.types import Document

DEFINITION: Final = re.compile(
    r"^(?P<term>(?:The |An? )?[A-Z][\w-]*(?: [\w-]+){0,4}?) (?P<verb>is|are|means) (?P<what>(?:an? |the )?[^.;:]{12,})"
)
NUMBER: Final = re.compile(r"\b\d{1,4}\b")
FEWEST_WORDS: Final = 5  # of a section or a sentence that is worth asking about
NEGATIVES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands below one heading."""

    heading: str
    text: str
    tables: tuple[str, ...]


def rows_of(documents: Iterable[Document], role: EncoderRole) -> Iterator[Row]:
    """Make rows of every document; those of a document are alike for ever, whatever else is in the collection."""
    for document in documents:
        parts = sections(document)
        yield from MAKERS[role](document, parts)


def sections(document: Document) -> tuple[Section, ...]:
    """Cut a document at its headings; a document without any is one section under its title."""
    found: list[Section] = []
    heading, start, tables = document.title, 0, list[str]()
    for block in document.blocks:
        text = document.text[block.start : block.end]
        if block.kind == "heading":
            found.append(
                Section(heading=heading, text=document.text[start : block.start].strip(), tables=tuple(tables))
            )
            heading, start, tables = text.strip("# \n"), block.end, []
        elif block.kind == "table":
            tables.append(text)
    found.append(Section(heading=heading, text=document.text[start:].strip(), tables=tuple(tables)))
    return tuple(section for section in found if len(section.text.split()) >= FEWEST_WORDS)


def _reader(document: Document, parts: Sequence[Section]) -> Iterator[ReaderRow]:
    for at, section in enumerate(parts):
        asked = [*_faq(section), *_definitions(section, document.language), *_cells(section)]
        others = [other.text for other in (*parts[at + 1 : at + 2], *parts[max(0, at - 1) : at])]
        for number, (question, answer) in enumerate(asked):
            start = section.text.find(answer)
            if start < 0:
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


def _faq(section: Section) -> Iterator[tuple[str, str]]:
    """Let a heading that asks be answered by the first sentence below it."""
    if section.heading.endswith("?"):
        spans = sentence_spans(section.text, "en")
        if spans:
            yield section.heading, section.text[spans[0][0] : spans[0][1]].strip()


def _definitions(section: Section, language: str) -> Iterator[tuple[str, str]]:
    for start, end in sentence_spans(section.text, language):
        if found := DEFINITION.match(section.text[start:end].strip()):
            be = "What are" if found["verb"] == "are" else "What is"
            yield f"{be} {found['term'][0].lower()}{found['term'][1:]}?", found["what"].strip()


def _cells(section: Section) -> Iterator[tuple[str, str]]:
    """Ask for a cell by the names of its row and its column."""
    for table in section.tables:
        lines = [_cut(line) for line in table.splitlines() if line.strip() and not set(line) <= set("|-: ")]
        for line in lines[1:]:
            for name, cell in zip(lines[0][1:], line[1:], strict=False):
                if name and cell and line[0]:
                    yield f"What is the {name} of {line[0]}?", cell


def _cut(line: str) -> list[str]:
    separator = "\t" if "\t" in line else "|"
    return [cell.strip() for cell in line.strip("| ").split(separator)]


def _verifier(document: Document, parts: Sequence[Section]) -> Iterator[VerifierRow]:
    for at, section in enumerate(parts):
        for number, (start, end) in enumerate(sentence_spans(section.text, document.language)):
            claim = section.text[start:end].strip()
            if len(claim.split()) < FEWEST_WORDS:
                continue
            name = f"{document.doc_id}/{at}/{number}"
            yield VerifierRow(id=name, document=document.doc_id, claim=claim, evidence=section.text, label="supported")
            if (changed := with_another_number(claim)) and changed not in section.text:
                yield VerifierRow(
                    id=f"{name}-number",
                    document=document.doc_id,
                    claim=changed,
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


def with_another_number(text: str) -> str:
    """Change the first number; "" where there is none."""
    found = NUMBER.search(text)
    return f"{text[: found.start()]}{int(found[0]) + 2}{text[found.end() :]}" if found else ""


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


MAKERS: Final[Mapping[EncoderRole, Callable[[Document, Sequence[Section]], Iterator[Row]]]] = {
    "reader": _reader,
    "verifier": _verifier,
    "reranker": _reranker,
}
