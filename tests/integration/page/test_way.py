"""The way through the page: search, a streamed answer, its document at the quoted sentence, by keyboard, and back."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from browsing import DOCUMENTS, HOSTILE, QUESTION, QUOTE, Watched, answer_with, done, meta, said

pytestmark = pytest.mark.integration


def test_a_question_gives_results_and_above_them_an_answer_with_its_source(watched: Watched) -> None:
    page = watched.open()
    expect(page.get_by_role("combobox")).to_be_focused()

    page.get_by_role("combobox").fill(QUESTION)
    page.get_by_role("button", name="Search").click()

    expect(page.locator("#answer .text")).to_contain_text(QUOTE)
    expect(page.locator("#answer")).to_contain_text("Quoted word for word")
    expect(page.locator("#answer .marker").first).to_have_text("1")
    expect(page.locator("#answer li").first).to_contain_text("Leave & holidays · 1 Mar 2025")
    first = page.locator(".result", has=page.get_by_role("button", name="Leave & holidays", exact=True))
    expect(first.locator(".snippet em").first).to_be_visible()
    expect(first.locator(".about")).to_contain_text("1 Mar 2025")
    assert page.locator("#announcer").text_content() == QUOTE or page.locator("#announcer").get_attribute("aria-live")
    assert urlsplit(page.url).query == "q=How+long+is+annual+leave%3F"


def test_the_words_that_answer_are_marked_in_the_quotation(watched: Watched) -> None:
    page = watched.open()
    span = [QUOTE.index("25"), QUOTE.index(".")]
    answer_with(page, meta(), *said(1, QUOTE, 0, answer_span=span), done("answered", "extractive"))

    page.goto(f"{watched.origin}/?q=annual+leave+how+long")

    expect(page.locator("#answer mark")).to_have_text("25 days")
    expect(page.locator("#answer .text")).to_contain_text(QUOTE)


def test_a_citation_opens_its_document_at_the_quoted_sentence(watched: Watched) -> None:
    page = watched.open("/?q=annual+leave+how+long")
    marker = page.locator("#answer .marker").first
    marker.click()

    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    expect(page.locator("dialog mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(marker).to_be_focused()


def test_the_quoted_sentence_is_scrolled_to_in_a_long_document(watched: Watched) -> None:
    page = watched.open()
    quote = "The last sentence is about parrots."
    start = len(DOCUMENTS[3].document.text) - len(quote)
    where = {"id": "docs/long.txt", "quote": quote, "start": start, "end": start + len(quote)}
    answer_with(page, meta(), *said(1, quote, 0, **where), done("answered", "extractive"))

    page.goto(f"{watched.origin}/?q=parrots")
    page.set_viewport_size({"width": 600, "height": 300})
    page.locator("#answer .marker").click()

    expect(page.locator("dialog mark")).to_have_text(quote)
    expect(page.locator("dialog mark")).to_be_in_viewport()


def test_the_keyboard_alone_is_enough(watched: Watched) -> None:
    page = watched.open("/?q=travel")
    expect(page.locator(".result").first).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("hol")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(["Leave & holidays"])
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#query")).to_have_value("Leave & holidays")
    titles = page.locator(".result h2 button")
    expect(titles.first).to_have_text("Leave & holidays")
    page.keyboard.press("ArrowDown")
    expect(titles.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(titles.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Leave & holidays")).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(titles.nth(0)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#query")).to_be_focused()


def test_the_address_holds_question_and_filters_and_back_goes_back(watched: Watched) -> None:
    page = watched.open("/?q=leave")
    expect(page.locator(".result")).to_have_count(len(DOCUMENTS))

    page.get_by_label("Type").select_option("md")
    expect(page.locator(".result")).to_have_count(2)
    assert "media_type=md" in page.url
    page.reload()
    expect(page.get_by_label("Type")).to_have_value("md")
    page.locator("#query").fill("trains")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Type")).to_have_value("")
    page.go_back()
    expect(page.locator("#query")).to_have_value("leave")
    expect(page.locator(".result")).to_have_count(2)


def test_what_documents_say_is_text_and_never_markup(watched: Watched) -> None:
    page = watched.open("/?q=annual+leave+here+script")
    title = page.get_by_role("button", name=HOSTILE, exact=True)
    expect(title).to_be_visible()
    expect(title).to_have_text(HOSTILE)
    title.click()

    expect(page.locator("dialog .text")).to_contain_text("<script>window.broken = 2</script>")
    assert page.locator("main img, dialog img, main script, dialog script").count() == 0
    assert page.evaluate("window.broken") is None
