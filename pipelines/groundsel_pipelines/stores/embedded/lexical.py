"""The lexical leg: a tantivy index of passages, and one of whole documents for counting, behind the change log."""

import fcntl
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO

import tantivy
from tantivy import Occur, TextAnalyzerBuilder, Tokenizer

from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.stores.analysis import asked_terms
from groundsel_pipelines.stores.embedded import allocator, standing, teaching
from groundsel_pipelines.stores.embedded.conditions import (
    EVERYTHING,
    Held,
    column,
    named_query,
    phrase_clauses,
    phrase_query,
    row_set,
    under,
)
from groundsel_pipelines.stores.embedded.database import BUSY_SECONDS
from groundsel_pipelines.stores.embedded.entries import (
    BEGINNINGS,
    ORDINALS,
    Entry,
    document_entries,
    document_schema,
    passage_entries,
    passage_schema,
)
from groundsel_pipelines.stores.embedded.reading import PassageKey
from groundsel_pipelines.types import Facet, FacetField, Filter, Query, Suggestion, Vocabulary
from groundsel_pipelines.understanding.completing import LONGEST_BEGINNING

WRITER_BYTES = 64_000_000  # tantivy flushes a segment when it is full: a few thousand passages
PAUSE_SECONDS = 0.05  # between two looks at a lock that is held
FACET_VALUES = 1000  # distinct values counted exactly; beyond it the rarest are left out


class HeldElsewhere(Unavailable):
    """Another process is at work on the word index, or was suspended while it was."""


