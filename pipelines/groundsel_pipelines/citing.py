"""Citations: exact places in stored documents, and what has become of them since."""

from typing import Literal

from groundsel_pipelines.types import Citation, Document, Passage

State = Literal["current", "changed", "gone"]


def cite(
    document: Document, passage: Passage, start: int, end: int, *, answer: tuple[int, int] | None = None
) -> Citation:
    """Quote `document.text[start:end]`, a part of `passage`; marker and its place in the answer are given later.

    `answer` are the words of it that answer, in code points into the document as well.
    """
    return Citation(
        marker=0,
        passage_id=passage.passage_id,
        doc_id=document.doc_id,
        uri=document.uri,
        title=document.title,
        quote=document.text[start:end],
        start=start,
        end=end,
        page=page_at(document, start) or passage.page,
        version=document.version,
        state="current",
        text_span=(0, 0),
        answer_span=(answer[0] - start, answer[1] - start) if answer else None,
    )


def page_at(document: Document, offset: int) -> int | None:
    """Give the page on which the character at `offset` stands, None where the format has no pages."""
    return next((block.page for block in reversed(document.blocks) if block.start <= offset), None)


def state_now(citation: Citation, document: Document | None) -> State:
    """Say whether the quote still stands where it stood; `document` is as it is now, None when it cannot be read."""
    if document is None:
        return "gone"
    return "current" if document.text[citation.start : citation.end] == citation.quote else "changed"
