"""The one form of an address, and those that lead into traps."""

import pytest

from groundsel_ingest.fetching.addresses import is_trap, normal
from groundsel_ingest.fetching.pages import read_page, read_sitemap


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("HTTPS://Wiki.Example:443/a/../b//c/./?x=1#top", "https://wiki.example/b/c/?x=1"),
        ("http://wiki.example", "http://wiki.example/"),
        ("https://wiki.example/a%7Eb/é ü", "https://wiki.example/a~b/%C3%A9%20%C3%BC"),
        ("https://wiki.example/a;jsessionid=0A1B?utm_source=x&page=2&PHPSESSID=9", "https://wiki.example/a?page=2"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://[2001:DB8::1]:8080/", "https://[2001:db8::1]:8080/"),
        ("mailto:ann@example", None),
        ("javascript:alert(1)", None),
        ("https://ann:secret@wiki.example/", None),
        ("https://wiki.example:99999/", None),
        ("https://wiki.example/" + "a" * 2000, None),
        ("http://[broken", None),
    ],
)
def test_an_address_has_one_form(url: str, form: str | None) -> None:
    assert normal(url) == form
    if form is not None:
        assert normal(form) == form


def test_a_link_is_read_where_it_stands() -> None:
    assert normal("../b?q", base="https://wiki.example/x/y/a") == "https://wiki.example/x/b?q="


def test_addresses_that_a_loop_makes_up_are_traps() -> None:
    assert is_trap("https://wiki.example/next/next/next/next")
    assert is_trap("https://wiki.example/?" + "&".join(f"f{number}=1" for number in range(9)))
    assert not is_trap("https://wiki.example/2026/03/2026-03-04/report?page=2")


def test_a_page_says_where_it_leads_and_what_robots_are_asked() -> None:
    page = read_page(
        '<base href="/docs/"><a href="a#x">A</a><A HREF=\'b\'>B</A><a rel="nofollow" href="c">C</a><a href="a">A</a>'
        '<link rel="canonical" href="https://wiki.example/real"><iframe src="d"></iframe><!-- <a href="e"> -->',
        url="https://wiki.example/x/",
    )
    assert page.links == tuple(f"https://wiki.example/docs/{name}" for name in ("a", "b", "d"))
    assert page.canonical == "https://wiki.example/real"
    assert page.index

    asked = read_page('<meta name="ROBOTS" content="noindex, NOFOLLOW"><a href="/a">', url="https://wiki.example/")
    assert (asked.index, asked.links) == (False, ())
    assert not read_page("", url="https://wiki.example/", robots_header="none").index


def test_a_broken_page_gives_the_links_that_can_be_read() -> None:
    assert read_page('<a href="/a"><![x[ <a href="/b"', url="https://wiki.example/").links[:1] == (
        "https://wiki.example/a",
    )


def test_a_sitemap_names_pages_or_sitemaps() -> None:
    text = "<urlset><url><loc> https://wiki.example/a?x=1&amp;y=2 </loc></url><url><loc>ftp://x</loc></url></urlset>"
    assert read_sitemap(text) == (("https://wiki.example/a?x=1&y=2",), False)
    assert read_sitemap("<sitemapindex><sitemap><loc>https://wiki.example/1.xml</loc></sitemap></sitemapindex>")[1]
