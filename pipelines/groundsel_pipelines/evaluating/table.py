"""A report on a terminal: rankings with their intervals, what the default gains, answers, and what changed."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groundsel_pipelines.evaluating.answers import Answers
from groundsel_pipelines.evaluating.comparing import Change
from groundsel_pipelines.evaluating.measures import MEASURES
from groundsel_pipelines.evaluating.relevance import FIRST, Relevance
from groundsel_pipelines.evaluating.report import Report

STYLES = {"better": "green", "worse": "red", "undecided": "yellow", "no worse": ""}


def show(console: Console, report: Report, changes: Sequence[Change] | None = None) -> None:
    """Print the report; intervals cover 95 %."""
    told = report.about
    unit = "pages" if told.by_page else "documents"
    console.print(
        f"[bold]{escape(told.name)}[/]: {told.questions} questions, {told.documents} documents in {told.passages} "
        f"passages, judged by {unit}; store {told.store}, model {told.embedding_model}"
    )
    console.print(rankings_table(report.relevance))
    show_differences(console, report.relevance)
    if report.answers:
        console.print(answers_table(report.answers))
    for stage, took in report.took_ms.items():
        console.print(
            f"[dim]{stage}: {took['p50']:.1f} ms at the median, {took['p95']:.1f} ms at the 95th percentile[/]"
        )
    console.print(f"[dim]{escape(told.machine)}[/]")
    if changes is not None:
        console.print(changes_table(changes))


def rankings_table(relevance: Relevance) -> Table:
    table = Table(title="Relevance, with 95 % intervals")
    table.add_column("ranking")
    for measure in MEASURES:
        table.add_column(measure)
    for name, means in relevance.means.items():
        shown = f"[bold]{name} (default)[/]" if name == relevance.default else name
        table.add_row(shown, *(escape(str(means[measure])) for measure in MEASURES))
    return table


def show_differences(console: Console, relevance: Relevance) -> None:
    for each in relevance.differences:
        if each.measure == FIRST:
            sure = "" if each.interval.excludes_zero else ", which may be chance"
            console.print(f"{each.ranking} over {each.against}: {FIRST} {escape(signed(each.interval))}{sure}")


def signed(interval: object) -> str:
    text = str(interval)
    return text if text.startswith("-") else f"+{text}"


def answers_table(answers: Answers) -> Table:
    table = Table(title=f"Answers to {answers.questions} questions, method {answers.method}")
    for column in ("figure", "mean and 95 % interval", "questions"):
        table.add_column(column)
    for name, interval in answers.means.items():
        table.add_row(name, escape(str(interval)), str(interval.count))
    table.add_row("area under the risk-coverage curve", f"{answers.area:.3f}", str(answers.questions))
    table.add_row("quotes that are not the stored text", str(answers.misquoted), "")
    for stage, took in answers.seconds.items():
        shown = f"p50 {took.p50:.2f}, p95 {took.p95:.2f}, mean {took.mean}"
        table.add_row(f"seconds to {stage}", escape(shown), str(took.mean.count))
    return table


def changes_table(changes: Sequence[Change]) -> Table:
    table = Table(title="Changes, question by question")
    for column in ("figure", "then", "now", "difference", "verdict"):
        table.add_column(column)
    for each in changes:
        if not each.what.startswith(("default", "answers")) and not each.what.endswith(FIRST):
            continue  # the report has them
        style = STYLES[each.verdict]
        verdict = f"[{style}]{each.verdict}[/]" if style else each.verdict
        then, now = f"{each.old.mean:.3f}", f"{each.new.mean:.3f}"
        table.add_row(each.what, then, now, escape(signed(each.interval)), verdict)
    return table
