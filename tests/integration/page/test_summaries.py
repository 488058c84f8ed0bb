"""Summaries on the page: of a document, of a mail with its thread, of the best results."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from browsing import QUOTE, Watched, done, fulfil, meta, said

pytestmark = pytest.mark.integration


KEY_POINTS = ("Leave is 25 days.", "A day is 8 hours 😀.", "Parrots need no leave.")  # one beyond UTF-16's first plane


class Breaking:
    """Answers as the service does, `after` heeded; the first streams break off after so many events, or never begin."""

    def __init__(self, *breaks: int) -> None:
        self.breaks = list(breaks)
        self.after: list[int] = []

    def __call__(self, route: Route) -> None:
        after = json.loads(str(route.request.post_data))["after"]
        self.after.append(after)
        events, length = [meta()], 0
        for number, sentence in list(enumerate(KEY_POINTS, 1))[after:]:
            events += said(number, sentence, length)
            length += len(f"{sentence} [{number}]")
        kept = self.breaks.pop(0) if self.breaks else len(events) + 1
        if kept:
            fulfil(route, *[*events, done("answered", "extractive")][:kept])
        else:
            route.abort("connectionreset")


def opened(page: Page) -> None:
    page.locator(".result h2 button").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_document_is_summarised_from_the_sheet_that_shows_it(watched: Watched) -> None:
    page = watched.open("/?q=annual+leave+holidays")
    opened(page)
    expect(page.get_by_role("button", name="Summarise with its thread")).to_have_count(0)
    page.get_by_role("button", name="Summarise", exact=True).click()

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#answer .kind")).to_contain_text("Summary")
    expect(page.locator("#answer .text")).to_contain_text(QUOTE)
    page.locator("#answer .marker").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_mail_is_summarised_with_its_thread(watched: Watched) -> None:
    page = watched.open("/?q=annual+leave+holidays")
    asked: list[object] = []

    def as_mail(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "media_type": "eml"})

    page.route("**/documents/**", as_mail)
    page.on("request", lambda sent: asked.append(sent.post_data) if sent.url.endswith("/summarize") else None)
    opened(page)
    page.get_by_role("button", name="Summarise with its thread").click()

    expect(page.locator("#answer .text")).to_contain_text(QUOTE)
    assert json.loads(str(asked[0]))["thread"] is True


def test_the_best_results_are_summarised_together(watched: Watched) -> None:
    page = watched.open("/?q=leave")
    page.get_by_role("button", name="Summarise the best").click()

    expect(page.locator("#answer .kind")).to_contain_text("Summary")
    expect(page.locator("#answer .marker").first).to_be_visible()


@pytest.mark.parametrize(
    ("breaks", "after"),
    [
        pytest.param((3,), [0, 1], id="between two sentences"),
        pytest.param((4,), [0, 1], id="between a sentence and its citation"),
        pytest.param((3, 1, 3), [0, 1, 1, 2], id="again and again"),
        pytest.param((7,), [0, 3], id="before it said that it was done"),
    ],
)
def test_a_summary_whose_stream_breaks_goes_on_where_it_broke(
    watched: Watched, breaks: tuple[int, ...], after: list[int]
) -> None:
    page = watched.open("/?q=leave")
    service = Breaking(*breaks)
    page.route("**/api/v1/summarize", service)

    page.get_by_role("button", name="Summarise the best").click()

    expect(page.locator("#answer ol")).to_be_visible(timeout=15_000)
    assert service.after == after
    told = " ".join(f"{sentence}{number}" for number, sentence in enumerate(KEY_POINTS, 1))
    expect(page.locator("#answer .text")).to_have_text(told)
    expect(page.locator("#answer .text .marker")).to_have_count(3)


def test_of_a_summary_that_breaks_too_often_what_came_stays(watched: Watched) -> None:
    page = watched.open("/?q=leave")
    service = Breaking(3, 1, 1, 1)
    page.route("**/api/v1/summarize", service)

    page.get_by_role("button", name="Summarise the best").click()

    expect(page.locator("#answer").get_by_role("alert")).to_have_text(
        "The connection broke before its end.", timeout=15_000
    )
    expect(page.locator("#answer .text")).to_contain_text(KEY_POINTS[0])
    assert service.after == [0, 1, 1, 1]


def test_a_summary_goes_on_when_the_service_was_away_for_a_moment(watched: Watched) -> None:
    page = watched.open("/?q=leave")
    page.route("**/api/v1/summarize", Breaking(3, 0))

    page.get_by_role("button", name="Summarise the best").click()

    expect(page.locator("#answer .text .marker")).to_have_count(3, timeout=15_000)
    watched.complaints.clear()  # the browser's own, of the connection that was reset
