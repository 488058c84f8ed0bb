"""What a search found, told in a terminal and to machines."""

import html
import json
from collections.abc import Callable
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape

from groundsel_pipelines.types import Facet, PlanPart, QueryPlan, Result, SearchResults

Write = Callable[[str], None]

BAR = 30  # characters of the longest bar of a histogram
NAMES = {"media_type": "Type", "source": "Source", "language": "Language", "updated_month": "Month"}


def show(found: SearchResults, *, explain: bool) -> None:
    """Print the results for reading: title, place, snippets."""
    console = Console(highlight=False, soft_wrap=True)
    for part in found.plan.parts:
        console.print(f"[dim]{told_part(part)}[/]", markup=True)
    if not found.results:
        console.print("Nothing found.")
    elif not found.worded:
        console.print("[yellow]note[/] no document holds any of these words; what is nearest in meaning:")
    for result in found.results:
        show_result(console.print, result, explain=explain)
    if found.results:
        of = f"{found.total}" if found.total_is_exact else f"at least {found.total}"
        console.print(f"[dim]{found.results[0].rank}-{found.results[-1].rank} of {of} documents[/]")
    for facet in found.facets:
        show_facet(console.print, facet)
    for stage in found.degraded:
        console.print(f"[yellow]note[/] the stage {stage!r} failed or was late and was left out")
    if explain:
        console.print("[dim]" + ", ".join(f"{stage} {took:.1f} ms" for stage, took in found.took_ms.items()) + "[/]")


def told_part(part: PlanPart) -> str:
    """Say what a part of the question was taken for, and how to have it otherwise."""
    if not part.applied:
        return f"did you mean {escape(part.becomes)} instead of {escape(part.text)!r}?"
    return f"{part.kind}: {escape(part.text)} is taken as {escape(part.becomes)}; as mere words: --undo {part.part_id}"


def show_result(write: Write, result: Result, *, explain: bool) -> None:
    passage = result.passage
    page = f", page {passage.page}" if passage.page else ""
    date = f", {passage.updated_at:%Y-%m-%d}" if passage.updated_at else ""
    write(f"[bold]{result.rank}. {escape(passage.title)}[/] [dim]{escape(passage.uri)}{page}{date}[/]")
    for snippet in result.snippets:
        marked = escape(snippet).replace("<em>", "[bold yellow]").replace("</em>", "[/]")
        write(f"   {html.unescape(marked)}")
    if result.duplicates:
        write(
            f"   [dim]and {len(result.duplicates)} that say nearly the same: {escape(', '.join(result.duplicates))}[/]"
        )
    if explain:
        ranks = ", ".join(f"{leg} {rank}" for leg, rank in result.ranks.items())
        write(f"   [dim]score {result.score:.3f}; {ranks or 'beyond both legs'}[/]")


def show_facet(write: Write, facet: Facet) -> None:
    """Print counts: of dates as a histogram, in the order of time; of anything else on a line."""
    if facet.field != "updated_month":
        told = ", ".join(f"{escape(value)} {count}" for value, count in facet.counts)
        write(f"[bold]{NAMES.get(facet.field, facet.field)}[/] {told or 'none'}")
        return
    most = max((count for _, count in facet.counts), default=1)
    for month, count in sorted(facet.counts):
        write(f"[bold]{month}[/] {'█' * max(1, round(BAR * count / most))} {count}")


def to_json(found: SearchResults) -> str:
    return json.dumps(
        {
            "mode": found.mode,
            "degraded": found.degraded,
            "worded": found.worded,
            "took_ms": {stage: round(took, 2) for stage, took in found.took_ms.items()},
            "total": found.total,
            "total_is_exact": found.total_is_exact,
            "query_plan": plan_to_json(found.plan),
            "results": [result_to_json(result) for result in found.results],
            "facets": {facet.field: dict(facet.counts) for facet in found.facets},
            "as_of": {source: at.isoformat() for source, at in found.as_of.items()},
        },
        indent=2,
        ensure_ascii=False,
    )


def plan_to_json(plan: QueryPlan) -> dict[str, object]:
    return {"words": plan.words, "parts": [{"id": part.part_id, **asdict(part)} for part in plan.parts]}


def result_to_json(result: Result) -> dict[str, object]:
    passage = result.passage
    return {
        "id": passage.doc_id,
        "passage_id": passage.passage_id,
        "title": passage.title,
        "url": passage.uri,
        "page": passage.page,
        "source": passage.source,
        "media_type": passage.media_type,
        "language": passage.language,
        "updated_at": passage.updated_at.isoformat() if passage.updated_at else None,
        "snippets": result.snippets,
        "rank": result.rank,
        "score": round(result.score, 4),
        "explain": dict(result.ranks),
        "duplicates": result.duplicates,
        "version": passage.version,
    }
