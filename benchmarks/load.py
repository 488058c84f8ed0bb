"""The HTTP service under an open-loop load at 200,000 passages, over both stores, beside LanceDB and txtai.

Questions arrive when they arrive (Poisson), whether or not earlier ones are answered; a time counts from the arrival,
so waiting is in it. The peers are libraries: each stands behind the smallest service that one would write for it, in an
environment of its own outside the repository. All have the same passages, vectors and questions, and no model is run.

`make` fills every index and may take half an hour; `measure` needs an idle machine for a minute or two an engine. Both
by default; `--engine` names some of them.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Final

import anyio
import numpy as np

from beside_elasticsearch import PREFIX, index, percentiles
from first_run import free_port
from groundsel_pipelines.types import Vectors
from node import own_indices
from reporting import Row, arguments, report
from store import PASSAGES_A_DOCUMENT, QUERIES, Corpus

OURS: Final[Mapping[str, str]] = {
    "Groundsel embedded": "/api/v1/search",
    "Groundsel on Elasticsearch": "/api/v1/search",
}
PEERS: Final[Mapping[str, tuple[str, ...]]] = {
    "LanceDB": ("lancedb", "starlette", "uvicorn"),
    "txtai": ("txtai", "starlette", "uvicorn"),
}
RATES: Final = (5, 10, 20, 40)  # questions a second
SECONDS: Final = 6.0  # that they arrive for, at each rate
CLIENTS: Final = 16  # that ask one question after the other, to see how many can be answered at most
TOP: Final = 10
RECALLED: Final = 50  # questions
ENOUGH_MS: Final = 2000.0  # at the 95th percentile: more of a load tells nothing new
START_SECONDS: Final = 240
HERE: Final = Path(__file__).parent

Ask = Callable[[int], Awaitable[float]]
"""Asks the question of a number; gives the milliseconds beyond embedding and store, where those are told."""


@dataclass(slots=True)
class KnownQuestions:
    """The questions of a corpus and their vectors, as they were written down."""

    folder: Path
    questions: list[str] = field(init=False)
    question_vectors: Vectors = field(init=False)

    def __post_init__(self) -> None:
        self.questions = json.loads((self.folder / "corpus" / "questions.json").read_text(encoding="utf-8"))
        self.question_vectors = np.load(self.folder / "corpus" / "question_vectors.npy")


def place_of(folder: Path, passages: int) -> Path:
    """Give the folder of what the peers are given and make, beside those of our stores."""
    return folder / f"load-{passages}"


def write_corpus(corpus: Corpus, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "texts.json").write_text(json.dumps(corpus.texts), encoding="utf-8")
    (folder / "questions.json").write_text(json.dumps(corpus.questions), encoding="utf-8")
    np.save(folder / "vectors.npy", corpus.vectors)
    np.save(folder / "question_vectors.npy", corpus.question_vectors)


# ---------------------------------------------------------------- engines


def environment(peer: str, folder: Path) -> Path:
    """Make a virtual environment for a peer, where there is none yet; give its python."""
    place = folder / f"venv-{peer}"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS[peer]], check=True)
        (place / "complete").touch()
    return python


def version_of(peer: str, folder: Path) -> str:
    name = PEERS[peer][0]
    code = f"from importlib.metadata import version; print(version({name!r}))"
    return subprocess.run([environment(peer, folder), "-c", code], check=True, capture_output=True, text=True).stdout


def make(engines: Sequence[str], passages: int, folder: Path) -> None:
    async def ours() -> None:
        async with own_indices(f"{PREFIX}{passages}") as cluster:
            await index(passages, cluster, folder / str(passages))

    place = place_of(folder, passages)
    if not (place / "corpus" / "question_vectors.npy").exists():
        write_corpus(Corpus(passages), place / "corpus")
    for peer in (each for each in engines if each in PEERS):
        command = [str(environment(peer, folder)), str(HERE / "load_peers.py"), "make", peer]
        subprocess.run([*command, str(place / "corpus"), str(place / peer)], check=True)
    if any(each in OURS for each in engines):
        anyio.run(ours)


def command_of(engine: str, folder: Path, port: int, passages: int) -> list[str]:
    if engine in OURS:
        return [sys.executable, str(HERE / "load_server.py"), engine, str(folder), str(port), str(passages)]
    python, script, place = str(environment(engine, folder)), str(HERE / "load_peers.py"), place_of(folder, passages)
    return [python, script, "serve", engine, str(place / "corpus"), str(place / engine), str(port)]


@contextmanager
def running(engine: str, folder: Path, passages: int) -> Generator[tuple[int, int]]:
    """Start an engine's service; give its port and the number of its process."""
    port = free_port()
    told = None if engine in OURS else subprocess.DEVNULL  # LanceDB warns twice a search
    process = subprocess.Popen(command_of(engine, folder, port, passages), stderr=told)
    try:
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


