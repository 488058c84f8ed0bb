"""Makes conversations of the questions about a document: what the first names, the second leaves to a pronoun.

The question as it was written is what the follow-up means. A question that does not name the document's subject follows
as it is, and is to stay so. Conversations that someone had stay as they are, too.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from groundsel_pipelines.tuning.rows import RewriteRow

PRONOUNS: Final = ("it", "that", "this", "they")
POSSESSIVES: Final = ("its", "their")
SHARE_UNCHANGED: Final = 0.4  # of the questions: more teaches to change nothing
FEWEST_LETTERS: Final = 3  # of a subject
LEANING: Final = re.compile(r"\b(?:it|its|they|their|he|she|his|her|this|that|these|those|there)\b", re.IGNORECASE)


def in_conversations(rows: Iterable[RewriteRow], numbers: Random) -> Iterator[RewriteRow]:
    """Let questions that name the subject of their document follow on another that does, and some others unchanged."""
    of_document: dict[str, list[RewriteRow]] = defaultdict(list)
    for row in rows:
        if row.history[0] == row.question:
            of_document[row.document].append(row)
        else:
            yield row  # a conversation already
    for subject, asked in of_document.items():
        naming = re.compile(rf"\b(?:the )?{re.escape(subject)}(?P<own>['’]s?\b)?", re.IGNORECASE)
        named = [row for row in asked if len(subject) >= FEWEST_LETTERS and naming.search(row.question)]
        if len(named) < 2:  # noqa: PLR2004 - one to ask, one to follow
            continue
        for row in asked:
            before = numbers.choice(named)
            if before.question == row.question:
                continue
            if row in named:
                pronoun, own = numbers.choice(PRONOUNS), numbers.choice(POSSESSIVES)
                yield replace(row, history=before.history, question=leaning(row.question, naming, pronoun, own))
            elif numbers.random() < SHARE_UNCHANGED and not LEANING.search(row.question):
                yield replace(row, history=before.history)


def leaning(question: str, naming: re.Pattern[str], pronoun: str, own: str) -> str:
    """Put a pronoun, or a possessive, wherever a question names its subject."""
    return naming.sub(lambda found: own if found["own"] else pronoun, question)
