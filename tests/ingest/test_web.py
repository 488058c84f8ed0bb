"""A real site on this machine, with what sites do to those who follow links: loops, calendars, redirects, errors."""

import gzip
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

import web_site
from groundsel_ingest import reading
from groundsel_ingest.connector import Item, ListingEnd, Source, Upsert
from groundsel_ingest.connectors.web import Web, create
from groundsel_ingest.fetching import client
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable
from web_site import Answer, Site, page

HERE = ("127.0.0.0/8",)


@pytest.fixture
def site() -> Generator[Site]:
    with web_site.running() as site:
        site.pages["/"] = page("Home", "/a", "/b")
        site.pages["/a"] = page("Alpha", "/", "/c?utm_source=x#top")
        site.pages["/b"] = page("Beta")
        site.pages["/c"] = page("Gamma")
        yield site


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.01)


def connector(site: Site, tmp_path: Path, **options: object) -> Web:
    given = {"start": [f"{site.address}/"], "pause": 0, "private": HERE, "memory": str(tmp_path / "memory"), **options}
    return create(Source(name="site", principals=frozenset({"group:staff"}), options=given))


def walked(web: Web) -> tuple[dict[str, Item], tuple[str, ...]]:
    """Give what is listed, by path, and why something is not."""

    async def collect() -> tuple[dict[str, Item], tuple[str, ...]]:
        found, unlisted = {}, None
        async for change, _ in web.changes(None):
            match change:
                case Upsert(item=item):
                    found["/" + item.uri.split("/", 3)[3]] = item
                case ListingEnd():
                    unlisted = change.unlisted
        assert unlisted is not None
        return found, unlisted

    return anyio.run(collect)


def walk(site: Site, tmp_path: Path, **options: object) -> tuple[dict[str, Item], tuple[str, ...]]:
    with closing(connector(site, tmp_path, **options)) as web:
        return walked(web)


def test_a_site_is_walked_along_its_links_each_page_once(site: Site, tmp_path: Path) -> None:
    with closing(connector(site, tmp_path)) as web:
        found, unlisted = walked(web)
        assert set(found) == {"/", "/a", "/b", "/c"}
        assert unlisted == ()
        assert site.asked == ["/robots.txt", "/sitemap.xml", "/", "/a", "/b", "/c"]
        assert found["/c"].native_id == f"{site.address}/c"
        with reading.copy(web, found["/c"]).file as file:
            file.seek(0)
            assert b"Gamma" in file.read()
        assert site.asked.count("/c") == 1  # what was fetched to be listed is not fetched again to be read


def test_a_page_that_has_not_changed_is_not_sent_again_and_its_links_are_remembered(site: Site, tmp_path: Path) -> None:
    modified = "Wed, 04 Mar 2026 10:00:00 GMT"
    headers = {"Content-Type": "text/html", "ETag": '"1"', "Last-Modified": modified}
    site.pages["/"] = Answer(body=page("Home", "/a"), headers=headers)
    before, _ = walk(site, tmp_path)
    site.headers.clear()
    after, _ = walk(site, tmp_path)

    assert before == after
    assert before["/"].modified_at is not None
    assert before["/"].modified_at.isoformat() == "2026-03-04T10:00:00+00:00"
    asked = next(each for path, each in zip(site.asked[-len(site.headers) :], site.headers, strict=True) if path == "/")
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"1"', modified)

    with closing(
        connector(site, tmp_path)
    ) as web:  # someone who indexes anew needs it whole, though it has not changed
        found, _ = walked(web)
        web._memory.forget_bodies()
        assert b"Home" in web.open(found["/"]).read()


