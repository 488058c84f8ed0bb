"""How soon the whole service answers on the demo company's questions: one asker after another, and several at once.

The service is started as a user starts it, once for each writer: quotations alone, the untuned language model, and
what is installed for the role `answer`, if anything is. Each is asked every question over HTTP, then by several askers
at once, beside one who only searches. Times count from the request. Memory is what the service holds after all that.
How fast the model itself reads and writes, beside llama.cpp, is `generation.py`.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import anyio
import httpx
import numpy as np

from first_run import free_port
from groundsel_pipelines.models.manifest import is_ready
from groundsel_pipelines.settings import environment_without, read_settings
from reporting import DEMO, Row, arguments, report

TUNED: Final = "answer-en"
ASKERS: Final = (1, 4, 16)  # at once; four are written side by side, the others wait
ROUND_SECONDS: Final = 10.0  # of asking at once
PAUSE_SECONDS: Final = 0.1  # between two searches of the one who only searches
COMMAND: Final = (sys.executable, "-m", "groundsel_pipelines")

Stages = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer: how it ended, what wrote it, and when its parts came, in seconds."""

    status: str
    by_model: bool  # it says what a model wrote, or the sentence that a tuned one found
    first: float | None
    done: float
    tokens: int  # of what the model wrote


@dataclass(slots=True, kw_only=True)
class Beside:
    """What happens while several ask."""

    answers: list[Answered] = field(default_factory=list[Answered])
    searches: list[float] = field(default_factory=list[float])  # seconds


def writers() -> dict[str, Mapping[str, Mapping[str, object]]]:
    """Give the sections of `groundsel.toml` that each writer needs."""
    found: dict[str, Mapping[str, Mapping[str, object]]] = {
        "quotations": {"answer": {"method": "extractive"}},
        "untuned": {"answer": {"method": "generated"}, "roles": {"answer": ""}},
    }
    if is_ready(read_settings().models.folder, TUNED):
        found[TUNED] = {"answer": {"method": "generated"}, "roles": {"answer": TUNED}}
    return found


