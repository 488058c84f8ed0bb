"""Values between commas, semicolons or tabs: one table."""

import csv
import io
from typing import BinaryIO

from groundsel_ingest.extracting.decoding import decode
from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_pipelines.errors import Rejected

SAMPLE_CHARACTERS = 16_384
FIELD_CHARACTERS = 1_000_000


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    csv.field_size_limit(FIELD_CHARACTERS)
    text = decode(file.read()).replace("\0", "")
    try:
        manuscript.rows(csv.reader(io.StringIO(text, newline=""), dialect(text[:SAMPLE_CHARACTERS])))
    except csv.Error as error:
        raise Rejected(f"it is damaged: {error}") from error


def dialect(sample: str) -> type[csv.Dialect]:
    """Tell what separates the values; a comma where nothing does."""
    try:
        return csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        return csv.excel
