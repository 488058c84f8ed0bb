"""The page in a browser: its documents, a reader who is watched, and answers made up for states that are rare."""

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Route

from plugin_parts import LEAVE, TRAVEL
from small_corpus import indexed, of_date

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


def answer_with(page: Page, *events: tuple[str, dict[str, object]]) -> None:
    """Let the service answer with these events: the states that its small documents do not bring about."""
    page.route("**/api/v1/answer", lambda route: fulfil(route, *events))


def fulfil(route: Route, *events: tuple[str, dict[str, object]]) -> None:
    lines = [
        f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n" for number, (name, data) in enumerate(events, 1)
    ]
    route.fulfill(content_type="text/event-stream", body="".join(lines))


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
