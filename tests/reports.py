"""Makes small reports for the tests of what is done with them."""

from collections.abc import Sequence

from groundsel_pipelines.evaluating.answers import judge_answers
from groundsel_pipelines.evaluating.intervals import difference, mean_interval
from groundsel_pipelines.evaluating.judging import Outcome
from groundsel_pipelines.evaluating.judgments import Question
from groundsel_pipelines.evaluating.measures import MEASURES
from groundsel_pipelines.evaluating.relevance import FIRST, Difference, Relevance, Returned, Worst
from groundsel_pipelines.evaluating.report import Report, about
from groundsel_pipelines.types import Finish, Status, Usage

BAD = "<script>alert(1)</script>"


def report(lexical: Sequence[float], minmax: Sequence[float], *, content: str = "same") -> Report:
    scores = {
        name: {measure: {str(number): value for number, value in enumerate(values)} for measure in MEASURES}
        for name, values in (("lexical", lexical), ("minmax", minmax))
    }
    returned = (Returned(title=BAD, place="a.pdf, page 3", text=BAD, relevant=True),)
    return Report(
        about=about(
            name=BAD,
            content=content,
            documents=1,
            passages=2,
            questions=len(lexical),
            by_page=False,
            store="memory",
            model="hash",
        ),
        relevance=Relevance(
            default="minmax",
            scores=scores,
            means={
                name: {measure: mean_interval(list(values.values())) for measure, values in measured.items()}
                for name, measured in scores.items()
            },
            differences=(
                Difference(ranking="minmax", against="lexical", measure=FIRST, interval=difference(minmax, lexical)),
            ),
            worst=(Worst(query_id="7", text=BAD, score=0.0, wanted=(BAD,), returned={"lexical": returned}),),
        ),
        answers=judge_answers([outcome("1"), outcome("2", confidence=0.3)], method="auto", threshold=0.5),
        took_ms={"lexical": {"p50": 1.0, "p95": 2.0}},
    )


def outcome(
    query_id: str,
    text: str = "It is 27 days.",
    *,
    asked: Question | None = None,
    confidence: float = 0.9,
    threshold: float = 0.5,
    status: Status = "answered",
    right_citations: int = 1,
) -> Outcome:
    return Outcome(
        asked=asked or Question(query_id=query_id, text="how many?", answers=("27 days",)),
        end=Finish(
            status=status,
            method="extractive",
            reason=None,
            usage=Usage(),
            took_ms={"results": 10.0, "first_sentence": 100.0, "done": 110.0},
        ),
        confidence=confidence,
        opened=confidence >= threshold,
        text=text,
        sentences=1,
        unsupported=0,
        misquoted=0,
        citations=1,
        right_citations=right_citations,
        cited_gold=right_citations,
    )
