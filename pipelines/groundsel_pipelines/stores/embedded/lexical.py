"""The lexical leg: a tantivy index of passages, and of whole documents for counting, that follows the change log."""

import fcntl
import shutil
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tantivy
from tantivy import Occur

from groundsel_pipelines.chunking import embedded_text
from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.stores.embedded.analysis import LANGUAGES, analyzer, chain_of, terms
from groundsel_pipelines.stores.embedded.reading import Facts, PassageKey
from groundsel_pipelines.stores.visibility import time_bounds
from groundsel_pipelines.types import Facet, Filter, FilterField, Passage, Query

WRITER_BYTES = 64_000_000  # tantivy flushes a segment when it is full: a few thousand passages
FACET_VALUES = 1000  # distinct values counted exactly; beyond it the rarest are left out
ORDINALS: Final = 1 << 20  # passages of one document at most; a key is row * ORDINALS + ordinal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document as it stands now, with its passages; without facts it is deleted."""

    row: int
    facts: Facts | None
    passages: tuple[Passage, ...]


def schema() -> tantivy.Schema:
    """Two kinds of entries share the index: passages (`text_*`, scored) and documents (`whole_*`, only counted)."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True)
    builder.add_unsigned_field("key", fast=True)
    for chain in LANGUAGES:
        builder.add_text_field(f"text_{chain}", tokenizer_name=chain, index_option="freq")
        builder.add_text_field(f"whole_{chain}", tokenizer_name=chain, index_option="basic")
    for name in ("doc_id", "allowed", "denied", "collection"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("source", "media_type", "language", "year"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("updated_at", indexed=True, fast=True)  # seconds since 1970, UTC
    return builder.build()


class LexicalIndex:
    """One folder, shared by processes: whoever finds it behind brings it up to date, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._schema = schema()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with self.exclusively():
            self._open()

    def _open(self) -> None:
        self._folder.mkdir(exist_ok=True)
        try:
            self._index = tantivy.Index(self._schema, path=str(self._folder))
        except ValueError:  # made by another version, or damaged: it is derived, so it is made anew
            shutil.rmtree(self._folder)
            self._folder.mkdir()
            self._index = tantivy.Index(self._schema, path=str(self._folder))
        for chain in LANGUAGES:
            self._index.register_tokenizer(chain, analyzer(chain))

    @contextmanager
    def exclusively(self) -> Generator[None]:
        """Hold the folder's lock against other processes; the system frees it when a process dies."""
        with (self._folder.parent / "lexical.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def applied(self) -> int:
        """The change up to which the index is known to be complete; 0 when that is not known."""
        try:
            return int((self._folder / "applied").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return 0

    def apply(self, entries: Iterable[Entry], *, change: int) -> None:
        """Replace these documents in the index, then note that it is complete up to `change`; hold the lock meanwhile.

        The note follows the commit: a crash between the two repeats work, which does no harm.

        Raises:
            Unavailable: the disk is full or broken; the truth is untouched, the next search tries again.

        """
        try:
            writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
            for entry in entries:
                writer.delete_documents_by_term("row", entry.row)
                for document in _documents(entry):
                    writer.add_document(document)
            writer.commit()
            writer.wait_merging_threads()
            (self._folder / "applied").write_text(str(change), encoding="ascii")
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"the word index at {self._folder} cannot be written ({error}); is the disk full? "
                "No document is lost: free some space and run the command again"
            ) from None
        self._index.reload()

    def reload(self) -> None:
        """See what another process has committed."""
        self._index.reload()

    def search(self, query: Query, languages: Sequence[str]) -> list[tuple[PassageKey, float]]:
        """Rank passages by BM25; the conditions of `query` select and do not score."""
        scored = self._words(query.text, languages, "text")
        if scored is None or not query.principals:
            return []
        searcher = self._index.searcher()
        found = searcher.search(self._under(query, scored), limit=query.top_k, count=False).hits
        keys = searcher.fast_field_values("key", [address for _, address in found])
        return [
            (divmod(int(key), ORDINALS), score) for (score, _), key in zip(found, keys, strict=True) if key is not None
        ]

    def count(
        self, query: Query, languages: Sequence[str], *, also: Collection[str], facets: Sequence[FilterField]
    ) -> tuple[int, tuple[Facet, ...]]:
        """Count the documents that hold a word of the query, with those of `also`, and their values per facet."""
        found = self._words(query.text, languages, "whole")
        named = tantivy.Query.term_set_query(self._schema, "doc_id", sorted(also))
        either = named if found is None else tantivy.Query.boolean_query([(Occur.Should, found), (Occur.Should, named)])
        under, searcher = self._under(query, either), self._index.searcher()
        total: int = searcher.search(under, limit=1, count=True).count  # type: ignore[attr-defined]  # its stub omits it
        wanted = {field: {"terms": {"field": _column(field), "size": FACET_VALUES}} for field in facets}
        counted = searcher.aggregate(under, wanted) if wanted else {}
        return total, tuple(
            Facet(
                field=field,
                counts=tuple(
                    sorted(
                        ((bucket["key"], int(bucket["doc_count"])) for bucket in counted[field]["buckets"]),
                        key=lambda pair: (-pair[1], pair[0]),
                    )
                ),
            )
            for field in facets
        )

    def _words(self, text: str, languages: Sequence[str], prefix: str) -> tantivy.Query | None:
        """Any word of the text, as each stored language writes it; a passage has the field of its own language only."""
        clauses = [
            (Occur.Should, tantivy.Query.term_query(self._schema, f"{prefix}_{chain}", term, "freq"))
            for chain in sorted({chain_of(language) for language in languages})
            for term in terms(text, chain)
        ]
        return tantivy.Query.boolean_query(clauses) if clauses else None

    def _under(self, query: Query, scored: tantivy.Query) -> tantivy.Query:
        """Put the conditions around a query: who asks, collections and filters. The only way to search this index."""
        clauses = [
            (Occur.Must, scored),
            (Occur.Must, self._one_of("allowed", query.principals)),
            (Occur.MustNot, self._one_of("denied", query.principals)),
            *(
                (Occur.MustNot if given.op == "not_in" else Occur.Must, self._condition(given))
                for given in query.filters
            ),
        ]
        if query.collections:
            clauses.append((Occur.Must, self._one_of("collection", query.collections)))
        return tantivy.Query.boolean_query(clauses)

    def _one_of(self, field: str, values: Collection[str]) -> tantivy.Query:
        return _unscored(tantivy.Query.term_set_query(self._schema, field, sorted(values)))

    def _condition(self, condition: Filter) -> tantivy.Query:
        if condition.op == "exists":
            return _unscored(tantivy.Query.exists_query(_column(condition.field)))
        if condition.op != "range":
            return self._one_of(_column(condition.field), condition.values)
        earliest, latest = time_bounds(condition)
        return _unscored(
            tantivy.Query.range_query(
                self._schema,
                "updated_at",
                tantivy.FieldType.Integer,
                lower_bound=int(earliest.timestamp()) if earliest else None,
                upper_bound=int(latest.timestamp()) if latest else None,
            )
        )


def _unscored(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)


def _column(field: FilterField) -> str:
    return "year" if field == "updated_at" else field


def _documents(entry: Entry) -> Iterable[tantivy.Document]:
    """Give an entry for each passage and one for the whole document."""
    facts = entry.facts
    if facts is None:
        return
    chain = chain_of(facts.language)
    texts = [embedded_text(passage) for passage in entry.passages]
    for passage, text in zip(entry.passages, texts, strict=True):
        document = _conditions(facts)
        document.add_unsigned("key", entry.row * ORDINALS + passage.ordinal)
        document.add_text(f"text_{chain}", text)
        yield document
    document = _conditions(facts)
    document.add_text("doc_id", facts.doc_id)
    document.add_text(f"whole_{chain}", "\n".join(texts) or facts.title)
    yield document


def _conditions(facts: Facts) -> tantivy.Document:
    document = tantivy.Document(collection=facts.collection, source=facts.source)
    document.add_unsigned("row", facts.row)
    document.add_text("media_type", facts.media_type)
    document.add_text("language", facts.language)
    if facts.updated_at:
        document.add_text("year", f"{facts.updated_at:%Y}")
        document.add_integer("updated_at", int(facts.updated_at.timestamp()))
    for principal in facts.allowed:
        document.add_text("allowed", principal)
    for principal in facts.denied:
        document.add_text("denied", principal)
    return document
