"""Files that mean harm, or were harmed: bombs, loops, nests, lies; valid ones with bytes cut, turned and doubled."""

import io
import random
import zipfile
from collections.abc import Mapping

from docx.document import Document

from small_files import mail, pdf, sheets, slides, word

MEGABYTE = 1024**2
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def archive(parts: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


def with_part(valid: bytes, name: str, content: bytes) -> bytes:
    """Give an office file with one of its parts replaced."""
    with zipfile.ZipFile(io.BytesIO(valid)) as packed:
        return archive({entry: packed.read(entry) for entry in packed.namelist()} | {name: content})


def lying(content: bytes) -> bytes:
    """Give a zip whose directory says that every part is tiny."""
    packed = bytearray(content)
    place = packed.find(b"PK\x01\x02")
    while place >= 0:
        packed[place + 24 : place + 28] = (10).to_bytes(4, "little")
        place = packed.find(b"PK\x01\x02", place + 4)
    return bytes(packed)


def write_leave(document: Document) -> None:
    document.add_paragraph("Twenty days of leave.")


def valid_files() -> Mapping[str, bytes]:
    return {
        "docx": word(write_leave),
        "xlsx": sheets(Prices=[["Valve", 12], ["Pump", 230]]),
        "pptx": slides(("Plan", ["Grow", "Hire"])),
        "pdf": pdf([(16, "Leave"), (11, "Twenty days of leave.")], [(11, "And one more page.")]),
        "eml": bytes(mail("Offer", "See below.", html="<p>See <b>below</b>.</p>")),
        "html": b"<html><body><h1>Leave</h1><table><tr><td>Days<td>20</table><ul><li>One<li>Two</ul></body></html>",
        "md": b"# Leave\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n  - two\n\n```\ncode\n```\n",
        "csv": b"item;price\npump;230\nvalve;12\n",
    }


def harmed(kind: str, content: bytes, harm: random.Random) -> bytes:
    """Give `content` with some harm done to it."""
    data = bytearray(content)
    match harm.randrange(4):
        case 0:
            del data[harm.randrange(len(data)) :]
        case 1:
            for _ in range(max(1, len(data) // 200)):
                data[harm.randrange(len(data))] = harm.randrange(256)
        case 2:
            start = harm.randrange(len(data))
            data[start:start] = data[start : start + 2000] * harm.randrange(2, 50)
        case _:
            start = harm.randrange(len(data))
            data[start : start + harm.randrange(1, 64)] = harm.randbytes(harm.randrange(1, 64))
    return bytes(data) or kind.encode()


def pdf_of(objects: str) -> bytes:
    return f"%PDF-1.7\n{objects}\ntrailer << /Root 1 0 R /Size 9 >>\nstartxref\n9\n%%EOF".encode()


def bombs() -> Mapping[str, bytes]:
    """Give one file of each kind of attack, by a name with its suffix."""
    files = valid_files()
    zeros = b"\0" * (20 * MEGABYTE)
    laughing = f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY l0 'ha'>{LAUGHS}]><x>&l9;</x>".encode()
    outside = b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><x>&f;</x>"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cell = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    many_cells = f'<worksheet xmlns="{main}"><sheetData>{cell}</sheetData></worksheet>'.encode()
    nested = archive({"a": zeros})
    for _ in range(5):
        nested = archive({"a": nested})
    deep_mail = mail("Deep", "Bottom.")
    for number in range(60):
        above = mail(f"Deep {number}", "Forwarded.")
        above.add_attachment(deep_mail)
        deep_mail = above
    made: dict[str, bytes] = {
        "locked.docx": bytes.fromhex("d0cf11e0a1b11ae1") + zeros[:4096],
        "deep.html": b"<div>" * 100_000 + b"deep",
        "wide.html": b"<table>" + b"<tr>" * 50_000,
        "attributes.html": b"<p " + b"a=1 " * 200_000 + b">x",
        "lists.html": b"<ul><li>" * 5000,
        "quotes.md": b">" * 50_000 + b" deep",
        "brackets.md": b"[" * 50_000 + b"a" + b"](" * 50_000,
        "emphasis.md": b"*a_ " * 30_000,
        "backticks.md": b"".join(b"`" * n + b" " for n in range(1, 700)),
        "line.txt": b"x" * (10 * MEGABYTE),
        "zeros.txt": zeros[:MEGABYTE],
        "surrogates.txt": "\ud800\udfff".encode("utf-16-le", "surrogatepass") * 1000,
        "quotes.csv": b'"' * 200_001,
        "columns.csv": b"," * MEGABYTE,
        "deep.eml": bytes(deep_mail),
        "headers.eml": b"Subject: x\n" + b"X-A: b\n" * 50_000 + b"\nText",
        "boundary.eml": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\n" * 20_000,
        "kids.pdf": pdf_of(
            "1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj 2 0 obj << /Type /Pages /Kids [2 0 R] /Count 9 >> endobj"
        ),
        "length.pdf": pdf_of("1 0 obj << /Type /Catalog /Pages 1 0 R /Length 1 0 R >> stream\nendstream endobj"),
        "count.pdf": pdf_of(
            "1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj 2 0 obj << /Type /Pages /Kids [] /Count 9999999 >> endobj"
        ),
        "arrays.pdf": pdf_of("1 0 obj " + "[" * 100_000 + " endobj"),
    }
    for kind, part in (("docx", "word/document.xml"), ("pptx", "ppt/slides/slide1.xml"),
                       ("xlsx", "xl/worksheets/sheet1.xml")):  # fmt: skip
        valid = files[kind]
        made |= {
            f"zeros.{kind}": with_part(valid, part, zeros),
            f"lying.{kind}": lying(with_part(valid, part, zeros)),
            f"laughs.{kind}": with_part(valid, part, laughing),
            f"outside.{kind}": with_part(valid, part, outside),
            f"deep.{kind}": with_part(valid, part, b"<a>" * 50_000),
            f"many.{kind}": with_part(archive({f"{n}": b"" for n in range(10_001)}), part, b"<a/>"),
            f"nested.{kind}": with_part(valid, "nested.zip", nested),
            f"slip.{kind}": with_part(valid, "../../../../tmp/groundsel-was-here", b"x"),
            f"empty.{kind}": archive({"[Content_Types].xml": TYPES.encode()}),
            f"cells.{kind}": with_part(valid, part, many_cells),
        }
    return made


def hostile_files(count: int, *, seed: int) -> dict[str, bytes]:
    """Give `count` files by their names: each kind of attack once, the rest harmed by chance, the same for a seed."""
    harm = random.Random(seed)  # noqa: S311 - any harm will do
    files = dict(bombs())
    valid = list(valid_files().items())
    number = 0
    while len(files) < count:
        kind, content = valid[number % len(valid)]
        files[f"harmed-{number}.{kind}"] = harmed(kind, content, harm)
        number += 1
    return files
