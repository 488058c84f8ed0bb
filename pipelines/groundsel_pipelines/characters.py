"""Makes text from files clean: one line break, no characters that nobody sees, nothing that cannot be stored."""

import re
import unicodedata

LINE_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufffe\uffff]")
CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Soft hyphen, zero-width space, word joiner, byte-order mark, marks and overrides of direction, invisible operators,
# and the tag characters in which instructions to models are hidden. Joiners (U+200C, U+200D) spell words and emoji.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]")
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


def clean(text: str) -> str:
    r"""Give `text` with `\n` for every line break, composed (NFC), without what is invisible or cannot be stored."""
    text = LINE_BREAKS.sub("\n", text)
    text = UNSTORABLE.sub("\ufffd", text)
    text = CONTROLS.sub(" ", text)
    text = INVISIBLE.sub("", text)
    return unicodedata.normalize("NFC", text.translate(LIGATURES))


def one_line(text: str) -> str:
    """Give `text` cleaned and on one line, its white space single spaces."""
    return " ".join(clean(text).split())
