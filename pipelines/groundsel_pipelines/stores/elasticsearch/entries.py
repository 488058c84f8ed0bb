"""A document as Elasticsearch holds it: one entry, its passages nested; and the same read back."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from groundsel_pipelines.chunking import embedded_text
from groundsel_pipelines.stores.analysis import chain_of, indexed_terms, texts_of
from groundsel_pipelines.stores.counted_words import NOTHING, vocabulary_counted
from groundsel_pipelines.stores.elasticsearch.conditions import ALLOWED, DENIED
from groundsel_pipelines.stores.fields import field_names, field_terms
from groundsel_pipelines.types import Block, Document, IndexedDocument, Passage, Suggestion, Vocabulary
from groundsel_pipelines.understanding.abbreviations import abbreviations
from groundsel_pipelines.understanding.completing import LONGEST_BEGINNING, beginnings, suggestion
from groundsel_pipelines.understanding.harvesting import completions, word_forms
from groundsel_pipelines.words import fold

Entry = dict[str, Any]


def entry(indexed: IndexedDocument) -> Entry:
    """Give the entry of a document. Terms are made here, by the chain that the embedded store has: both match alike.

    Vectors stay arrays: written as the float32 they are, they take half of the digits.
    """
    document = indexed.document
    chain = chain_of(document.language)
    terms = [indexed_terms(embedded_text(passage), chain) for passage in indexed.passages]
    texts = texts_of(document.title, indexed.passages)
    completing = completions(document.title, indexed.passages, document.language)
    return {
        "kind": "document",
        "doc_id": document.doc_id,
        "version": document.version,
        "collection": document.collection,
        "source": document.source,
        "media_type": document.media_type,
        "language": document.language,
        "updated_at": document.updated_at.isoformat() if document.updated_at else None,
        "year": f"{document.updated_at:%Y}" if document.updated_at else None,
        "month": f"{document.updated_at:%Y-%m}" if document.updated_at else None,
        ALLOWED: sorted(document.allowed),
        DENIED: sorted(document.denied),
        "uri": document.uri,
        "uri_endings": endings(document.uri),
        "title": document.title,
        "title_start": fold(document.title)[:LONGEST_BEGINNING],
        "title_length": len(document.title),
        "beginnings": beginnings(text for text, _ in completing),
        "completions": completing,
        "words": sorted(word_forms(texts)),
        "abbreviations": [f"{short}\t{long}" for short, long in sorted(abbreviations(texts))],
        "text": document.text,
        "blocks": [[block.kind, block.start, block.end, block.level, block.page] for block in document.blocks],
        "metadata": dict(document.metadata),
        "fields": sorted(field_terms(document.metadata)),
        "field_names": sorted(field_names(document.metadata)),
        "terms": [" ".join(indexed_terms(text, chain)) for text in texts],
        "shown": _shown(document),
        "passage_count": len(indexed.passages),
        "passages": [
            {"shown": _passage_shown(passage), "terms": " ".join(each), "vector": vector}
            for passage, each, vector in zip(indexed.passages, terms, indexed.vectors, strict=True)
        ],
    }


def tombstone(doc_id: str, version: int) -> Entry:
    """Give what stays of a deleted document, for ever: nothing but the version that fences late writes."""
    return {"kind": "tombstone", "doc_id": doc_id, "version": version}


def sync_entry(collection: str, source: str, at: datetime) -> Entry:
    """Give the note that a source was wholly looked through; it allows nobody, so no search finds it."""
    return {
        "kind": "sync",
        "doc_id": sync_id(collection, source),
        "collection": collection,
        "source": source,
        "updated_at": at.astimezone(UTC).isoformat(),
    }


def sync_id(collection: str, source: str) -> str:
    return f"{collection}/sync:{source}"


def collection_of(doc_id: str) -> str:
    """Give the collection that an id names."""
    return doc_id.partition("/")[0]


def endings(uri: str) -> list[str]:
    """Give the whole uri and what follows each of its slashes."""
    parts = uri.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _shown(document: Document) -> str:
    return _column(
        [
            document.doc_id,
            document.title,
            document.uri,
            document.collection,
            document.source,
            document.media_type,
            document.language,
            document.updated_at.isoformat() if document.updated_at else None,
            document.version,
            sorted(document.allowed),
            sorted(document.denied),
        ]
    )


def _passage_shown(passage: Passage) -> str:
    return _column([passage.ordinal, passage.start, passage.end, passage.page, passage.headings, passage.text])


def _column(values: list[Any]) -> str:
    """Pack values for a field of type `binary`, which takes and gives Base64."""
    return b64encode(orjson.dumps(values)).decode()


# ---------------------------------------------------------------- read back


def document_part(hit: Mapping[str, Any]) -> dict[str, Any]:
    """Give what all passages of a document have in common, by the names of `Passage`."""
    shown = orjson.loads(b64decode(hit["fields"]["shown"][0]))
    doc_id, title, uri, collection, source, media_type, language, updated_at, version, allowed, denied = shown
    return {
        "doc_id": doc_id,
        "title": title,
        "uri": uri,
        "collection": collection,
        "source": source,
        "media_type": media_type,
        "language": language,
        "updated_at": datetime.fromisoformat(updated_at) if updated_at else None,
        "version": version,
        "allowed": frozenset(allowed),
        "denied": frozenset(denied),
    }


def passage(of_document: Mapping[str, Any], hit: Mapping[str, Any]) -> Passage:
    ordinal, start, end, page, headings, text = orjson.loads(b64decode(hit["fields"]["passages.shown"][0]))
    return Passage(
        **of_document,
        passage_id=f"{of_document['doc_id']}#{ordinal}",
        ordinal=ordinal,
        start=start,
        end=end,
        text=text,
        headings=tuple(headings),
        page=page,
    )


def document(source: Mapping[str, Any]) -> Document | None:
    """Give the document of a stored entry, or None for a tombstone."""
    if source["kind"] != "document":
        return None
    return Document(
        doc_id=source["doc_id"],
        collection=source["collection"],
        source=source["source"],
        uri=source["uri"],
        title=source["title"],
        text=source["text"],
        media_type=source["media_type"],
        language=source["language"],
        version=source["version"],
        updated_at=datetime.fromisoformat(source["updated_at"]) if source["updated_at"] else None,
        allowed=frozenset(source[ALLOWED]),
        denied=frozenset(source[DENIED]),
        blocks=tuple(
            Block(kind=kind, start=start, end=end, level=level, page=page)
            for kind, start, end, level, page in source["blocks"]
        ),
        metadata=source["metadata"],
    )


def suggestions(response: Mapping[str, Any]) -> Iterator[Suggestion]:
    """Give all that the documents found have to complete a text with."""
    for hit in response["hits"]["hits"]:
        for text, kind in hit["_source"]["completions"]:
            yield suggestion(text, kind, hit["_source"]["doc_id"])


def vocabulary(response: Mapping[str, Any]) -> Vocabulary:
    """Give the words that were counted, and the abbreviations."""
    return vocabulary_counted(response.get("aggregations", NOTHING))
