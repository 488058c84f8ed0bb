"""Questions of a reader with the sentences of their passage: what is trained to answer from numbered sentences."""

from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.tuning.rows import AnswerRow, ReaderRow


def with_sentences(row: ReaderRow, language: str) -> AnswerRow | None:
    """Give the row with the sentences of its passage and the number of the one that answers; None if it takes two."""
    spans = sentence_spans(row.passage, language)
    end = row.start + len(row.answers[0]) if row.answers else -1
    cited = next((at for at, span in enumerate(spans, 1) if span[0] <= row.start and end <= span[1]), 0)
    if bool(cited) != row.answerable:
        return None
    return AnswerRow(
        id=row.id,
        document=row.document,
        question=row.question,
        evidence=tuple(row.passage[first:last] for first, last in spans),
        answers=row.answers,
        cited=cited,
    )
