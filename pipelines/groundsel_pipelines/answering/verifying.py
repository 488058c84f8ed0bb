"""Verifying: a model hears each written sentence after the rules have, and has no say where they have decided.

It may reject what the rules let through, if it is nearly sure that the evidence says otherwise. It may let through what
they rejected in one case: nothing but plain words is missing, every number, name, date and negation is in its place.
How sure it must be is decided by benchmarks/sentence_check.py, where letting other words through has not won so far.
"""

import logging
from dataclasses import dataclass, replace
from typing import Final

from groundsel_pipelines.answering.checking import Verdict
from groundsel_pipelines.protocols import ModelOf, Verifier, no_model
from groundsel_pipelines.types import Passage

logger = logging.getLogger(__name__)

REJECTS: Final = 0.95  # probability of "contradicted" from which on a sentence that passed is dropped
ACCEPTS: Final = 1.0  # of "supported", from which on one in other words is let through; 1: none is


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Asks a verifier, where one serves; called in a worker thread."""

    verifiers: ModelOf[Verifier] = no_model
    rejects: float = REJECTS
    accepts: float = ACCEPTS

    def heard(self, found: Verdict, sentence: str, evidence: str, passage: Passage) -> Verdict:
        """Give the verdict of the rules as a model that reads both changes it; of one that breaks, as it was."""
        if not found.supported and not (found.reworded and self.accepts < 1):
            return found
        try:
            verifier = self.verifiers(passage.collection, passage.language)
            if verifier is None:
                return found
            (said,) = verifier.verify(sentence, [evidence])
        except Exception as error:  # noqa: BLE001 - whatever breaks in the model, the rules have spoken
            logger.warning("the verifier was left out: %s", str(error) or type(error).__name__)
            return found
        if found.supported and said.contradicted >= self.rejects:
            return replace(found, supported=False, missing=f"contradicted: {said.contradicted:.2f}")
        if found.reworded and said.supported >= self.accepts:
            return replace(found, supported=True, missing="")
        return found


NO_VERIFICATION: Final = Verification()
