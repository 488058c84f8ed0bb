"""Where the sentences of a text stand, as exact offsets, in many languages."""

import re

import sentencex

LINE = re.compile(r"[^\r\n]+")
# sentencex 1.0 panics on some white space of more than one byte (U+2003 after an initial) and refuses lone surrogates:
# it gets a text of the same length without them, so that its offsets stay ours.
SPACE = re.compile(r"\s")
SURROGATE = re.compile("[\ud800-\udfff]")
# What sentencex's own lists lack, as seen in business texts: a sentence that ends so goes on.
ABBREVIATIONS = {
    "en": ("approx.", "vs."),
    "fr": ("m.", "mme.", "no.", "env."),
    "nl": ("mevr.", "dhr."),
    "sv": ("t.ex.", "bl.a.", "kl."),
}


def sentence_spans(text: str, language: str) -> tuple[tuple[int, int], ...]:
    r"""Give (start, end) of each sentence of `text`, in code points, in order, trimmed of white space.

    The spans hold every character that is not white space, and never a line break: lines end headings, paragraphs,
    list items and table rows, and `Document.text` keeps each of those on one line.

    Args:
        text: any text; `\n`, `\r\n` and `\r` all break lines.
        language: ISO 639-1, or "und"; a language without rules of its own gets the nearest ones.

    """
    spans: list[tuple[int, int]] = []
    for line in LINE.finditer(text):
        plain = SURROGATE.sub("\ufffd", SPACE.sub(" ", line.group()))
        begin = 0
        for boundary in sentencex.get_sentence_boundaries(language, plain):  # pyright: ignore[reportAttributeAccessIssue]
            end = boundary["end_index"]
            piece = plain[begin:end]
            if end < len(plain) and goes_on(piece, language):
                continue
            first = begin + len(piece) - len(piece.lstrip())
            last = begin + len(piece.rstrip())
            if first < last:
                spans.append((line.start() + first, line.start() + last))
            begin = end
    return tuple(spans)


def goes_on(piece: str, language: str) -> bool:
    """Say whether `piece` ends in an abbreviation that sentencex took for the end of a sentence."""
    words = piece.split()
    return bool(words) and words[-1].lower() in ABBREVIATIONS.get(language, ())
