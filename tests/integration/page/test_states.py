"""Every other state of the page: nothing told, contradictions, failures, a question that was read into parts."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from browsing import QUESTION, QUOTE, Watched, answer_with, done, meta, said

pytestmark = pytest.mark.integration


def test_an_abstention_is_said_with_the_results_below(watched: Watched) -> None:
    page = watched.open()
    answer_with(page, meta(), done("not_in_documents", "none"))
    page.goto(f"{watched.origin}/?q=Who+is+the+king+of+leave%3F")

    expect(page.locator("#answer")).to_contain_text("The documents do not say.")
    expect(page.locator(".result").first).to_be_visible()


def test_a_few_words_are_a_search_and_no_question_that_stays_open(watched: Watched) -> None:
    page = watched.open()
    answer_with(page, meta(), done("not_in_documents", "none"))
    page.goto(f"{watched.origin}/?q=leave")

    expect(page.locator(".result").first).to_be_visible()
    expect(page.locator("#answer")).to_be_hidden()


def test_a_contradiction_shows_both_quotations_with_their_documents(watched: Watched) -> None:
    page = watched.open()
    first, second = "Leave is 25 days.", "Leave was once 20 days."
    answer_with(
        page,
        meta(),
        *said(1, first, 0),
        *said(2, f" {second}", len(f"{first} [1]"), title="Old leave"),
        done("conflicting", "extractive"),
    )
    page.goto(f"{watched.origin}/?q=How+long+is+leave%3F")

    expect(page.locator("#answer")).to_contain_text("The documents contradict each other")
    expect(page.locator("#answer blockquote p")).to_contain_text([first, second])
    expect(page.locator("#answer blockquote footer")).to_contain_text(["Leave & holidays", "Old leave"])


def test_a_quotation_instead_of_a_text_says_why(watched: Watched) -> None:
    page = watched.open()
    answer_with(page, meta(), *said(1, QUOTE, 0), done("answered", "extractive", "model_unavailable"))
    page.goto(f"{watched.origin}/?q=leave")

    expect(page.locator("#answer")).to_contain_text("The language model gave no answer, so it is quoted")


def test_a_document_that_has_changed_since_says_so(watched: Watched) -> None:
    page = watched.open()
    answer_with(
        page, meta(), *said(1, "Leave is 99 days.", 0, quote="Leave is 99 days."), done("answered", "extractive")
    )
    page.goto(f"{watched.origin}/?q=leave")
    page.locator("#answer .marker").click()

    expect(page.get_by_role("dialog")).to_contain_text("This document has changed since.")
    expect(page.locator("dialog mark")).to_have_count(0)


def test_what_was_read_out_of_a_question_is_shown_and_undone_part_by_part(watched: Watched) -> None:
    page = watched.open("/?q=annual+-holidays+type%3Amd")
    results = page.locator("#results")

    expect(results.locator(".plan")).to_contain_text("Without -holidays")
    expect(results.locator(".plan")).to_contain_text("Only type:md")
    expect(results.locator(".result")).to_have_count(1)  # Travel: the other one is called "Leave & holidays"

    page.get_by_role("button", name="Take -holidays as mere words").click()

    expect(results.locator(".plan li")).to_have_count(1)
    expect(results.locator(".result")).to_have_count(2)
    assert urlsplit(page.url).query == "q=annual+-holidays+type%3Amd&undo=exclusion%3A7"


def test_what_is_only_offered_is_taken_over_with_a_click(watched: Watched) -> None:
    page = watched.open("/?q=what+is+leave+before+2020")

    page.get_by_role("button", name="Did you mean until:2019-12-31").click()

    expect(page.locator("#query")).to_have_value("what is leave until:2019-12-31")
    expect(page.locator(".result")).to_have_count(1)
    expect(page.locator(".result")).to_contain_text("Old leave")


def test_nothing_found_says_what_to_try(watched: Watched) -> None:
    page = watched.open("/?q=leave&media_type=none")

    expect(page.locator("#results")).to_contain_text("Nothing found.")
    expect(page.locator("#results")).to_contain_text("Take a filter off")


def test_results_that_hold_none_of_the_words_say_so(watched: Watched) -> None:
    page = watched.open("/?q=zzqqx")

    expect(page.locator("#results .note")).to_have_text(
        "No document holds any of these words. What is nearest in meaning:"
    )
    expect(page.locator(".result").first).to_be_visible()


def test_what_was_left_out_of_a_search_is_said(watched: Watched) -> None:
    def degrade(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "degraded": ["dense"]})

    page = watched.open()
    page.route("**/api/v1/search", degrade)
    page.goto(f"{watched.origin}/?q=leave")

    expect(page.locator("#results")).to_contain_text("Incomplete: search by meaning failed or took too long.")


def test_a_failure_says_what_to_do_once_and_trying_again_helps(watched: Watched) -> None:
    page = watched.open()
    problem = {"type": "https://x/problems/store-unavailable", "title": "Down", "status": 503, "detail": "It is down."}
    body = json.dumps(problem)
    page.route("**/api/v1/*", lambda route: route.fulfill(status=503, content_type="application/json", body=body))
    page.goto(f"{watched.origin}/?q={QUESTION}")

    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("alert")).to_contain_text("groundsel doctor")
    page.unroute("**/api/v1/*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#answer .text")).to_contain_text(QUOTE)
    watched.complaints.clear()  # the browser itself reports a 503


def test_a_service_that_is_gone_is_said(watched: Watched) -> None:
    page = watched.open()
    page.route("**/api/v1/*", lambda route: route.abort())
    page.goto(f"{watched.origin}/?q={QUESTION}")

    expect(page.get_by_role("alert")).to_contain_text("Start it with: groundsel serve")
    watched.complaints.clear()  # the browser itself reports a lost connection


def test_an_answer_that_breaks_off_is_said(watched: Watched) -> None:
    page = watched.open()
    answer_with(page, meta(), *said(1, QUOTE, 0))
    page.goto(f"{watched.origin}/?q={QUESTION}")

    expect(page.locator("#answer")).to_contain_text("The connection broke before its end.")