class LexicalIndex:
    """One folder, shared by processes: whoever finds it behind brings it up to date, one at a time."""

    def __init__(self, folder: Path, last_change: Callable[[], int]) -> None:
        """Open the index in `folder`; `last_change` gives the last change of the documents that it is derived from."""
        self._folder = folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        if self._opens(last_change):  # who only opens waits for nobody
            return
        with self.exclusively():
            if not self._opens(last_change):
                self.start_over()

    def _opens(self, last_change: Callable[[], int]) -> bool:
        """Open what is there, if it is of this version, as it was noted, and not ahead of the documents.

        Where nothing is known of it, it is empty, or another process fills it, or it is made anew before it is written.
        """
        noted = standing.read(self._folder)  # before the last change is asked for: others may be writing
        last = last_change()
        if noted.change > last or not noted.is_sound(self._folder, last):
            return False
        try:
            if (self._folder / "documents" / "meta.json").exists():  # what is made last
                self._open()
                return True
        except ValueError:  # made by another version
            pass
        return False

    def _open(self) -> None:
        self._passages = _opened(passage_schema(), self._folder / "passages")
        self._documents = _opened(document_schema(), self._folder / "documents")

    @contextmanager
    def exclusively(self, patience: float = BUSY_SECONDS) -> Generator[None]:
        """Hold the folder's lock against other processes; the system frees it when a process dies, not when it sleeps.

        Raises:
            HeldElsewhere: another process has held it for all of `patience` seconds.

        """
        with (self._folder.parent / "lexical.lock").open("w") as lock:
            end = monotonic() + patience
            while not _taken(lock):
                if monotonic() >= end:
                    raise HeldElsewhere(
                        f"the word index at {self._folder} is held by another process that brings it up to date; "
                        "no document is lost: wait for it to end, or stop it"
                    )
                sleep(PAUSE_SECONDS)
            yield

    def start_over(self) -> None:
        """Throw away what is indexed; whoever calls holds the lock."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._open()

    @property
    def applied(self) -> int:
        """The change up to which the index is known to be complete; 0 when that is not known."""
        return standing.read(self._folder).change

    def apply(self, entries: Iterable[Entry], *, change: int) -> None:
        """Replace these documents in the index, then note that it is complete up to `change`; hold the lock meanwhile.

        The note follows the commit: a crash between the two repeats work, which does no harm. Where nothing is known of
        what lies there, it is thrown away before.

        Raises:
            Unavailable: the disk is full or broken; the truth is untouched, the next search tries again.

        """
        noted = standing.read(self._folder)
        # The threads of a writer leave up to 15 MB behind, of which those of the next one take nothing: after 100,000
        # small documents it was 200 MB, for an index of 13
        allocator.give_back()
        try:
            if noted == standing.NOWHERE:
                self.start_over()
            passages, documents = (
                index.writer(heap_size=WRITER_BYTES, num_threads=1) for index in (self._passages, self._documents)
            )
            for writer in (passages, documents):
                # of a commit that was cut off files are left, whose names this one gives out again
                writer.garbage_collect_files()
            for entry in entries:
                for writer, made in ((passages, passage_entries), (documents, document_entries)):
                    writer.delete_documents_by_term("row", entry.row)
                    for document in made(entry):
                        writer.add_document(document)
            for writer in (passages, documents):
                writer.commit()
                writer.wait_merging_threads()
            standing.note(self._folder, change=change, before=noted)
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"the word index at {self._folder} cannot be written ({error}); is the disk full? "
                "No document is lost: free some space and run the command again"
            ) from None
        self.reload()
        allocator.give_back()

    def reload(self) -> None:
        """See what another process has committed."""
        self._passages.reload()
        self._documents.reload()

    def holding(self, text: str) -> frozenset[int]:
        """Give the rows of all documents, of whomever, that hold a phrase: what is then filtered by."""
        return self._rows(phrase_query(self._documents.schema, text))

    def having(self, condition: Filter) -> frozenset[int]:
        """Give the rows of all documents, of whomever, with a field of metadata that a condition names."""
        return self._rows(named_query(self._documents.schema, condition))

    def _rows(self, query: tantivy.Query) -> frozenset[int]:
        searcher = self._documents.searcher()
        found = searcher.search(query, limit=max(1, searcher.num_docs), count=False).hits
        return frozenset(
            int(row) for row in searcher.fast_field_values("row", [address for _, address in found]) if row is not None
        )

    def matching(self, query: Query, languages: Mapping[str, int]) -> list[int]:
        """Give the rows of all documents that hold a word of the query and meet its conditions, in no order."""
        schema = self._documents.schema
        found = _any_word(schema, query.text, languages, "basic")
        if found is None or not query.principals:
            return []
        searcher = self._documents.searcher()
        asked = under(schema, query, found, phrase_clauses(schema, query))
        hits = searcher.search(asked, limit=max(1, searcher.num_docs), count=False).hits
        rows = searcher.fast_field_values("row", [address for _, address in hits])
        return [int(row) for row in rows if row is not None]

    def vocabulary(self, query: Query) -> Vocabulary:
        """Give the words of the documents that the conditions of `query` leave."""
        return teaching.vocabulary(self._documents, query)

    def completing(self, query: Query, begin: str) -> list[Suggestion]:
        """Give candidates to complete `begin`, among the documents that the conditions of `query` leave."""
        return list(teaching.completing(self._documents, query, begin))

    def search(
        self, query: Query, languages: Mapping[str, int], held: Held = EVERYTHING
    ) -> list[tuple[PassageKey, float]]:
        """Rank passages by BM25; the conditions of `query` select and do not score."""
        scored = _any_word(self._passages.schema, query.text, languages, "freq")
        if scored is None or not query.principals:
            return []
        searcher = self._passages.searcher()
        found = searcher.search(
            under(self._passages.schema, query, scored, row_set(self._passages.schema, held)),
            limit=query.top_k,
            count=False,
        ).hits
        keys = searcher.fast_field_values("key", [address for _, address in found])
        return [
            (divmod(int(key), ORDINALS), score) for (score, _), key in zip(found, keys, strict=True) if key is not None
        ]

    def count(
        self, query: Query, languages: Mapping[str, int], *, also: Collection[str], facets: Sequence[FacetField]
    ) -> tuple[int, tuple[Facet, ...]]:
        """Count the documents that hold a word of the query, with those of `also`, and their values per facet."""
        schema = self._documents.schema
        found = _any_word(schema, query.text, languages, "basic")
        named = tantivy.Query.term_set_query(schema, "doc_id", sorted(also))
        either = named if found is None else tantivy.Query.boolean_query([(Occur.Should, found), (Occur.Should, named)])
        counted_under = under(schema, query, either, phrase_clauses(schema, query))
        searcher = self._documents.searcher()
        total: int = searcher.search(counted_under, limit=1, count=True).count  # type: ignore[attr-defined]  # its stub omits it
        wanted = {field: {"terms": {"field": column(field), "size": FACET_VALUES}} for field in facets}
        counted = searcher.aggregate(counted_under, wanted) if wanted else {}
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


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(schema: tantivy.Schema, folder: Path) -> tantivy.Index:
    folder.mkdir(parents=True, exist_ok=True)
    index = tantivy.Index(schema, path=str(folder))
    prefixes = Tokenizer.ngram(1, LONGEST_BEGINNING, prefix_only=True)
    index.register_tokenizer(BEGINNINGS, TextAnalyzerBuilder(prefixes).build())
    return index


def _any_word(
    schema: tantivy.Schema, text: str, languages: Mapping[str, int], index_option: str
) -> tantivy.Query | None:
    """Match any word of the text, a word asked for twice counting twice; the text is data, never a query language."""
    clauses = [
        (Occur.Should, tantivy.Query.boost_query(tantivy.Query.term_query(schema, "text", term, index_option), times))
        for term, times in Counter(asked_terms(text, languages)).items()
    ]
    return tantivy.Query.boolean_query(clauses) if clauses else None
