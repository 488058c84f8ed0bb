"""What a user gets from our graphs and from the library exporters', of the same weights in the same precision.

The parts: SciFact and the demo company's search, its answers quoted and (of some questions) written, perplexity. Each
is the product's own evaluation over an index that the maker's embedder filled; differences are over the same questions.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import anyio

from groundsel_pipelines.evaluating.comparing import change
from groundsel_pipelines.evaluating.evaluation import Plan, evaluate
from groundsel_pipelines.evaluating.judgments import ANYONE
from groundsel_pipelines.evaluating.relevance import FIRST
from groundsel_pipelines.evaluating.report import Report
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.settings import Settings, read_settings
from makers import MAKERS, WRITER, Maker, kept_or_scratch, make_decoder, make_encoder
from perplexity import TOKENS, graph_logits, perplexity, some_tokens
from reporting import DEMO, Row, arguments, report, shared_data

PRECISION: Final = "int8"  # what these models are installed in
DENSE: Final = "dense"
ANSWERS: Final = ("right", "false answers", "share supported", "citation precision")

Scores = Mapping[str, Mapping[str, float]]
"""By figure and question."""


def evaluated(settings: Settings, folder: Path, *, answers: int | None) -> Report:
    plan = Plan(evaluation=read_set(folder), principals=ANYONE, answered=answers)
    return anyio.run(partial(evaluate, plan, settings, told=lambda *_: None))


def searched(found: Report, name: str) -> Scores:
    """Give the scores of the embedder alone and of what a user sees."""
    by_ranking = found.relevance.scores
    return {
        f"{name}, {FIRST} by vectors": by_ranking[DENSE][FIRST],
        f"{name}, {FIRST} as a user searches": by_ranking[found.relevance.default][FIRST],
    }


def answered(found: Report, how: str) -> Scores:
    if found.answers is None:
        return {}
    return {f"{how}: {figure}": found.answers.scores[figure] for figure in ANSWERS if figure in found.answers.scores}


def scifact(settings: Settings, _: int) -> Scores:
    return searched(evaluated(settings, shared_data("beir-scifact"), answers=0), "SciFact")


def demo(settings: Settings, _: int) -> Scores:
    found = evaluated(settings, DEMO, answers=None)
    return {**searched(found, "demo company"), **answered(found, "quoted")}


def written(settings: Settings, count: int) -> Scores:
    answer = settings.answer.model_copy(update={"method": "generated"})
    return answered(evaluated(settings.model_copy(update={"answer": answer}), DEMO, answers=count), "written")


QUESTIONS: Final[Mapping[str, Callable[[Settings, int], Scores]]] = {
    "scifact": scifact,
    "demo": demo,
    "written": written,
}
PERPLEXITY: Final = "perplexity"


def models_of(maker: Maker, folder: Path) -> Path:
    return folder / f"{maker}-{PRECISION}"


def settings_of(maker: Maker, folder: Path) -> Settings:
    """Give the settings that a new installation has, with the models of this maker."""
    settings = read_settings()
    models = settings.models.model_copy(update={"folder": models_of(maker, folder)})
    evaluation = settings.evaluation.model_copy(update={"folder": folder / "evaluations"})
    return settings.model_copy(update={"models": models, "evaluation": evaluation})


def side_by_side(part: str, by_maker: Mapping[Maker, Scores]) -> list[Row]:
    """Give a row a figure: both means, and the mean difference with its interval over the same questions."""
    ours, theirs = (by_maker[maker] for maker in MAKERS)
    table: list[Row] = []
    for figure in ours:
        both = change(figure, ours[figure], theirs.get(figure, {}), decides=False)
        if both is not None:
            table.append(
                {
                    "figure": figure,
                    "questions": both.interval.count,
                    **{maker: str(mean) for maker, mean in zip(MAKERS, (both.new, both.old), strict=True)},
                    "difference": str(both.interval),
                }
            )
    print(part, *table, sep="\n", flush=True)  # a part takes minutes: nothing is lost when the run is cut short
    return table


def perplexities(folder: Path) -> Row:
    ids, values = some_tokens(), list[float]()
    for maker in MAKERS:
        models = folder / f"{maker}-{PRECISION}-{PERPLEXITY}"
        make_decoder(maker, PRECISION, models)
        values.append(perplexity(graph_logits(models / WRITER), ids))
    ours, theirs = values
    return {
        "figure": PERPLEXITY,
        "questions": f"{TOKENS} tokens",
        **{maker: f"{value:.3f}" for maker, value in zip(MAKERS, (ours, theirs), strict=True)},
        "difference": f"{100 * (ours / theirs - 1):.2f} %",
    }


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parts = [*QUESTIONS, PERPLEXITY]
    parser.add_argument("--only", choices=parts, action="append", help="a part; all of them if left out")
    parser.add_argument("--questions", type=int, default=30, help="how many of the demo company's to answer in writing")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where models and indexes stay for the next run")
    options = parser.parse_args()
    table: list[Row] = []
    with kept_or_scratch(options.keep) as folder:
        for maker in MAKERS:
            make_encoder(maker, PRECISION, models_of(maker, folder))
            make_decoder(maker, PRECISION, models_of(maker, folder))
        for part in options.only or parts:
            if part == PERPLEXITY:
                table.append(perplexities(folder))
                continue
            measure = QUESTIONS[part]
            table += side_by_side(
                part, {maker: measure(settings_of(maker, folder), options.questions) for maker in MAKERS}
            )
    report(f"Graphs in {PRECISION} by us and by the libraries", table, json_file=options.json)


if __name__ == "__main__":
    main()
