"""Follow-up questions, a greeting and a dossier on the page."""

import pytest
from playwright.sync_api import Page, expect

from browsing import QUESTION, QUOTE, Watched, answer_with, done, meta, said

pytestmark = pytest.mark.integration


def ask(page: Page, question: str) -> None:
    page.locator("#query").fill(question)
    page.keyboard.press("Enter")


def test_a_follow_up_question_shows_what_it_was_understood_as_and_can_be_taken_as_typed(watched: Watched) -> None:
    page = watched.open()
    ask(page, QUESTION)
    expect(page.locator("#answer .text")).to_contain_text(QUOTE)

    ask(page, "And in March?")
    expect(page.locator("#answer .understood em")).to_have_text("How long is annual leave in March?")
    page.get_by_role("button", name="Take it as typed").click()
    expect(page.locator("#answer .understood")).to_have_count(0)


def test_a_greeting_is_answered_with_a_greeting(watched: Watched) -> None:
    page = watched.open()
    ask(page, "Hello!")

    expect(page.locator("#answer")).to_contain_text("Hello. Ask me something about your documents.")
    expect(page.locator(".result")).to_have_count(0)
    expect(page.locator("#filters select")).to_have_count(0)


def test_all_about_a_subject_is_shown_in_its_parts_each_sentence_with_its_source(watched: Watched) -> None:
    page = watched.open("/?q=annual+leave")
    page.get_by_role("button", name="All about this").click()

    expect(page.locator("#answer h3").first).to_have_text("What is known")
    expect(page.locator("#answer li .marker").first).to_be_visible()
    page.locator("#answer li .marker").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1200])
def test_a_contradiction_does_not_move_what_is_below_it(watched: Watched, width: int) -> None:
    page = watched.open()
    page.set_viewport_size({"width": width, "height": 800})
    page.route("**/api/v1/answer", lambda _route: None)
    page.goto(f"{watched.origin}/?q={QUESTION}")
    expect(page.locator(".result").first).to_be_visible()
    before = page.locator(".result").first.bounding_box()

    page.unroute("**/api/v1/answer")
    first, second = "Leave is 25 days.", "Leave was once 20 days."
    answer_with(page, meta(), *said(1, first, 0), *said(2, f" {second}", len(f"{first} [1]"), title="Old leave"),
                done("conflicting", "extractive"))  # fmt: skip
    page.reload()
    expect(page.locator("#answer blockquote")).to_have_count(2)
    page.wait_for_timeout(400)  # the transition of its height
    after = page.locator(".result").first.bounding_box()

    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 8
