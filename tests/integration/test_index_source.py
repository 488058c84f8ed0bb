"""An index that Elastic's connectors filled, as a source, on a real node: what is listed, and who may read it."""

from collections.abc import Generator, Mapping
from contextlib import closing, suppress
from uuid import uuid4

import anyio
import httpx
import pytest

from groundsel_ingest.connector import Item, ListingEnd, Source, Upsert
from groundsel_ingest.connectors import elasticsearch
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable

pytestmark = pytest.mark.integration

STAFF = frozenset({"group:staff"})
DOCUMENTS: Mapping[str, Mapping[str, object]] = {
    "1aB": {"title": "Leave", "body": "Twenty days.", "url": "https://drive.example/1aB", "_timestamp":
            "2026-10-01T08:00:00Z", "_allow_access_control": ["user:ann@x.org", "group:hr@x.org"]},
    "2/ü": {"subject": "Offer", "message": ["First.", "Second."], "lastModifiedDateTime": "2026-10-02T08:00:00"},
    "3": {"name": "Locked", "content": "Nobody.", "_allow_access_control": []},
    "4": {"title": "Odd", "text": "Odd.", "path": "/odd", "_allow_access_control": "user:bob@x.org"},
}  # fmt: skip


@pytest.fixture
def index(elasticsearch_url: str) -> Generator[str]:
    """Give the address of an index with these documents."""
    address = f"{elasticsearch_url}/search-drive-{uuid4().hex[:8]}"
    mappings = {"properties": {"_allow_access_control": {"type": "keyword"}}}
    httpx.put(address, json={"mappings": mappings}, timeout=60).raise_for_status()
    for native_id, document in DOCUMENTS.items():
        put(address, native_id, document)
    yield address
    httpx.delete(address, timeout=60)


def put(address: str, native_id: str, document: Mapping[str, object]) -> None:
    place = f"{address}/_doc/{native_id.replace('/', '%2F')}?refresh=true"
    httpx.put(place, json=document, timeout=60).raise_for_status()


def connector(address: str, **options: object) -> elasticsearch.Index:
    url, _, index = address.rpartition("/")
    given = {"url": url, "index": index, **options}
    return elasticsearch.create(Source(name="drive", principals=STAFF, options=given))


def listed(address: str, **options: object) -> dict[str, Item]:
    async def collect(source: elasticsearch.Index) -> dict[str, Item]:
        changes = [change async for change, _ in source.changes(None)]
        assert changes[-1] == ListingEnd()
        return {change.item.native_id: change.item for change in changes if isinstance(change, Upsert)}

    with closing(connector(address, **options)) as source:
        return anyio.run(collect, source)


def test_documents_are_listed_with_title_link_date_and_text_wherever_they_stand(index: str) -> None:
    found = listed(index)
    assert {native_id: item.title for native_id, item in found.items()} == {
        "1aB": "Leave", "2/ü": "Offer", "3": "Locked", "4": "Odd",
    }  # fmt: skip
    assert found["1aB"].uri == "https://drive.example/1aB"
    assert found["2/ü"].uri == f"{index}/_doc/2%2F%C3%BC"
    assert str(found["2/ü"].modified_at) == "2026-10-02 08:00:00+00:00"
    with closing(connector(index)) as source:
        assert source.open(found["1aB"]).read() == b"Twenty days."
        assert source.open(found["2/ü"]).read() == b"First.\nSecond."


def test_who_may_read_a_document_is_what_its_field_says_and_without_one_what_the_source_says(index: str) -> None:
    assert {native_id: item.allowed for native_id, item in listed(index).items()} == {
        "1aB": {"user:ann@x.org", "group:hr@x.org"}, "2/ü": set(), "3": set(), "4": {"user:bob@x.org"},
    }  # fmt: skip
    assert listed(index, access="elastic")["2/ü"].allowed == STAFF
    assert listed(index, access="elastic")["3"].allowed == set()
    with pytest.raises(InvalidInput, match="says who may read it"):
        listed(index, access="public")


def test_a_document_has_another_stamp_once_it_was_written_again_and_is_missing_once_it_was_deleted(index: str) -> None:
    before = listed(index)
    put(index, "3", {"name": "Open", "content": "All.", "_allow_access_control": ["group:all"]})
    httpx.delete(f"{index}/_doc/4?refresh=true", timeout=60).raise_for_status()
    after = listed(index)

    assert set(after) == {"1aB", "2/ü", "3"}
    assert after["1aB"].stamp == before["1aB"].stamp
    assert after["3"].stamp != before["3"].stamp
    with closing(connector(index)) as source, pytest.raises(Rejected, match="gone"):
        source.open(before["4"])


def test_more_documents_than_one_answer_holds_are_listed_each_once(index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elasticsearch, "AT_ONCE", 2)
    for number in range(7):
        put(index, f"n{number}", {"title": str(number), "body": "Text."})
    assert len(listed(index)) == 11


def test_views_are_closed_when_a_listing_ends_early(index: str) -> None:
    def opened() -> int:
        nodes = httpx.get(f"{index.rpartition('/')[0]}/_nodes/stats/indices/search", timeout=60).json()["nodes"]
        return sum(node["indices"]["search"]["open_contexts"] for node in nodes.values())

    before = opened()
    with closing(connector(index)) as source:
        pages = source._pages()
        next(pages)
        pages.close()
    assert opened() == before


def test_what_cannot_be_listed_is_told_and_nothing_is_taken_for_gone(index: str) -> None:
    with pytest.raises(InvalidInput, match="no such index"):
        listed(f"{index}-nowhere")
    httpx.post(f"{index}/_close", timeout=60).raise_for_status()
    with pytest.raises((Unavailable, InvalidInput), match="cannot be listed"):
        listed(index)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": "drive.example"}, "no address"),
        ({"url": "https://ann:secret@drive.example"}, "password_file"),
        ({"index": "a,b"}, "no name of an index"),
        ({"index": ""}, "no name of an index"),
    ],
)
def test_a_mistake_of_the_configuration_is_named(options: Mapping[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says), suppress(Unavailable):
        connector("https://drive.example/index", **options)
