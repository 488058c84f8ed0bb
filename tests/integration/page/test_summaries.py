"""Summaries on the page: of a document, of a mail with its thread, of the best results."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from browsing import QUOTE, Watched

pytestmark = pytest.mark.integration


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
