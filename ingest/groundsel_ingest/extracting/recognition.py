"""Reads the picture of a page by Tesseract, in the same confined process; it is the extra `ocr`.

The languages' own data are the system's: on Debian, the packages tesseract-ocr-eng, -deu, -fra ...
"""

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

import pypdfium2 as pdfium

from groundsel_ingest.extracting.pdf_layout import Line, Word
from groundsel_pipelines.errors import InvalidInput

DOTS_PER_INCH: Final = 200
POINTS_PER_INCH: Final = 72
MOST_PIXELS: Final = 25_000_000  # of a page: A2 at 200 dpi
LEAST_CONFIDENCE: Final = 30.0  # percent; below it a "word" is mostly a stain
LARGE: Final = 1.5  # of the median height: a line that is a heading, not one with taller letters
DATA: Final = (
    "/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata",
    "/usr/local/share/tessdata", "/opt/homebrew/share/tessdata",
)  # fmt: skip


def check_languages(languages: tuple[str, ...], *, where: str) -> str:
    """Give the languages as Tesseract wants them: "eng+deu".

    Raises:
        InvalidInput: Tesseract or one of them is not installed.

    """
    if not languages:
        return ""
    if find_spec("tesserocr") is None:
        raise InvalidInput(f"{where} needs Tesseract; run: pip install 'groundsel[ocr]'")
    folder = data_folder()
    there = {path.stem for path in folder.glob("*.traineddata")} if folder else set[str]()
    if missing := [language for language in languages if language not in there]:
        raise InvalidInput(
            f"{where}: Tesseract has no data for {missing[0]!r}; it has {', '.join(sorted(there)) or 'none'}; "
            f"on Debian: apt-get install tesseract-ocr-{missing[0]}"
        )
    return "+".join(languages)


def data_folder() -> Path | None:
    return next((Path(folder) for folder in DATA if Path(folder).is_dir()), None)


@contextmanager
def recogniser(languages: str) -> Generator[Any]:
    """Open Tesseract for these languages."""
    library = import_module("tesserocr")
    with library.PyTessBaseAPI(path=str(data_folder() or ""), lang=languages) as opened:
        yield opened


def read_page(page: pdfium.PdfPage, reader: Any) -> list[Line]:  # noqa: ANN401 - tesserocr has no types
    """Give the lines of a page as they look, in reading order."""
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / POINTS_PER_INCH, (MOST_PIXELS / max(width * height, 1)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)  # pyright: ignore[reportArgumentType] - it takes any number
    reader.SetImageBytes(bytes(bitmap.buffer), bitmap.width, bitmap.height, 1, bitmap.stride)
    reader.SetSourceResolution(round(scale * POINTS_PER_INCH))
    reader.Recognize()
    found: list[list[tuple[Word, float, float]]] = []
    library = import_module("tesserocr")
    iterator = reader.GetIterator()
    for each in library.iterate_level(iterator, library.RIL.WORD) if iterator else ():
        box = each.BoundingBox(library.RIL.WORD)
        text = (each.GetUTF8Text(library.RIL.WORD) if box else "").strip()
        if not text or each.Confidence(library.RIL.WORD) < LEAST_CONFIDENCE:
            continue
        if each.IsAtBeginningOf(library.RIL.TEXTLINE) or not found:
            found.append([])
        left, top, right, bottom = box
        found[-1].append((Word(text=text, left=left / scale, right=right / scale), height - bottom / scale,
                          height - top / scale))  # fmt: skip
    return lines(found)


def lines(found: list[list[tuple[Word, float, float]]]) -> list[Line]:
    """Make lines of words with their lower and upper edges; all but headings are of one size, whatever they spell."""
    heights = [max(top for *_, top in each) - min(bottom for _, bottom, _ in each) for each in found if each]
    usual = median(heights) if heights else 0.0
    return [
        Line(
            words=tuple(word for word, _, _ in each),
            bottom=min(bottom for _, bottom, _ in each),
            top=max(top for *_, top in each),
            size=round(height if height > LARGE * usual else usual, 1),
            bold=False,
        )
        for each, height in zip(found, heights, strict=True)
    ]
