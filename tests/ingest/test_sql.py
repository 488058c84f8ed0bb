"""Rows as documents: a real SQLite in every run, a real PostgreSQL where one is installed."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import anyio
import pytest
import sqlalchemy

import postgres
from fakes import HashEmbedder
from groundsel_ingest.connector import Change, Delete, Item, ListingEnd, Source, Upsert
from groundsel_ingest.connectors import sql
from groundsel_ingest.connectors.sql import Sql, create, is_set
from groundsel_ingest.job import sync
from groundsel_ingest.manifest import open_manifest
from groundsel_ingest.showing import Quiet
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable
from groundsel_pipelines.stores.memory import MemoryStore

QUERY = "SELECT id, name, body, team, changed, gone FROM ticket"
OPTIONS: dict[str, object] = {
    "query": QUERY,
    "key": "id",
    "title": "Ticket {id}: {name}",
    "text": "{body}",
    "uri": "https://help/{id}",
}
INCREMENTAL = OPTIONS | {"cursor": "changed", "deleted": "gone", "overlap_seconds": 0}


class Tickets:
    """A table of tickets in some database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = sqlalchemy.create_engine(url)
        self.run("DROP TABLE IF EXISTS ticket")
        self.run(
            "CREATE TABLE ticket"
            " (id INTEGER PRIMARY KEY, name TEXT, body TEXT, team TEXT, changed TIMESTAMP, gone BOOLEAN)"
        )

    def run(self, statement: str, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement), values)

    def put(self, number: int, body: str, *, minute: int, team: str | None = "it", gone: bool = False) -> None:
        self.run("DELETE FROM ticket WHERE id = :id", id=number)
        self.run(
            "INSERT INTO ticket VALUES (:id, :name, :body, :team, :changed, :gone)",
            id=number, name=f"no. {number}", body=body, team=team, changed=f"2026-03-04 10:{minute:02}:00", gone=gone,
        )  # fmt: skip

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture(scope="module")
def postgres_url() -> Generator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def tickets(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Tickets]:
    url = f"sqlite:///{tmp_path}/help.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with closing(Tickets(url)) as made:
        yield made


def source(tickets: Tickets, options: dict[str, object]) -> Sql:
    return create(Source(name="help", principals=frozenset({"group:all"}), options={"url": tickets.url, **options}))


def listed(connector: Sql, cursor: str | None = None) -> tuple[list[Change], str | None]:
    """Give the changes, and the cursor after them."""

    async def run() -> tuple[list[Change], str | None]:
        found, last = [], cursor
        async for change, after in connector.changes(cursor):
            found.append(change)
            last = after
        return found, last

    return anyio.run(run)


def items(changes: list[Change]) -> list[Item]:
    return [change.item for change in changes if isinstance(change, Upsert)]


def test_every_row_is_a_document_and_without_a_cursor_the_listing_is_whole(tickets: Tickets) -> None:
    tickets.put(1, "The printer is jammed.", minute=1)
    tickets.put(2, "Das WLAN fällt aus. 😀", minute=2)
    with closing(source(tickets, OPTIONS)) as connector:
        changes, cursor = listed(connector)
        first, second = items(changes)

        assert (first.native_id, first.title, first.uri) == ("1", "Ticket 1: no. 1", "https://help/1")
        assert first.allowed == {"group:all"}
        assert connector.open(second).read().decode() == "Das WLAN fällt aus. 😀"
        assert isinstance(changes[-1], ListingEnd)
        assert cursor == ""
        tickets.run("DELETE FROM ticket WHERE id = 2")
        with pytest.raises(Rejected, match="gone"):
            connector.open(second)


def test_a_stamp_changes_with_title_text_and_address_and_with_nothing_else(tickets: Tickets) -> None:
    tickets.put(1, "The printer is jammed.", minute=1)
    with closing(source(tickets, OPTIONS)) as connector:
        before = items(listed(connector)[0])[0].stamp
        tickets.put(1, "The printer is jammed.", minute=9)
        assert items(listed(connector)[0])[0].stamp == before
        tickets.put(1, "The printer is on fire.", minute=9)
        assert items(listed(connector)[0])[0].stamp != before


def test_with_a_cursor_only_what_changed_is_read_and_deleted_rows_are_told(tickets: Tickets) -> None:
    for number in (1, 2, 3):
        tickets.put(number, f"Text {number}.", minute=number)
    tickets.put(4, "Never seen.", minute=4, gone=True)
    with closing(source(tickets, INCREMENTAL)) as connector:
        changes, cursor = listed(connector)
        assert [item.native_id for item in items(changes)] == ["1", "2", "3"]
        assert isinstance(changes[-1], ListingEnd)

        tickets.put(1, "Text 1, again.", minute=10)
        tickets.put(2, "Text 2.", minute=11, gone=True)
        changes, later = listed(connector, cursor)

        assert [item.native_id for item in items(changes)] == ["1"]
        assert [change.native_id for change in changes if isinstance(change, Delete)] == ["4", "2"]
        assert not any(isinstance(change, ListingEnd) for change in changes)
        assert listed(connector, later)[1] == later


