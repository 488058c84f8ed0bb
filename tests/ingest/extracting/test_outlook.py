"""Mails as Outlook saves them."""

import io

import pytest

from groundsel_ingest.extracting.parsed import ParsedDocument
from groundsel_ingest.extracting.parsing import parse_file
from groundsel_pipelines.errors import Rejected
from small_outlook import outlook

SUBJECT, BODY, HTML, RICH_TEXT, HEADERS = 0x0037, 0x1000, 0x1013, 0x1009, 0x007D
NAME, ADDRESS, FILE_NAME = 0x3001, 0x39FE, 0x3707


def read(content: bytes) -> ParsedDocument:
    return parse_file(io.BytesIO(content), media_type="msg", name="offer.msg")


def test_a_mail_has_its_subject_who_wrote_it_to_whom_its_text_and_what_is_attached() -> None:
    parsed = read(
        outlook(
            {
                SUBJECT: "Offer",
                BODY: "The pump costs 230 euros.\r\n\r\nKind regards",
                HEADERS: "From: =?utf-8?q?Ann_M=C3=BCller?= <ann@x.org>\r\n"
                "Message-ID: <2@x.org>\r\nReferences: <1@x.org>\r\n",
            },
            to=[{NAME: "Bob", ADDRESS: "bob@y.org"}, {NAME: "", ADDRESS: "eve@y.org"}],
            attached=[{FILE_NAME: "prices.xlsx"}],
        )
    )
    assert parsed.title == "Offer"
    assert parsed.text.splitlines() == [
        "Offer", "", "From: Ann Müller <ann@x.org>", "To: Bob <bob@y.org>, eve@y.org", "", "The pump costs 230 euros.",
        "", "Kind regards", "", "Attachments:", "- prices.xlsx",
    ]  # fmt: skip
    assert parsed.metadata["thread"] == "<1@x.org>"


def test_a_mail_in_html_is_read_as_a_page_and_rich_text_alone_is_said_not_to_be() -> None:
    parsed = read(outlook({SUBJECT: "News", HTML: "<p>Grüße</p><ul><li>One</ul>".encode()}))
    assert "Grüße\n\n- One" in parsed.text
    assert read(outlook({SUBJECT: "Old", RICH_TEXT: b"LZFu"})).partial_reason is not None


def test_what_is_no_such_file_is_rejected() -> None:
    with pytest.raises(Rejected, match="no mail of Outlook"):
        read(b"From: ann@x.org\n\nText")
