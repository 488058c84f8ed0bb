"""The rows of a query as documents, from any database that SQLAlchemy speaks to."""

import hashlib
import io
import json
import re
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

import sqlalchemy
from pydantic import SecretStr
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError

from groundsel_ingest.connector import Change, Delete, Item, ListingEnd, Options, Source, Upsert
from groundsel_ingest.connectors.stepping import stepped
from groundsel_ingest.secrets import read_secret
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable

ROWS_AT_ONCE = 500
PLACE = re.compile(r"\{(\w+)\}")  # of a column in a template; nothing of Python's format language is understood

Row = Mapping[str, object]


class SqlOptions(Options):
    """What `[sources.NAME]` says of a database.

    Without `cursor` every run reads all rows, and what is missing was deleted. With it a run reads only what changed,
    so that the database must keep what is deleted and mark it in the column `deleted`.
    """

    url: str  # SQLAlchemy's, without a password
    password: SecretStr = SecretStr("")  # from the environment
    password_file: Path | None = None
    query: str  # a SELECT; one row is one document
    key: str  # the column that names a row for ever
    title: str  # a template: "{name}" stands for the column `name`
    text: str  # likewise
    format: Literal["txt", "md", "html"] = "txt"  # of the text
    uri: str = ""  # a template; by default the source's name and the key
    readers: tuple[str, ...] = ()  # templates of principals; an empty column gives none. By default `principals`
    cursor: str = ""  # the column that grows whenever a row changes: a time, or a counter
    overlap_seconds: int = 300  # a time cursor goes back by this much: a slow transaction commits an earlier time late
    deleted: str = ""  # the column that is true of rows that count as deleted


def create(source: Source) -> "Sql":
    options = source.read(SqlOptions)
    if options.cursor and not options.deleted:
        raise InvalidInput(
            f"setting 'sources.{source.name}.cursor' needs 'deleted', the column that marks deleted rows: a run that "
            "reads only what changed cannot see what is gone; leave cursor out to read all rows in every run"
        )
    return Sql(options, name=source.name, principals=source.principals)