# ---------------------------------------------------------------- asking


class Client:
    """Posts JSON over connections that stay open: a library's client takes about as long as what is measured."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: object) -> bytes:
        """Give the body of the answer.

        Raises:
            OSError: nobody listens.
            RuntimeError: the answer is no 200.

        """
        sent = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}"
        )
        request = head.encode() + b"\r\n\r\n" + sent
        while True:
            used = bool(self.idle)
            connection = self.idle.pop() if used else await asyncio.open_connection("127.0.0.1", self.port)
            try:
                status, answer = await exchanged(*connection, request)
                break
            except (asyncio.IncompleteReadError, ConnectionError):
                if not used:  # one that was idle for long may have been closed meanwhile
                    raise
        if status != HTTPStatus.OK:
            raise RuntimeError(answer.decode())
        self.idle.append(connection)
        return answer


async def exchanged(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    """Send a request; give the status and the body of its answer, which tells its length."""
    writer.write(request)
    headers = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(headers.partition("content-length:")[2].split("\r\n")[0])
    return int(headers.split()[1]), await reader.readexactly(length)


def beyond(stages: Mapping[str, float], took: float) -> float:
    """Take off what embedding and store took: both legs at once, the counting, the words and the dates looked up."""
    parts = ("embed", "count", "as_of", "pages")
    return (
        took - max(stages.get("lexical", 0.0), stages.get("dense", 0.0)) - sum(stages.get(each, 0.0) for each in parts)
    )


async def asked_of(client: Client, engine: str, questions: Sequence[str], number: int) -> float:
    began = perf_counter()
    body = {"query": questions[number % len(questions)]} | ({"explain": True} if engine in OURS else {})
    answer = await client.post(OURS.get(engine, "/search"), body)
    took = (perf_counter() - began) * 1000
    if engine not in OURS:
        return 0.0
    told = json.loads(answer)
    if told["degraded"]:
        raise RuntimeError(f"left out: {told['degraded']}")
    return beyond(told["stages_ms"], took)


async def offered(ask: Ask, rate: float, seconds: float) -> Row:
    """Let questions arrive; give percentiles of the time from arrival to answer, in milliseconds."""
    random = Random(5)  # noqa: S311 - reproducible, not secret
    times: list[float] = []
    spent: list[float] = []
    began = anyio.current_time()

    async def one(number: int, arrival: float) -> None:
        spent.append(await ask(number))
        times.append((anyio.current_time() - arrival) * 1000)

    arrival = began
    async with anyio.create_task_group() as group:
        for number in range(max(20, int(rate * seconds))):
            arrival += random.expovariate(rate)
            await anyio.sleep_until(arrival)
            group.start_soon(one, number, arrival)
    answered = len(times) / (anyio.current_time() - began)
    return {"offered/s": rate, "answered/s": answered, **percentiles(times), "beyond": median(spent)}


async def saturated(ask: Ask) -> float:
    """Give how many questions a second are answered to clients that ask without a pause."""
    count = 0

    async def client(first: int) -> None:
        nonlocal count
        for number in range(first, 10**9, CLIENTS):
            await ask(number)
            count += 1

    began = perf_counter()
    with anyio.move_on_after(SECONDS):
        async with anyio.create_task_group() as group:
            for first in range(CLIENTS):
                group.start_soon(client, first)
    return count / (perf_counter() - began)


async def recall(client: Client, engine: str, known: KnownQuestions, vectors: Vectors) -> float:
    """Give the share of the ten nearest that are found by meaning; of ours, which rank documents, nearest documents."""
    found = 0
    rows = {text: row for row, text in enumerate(known.questions)}  # a question that stands there twice has one vector
    for number in range(RECALLED):
        scores = vectors @ known.question_vectors[rows[known.questions[number]]]
        body = {"query": known.questions[number], "mode": "dense"}
        answer = json.loads(await client.post(OURS.get(engine, "/search"), body))
        if engine in OURS:
            scores = scores.reshape(-1, PASSAGES_A_DOCUMENT).max(axis=1)
            ids = {int(result["id"].rpartition("/")[2]) for result in answer["results"]}
        else:
            ids = {result["id"] for result in answer["results"]}
        found += len(ids & set(np.argsort(-scores)[:TOP].tolist()))
    return found / (RECALLED * TOP)


async def ready(ask: Ask) -> None:
    """Wait for the service, then warm it up."""
    with anyio.fail_after(START_SECONDS):
        while True:
            try:
                await ask(0)
                break
            except OSError:
                await anyio.sleep(0.3)
    for number in range(30):
        await ask(number)


async def measured(engine: str, port: int, process: int, known: KnownQuestions, vectors: Vectors) -> list[Row]:
    client = Client(port)
    ask = partial(asked_of, client, engine, known.questions)
    await ready(ask)
    found = await recall(client, engine, known, vectors)
    rows: list[Row] = []
    for rate in RATES:
        rows.append({"engine": engine, **await offered(ask, rate, SECONDS)})
        tell(rows[-1])
        if float(str(rows[-1]["p95 ms"])) > ENOUGH_MS:
            break
    most = await saturated(ask)
    own = {"beyond embedding and store, p50 ms": rows[0]["beyond"]} if engine in OURS else {}
    last: Row = {
        "engine": engine,
        "most answered/s": most,
        "RSS MB": round(resident_bytes(process) / 1e6),
        "recall@10 by meaning": found,
    }
    under_load: list[Row] = [{name: value for name, value in row.items() if name != "beyond"} for row in rows]
    return [*under_load, {**last, **own}]


def resident_bytes(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def tell(row: Row) -> None:
    """Say how far it is."""
    print(
        *(f"{name} {value:.1f}" if isinstance(value, float) else value for name, value in row.items()), file=sys.stderr
    )


def measure(engines: Sequence[str], passages: int, folder: Path) -> list[Row]:
    known = KnownQuestions(place_of(folder, passages))
    vectors: Vectors = np.load(place_of(folder, passages) / "corpus" / "vectors.npy")
    rows: list[Row] = []
    for engine in engines:
        with running(engine, folder, passages) as (port, process):
            rows += anyio.run(measured, engine, port, process, known, vectors)
    return rows


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("stages", nargs="*", default=["make", "measure"])
    parser.add_argument("--engine", action="append", choices=[*OURS, *PEERS], help="only this one; may be repeated")
    parser.add_argument("--passages", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "groundsel-beside")
    options = parser.parse_args()
    engines = options.engine or [*OURS, *PEERS]
    if "make" in options.stages:
        make(engines, options.passages, options.folder)
    if "measure" in options.stages:
        rows = measure(engines, options.passages, options.folder)
        peers = ", ".join(f"{peer} {version_of(peer, options.folder).strip()}" for peer in engines if peer in PEERS)
        title = f"The service under load, {options.passages:,} passages, {QUERIES} questions; {peers}"
        report(title, rows, json_file=options.json)


if __name__ == "__main__":
    main()
