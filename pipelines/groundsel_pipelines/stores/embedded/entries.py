"""What the lexical index holds of a document: an entry a passage, to be ranked, and one in all, to be counted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
import tantivy

from groundsel_pipelines.chunking import embedded_text
from groundsel_pipelines.stores.analysis import chain_of, indexed_terms, texts_of
from groundsel_pipelines.stores.embedded.reading import Facts
from groundsel_pipelines.stores.fields import field_names, field_terms
from groundsel_pipelines.types import Passage
from groundsel_pipelines.understanding.abbreviations import abbreviations
from groundsel_pipelines.understanding.completing import LONGEST_BEGINNING, beginnings
from groundsel_pipelines.understanding.harvesting import completions, word_forms
from groundsel_pipelines.words import fold

ORDINALS: Final = 1 << 20  # passages of one document at most; a key is row * ORDINALS + ordinal

BEGINNINGS: Final = "beginnings"
BORDER: Final = " ¶ "  # no term: no phrase reaches from a heading into the text (tantivy leaves no gap between values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document as it stands now, with its passages; without facts it is deleted."""

    row: int
    facts: Facts | None
    passages: tuple[Passage, ...]
    metadata: Mapping[str, str]


def passage_schema() -> tantivy.Schema:
    """Give the fields of a passage. All languages share `text`, so that BM25 counts every passage once."""
    builder = _conditions_schema()
    builder.add_integer_field("key", fast=True)
    builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def document_schema() -> tantivy.Schema:
    """Give the fields of a whole document."""
    builder = _conditions_schema()
    builder.add_text_field("doc_id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="whitespace", index_option="position")  # positions: for phrases
    for name in ("words", "abbreviations"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("beginnings", "starts"):
        builder.add_text_field(name, tokenizer_name=BEGINNINGS, index_option="basic")
    builder.add_bytes_field("completions", stored=True)
    return builder.build()


def _conditions_schema() -> tantivy.SchemaBuilder:
    builder = tantivy.SchemaBuilder()
    # Signed, as this version of the library deletes nothing by a term of an unsigned field
    builder.add_integer_field("row", indexed=True, fast=True)
    for name in ("allowed", "denied", "collection"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("fields", tokenizer_name="raw", index_option="basic")
    for name in ("source", "media_type", "language", "year", "month", "field_names"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("updated_at", indexed=True, fast=True)  # seconds since 1970, UTC
    return builder


def passage_entries(entry: Entry) -> Iterable[tantivy.Document]:
    """Give what is ranked of a document: its passages under their titles and headings."""
    if entry.facts is None:
        return
    chain = chain_of(entry.facts.language)
    for passage in entry.passages:
        document = _conditions(entry.facts, entry.metadata)
        document.add_integer("key", entry.row * ORDINALS + passage.ordinal)
        document.add_text("text", " ".join(indexed_terms(embedded_text(passage), chain)))
        yield document


def document_entries(entry: Entry) -> Iterable[tantivy.Document]:
    """Give what is counted of a document, and what phrases are looked for in."""
    if entry.facts is None:
        return
    chain = chain_of(entry.facts.language)
    document = _conditions(entry.facts, entry.metadata)
    document.add_text("doc_id", entry.facts.doc_id)
    texts = (" ".join(indexed_terms(text, chain)) for text in texts_of(entry.facts.title, entry.passages))
    document.add_text("text", BORDER.join(texts))
    _teach(document, entry.facts, entry.passages)
    yield document


def _teach(document: tantivy.Document, facts: Facts, passages: Sequence[Passage]) -> None:
    """Put down what the document teaches about words, and what it completes."""
    texts = texts_of(facts.title, passages)
    for word in word_forms(texts):
        document.add_text("words", word)
    for short, long in abbreviations(texts):
        document.add_text("abbreviations", f"{short}\t{long}")
    completing = completions(facts.title, passages, facts.language)
    for beginning in beginnings(text for text, _ in completing):
        document.add_text("beginnings", beginning)
    document.add_text("starts", fold(facts.title)[:LONGEST_BEGINNING])
    document.add_bytes("completions", orjson.dumps([facts.doc_id, completing]))


def _conditions(facts: Facts, metadata: Mapping[str, str]) -> tantivy.Document:
    """Put down what filters look at."""
    document = tantivy.Document(collection=facts.collection, source=facts.source)
    document.add_integer("row", facts.row)
    document.add_text("media_type", facts.media_type)
    document.add_text("language", facts.language)
    if facts.updated_at:
        document.add_text("year", f"{facts.updated_at:%Y}")
        document.add_text("month", f"{facts.updated_at:%Y-%m}")
        document.add_integer("updated_at", int(facts.updated_at.timestamp()))
    for value in field_terms(metadata):
        document.add_text("fields", value)
    for name in field_names(metadata):
        document.add_text("field_names", name)
    for principal in facts.allowed:
        document.add_text("allowed", principal)
    for principal in facts.denied:
        document.add_text("denied", principal)
    return document
