"""Packs units into passages: as full as the budget allows, from one section where it can be, with some overlap."""

from itertools import takewhile

from groundsel_pipelines.chunking.units import Unit, header, units
from groundsel_pipelines.protocols import TokenCounter
from groundsel_pipelines.types import Document, Passage

# all-MiniLM-L6-v2 reads 256 tokens, 2 of them special. 200 is about 140 words: a few paragraphs, so that one passage
# is about one thing, with room to spare for tokenizers that count a joined text a little higher than its parts.
PASSAGE_TOKENS = 200
OVERLAP_TOKENS = 30  # one or two sentences: what "it" or "this" at the start of a passage refers to
# A section shorter than this is joined to the next one: a heading and one line say too little to be found by.
SECTION_TOKENS = 50


def split(
    document: Document, tokens: TokenCounter, *, budget: int = PASSAGE_TOKENS, overlap: int = OVERLAP_TOKENS
) -> tuple[Passage, ...]:
    """Cut `document` into passages of at most `budget` tokens, title and headings counted.

    Each passage's text is exactly `document.text[start:end]`, and every character of the text that is not white space
    is in a passage. Passages that follow one another within a section share their edge: whole sentences, of at most
    `overlap` tokens together.
    """
    passages: list[Passage] = []
    packed: list[Unit] = []
    for unit in units(document, tokens, budget):
        begins = unit.kind == "heading" and sum(held.tokens for held in packed) >= SECTION_TOKENS
        if packed and (begins or not fits([*packed, unit])):
            kept, packed = divide(packed, unit, overlap=overlap)
            passages.append(passage(document, kept, ordinal=len(passages)))
        packed.append(unit)
    if packed:
        passages.append(passage(document, packed, ordinal=len(passages)))
    return tuple(passages)


def divide(packed: list[Unit], following: Unit, *, overlap: int) -> tuple[list[Unit], list[Unit]]:
    """Give the units that become a passage, and those with which the next one begins, before `following`."""
    headings = list(takewhile(lambda unit: unit.kind == "heading", reversed(packed)))[::-1]
    if headings and len(headings) < len(packed) and fits([*headings, following]):
        return packed[: -len(headings)], headings  # a heading belongs to what comes below it
    shared: list[Unit] = []
    for unit in reversed(packed[1:]):
        if unit.kind != "paragraph" or unit.headings != following.headings or following.kind != "paragraph":
            break
        if sum(held.tokens for held in shared) + unit.tokens > overlap or not fits([unit, *shared, following]):
            break
        shared.insert(0, unit)
    return packed, shared


def fits(held: list[Unit]) -> bool:
    return sum(unit.tokens for unit in held) <= held[0].room


def passage(document: Document, held: list[Unit], *, ordinal: int) -> Passage:
    start, end = held[0].start, held[-1].end
    return Passage(
        passage_id=f"{document.doc_id}#{ordinal}",
        doc_id=document.doc_id,
        ordinal=ordinal,
        start=start,
        end=end,
        text=document.text[start:end],
        headings=held[0].headings,
        page=held[0].page,
        title=document.title,
        uri=document.uri,
        collection=document.collection,
        source=document.source,
        media_type=document.media_type,
        language=document.language,
        updated_at=document.updated_at,
        version=document.version,
        allowed=document.allowed,
        denied=document.denied,
    )


def embedded_text(passage: Passage) -> str:
    """Give what is embedded: title, path of headings and text, without a heading that the text begins with."""
    above = [heading for heading in passage.headings if not passage.text.startswith(heading)]
    return "\n".join(part for part in (header(passage.title, above), passage.text) if part)
