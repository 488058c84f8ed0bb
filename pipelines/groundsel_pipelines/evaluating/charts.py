"""Charts as SVG text, coloured by the page's style sheet; pure functions of the figures."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from groundsel_pipelines.evaluating.answers import Point
from groundsel_pipelines.evaluating.intervals import Interval

WIDTH: Final = 720
LABEL: Final = 170  # pixels left of the scale
RIGHT: Final = 190  # for the figure in words
ROW: Final = 34
TICKS: Final = 4
CURVE: Final = (340, 230)  # pixels inside the axes
MARGIN: Final = 46
BINS: Final = (("0", "nothing"), ("below .5", "low"), (".5 to 1", "high"), ("1", "full"))
HALF: Final = 0.5


def interval_plot(rows: Mapping[str, Interval], *, marked: str = "", around_zero: bool = False) -> str:
    """Draw a dot and its interval for each row, on one scale; `marked` is drawn stronger."""
    low, high = scale(rows, around_zero=around_zero)
    inner = WIDTH - LABEL - RIGHT

    def x(value: float) -> float:
        return LABEL + inner * (value - low) / (high - low)

    height = ROW * len(rows) + 30
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img">']
    for step in range(TICKS + 1):
        value = low + (high - low) * step / TICKS
        parts.append(f'<line class="grid" x1="{x(value):.1f}" x2="{x(value):.1f}" y1="4" y2="{height - 24}"/>')
        parts.append(text(x(value), height - 8, f"{value:+.2f}" if around_zero else f"{value:.2f}", "tick"))
    if around_zero:
        parts.append(f'<line class="zero" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="4" y2="{height - 24}"/>')
    for index, (name, interval) in enumerate(rows.items()):
        y = ROW * index + 22
        sign = "" if not around_zero or not interval.excludes_zero else " good" if interval.low > 0 else " bad"
        kind = f"{' marked' if name == marked else ''}{sign}"
        parts += [
            text(LABEL - 14, y + 5, name, f"label{kind}"),
            f'<line class="span{kind}" x1="{x(interval.low):.1f}" x2="{x(interval.high):.1f}" y1="{y}" y2="{y}"/>',
            f'<circle class="dot{kind}" cx="{x(interval.mean):.1f}" cy="{y}" r="6"/>',
            text(WIDTH - RIGHT + 20, y + 5, said(interval, signed=around_zero), f"figure{kind}"),
        ]
    return "".join([*parts, "</svg>"])


def scale(rows: Mapping[str, Interval], *, around_zero: bool) -> tuple[float, float]:
    """Give the ends of the axis: what is shown and a little air, zero within where it is about differences."""
    low, high = min(each.low for each in rows.values()), max(each.high for each in rows.values())
    if around_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    air = max((high - low) * 0.08, 0.01)
    return (low - air, high + air) if around_zero else (max(low - air, 0.0), min(high + air, 1.0))


def said(interval: Interval, *, signed: bool = False) -> str:
    mean = f"{interval.mean:+.3f}" if signed else f"{interval.mean:.3f}"
    return f"{mean}  ({interval.low:.3f} to {interval.high:.3f})"


def text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def distribution(rows: Mapping[str, Sequence[float]], *, marked: str) -> str:
    """Draw for each ranking how many questions score nothing, little, much and all."""
    inner = WIDTH - LABEL - 20
    height = ROW * len(rows) + 10
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img">']
    for index, (name, values) in enumerate(rows.items()):
        y, left = ROW * index + 8, float(LABEL)
        parts.append(text(LABEL - 14, y + 17, name, "label marked" if name == marked else "label"))
        for (shown, kind), count in zip(BINS, binned(values), strict=True):
            width = inner * count / max(len(values), 1)
            parts.append(
                f'<rect class="bin {kind}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="24">'
                f"<title>{count} questions score {shown}</title></rect>"
            )
            if width > 40:  # noqa: PLR2004 - pixels that a number of four digits needs
                parts.append(text(left + width / 2, y + 17, str(count), f"count {kind}"))
            left += width
    return "".join([*parts, "</svg>"])


def binned(values: Sequence[float]) -> tuple[int, int, int, int]:
    nothing, full = sum(value <= 0 for value in values), sum(value >= 1 for value in values)
    low = sum(0 < value < HALF for value in values)
    return nothing, low, len(values) - nothing - low - full, full


def risk_coverage(curve: Sequence[Point], threshold: float) -> str:
    """Draw the share of answers that are not right against the share of questions answered; a dot where the gate is."""
    width, height = CURVE
    top = max(0.1, *(point.risk for point in curve))

    def place(point: Point) -> tuple[float, float]:
        return MARGIN + width * point.coverage, 12 + height * (1 - point.risk / top)

    parts = [f'<svg viewBox="0 0 {width + MARGIN + 30} {height + 60}" role="img">']
    for step in range(TICKS + 1):
        share = step / TICKS
        y, x = 12 + height * (1 - share), MARGIN + width * share
        parts.append(f'<line class="grid" x1="{MARGIN}" x2="{MARGIN + width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(MARGIN - 8, y + 4, f"{top * share:.0%}", "tick end"))
        parts.append(text(x, height + 32, f"{share:.0%}", "tick"))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, curve))
    parts.append(f'<polyline class="curve" points="{line}"/>')
    if passed := [point for point in curve if point.threshold >= threshold]:
        x, y = place(passed[-1])
        words = f"gate: {passed[-1].coverage:.0%} answered, {passed[-1].risk:.0%} of them wrong"
        parts.append(f'<line class="zero" x1="{x:.1f}" x2="{x:.1f}" y1="12" y2="{12 + height}"/>')
        parts.append(f'<circle class="dot marked" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
        parts.append(text(min(x, MARGIN + width - 4) - 10, max(y - 14, 24), words, "note"))
    parts.append(text(MARGIN + width / 2, height + 52, "questions answered, the surest first", "axis"))
    return "".join([*parts, "</svg>"])
