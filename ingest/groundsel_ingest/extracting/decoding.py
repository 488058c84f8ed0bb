"""From bytes to text: by byte-order mark, by UTF-8, by what the file says, else by the look of it."""

import codecs

from charset_normalizer import from_bytes

from groundsel_pipelines.errors import Rejected

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LOOKED_AT_BYTES = 64 * 1024  # guessing costs 20 ms for this much


def decode(data: bytes, *, declared: str | None = None) -> str:
    """Give `data` as text; `declared` is the encoding that the file claims to be in.

    Raises:
        Rejected: these bytes are no text.

    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    for claim in ("utf-8", declared):
        if claim:
            try:
                return data.decode(claim)
            except (UnicodeDecodeError, LookupError):
                continue
    guess = from_bytes(data[:LOOKED_AT_BYTES]).best()
    if guess is None:
        raise Rejected("its bytes are no text in any known encoding")
    return data.decode(guess.encoding, errors="replace")