def test_a_row_that_is_marked_deleted_leaves_the_index_and_comes_back_when_the_mark_is_taken_off(
    tickets: Tickets, tmp_path: Path
) -> None:
    for number in range(1, 11):
        tickets.put(number, f"Text {number}.", minute=number)

    async def sync_over(steps: Sequence[Callable[[], None]]) -> list[set[str]]:
        """Give the addresses that are stored after each step."""
        store = MemoryStore(embedding_model="hash", dimensions=32)
        await store.prepare()
        found = []
        for step in steps:
            step()
            with (
                closing(source(tickets, INCREMENTAL)) as connector,
                open_manifest(tmp_path / "ledger", collection="c", source="help") as manifest,
            ):
                manifest.begin(connector.place, moved=False, access="given")
                await sync(connector, manifest=manifest, store=store, embedder=HashEmbedder(), collection="c",
                           progress=Quiet())  # fmt: skip
            documents = [
                await store.read(doc_id, principals=frozenset({"group:all"}))
                for doc_id in await store.versions("c", "help")
            ]
            found.append({document.uri.rpartition("/")[2] for document in documents if document is not None})
        await store.close()
        return found

    every = {str(number) for number in range(1, 11)}
    assert anyio.run(
        sync_over,
        [
            lambda: None,
            lambda: tickets.put(2, "Text 2.", minute=20, gone=True),
            lambda: None,
            lambda: tickets.put(2, "Text 2, again.", minute=21),
        ],
    ) == [every, every - {"2"}, every - {"2"}, every]


@pytest.mark.parametrize(
    ("mark", "deleted"),
    [(True, True), (1, True), ("Y", True), ("t", True), (datetime(2026, 3, 4, tzinfo=UTC), True), (None, False),
     (False, False), (0, False), (Decimal(0), False), ("", False), ("N ", False), ("false", False), ("0", False)],
)  # fmt: skip
def test_a_mark_is_read_however_a_database_writes_it(mark: object, deleted: bool) -> None:  # noqa: FBT001
    assert is_set(mark) is deleted


def test_rows_that_were_committed_late_are_seen_within_the_overlap(tickets: Tickets) -> None:
    tickets.put(1, "Text 1.", minute=20)
    with closing(source(tickets, INCREMENTAL | {"overlap_seconds": 600})) as connector:
        _, cursor = listed(connector)
        tickets.put(2, "Text 2, of a slow transaction.", minute=15)
        changes, later = listed(connector, cursor)

        assert [item.native_id for item in items(changes)] == ["2", "1"]
        assert later == cursor


def test_another_query_starts_from_the_beginning(tickets: Tickets) -> None:
    tickets.put(1, "Text 1.", minute=1)
    with closing(source(tickets, INCREMENTAL)) as connector:
        _, cursor = listed(connector)
    with closing(source(tickets, INCREMENTAL | {"text": "{name} {body}"})) as connector:
        assert isinstance(listed(connector, cursor)[0][-1], ListingEnd)


def test_readers_come_from_the_row_and_an_empty_column_is_nobody(tickets: Tickets) -> None:
    tickets.put(1, "Text 1.", minute=1, team="board")
    tickets.put(2, "Text 2.", minute=2, team=None)
    with closing(source(tickets, OPTIONS | {"readers": ["group:{team}"]})) as connector:
        assert [item.allowed for item in items(listed(connector)[0])] == [{"group:board"}, frozenset()]
        assert connector.ruled


def test_what_a_row_says_is_never_a_template(tickets: Tickets) -> None:
    tickets.put(1, "{name} {id.__class__} %s $x'; DROP TABLE ticket; --", minute=1)
    with closing(source(tickets, OPTIONS)) as connector:
        (item,) = items(listed(connector)[0])
        assert connector.open(item).read() == b"{name} {id.__class__} %s $x'; DROP TABLE ticket; --"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"query": "SELECT nothing FROM nowhere"}, "source 'help'"),
        ({"key": "number"}, "number"),
        ({"text": "{subject}"}, "no column 'subject'"),
        ({"cursor": "changed"}, "needs 'deleted'"),
        ({"url": "postgresql+psycopg://reader:hunter2@db/help"}, "holds a password"),
        ({"url": "no address"}, "no database's address"),
        ({"url": "telepathy://x"}, "driver"),
        ({"colour": "red"}, "sources.help.colour"),
        ({"password_file": "/nowhere/secret"}, "password_file"),
        ({"password_file": ""}, "password_file': it is empty; name a file"),
        ({"password_file": "/dev/null"}, "password_file' names an empty file"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(tmp_path: Path, change: dict[str, object], told: str) -> None:
    with closing(Tickets(f"sqlite:///{tmp_path}/help.db")) as tickets:
        tickets.put(1, "Text 1.", minute=1)
        with pytest.raises((InvalidInput, Unavailable), match=told) as raised:
            listed(source(tickets, OPTIONS | change))
    assert "hunter2" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.integration
def test_a_database_that_is_down_or_does_not_let_us_in_says_so(postgres_url: str) -> None:
    with closing(Tickets(postgres_url)) as tickets:
        tickets.put(1, "Text 1.", minute=1)
        for wrong, error, told in (
            (postgres_url.replace("reader", "stranger"), InvalidInput, "source 'help' does not let us in"),
            (postgres_url + "-elsewhere", Unavailable, "source 'help' does not answer"),
        ):
            with closing(source(tickets, OPTIONS | {"url": wrong})) as connector, pytest.raises(error, match=told):
                listed(connector)


@pytest.mark.integration
def test_a_connection_that_breaks_while_rows_are_listed_ends_the_run(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "ROWS_AT_ONCE", 1)
    found: list[Change] = []
    with closing(Tickets(postgres_url)) as tickets:
        tickets.run(
            "INSERT INTO ticket SELECT n, 'no. ' || n, repeat('Text. ', 10000), 'it', now(), false"
            " FROM generate_series(1, 3000) AS n"
        )

        async def listed() -> None:
            async for change, _ in connector.changes(None):
                found.append(change)
                if len(found) == 1:
                    tickets.run(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE pid != pg_backend_pid() AND backend_type = 'client backend'"
                    )

        with closing(source(tickets, OPTIONS)) as connector, pytest.raises(Unavailable, match="'help' does not answer"):
            anyio.run(listed)
    assert not any(isinstance(change, ListingEnd) for change in found)