# PostgreSQL, MySQL, SQL Server: drivers give a failed connection no code of its own
REFUSED: Final = re.compile(
    r"authentication failed|no password supplied|role .* does not exist|access denied|login failed", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far the rows have been read: only for the query that it was made with."""

    value: int | str | datetime | None
    query: str

    def written(self) -> str:
        kind = "time" if isinstance(self.value, datetime) else "plain"
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return json.dumps([kind, value, self.query])


def read_position(text: str | None, *, query: str) -> Position | None:
    """Give the position, or None where there is none of this query."""
    if not text:
        return None
    kind, value, of_query = json.loads(text)
    if of_query != query or value is None:
        return None
    return Position(value=datetime.fromisoformat(value) if kind == "time" else value, query=query)


class Sql:
    """Reads rows in batches; the text of a row is read again by its key when it is wanted."""

    def __init__(self, options: SqlOptions, *, name: str, principals: frozenset[str]) -> None:
        self.name = name
        self.ruled = bool(options.readers)
        self._options = options
        self._principals = principals
        self._query = hashlib.sha256(repr(options).encode()).hexdigest()[:16]
        url = parsed_url(options.url, source=name)
        self.place = url.render_as_string(hide_password=True)
        if password := read_secret(name, "password", file=options.password_file, value=options.password):
            url = url.set(password=password)
        try:
            self._engine = sqlalchemy.create_engine(url, pool_pre_ping=True)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise InvalidInput(f"source {name!r}: the database's driver is not installed ({error})") from None
        rows = sqlalchemy.text(options.query.strip().rstrip(";")).columns(
            *(sqlalchemy.column(column) for column in {options.key, options.cursor} - {""})
        )
        self._rows = rows.subquery("source_rows")
        self._key = self._rows.c[options.key]

    def close(self) -> None:
        self._engine.dispose()

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:
        position = read_position(cursor, query=self._query) if self._options.cursor else None
        furthest = position
        async with aclosing(stepped(self._batches(position))) as batches:
            async for batch in batches:
                for row in batch:
                    furthest = self._after(row, furthest)
                    yield self._change(row), furthest.written() if furthest else ""
        if position is None:
            yield ListingEnd(), furthest.written() if furthest else ""

    def open(self, item: Item) -> BinaryIO:
        select = sqlalchemy.select(sqlalchemy.text("*")).select_from(self._rows).where(
            self._key == json.loads(item.native_id)
        )  # fmt: skip
        with self._asked(), self._engine.connect() as connection:
            row = connection.execute(select).mappings().first()
        if row is None:
            raise Rejected("it is gone since it was listed")
        return io.BytesIO(self._filled(self._options.text, cast("Row", row)).encode(errors="replace"))

    def _batches(self, position: Position | None) -> Generator[Sequence[Row]]:
        """Yield the rows from `position` on, in order; called in worker threads."""
        select = sqlalchemy.select(sqlalchemy.text("*")).select_from(self._rows)
        if self._options.cursor:
            column = self._rows.c[self._options.cursor]
            select = select.order_by(column, self._key)
            if position is not None:
                select = select.where(column >= self._start(position))
        with (
            self._asked(),
            self._engine.connect() as connection,
            closing(connection.execution_options(stream_results=True).execute(select)) as result,
        ):
            for rows in result.mappings().partitions(ROWS_AT_ONCE):
                yield cast("Sequence[Row]", rows)

    def _start(self, position: Position) -> int | str | datetime | None:
        overlap = timedelta(seconds=self._options.overlap_seconds)
        if isinstance(position.value, datetime):
            return position.value - overlap
        if isinstance(position.value, str) and (at := time_of(position.value)):  # SQLite keeps times as text
            return (at - overlap).isoformat(sep=position.value[len("2026-03-04")])
        return position.value

    def _after(self, row: Row, before: Position | None) -> Position | None:
        """Give the position after `row`; rows of the overlap are behind it already."""
        value = row.get(self._options.cursor)
        if not isinstance(value, int | str | datetime):
            return before
        if before is not None and isinstance(before.value, type(value)) and value < before.value:  # type: ignore[operator]
            return before
        return Position(value=value, query=self._query)

    def _change(self, row: Row) -> Change:
        options = self._options
        if options.key not in row or (options.deleted and options.deleted not in row):
            missing = options.key if options.key not in row else options.deleted
            raise InvalidInput(f"source {self.name!r}: its query gives no column {missing!r}")
        key = row[options.key]
        native_id = json.dumps(key if isinstance(key, int) else str(key))
        if options.deleted and is_set(row[options.deleted]):
            return Delete(native_id=native_id)
        title, text = (self._filled(template, row) for template in (options.title, options.text))
        uri = self._filled(options.uri, row) if options.uri else f"sql:{self.name}/{key}"
        changed = row.get(options.cursor)
        return Upsert(
            item=Item(
                native_id=native_id,
                name=f"row.{options.format}",
                uri=uri,
                title=title,
                stamp=hashlib.sha256(f"{title}\0{uri}\0{text}".encode(errors="replace")).hexdigest(),
                modified_at=in_utc(changed) if isinstance(changed, date) else None,
                allowed=self._readers(row) if self.ruled else self._principals,
            )
        )

    def _readers(self, row: Row) -> frozenset[str]:
        """Give who may read `row`; where a column is empty, the principal that it would name is nobody."""
        return frozenset(
            self._filled(template, row)
            for template in self._options.readers
            if all(row.get(column) not in {None, ""} for column in PLACE.findall(template))
        )

    def _filled(self, template: str, row: Row) -> str:
        def value(place: re.Match[str]) -> str:
            if place[1] not in row:
                raise InvalidInput(f"source {self.name!r}: its query gives no column {place[1]!r}")
            found = row[place[1]]
            return "" if found is None else str(found)

        return PLACE.sub(value, template)

    @contextmanager
    def _asked(self) -> Generator[None]:
        """Say in a sentence what the database says."""
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            if REFUSED.search(told := first_line(error)):
                raise InvalidInput(
                    f"the database of source {self.name!r} does not let us in ({told}); mend its credentials"
                ) from None
            raise Unavailable(f"the database of source {self.name!r} does not answer: {told}") from None
        except DBAPIError as error:
            raise InvalidInput(f"the query of source {self.name!r} cannot be run: {first_line(error)}") from None


def is_set(value: object) -> bool:
    """Say whether a mark is there, as databases without a type for it write it: a number, a letter, a time."""
    return bool(value) and str(value).strip().lower() not in {"", "0", "f", "false", "n", "no"}


def parsed_url(url: str, *, source: str) -> sqlalchemy.URL:
    try:
        parsed = sqlalchemy.make_url(url)
    except ArgumentError:
        raise InvalidInput(
            f"setting 'sources.{source}.url' is no database's address; for example: postgresql+psycopg://reader@host/name"
        ) from None
    if parsed.password:
        raise InvalidInput(
            f"setting 'sources.{source}.url' holds a password; set sources.{source}.password_file instead"
        )
    return parsed


def first_line(error: DBAPIError) -> str:
    return str(error.orig or error).strip().splitlines()[0]


def time_of(text: str) -> datetime | None:
    """Give the time that `text` writes down in ISO's way, with a clock in it; None where it is something else."""
    try:
        return datetime.fromisoformat(text) if len(text) > len("2026-03-04") else None
    except ValueError:
        return None


def in_utc(value: date) -> datetime:
    """Give a date or time with a zone; one without is taken as UTC."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
