"""The page in languages, colours and sizes; what is being read stays where it is."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from browsing import LONG, QUESTION, Watched

pytestmark = pytest.mark.integration


def test_the_page_speaks_the_readers_language_and_remembers_another(browser: Browser, service: str) -> None:
    with browser.new_context(locale="fr-CA") as context:
        page = context.new_page()
        page.goto(f"{service}/?q=leave")
        expect(page.get_by_role("button", name="Chercher")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "fr")

        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="Search")).to_be_visible()
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_dark_follows_the_system_and_the_reader_may_differ(browser: Browser, service: str) -> None:
    with browser.new_context(locale="en", color_scheme="dark") as context:
        page = context.new_page()
        page.goto(service)
        dark = background(page)
        page.get_by_role("button", name="Light").click()
        light = background(page)
        page.reload()

        assert sum(dark) < 150
        assert sum(light) > 600
        assert background(page) == light


def background(page: Page) -> tuple[int, ...]:
    """Give the red, green and blue of what the page stands on."""
    colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return tuple(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_is_wider_than_the_screen(watched: Watched, width: int) -> None:
    page = watched.open("/?q=annual+leave+meeting+length")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator(".result").first).to_be_visible()
    expect(page.locator("#answer .marker").first).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name=LONG, exact=True).click()
    expect(page.locator("dialog mark").first).to_be_visible()
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1200])
def test_what_is_being_read_does_not_jump_when_the_answer_comes(watched: Watched, width: int) -> None:
    page = watched.open()
    page.set_viewport_size({"width": width, "height": 800})
    page.route("**/api/v1/answer", lambda _route: None)  # it is long in coming
    page.goto(f"{watched.origin}/?q={QUESTION}")
    expect(page.locator(".result").first).to_be_visible()
    before = page.locator(".result").first.bounding_box()

    page.unroute("**/api/v1/answer")
    page.reload()
    expect(page.locator("#answer li").first).to_be_visible()
    after = page.locator(".result").first.bounding_box()

    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 8


def test_a_document_opened_later_is_not_replaced_by_one_that_comes_late(watched: Watched) -> None:
    waiting: list[Route] = []
    page = watched.open("/?q=leave")
    page.route("**/documents/docs%2Fold.pdf", lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright marks it
    page.get_by_role("button", name="Old leave", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Leave & holidays", exact=True).click()
    expect(page.get_by_role("dialog", name="Leave & holidays")).to_be_visible()

    with page.expect_response("**/documents/docs%2Fold.pdf"):
        waiting[0].continue_()
    expect(page.get_by_role("dialog", name="Leave & holidays")).to_be_visible()
