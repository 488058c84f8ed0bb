"""Judgments that people gave by the way: a result that was opened or praised is right for its question."""

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.judgments import EvaluationSet, Gold, Question, limited
from groundsel_pipelines.query_log import lines
from groundsel_pipelines.query_report import judged, report
from groundsel_pipelines.settings import Settings


def asked(settings: Settings, *, limit: int) -> tuple[Question, ...]:
    """Give the most frequent questions of the log, judged or not.

    Raises:
        InvalidInput: there is no log, or it holds no text.

    """
    found = report(lines(settings.log.folder))
    right = judged(found)
    questions = [each.text for each in found.questions if not each.text.startswith("#")]
    if not questions:
        raise InvalidInput(f"in the query log at {settings.log.folder} no question has its text; name a file of them")
    return tuple(
        Question(query_id=str(number), text=text, gold=tuple(Gold(name=doc_id) for doc_id in right.get(text, ())))
        for number, text in enumerate(questions[:limit], start=1)
    )


def read_log(settings: Settings, *, limit: int | None) -> EvaluationSet:
    """Read the query log as an evaluation set over the live index.

    What was opened stood on the page: such judgments favour the ranking that made them (Joachims 2002).

    Raises:
        InvalidInput: there is no log, or nobody has opened anything.

    """
    folder = settings.log.folder
    questions = tuple(
        Question(query_id=str(number), text=text, gold=tuple(Gold(name=doc_id) for doc_id in doc_ids))
        for number, (text, doc_ids) in enumerate(sorted(judged(report(lines(folder))).items()), start=1)
    )
    if not questions:
        raise InvalidInput(
            f"in the query log at {folder} no result was opened or praised yet; there is nothing to go by"
        )
    return EvaluationSet(
        name="query log",
        corpus=folder,
        judged_in=max(folder.glob("queries-*.ndjson")),
        questions=limited(questions, limit),
        live=True,
    )