def configure(home: Path, port: int, sections: Mapping[str, Mapping[str, object]]) -> None:
    own: dict[str, Mapping[str, object]] = {
        "store": {"folder": str(home / "index")},
        "models": {"folder": str(read_settings().models.folder)},
        "serve": {"port": port},
        "log": {"queries": "off", "folder": str(home / "log")},
        **sections,
    }
    lines = ['collection = "demo"']
    for name, values in own.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    (home / "groundsel.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def environment() -> dict[str, str]:
    """Give an environment in which the file decides; the number of threads stays."""
    return environment_without("collection", "store__folder", "models__folder", "answer__", "roles__", "serve__")


@contextmanager
def serving(home: Path, port: int) -> Generator["subprocess.Popen[bytes]"]:
    service = subprocess.Popen([*COMMAND, "serve"], cwd=home, env=environment(), stderr=subprocess.DEVNULL)
    try:
        while service.poll() is None and not is_up(port):
            os.sched_yield()
        yield service
    finally:
        service.terminate()
        service.wait()


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False


def memory(process: int) -> str:
    """Give how much of a process is in memory, and how much ever was, in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    now, most = (int(status.partition(f"{key}:")[2].split()[0]) / 1000 for key in ("VmRSS", "VmHWM"))
    return f"{now:.0f} / {most:.0f}"


async def events(client: httpx.AsyncClient, question: str) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
    """Yield the name and the data of each event of an answer, as it comes."""
    body = {"query": question, "stream": True}
    async with client.stream("POST", "/api/v1/answer", json=body) as response:
        response.raise_for_status()
        name = ""
        async for line in response.aiter_lines():
            key, _, value = line.partition(": ")
            if key == "event":
                name = value
            elif key == "data":
                yield name, json.loads(value)


async def answer(client: httpx.AsyncClient, question: str) -> Answered:
    began, first, end = perf_counter(), None, {}
    async for name, data in events(client, question):
        if name == "delta" and first is None:
            first = perf_counter() - began
        elif name in {"done", "error"}:
            end = data
    return Answered(
        status=end["status"],
        by_model=bool(end["usage"]["completion_tokens"]) and end["reason"] is None,
        first=first,
        done=perf_counter() - began,
        tokens=end["usage"]["completion_tokens"],
    )


async def in_turn(port: int, questions: Sequence[str]) -> list[Answered]:
    async with connected(port) as client:
        await answer(client, questions[0])  # what the first answer loads, the later ones have
        return [await answer(client, question) for question in questions]


def connected(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)


async def at_once(port: int, questions: Sequence[str], askers: int) -> Beside:
    """Let each asker ask one question after the other until the time is over, and one more only search."""
    found = Beside()
    ends = perf_counter() + ROUND_SECONDS

    async def ask(number: int) -> None:
        async with connected(port) as client:
            while perf_counter() < ends:
                found.answers.append(
                    await answer(client, questions[(number * 7 + len(found.answers)) % len(questions)])
                )

    async def search() -> None:
        async with connected(port) as client:
            while perf_counter() < ends:
                began = perf_counter()
                (await client.post("/api/v1/search", json={"query": questions[0], "log": False})).raise_for_status()
                found.searches.append(perf_counter() - began)
                await anyio.sleep(PAUSE_SECONDS)

    async with anyio.create_task_group() as group:
        group.start_soon(search)
        for number in range(askers):
            group.start_soon(ask, number)
    return found


def percentiles(values: Sequence[float], *, unit: float = 1.0) -> str:
    return " / ".join(f"{np.percentile(values, share) * unit:.2f}" for share in (50, 95)) if values else "-"


def alone(name: str, found: Sequence[Answered], held: str) -> Row:
    """Give the times of the answers that say something, and apart from them of those that the model wrote."""

    def times(chosen: Callable[[Answered], bool]) -> tuple[str, str]:
        shown = [each for each in found if each.first is not None and chosen(each)]
        return percentiles([each.first or 0.0 for each in shown]), percentiles([each.done for each in shown])

    every, written = times(lambda _: True), times(lambda each: each.by_model)
    return {
        "writer": name,
        "questions": len(found),
        "answered": sum(each.first is not None for each in found),
        "written": sum(each.by_model for each in found),
        "first sentence, s, p50 / p95": every[0],
        "done, s": every[1],
        "written: first sentence, s": written[0],
        "written: done, s": written[1],
        "tokens written": round(float(np.mean([each.tokens for each in found if each.tokens] or [0])), 1),
        "memory, MB, now / most": held,
    }


def together(name: str, askers: int, found: Beside) -> Row:
    said = [each for each in found.answers if each.first is not None]
    ends = Counter(each.status for each in found.answers)
    return {
        "writer": name,
        "askers": askers,
        "answers a second": len(said) / ROUND_SECONDS,
        "first sentence, s, p50 / p95": percentiles([each.first or 0.0 for each in said]),
        "done, s": percentiles([each.done for each in said]),
        "ended as": ", ".join(f"{status} {count}" for status, count in ends.items()),
        "search beside, ms": percentiles(found.searches, unit=1000),
    }


def measure(home: Path, names: Sequence[str], count: int) -> tuple[list[Row], list[Row]]:
    lines = (DEMO / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines][:count]
    one, many = [], []
    for name, sections in writers().items():
        if name not in names:
            continue
        port = free_port()
        configure(home, port, sections)
        with serving(home, port) as service:
            found = anyio.run(in_turn, port, questions)
            rows = [together(name, askers, anyio.run(at_once, port, questions, askers)) for askers in ASKERS]
            one.append(alone(name, found, memory(service.pid)))
            many += rows
    return one, many


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, default=85, help="of the demo company's, at most")
    parser.add_argument("--writer", choices=list(writers()), action="append", help="only this one; may be repeated")
    parser.add_argument("--home", type=Path, help="where the index stays for the next run")
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        home = options.home or Path(scratch)
        home.mkdir(exist_ok=True)
        configure(home, free_port(), {})
        ingest = [*COMMAND, "ingest", str(DEMO / "documents")]
        subprocess.run(ingest, cwd=home, env=environment(), check=True, stdout=subprocess.DEVNULL)
        one, many = measure(home, options.writer or list(writers()), options.questions)
    report("Answers, one after the other", one, json_file=options.json)
    several = options.json and options.json.with_stem(f"{options.json.stem}-several")
    report("Answers, several at once", many, json_file=several)


if __name__ == "__main__":
    main()
