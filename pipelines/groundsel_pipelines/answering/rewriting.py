"""Rewriting: a small model makes a follow-up question stand alone, where one serves and adds nothing of its own.

The rules of `conversation` say whether a question leans on what was said before; only of one that does is the model
asked, as results wait for it. What the rules make of it stands where the model is absent, late, or adds a word.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from anyio import to_thread

from groundsel_pipelines.answering.conversation import leans, recent, standing_alone
from groundsel_pipelines.answering.ellipses import ELLIPSIS
from groundsel_pipelines.answering.generating import Bulkhead, Generation
from groundsel_pipelines.answering.phrases import DETERMINERS
from groundsel_pipelines.answering.pronouns import LEANING
from groundsel_pipelines.prompting import rewriting_prompt
from groundsel_pipelines.protocols import LanguageModel, ModelOf, no_model
from groundsel_pipelines.types import Turn
from groundsel_pipelines.words import WORD, asked_language, fold

logger = logging.getLogger(__name__)

SECONDS: Final = 1.5  # that results wait for a model at most
MOST_TOKENS: Final = 64  # of a question


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """Asks a rewriter, where one serves. `seconds` are for all it does for one question."""

    rewriters: ModelOf[LanguageModel] = no_model
    bulkhead: Bulkhead = field(default_factory=lambda: Bulkhead(timeout=SECONDS))
    seconds: float = SECONDS

    async def standing_alone(self, text: str, history: Sequence[Turn], *, collection: str = "") -> str:
        """Give a question that means the same without what was said before; `text` itself where it stands alone."""
        by_rule = standing_alone(text, history)
        if not leans(text, history):
            return by_rule
        language = asked_language(text)
        model = await to_thread.run_sync(self.rewriters, collection, language)
        if model is None:
            return by_rule
        written = await self._written(model, text, recent(history), language)
        return taken(written, text, history) or by_rule

    async def _written(self, model: LanguageModel, text: str, before: Sequence[str], language: str) -> str:
        """Let the model write; "" where it breaks, is busy, or does not end in time."""
        prompt = rewriting_prompt(text, before)
        generation = Generation(model, prompt, max_tokens=MOST_TOKENS, language=language)
        stream = generation.start(self.bulkhead, seconds=self.seconds)
        said: list[str] = []
        try:
            async for sentence in generation.sentences(stream):
                if isinstance(sentence, Exception):
                    logger.warning("the question was rewritten by rules: %s", sentence)
                    return ""
                said.append(sentence)
            return "" if generation.late else " ".join(said).strip()
        finally:
            generation.stop()
            stream.close()


def taken(written: str, text: str, history: Sequence[Turn]) -> str:
    """Give what a model wrote if all its words were said before and none of the question's is lost, else "".

    A question without its "not", number or name is another one; so is one that has got any of them. One that it gives
    back as it is has not been made to stand alone.
    """
    said = words_of(" ".join([text, *(turn.text for turn in history)]))
    found = words_of(written)
    shortened = ELLIPSIS.match(text)
    asked = words_of(LEANING.sub(" ", shortened["rest"] if shortened else text))
    return written if found != words_of(text) and asked <= found <= said else ""


def words_of(text: str) -> frozenset[str]:
    """Give every word in the form it stands in, small words too; articles may come and go."""
    return frozenset(fold(found) for found in WORD.findall(text)) - DETERMINERS