def test_robots_are_asked_for_and_obeyed(site: Site, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = Answer(body="User-agent: groundsel\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n")
    site.pages["/b"] = page("Beta", "/d", head='<meta name="robots" content="noindex">')
    site.pages["/d"] = Answer(body=page("Delta", "/e"), headers={"Content-Type": "text/html",
                                                                 "X-Robots-Tag": "nofollow"})  # fmt: skip
    found, unlisted = walk(site, tmp_path)
    assert (set(found), unlisted) == ({"/", "/d"}, ())
    assert not {"/a", "/c", "/e"} & set(site.asked)


def test_a_site_whose_robots_cannot_be_read_is_left_alone(site: Site, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = Answer(status=503)
    with pytest.raises(Unavailable, match=r"robots\.txt cannot be read"):
        walk(site, tmp_path)
    assert set(site.asked) == {"/robots.txt"}


def test_sitemaps_name_pages_that_nothing_links_to(site: Site, tmp_path: Path) -> None:
    def listing(*paths: str, kind: str = "urlset") -> str:
        names = "".join(f"<url><loc>{site.address}{path}</loc></url>" for path in paths)
        return f'<?xml version="1.0"?><{kind}>{names}</{kind}>'

    site.pages["/robots.txt"] = Answer(body=f"Sitemap: {site.address}/map.xml\n")
    site.pages["/map.xml"] = Answer(body=listing("/one.xml.gz", "/map.xml", kind="sitemapindex"))
    site.pages["/one.xml.gz"] = Answer(body=gzip.compress(listing("/lonely?x=1&amp;y=2", "/b").encode()))
    site.pages["/lonely?x=1&y=2"] = page("Lonely")

    assert set(walk(site, tmp_path)[0]) == {"/", "/a", "/b", "/c", "/lonely?x=1&y=2"}
    assert set(walk(site, tmp_path, follow=False)[0]) == {"/", "/lonely?x=1&y=2", "/b"}


def test_patterns_say_what_is_indexed_and_what_is_not_even_looked_at(site: Site, tmp_path: Path) -> None:
    found, _ = walk(site, tmp_path, include=["c"], exclude=["b"])
    assert set(found) == {"/c"}
    assert "/b" not in site.asked


def test_a_page_is_known_by_the_address_that_it_names(site: Site, tmp_path: Path) -> None:
    site.pages["/"] = page("Home", "/print?p=1", "/p")
    site.pages["/print?p=1"] = page("The page", head='<link rel="canonical" href="/p">')
    site.pages["/p"] = page("The page", head='<link rel="canonical" href="/p">')
    found, _ = walk(site, tmp_path)
    assert set(found) == {"/", "/p"}

    site.pages["/p"] = page("Elsewhere", head='<link rel="canonical" href="https://other.example/p">')
    assert set(walk(site, tmp_path)[0]) == {"/", "/p"}


def test_redirects_are_followed_within_the_site_and_loops_end(site: Site, tmp_path: Path) -> None:
    def to(target: str) -> Answer:
        return Answer(status=302, headers={"Location": target})

    site.pages["/"] = page("Home", "/old", "/loop", "/away", "/chain?n=0")
    site.pages["/old"] = to("/new")
    site.pages["/new"] = page("New")
    site.pages["/loop"] = to("/loop")
    site.pages["/away"] = to("https://login.example/?back=/away")
    site.pages["/chain?"] = lambda path: to(f"/chain?n={int(path.partition('=')[2]) + 1}")

    found, unlisted = walk(site, tmp_path)
    assert (set(found), unlisted) == ({"/", "/new"}, ())
    assert sum(path.startswith("/chain") for path in site.asked) == 11


def test_a_page_that_asks_to_sign_in_since_has_not_gone(site: Site, tmp_path: Path) -> None:
    walk(site, tmp_path)
    site.pages["/a"] = Answer(status=302, headers={"Location": "https://login.example/"})
    site.pages["/b"] = Answer(status=403)
    found, unlisted = walk(site, tmp_path)
    assert set(found) == {"/"}
    assert len(unlisted) == 2


def test_a_calendar_and_a_page_that_links_below_itself_do_not_go_on_for_ever(site: Site, tmp_path: Path) -> None:
    site.pages["/"] = page("Home", "/calendar?day=0", "/deep/")
    site.pages["/calendar?"] = lambda path: page("Day", f"/calendar?day={int(path.partition('=')[2]) + 1}")
    for depth in range(1, 20):
        site.pages["/deep/" + "x/" * (depth - 1)] = page("Deep", "x/")

    found, unlisted = walk(site, tmp_path, deepest=5)
    assert unlisted == ()
    assert sum(path.startswith("/calendar") for path in found) == 5
    assert sum(path.startswith("/deep") for path in found) == 4
    _, unlisted = walk(site, tmp_path, deepest=100, most_pages=30)
    assert unlisted == ("only the first 30 pages were looked at (setting most_pages)",)


def test_a_busy_server_is_asked_again_and_a_page_that_does_not_come_is_said(site: Site, tmp_path: Path) -> None:
    answers = iter([Answer(status=503, headers={"Retry-After": "1"}), Answer(status=429)])
    site.pages["/a"] = lambda _: next(answers, page("Alpha"))
    site.pages["/b"] = Answer(status=503)
    found, unlisted = walk(site, tmp_path)
    assert set(found) == {"/", "/a"}
    assert unlisted == (f"{site.address}/b does not answer: 503",)

    site.pages["/"] = Answer(status=500)
    with pytest.raises(Unavailable, match="does not answer: 500"):
        walk(site, tmp_path)


def test_a_huge_page_is_listed_and_rejected_and_packed_ones_are_counted_unpacked(site: Site, tmp_path: Path) -> None:
    site.pages["/a"] = Answer(body="x" * 200_000, headers={"Content-Type": "text/html"})
    packed = gzip.compress(b"x" * 10_000_000)
    site.pages["/b"] = Answer(body=packed, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"})
    with closing(connector(site, tmp_path, largest="100KiB")) as web:
        found, unlisted = walked(web)
        assert unlisted == ()
        for path in ("/a", "/b"):
            with pytest.raises(Rejected, match="larger than"):
                web.open(found[path])


def test_files_of_a_site_are_told_by_their_type(site: Site, tmp_path: Path) -> None:
    site.pages["/"] = page("Home", "/download?id=7", "/logo.png", "/notes.md")
    site.pages["/download?id=7"] = Answer(body=b"%PDF-1.7", headers={"Content-Type": "application/pdf"})
    site.pages["/logo.png"] = Answer(body=b"PNG", headers={"Content-Type": "image/png"})
    site.pages["/notes.md"] = Answer(body="# Notes", headers={"Content-Type": "application/octet-stream"})
    found, _ = walk(site, tmp_path)
    assert {item.name.rpartition(".")[2] for item in found.values()} == {"webpage", "pdf", "png", "md"}


def test_credentials_go_to_the_sites_of_the_first_pages_only(site: Site, tmp_path: Path) -> None:
    with web_site.running() as other:
        site.pages["/"] = page("Home", f"{other.address}/x", "/hop")
        site.pages["/hop"] = Answer(status=302, headers={"Location": f"{other.address}/y"})
        other.pages |= {"/x": page("X"), "/y": page("Y")}
        found, _ = walk(site, tmp_path, username="ann", sites=[other.address])
        assert {"/x", "/y"} <= set(found)
        assert all("Authorization" in headers for headers in site.headers)
        assert not any("Authorization" in headers for headers in other.headers)


def test_this_machine_and_its_network_are_not_reached_unless_they_are_named(site: Site, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not of the public internet"):
        walk(site, tmp_path, private=[])
    assert site.asked == []


def test_what_is_no_address_or_network_is_a_mistake_of_the_configuration(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"sources\.site\.start"):
        connector(site, tmp_path, start=["file:///etc/passwd"])
    with pytest.raises(InvalidInput, match=r"sources\.site\.private"):
        connector(site, tmp_path, private=["intranet"])
