"""Conversation: what needs no document, and follow-up questions made to stand alone, by rules; when in doubt, as asked.

A question that leans on the one before it names what it asks for and leaves out the rest ("And in Grenoble?"), or says
"it", "there", "she" for what was named before. The rest, or the name, is put in; anything else stays as it is typed.
"""

import re
from collections.abc import Sequence
from typing import Final

from groundsel_pipelines.answering.chatting import chat
from groundsel_pipelines.answering.ellipses import ELLIPSIS, completed
from groundsel_pipelines.answering.pronouns import pronouns, with_names
from groundsel_pipelines.answering.replies import Kind, reply
from groundsel_pipelines.types import Turn

REMEMBERED: Final = 6  # turns that are looked at
MARKER: Final = re.compile(r"\s*\[\d+\]")
MOST_CHARACTERS: Final = 1000  # of what was said before, in which names are looked for
MOST_WORDS: Final = 60  # of an answer that a model is shown


def reply_to(text: str, history: Sequence[Turn]) -> str:
    """Give a short reply to what asks for no document, from what was said alone; "" for a question."""
    kind, language = chat(text) or ("", "")
    if not kind or (kind == "agreed" and not history):  # "ok" on its own is a word to search for
        return ""
    return reply(kind, language, quoted=quoted(kind, history))


def quoted(kind: Kind, history: Sequence[Turn]) -> Sequence[str]:
    """Give what a reply of this kind repeats: the last question, what was answered to it, or all that was asked."""
    asked = [at for at, turn in enumerate(history) if turn.role == "user" and chat(turn.text) is None]
    if kind == "said":
        return [shortened(turn.text) for at in asked[-1:] for turn in history[at + 1 : at + 2]]
    return [history[at].text for at in (asked[-1:] if kind == "recall" else asked[-REMEMBERED:])]


def shortened(answer: str) -> str:
    """Give an answer without its markers, and no more of it than a reader, or a model, is to be shown again."""
    words = MARKER.sub("", answer).split()
    return " ".join(words[:MOST_WORDS]) + (" …" if len(words) > MOST_WORDS else "")


def last_question(history: Sequence[Turn]) -> str:
    """Give the last thing asked that was a question; "" where there is none."""
    asked = (turn.text for turn in reversed(history) if turn.role == "user")
    return next((text for text in asked if chat(text) is None), "")


def standing_alone(text: str, history: Sequence[Turn]) -> str:
    """Give a question that means the same without what was said before; `text` itself where it stands alone."""
    kept = history[-REMEMBERED:]
    before = resolved_last(kept)
    if not before:
        return text
    if found := ELLIPSIS.match(text):
        return completed(found["rest"], before)
    return with_names(text, before, last_answer(kept))


def leans(text: str, history: Sequence[Turn]) -> bool:
    """Say whether a question seems to need what was said before it."""
    if not last_question(history):
        return False
    return bool(pronouns(text) or ELLIPSIS.match(text))


def recent(history: Sequence[Turn]) -> tuple[str, ...]:
    """Give the last question, standing alone itself, and what was answered to it: what a model is shown."""
    kept = history[-REMEMBERED:]
    return (resolved_last(kept), shortened(last_answer(kept)))


def resolved_last(history: Sequence[Turn]) -> str:
    """Give the last question, standing alone itself: "And there?" may follow on "And in Lyon?"."""
    at = next(
        (i for i in reversed(range(len(history))) if history[i].role == "user" and chat(history[i].text) is None), None
    )
    return "" if at is None else standing_alone(history[at].text[:MOST_CHARACTERS], history[:at])


def last_answer(history: Sequence[Turn]) -> str:
    return next((turn.text[:MOST_CHARACTERS] for turn in reversed(history) if turn.role == "assistant"), "")
