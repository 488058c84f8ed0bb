"""The page in a real browser: search, a streamed answer, its document at the quoted sentence, and every other state."""

import json
import shutil
import threading
from collections.abc import Generator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import anyio
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, expect, sync_playwright

from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_plugin.app import create_app
from groundsel_plugin.commands import address, listening
from groundsel_plugin.serving import Server
from plugin_parts import LEAVE, TRAVEL, made
from small_corpus import indexed, of_date

pytestmark = pytest.mark.integration

QUESTION = "How long is annual leave?"
QUOTE = "Annual leave is 25 days."
HOSTILE = "<img src=x onerror='window.broken = 1'> & <em>annual</em>"
LONG = "Minutes of the joint meeting about annual leave_" + "and_so_on_" * 30 + ".md"
DOCUMENTS = (
    LEAVE,
    TRAVEL,
    indexed("hostile.html", f"{HOSTILE} leave is <script>window.broken = 2</script> here.", title=HOSTILE),
    indexed("long.txt", "Leave was discussed at length. " * 40 + "The last sentence is about parrots.", title=LONG),
    of_date(indexed("old.pdf", "Leave was once 20 days.", title="Old leave"), datetime(2019, 5, 1, tzinfo=UTC)),
)


@pytest.fixture(scope="module")
def service() -> Generator[str]:
    """Serve a few documents over a real port; give the address."""
    store = MemoryStore()
    parts, ready = made(store), threading.Event()
    with listening("127.0.0.1", 0) as sock:
        server = Server(create_app(parts), health=parts.health, announce=ready.set)

        async def serve() -> None:
            await store.write(DOCUMENTS)
            await server.serve([sock])

        thread = threading.Thread(target=anyio.run, args=(serve,))  # Playwright's loop runs in this one
        thread.start()
        assert ready.wait(timeout=30)
        yield address(sock)
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no Chromium on the PATH: scripts/install-chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


class Watched:
    """A context of the browser that remembers what a good page never does."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.complaints: list[str] = []
        context.on("console", self.on_console)
        context.on("request", self.on_request)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def on_request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.origin).netloc:
            self.complaints.append(f"a request to {request.url}")

    def open(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.goto(f"{self.origin}{path}")
        return page


@pytest.fixture
def watched(browser: Browser, service: str) -> Generator[Watched]:
    """Give a fresh British reader; at the end nothing was complained about and nothing asked of anybody else."""
    with browser.new_context(locale="en-GB", viewport={"width": 1200, "height": 800}) as context:
        context.set_default_timeout(10_000)
        watched = Watched(context, service)
        yield watched
        assert watched.complaints == []


def answer_with(page: Page, *events: tuple[str, dict[str, object]]) -> None:
    """Let the service answer with these events: the states that its small documents do not bring about."""
    lines = [
        f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n" for number, (name, data) in enumerate(events, 1)
    ]
    page.route("**/api/v1/answer", lambda route: route.fulfill(content_type="text/event-stream", body="".join(lines)))


def meta(total: int = 3) -> tuple[str, dict[str, object]]:
    return "meta", {"request_id": "1", "mode": "hybrid", "degraded": [], "total": {"value": total, "relation": "eq"}}


def done(status: str, method: str, reason: str | None = None) -> tuple[str, dict[str, object]]:
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    return "done", {"status": status, "method": method, "reason": reason, "usage": usage, "took_ms": {}}


def said(number: int, sentence: str, at: int, **changed: object) -> list[tuple[str, dict[str, object]]]:
    """Give the events of a sentence that stands at `at` in the answer, quoted from the document about leave."""
    citation = {
        "n": number, "id": "docs/leave.md", "passage_id": "docs/leave.md#0", "title": "Leave & holidays",
        "url": "file:///leave.md", "quote": QUOTE, "start": 0, "end": len(QUOTE), "page": None, "version": 1,
        "state": "current", "text_span": [at + len(sentence) + 1, at + len(sentence) + 4], "answer_span": None,
    }  # fmt: skip
    return [("delta", {"text": f"{sentence} [{number}]"}), ("citation", citation | changed)]


# ---------------------------------------------------------------- the way through


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


# ---------------------------------------------------------------- languages, colours, sizes


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


# ---------------------------------------------------------------- states


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
