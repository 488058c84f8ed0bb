"""What is asked and what would be right: the values that every evaluation set is read into."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from groundsel_pipelines.types import PUBLIC, Document

ANYONE: Final = frozenset({PUBLIC})
SOURCE: Final = "evaluation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A place where the answer stands: a document, and where the set tells it a page or the very words."""

    name: str  # of the document, as the set calls it: an id, or a path below the folder
    relevance: int = 1
    page: int | None = None  # from 1
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question and what would be right."""

    query_id: str
    text: str
    gold: tuple[Gold, ...] = ()
    status: Literal["answered", "conflicting", "not_in_documents"] = "answered"
    answers: tuple[str, ...] = ()  # any of them is right; where documents contradict each other, all together
    references: tuple[str, ...] = ()  # whole answers, where `answers` are only what one must hold
    line: int = 0  # of the file that it or its judgment was read from, for messages

    @property
    def answerable(self) -> bool:
        return self.status != "not_in_documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSet:
    """Documents and judged questions. `corpus` is a file of texts, or a folder of files to be ingested."""

    name: str
    corpus: Path
    judged_in: Path  # the file that messages about judgments name
    questions: tuple[Question, ...]
    live: bool = False  # the documents are those of the configured store itself; gold is named by doc_id

    @property
    def by_page(self) -> bool:
        """Whether what is judged is pages rather than documents."""
        return any(gold.page for question in self.questions for gold in question.gold)

    @property
    def has_answers(self) -> bool:
        return any(question.answers for question in self.questions)


def plain_document(name: str, *, collection: str, title: str, text: str, language: str) -> Document:
    """Make a document of plain text that anyone may read."""
    return Document(
        doc_id=f"{collection}/{name}",
        collection=collection,
        source=SOURCE,
        uri=f"{SOURCE}:{name}",
        title=title,
        text=text,
        media_type="txt",
        language=language,
        version=1,
        updated_at=None,
        allowed=ANYONE,
    )


def limited(questions: Iterable[Question], limit: int | None) -> tuple[Question, ...]:
    """Keep `limit` questions, spread evenly over the set: sets are often sorted by document."""
    found = tuple(questions)
    if limit is None or limit >= len(found):
        return found
    return tuple(found[index * len(found) // limit] for index in range(limit))
