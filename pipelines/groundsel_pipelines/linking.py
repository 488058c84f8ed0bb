"""Links into documents: to the page of a PDF, to the words of a web page."""

from typing import Final
from urllib.parse import quote, urlsplit

SCHEMES: Final = frozenset({"http", "https", "file"})
SHOWN_WORDS: Final = 8  # of the beginning of what is linked to: enough to be found, short enough for an address


def deep_link(uri: str, *, media_type: str, page: int | None, text: str) -> str:
    """Give the address that opens a document where `text` stands; the plain one where its kind knows no such place.

    PDF open parameters (ISO 32000-2, Annex O) and text fragments (WICG, URL Fragment Text Directives).
    """
    if urlsplit(uri).scheme not in SCHEMES:
        return uri
    bare = uri.partition("#")[0]
    if media_type == "pdf" and page:
        return f"{bare}#page={page}"
    line = next((line for line in text.splitlines() if line.strip()), "")
    words = line.split()[:SHOWN_WORDS]
    if media_type == "html" and words:
        return f"{bare}#:~:text={quote(' '.join(words), safe='').replace('-', '%2D')}"
    return uri
