"""What is printed of a run: sums that add up in words, reasons that can be read, JSON for machines."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from groundsel_ingest import showing
from groundsel_ingest.report import Rejection, Report

REPORT = Report(
    collection="c",
    source="docs",
    place="/home/ann/My docs",
    state="completed_with_errors",
    discovered=6,
    indexed=2,
    unchanged=1,
    filtered=1,
    filtered_types={".jpg": 1},
    rejected=2,
    deleted=1,
    partial=0,
    withheld=0,
    rejections=(
        Rejection(uri="file:///home/ann/My%20docs/caf%E9%20[1].exe", reason="it is locked"),
        Rejection(uri="file:///home/ann/My%20docs/b.exe", reason="it is locked"),
    ),
    warnings=("nothing was [deleted]",),
    took_s=1.5,
)


def test_the_sums_and_the_reasons_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    showing.show(REPORT)
    told = capsys.readouterr().out

    assert (
        "6 documents in /home/ann/My docs: 2 indexed, 1 unchanged, 1 of types that are not read, 2 rejected; "
        "1 deleted (1.5 s)"
    ) in told
    assert "not read: 1 .jpg" in told
    assert "it is locked" in told
    assert "caf\ufffd [1].exe" in told
    assert "note nothing was [deleted]" in told


def test_many_reasons_are_cut_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    rejections = tuple(Rejection(uri=f"file:///d/{number}", reason=f"reason {number}") for number in range(13))
    showing.show(replace(REPORT, rejections=rejections))

    assert "3 other reasons; --json shows all" in capsys.readouterr().out


def test_the_json_holds_the_sums_and_every_rejection() -> None:
    told = json.loads(showing.to_json(REPORT))

    assert told["discovered"] == told["indexed"] + told["unchanged"] + told["filtered"] + told["rejected"]
    assert told["rejections"][1] == {"uri": "file:///home/ann/My%20docs/b.exe", "reason": "it is locked"}
    assert told["deleted"] == 1
    assert told["took_s"] == 1.5


def test_where_stderr_is_no_terminal_a_line_now_and_then_tells_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    written = io.StringIO()
    lines = showing.Lines(Console(file=written))
    lines.discovered(30)
    for _ in range(30):
        now[0] += 1
        lines.done(1)

    assert written.getvalue().splitlines()[:2] == [
        "indexing: 5 of 30 documents, about 25 s left",
        "indexing: 10 of 30 documents, about 20 s left",
    ]
    assert "30 of 30" not in written.getvalue()
