"""A report as one HTML file that needs nothing else: tables, plots, the worst questions with what each leg returned."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Final

from groundsel_pipelines.evaluating import answers as answering
from groundsel_pipelines.evaluating.answers import Answers
from groundsel_pipelines.evaluating.charts import BINS, distribution, interval_plot, risk_coverage
from groundsel_pipelines.evaluating.comparing import Change
from groundsel_pipelines.evaluating.intervals import Interval
from groundsel_pipelines.evaluating.measures import MEASURES
from groundsel_pipelines.evaluating.relevance import FIRST, Relevance, Returned, Worst
from groundsel_pipelines.evaluating.report import Report

SHARES: Final = (
    "right",
    "citation precision",
    "citation recall",
    "share supported",
    "false abstentions",
    "false answers",
)
"""Of the figures about answers, those that are drawn; the table has all of them."""


def rendered(report: Report, changes: Sequence[Change] | None) -> str:
    """Give the page; everything that comes from documents or questions is escaped."""
    name = escape(report.about.name)
    sections = [
        *header(report),
        *(changed(changes) if changes is not None else ()),
        *relevance_section(report.relevance),
        *(answers_section(report.answers) if report.answers else ()),
        *worst_section(report.relevance),
        *footer(report),
    ]
    return whole(f"{name}, evaluated", "\n".join(sections))


def whole(title: str, body: str) -> str:
    """Give a page that needs nothing else, as all that the command line writes look; both are HTML already."""
    style = files("groundsel_pipelines.evaluating").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def header(report: Report) -> Iterable[str]:
    told, relevance = report.about, report.relevance
    unit = "page" if told.by_page else "document"
    yield f"<h1>{escape(told.name)}</h1>"
    yield (
        f"<p>{told.questions} questions over {told.documents} documents ({told.passages} passages), judged by {unit}. "
        f"Store {escape(told.store)}, ranked by {escape(relevance.default)}. {escape(told.made_at)}</p>"
    )
    means = relevance.means[relevance.default]
    tiles = [(FIRST, f"{means[FIRST].mean:.3f}", ends(means[FIRST]))]
    tiles.append(("Success@5", f"{means['Success@5'].mean:.1%}", f"{unit} among the first five"))
    if report.answers:
        tiles += answer_tiles(report.answers)
    yield '<div class="tiles">'
    for label, figure, below in tiles:
        yield f'<div class="tile"><span>{escape(label)}</span><b>{figure}</b><span>{escape(below)}</span></div>'
    yield "</div>"


def answer_tiles(answers: Answers) -> Iterable[tuple[str, str, str]]:
    for name in ("right", "false answers"):
        if name in answers.means:
            yield f"answers: {name}", f"{answers.means[name].mean:.0%}", ends(answers.means[name])
    if took := answers.seconds.get("first sentence"):
        yield "first sentence", f"{took.p50:.2f} s", f"p95 {took.p95:.2f} s"


def ends(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"


def cell(interval: Interval) -> str:
    return f"<td>{interval.mean:.3f}<small>{ends(interval)}</small></td>"


def relevance_section(relevance: Relevance) -> Iterable[str]:
    yield "<h2>Relevance</h2>"
    yield f"<p>{FIRST} of each leg alone and of every fusion of both; the bars are 95 % intervals over questions.</p>"
    first = {name: means[FIRST] for name, means in relevance.means.items()}
    yield f'<div class="card">{interval_plot(first, marked=relevance.default)}</div>'
    heads = "".join(f"<th>{measure}</th>" for measure in MEASURES)
    yield f'<div class="card"><table><tr><th>ranking</th>{heads}</tr>'
    for name, means in relevance.means.items():
        marked = ' class="marked"' if name == relevance.default else ""
        yield f"<tr{marked}><td>{escape(name)}</td>{''.join(cell(means[measure]) for measure in MEASURES)}</tr>"
    yield "</table></div>"
    yield "<h2>What the default gains</h2>"
    yield (
        f"<p>{FIRST} of {escape(relevance.default)} less that of each other ranking, question by question. "
        "An interval that touches zero may be chance.</p>"
    )
    gains = {f"over {each.against}": each.interval for each in relevance.differences if each.measure == FIRST}
    yield f'<div class="card">{interval_plot(gains, around_zero=True)}</div>'
    yield "<h2>How questions fare</h2>"
    key = "".join(f'<i class="{kind}"></i>{shown}' for shown, kind in BINS)
    yield f'<p class="key">How many questions score in {FIRST}:{key}</p>'
    scores = {name: list(measured[FIRST].values()) for name, measured in relevance.scores.items()}
    yield f'<div class="card">{distribution(scores, marked=relevance.default)}</div>'


def answers_section(answers: Answers) -> Iterable[str]:
    yield "<h2>Answers</h2>"
    yield (
        f"<p>{answers.questions} questions, {answers.sentences} sentences shown, {answers.misquoted} quotes that are "
        "not the stored text. An answer is right when it holds a gold answer word by word or quotes its place.</p>"
    )
    drawn = {name: answers.means[name] for name in SHARES if name in answers.means}
    yield f'<div class="card">{interval_plot(drawn)}</div>'
    yield '<div class="pair"><div class="card"><table><tr><th>figure</th><th>mean</th><th>questions</th></tr>'
    for name, interval in answers.means.items():
        marked = ' class="marked"' if name == answering.FIRST else ""
        yield f"<tr{marked}><td>{escape(name)}</td>{cell(interval)}<td>{interval.count}</td></tr>"
    for stage, took in answers.seconds.items():
        shown = f"{took.p50:.2f} s<small>p95 {took.p95:.2f} s</small>"
        yield f"<tr><td>seconds to {escape(stage)}, p50</td><td>{shown}</td><td>{took.mean.count}</td></tr>"
    yield "</table></div>"
    if answers.curve:
        plot = risk_coverage(answers.curve, answers.threshold)
        yield f'<div class="card">{plot}<p>Share of answers that are not right (area {answers.area:.3f}).</p></div>'
    yield "</div>"


def changed(changes: Sequence[Change]) -> Iterable[str]:
    yield "<h2>What changed</h2><p>Against the earlier run, question by question. A gate decides on these.</p>"
    decisive = {each.what: each.interval for each in changes if each.decides}
    yield f'<div class="card">{interval_plot(decisive, around_zero=True)}</div>' if decisive else ""
    yield '<div class="card">' + changes_table([each for each in changes if each.decides])
    yield f"<details><summary>All {len(changes)} figures</summary>{changes_table(changes)}</details></div>"


def changes_table(changes: Sequence[Change]) -> str:
    rows = (
        f"<tr><td>{escape(each.what)}</td><td>{each.old.mean:.3f}</td><td>{each.new.mean:.3f}</td>"
        f"<td>{each.interval.mean:+.3f}<small>{ends(each.interval)}</small></td>"
        f'<td class="{each.verdict.replace(" ", "-")}">{each.verdict}</td></tr>'
        for each in changes
    )
    heads = "<tr><th>figure</th><th>then</th><th>now</th><th>difference</th><th></th></tr>"
    return f"<table>{heads}{''.join(rows)}</table>"


def worst_section(relevance: Relevance) -> Iterable[str]:
    yield f"<h2>The {len(relevance.worst)} worst questions</h2>"
    yield "<p>What each ranking returned; what is relevant is marked. Lowest first.</p>"
    yield '<div class="card">'
    for each in relevance.worst:
        yield from question(each)
    yield "</div>"


def question(each: Worst) -> Iterable[str]:
    yield f"<details><summary><code>{each.score:.2f}</code><span>{escape(each.text)}</span></summary>"
    yield f"<p>{escape(each.query_id)}; wanted: {escape(', '.join(each.wanted))}</p>"
    yield '<div class="legs">'
    for name, returned in each.returned.items():
        listed = "".join(map(item, returned)) or "<li>nothing</li>"
        yield f"<div><h3>{escape(name)}</h3><ol>{listed}</ol></div>"
    yield "</div></details>"


def item(returned: Returned) -> str:
    marked = ' class="relevant"' if returned.relevant else ""
    title = escape(returned.title or returned.place)
    return f"<li{marked}>{title}<small>{escape(returned.place)}</small><small>{escape(returned.text)}</small></li>"


def footer(report: Report) -> Iterable[str]:
    told = report.about
    took = ", ".join(f"{stage} {each['p50']:.1f} ms (p95 {each['p95']:.1f})" for stage, each in report.took_ms.items())
    used = ", ".join(f"{name} {version}" for name, version in told.versions.items())
    yield (
        f"<footer>{escape(told.machine)}. One question at a time: {took}.<br>Model {escape(told.embedding_model)}; "
        f"{escape(used)}.<br>Intervals: expanded percentile bootstrap over questions, 95 %.</footer>"
    )
