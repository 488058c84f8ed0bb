"""Letters without case and accents, for comparing words as people type them."""

import unicodedata


def fold(text: str) -> str:
    """Give `text` in lower case without combining marks: `Été` and `ete` become the same."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
