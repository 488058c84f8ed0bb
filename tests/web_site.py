"""A web site of a test's own, on this machine: its pages are said by the test, and every request is kept."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True, kw_only=True)
class Answer:
    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Page = Answer | str | Callable[[str], "Answer | str"]  # a function of the whole path; a text is a page


@dataclass(kw_only=True)
class Site:
    """Answers 404 for what it does not have, and 304 where the request knows the page's ETag."""

    address: str = ""
    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    asked: list[str] = field(default_factory=list[str])
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])

    def answer(self, path: str) -> Answer:
        page = self.pages.get(path, self.pages.get(path.partition("?")[0] + "?", Answer(status=404)))
        if callable(page):
            page = page(path)
        return Answer(body=page, headers={"Content-Type": "text/html"}) if isinstance(page, str) else page


def page(text: str, *links: str, head: str = "") -> str:
    anchors = "".join(f'<a href="{link}">{link}</a> ' for link in links)
    return f"<html><head><title>{text}</title>{head}</head><body><main><p>{text}</p>{anchors}</main></body></html>"


@contextmanager
def running() -> Generator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.headers.append(dict(self.headers.items()))
            answer = site.answer(self.path)
            etag = answer.headers.get("ETag")
            known = etag is not None and self.headers.get("If-None-Match") == etag
            body = b"" if known else answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(304 if known else answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:  # the client has had enough of a huge page
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
