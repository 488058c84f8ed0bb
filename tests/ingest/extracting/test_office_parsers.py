"""Word, PowerPoint, spreadsheets and PDF: what is read of them, on which page, and what is refused."""

import io
import zipfile
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from groundsel_ingest.extracting.parsed import ParsedDocument
from groundsel_ingest.extracting.parsing import parse_file
from groundsel_pipelines.errors import Rejected
from small_files import pdf, sheets, slides, word

if TYPE_CHECKING:
    from docx.document import Document


def parsed(media_type: str, content: bytes) -> ParsedDocument:
    return parse_file(io.BytesIO(content), media_type=media_type, name=f"some_file.{media_type}")


def blocks(document: ParsedDocument) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


# ---------------------------------------------------------------- word


def handbook(document: "Document") -> None:
    document.add_heading("Handbook", 0)
    document.add_heading("Leave", 1)
    document.add_paragraph("Twenty days.")
    document.add_paragraph("Ask", style="List Bullet")
    document.add_paragraph("Go", style="List Bullet")
    for row, cells in zip(document.add_table(2, 2).rows, (("Year", "Days"), ("2025", "20")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.core_properties.modified = datetime(2025, 1, 6, 9)  # noqa: DTZ001 - Office writes UTC without saying so


def test_a_word_document_becomes_headings_lists_and_tables() -> None:
    document = parsed("docx", word(handbook))

    assert document.title == "Handbook"
    assert document.updated_at == datetime(2025, 1, 6, 9, tzinfo=UTC)
    assert blocks(document) == [
        ("heading", "Handbook"),
        ("heading", "Leave"),
        ("paragraph", "Twenty days."),
        ("list", "- Ask\n- Go"),
        ("table", "Year | Days\n2025 | 20"),
    ]


def test_revisions_are_read_as_accepted_and_content_controls_as_text() -> None:
    def write(document: "Document") -> None:
        space = nsdecls("w")
        document.add_paragraph("First.")
        document.element.body.insert(
            1,
            parse_xml(
                f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
            ),
        )
        paragraph = document.add_paragraph("Pay ")._p
        paragraph.append(parse_xml(f"<w:del {space}><w:r><w:delText>ten</w:delText></w:r></w:del>"))
        paragraph.append(parse_xml(f"<w:ins {space}><w:r><w:t>twelve</w:t></w:r></w:ins>"))

    assert parsed("docx", word(write)).text == "First.\n\nIn a control.\n\nPay twelve"


def test_heads_and_feet_of_pages_are_read_where_a_word_document_has_nothing_else() -> None:
    def framed(document: "Document") -> None:
        document.sections[0].header.paragraphs[0].text = "Letter of the board"
        document.sections[0].footer.paragraphs[0].text = "Confidential"

    def filled(document: "Document") -> None:
        framed(document)
        document.add_paragraph("Twenty days.")

    assert parsed("docx", word(framed)).text == "Letter of the board\n\nConfidential"
    assert parsed("docx", word(filled)).text == "Twenty days."


def test_a_word_document_with_macros_is_read() -> None:
    with zipfile.ZipFile(io.BytesIO(word(handbook))) as plain, zipfile.ZipFile(file := io.BytesIO(), "w") as made:
        for entry in plain.infolist():
            data = plain.read(entry)
            if entry.filename == "[Content_Types].xml":
                old = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
                data = data.replace(old, b"application/vnd.ms-word.document.macroEnabled.main+xml")
            made.writestr(entry, data)

    assert "Twenty days." in parsed("docx", file.getvalue()).text


# ---------------------------------------------------------------- slides and sheets


def test_each_slide_is_a_page_with_its_lines_table_and_notes() -> None:
    content = slides(
        ("Plan", ["One", "Two"]),
        ("Costs", ["About ten"]),
        notes="Say it slowly.",
        rows=[["Item", "Cost"], ["Pump", "230"]],
    )
    document = parsed("pptx", content)

    assert blocks(document) == [
        ("heading", "Plan"),
        ("list", "- One\n- Two"),
        ("heading", "Costs"),
        ("paragraph", "About ten"),
        ("table", "Item | Cost\nPump | 230"),
        ("paragraph", "Say it slowly."),
    ]
    assert [block.page for block in document.blocks] == [1, 1, 2, 2, 2, 2]


def test_each_sheet_is_a_page_and_cells_are_written_as_people_do() -> None:
    document = parsed(
        "xlsx",
        sheets(Prices=[["Item", "Pounds", "From", "Stock"], ["Valve", 12.5, date(2025, 3, 1), True]], Old=[["x"], [7]]),
    )

    assert blocks(document) == [
        ("heading", "Prices"),
        ("table", "Item | Pounds | From | Stock\nValve | 12.5 | 2025-03-01 | yes"),
        ("heading", "Old"),
        ("table", "x\n7"),
    ]
    assert [block.page for block in document.blocks] == [1, 1, 2, 2]


# ---------------------------------------------------------------- pdf

BODY = "This handbook tells everyone who works here what they may expect and what is expected of them. "


def test_a_pdf_gives_headings_paragraphs_and_page_numbers() -> None:
    document = parsed(
        "pdf",
        pdf([(20, "Handbook"), (11, BODY * 3)], [(15, "Leave"), (11, BODY * 2)], title="Handbook"),
    )

    assert document.title == "Handbook"
    assert [(block.kind, block.page) for block in document.blocks] == [
        ("heading", 1),
        ("paragraph", 1),
        ("heading", 2),
        ("paragraph", 2),
    ]
    assert document.text[document.blocks[1].start : document.blocks[1].end] == (BODY * 3).strip()


def test_a_numbered_heading_of_a_pdf_is_one_and_no_item_of_a_list() -> None:
    document = parsed("pdf", pdf([(15, "1. Leave"), (11, BODY * 3), (11, "1. Ask your lead."), (11, "2. Go.")]))

    assert [block.kind for block in document.blocks] == ["heading", "paragraph", "list"]


def test_what_runs_at_the_foot_of_every_page_is_left_out() -> None:
    pages = [[(11, f"Page with words of its own, number {name}. {BODY}")] for name in ("one", "two", "three", "four")]

    assert "Confidential" not in parsed("pdf", pdf(*pages, footer="Confidential")).text


def test_pages_that_say_nothing_but_the_same_are_read() -> None:
    assert "Approved" in parsed("pdf", pdf(*[[(11, "Approved")]] * 4)).text


# Two empty pages; on the second a filled field and an empty one, a tick, a note with its window, a hidden note.
WRITTEN_ON = b"""%PDF-1.7
1 0 obj <</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R 6 0 R 7 0 R]>>>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 300 300]>> endobj
3 0 obj <</Type/Page/Parent 2 0 R>> endobj
4 0 obj <</Type/Page/Parent 2 0 R/Annots[5 0 R 6 0 R 7 0 R 8 0 R 9 0 R 10 0 R]>> endobj
5 0 obj <</Type/Annot/Subtype/Widget/FT/Tx/T(a)/TU(Surname)/V(Miller)/Rect[0 0 90 9]>> endobj
6 0 obj <</Type/Annot/Subtype/Widget/FT/Tx/T(b)/TU(Town)/Rect[0 20 90 29]>> endobj
7 0 obj <</Type/Annot/Subtype/Widget/FT/Btn/T(c)/V/Agreed/AS/Agreed/Rect[0 40 9 49]>> endobj
8 0 obj <</Type/Annot/Subtype/Text/Contents(Call her back.)/Popup 9 0 R/Rect[0 60 9 69]>> endobj
9 0 obj <</Type/Annot/Subtype/Popup/Parent 8 0 R/Contents(Call her back.)/Rect[0 80 9 89]>> endobj
10 0 obj <</Type/Annot/Subtype/Text/F 2/Contents(Hidden.)/Rect[0 90 9 99]>> endobj
trailer <</Root 1 0 R/Size 11>>
%%EOF"""


def test_what_is_written_into_a_form_and_onto_a_page_is_read_with_its_page() -> None:
    document = parsed("pdf", WRITTEN_ON)

    assert document.text == "Surname: Miller\n\nCall her back."
    assert {block.page for block in document.blocks} == {2}


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("media_type", ["docx", "pptx", "xlsx", "pdf"])
def test_a_damaged_file_is_rejected(media_type: str) -> None:
    whole = {
        "docx": word(handbook),
        "pptx": slides(("Plan", ["One"])),
        "xlsx": sheets(Prices=[["x"]]),
        "pdf": pdf([(11, BODY)])[:40],
    }
    with pytest.raises(Rejected, match="damaged"):
        parsed(media_type, whole[media_type][: len(whole[media_type]) // 2])


@pytest.mark.parametrize("media_type", ["docx", "pptx", "xlsx"])
def test_a_file_of_another_kind_is_rejected(media_type: str) -> None:
    with pytest.raises(Rejected, match="damaged"):
        parsed(media_type, b"just words")


def test_a_pdf_that_asks_for_a_password_is_rejected() -> None:
    with pytest.raises(Rejected, match="password"):
        parsed("pdf", pdf([(11, BODY)], password="secret"))  # noqa: S106 - of the file made here


def test_a_pdf_without_text_is_rejected_as_a_scan() -> None:
    with pytest.raises(Rejected, match="scan"):
        parsed("pdf", pdf([]))


def archive(entries: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("media_type", "entries", "reason"),
    [
        ("docx", {"[Content_Types].xml": b" " * 20_000_000}, "more than 100 times"),
        ("pptx", {"[Content_Types].xml": b" " * 20_000_000}, "more than 100 times"),
        ("xlsx", {"[Content_Types].xml": b" " * 20_000_000}, "more than 100 times"),
        ("docx", {f"{number}.xml": b"" for number in range(10_001)}, "10,001 parts"),
        ("docx", {f"{number}": bytes(4_900_000) for number in range(103)}, "unpacks to"),
    ],
    ids=["ratio in docx", "ratio in pptx", "ratio in xlsx", "parts", "sum"],
)
def test_an_archive_that_would_unpack_to_too_much_is_rejected_unopened(
    media_type: str, entries: dict[str, bytes], reason: str
) -> None:
    with pytest.raises(Rejected, match=reason):
        parsed(media_type, archive(entries))


def test_entities_of_an_xml_part_are_not_expanded() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
        b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">&a;&f;</Types>'
    )
    with pytest.raises(Rejected, match="damaged"):
        parsed("docx", archive({"[Content_Types].xml": bomb}))
