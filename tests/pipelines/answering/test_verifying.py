"""A verifier is heard after the rules: it may reject, and accept other words, and decides nothing about the rest."""

from collections.abc import Sequence

import pytest

from asking import LEAVE, RIGHT, answerer, ask, outcome, said
from fakes import ScriptedModel
from groundsel_pipelines.answering.checking import check
from groundsel_pipelines.answering.verifying import Verification
from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import Verdict
from small_corpus import filled

EVIDENCE = "Ann Weber gets 20 days of paid leave."
(PASSAGE,) = LEAVE.passages


class Sure:
    """Says the same of everything, and remembers what it was asked."""

    model_id = "sure"

    def __init__(self, *, supported: float = 0.0, contradicted: float = 0.0) -> None:
        self.says = Verdict(supported=supported, contradicted=contradicted, neither=1 - supported - contradicted)
        self.asked: list[str] = []

    def verify(self, claim: str, evidence: Sequence[str]) -> tuple[Verdict, ...]:
        self.asked.append(claim)
        return (self.says,) * len(evidence)


class Broken(Sure):
    def verify(self, claim: str, evidence: Sequence[str]) -> tuple[Verdict, ...]:
        raise Unavailable("out of memory")


def supported(sentence: str, verifier: Sure | None, *, accepts: float = 0.9) -> bool:
    found = check(sentence, EVIDENCE, context="", language="en", cosine=1.0)
    heard = Verification(verifiers=lambda _, __: verifier, rejects=0.95, accepts=accepts)
    return heard.heard(found, sentence, EVIDENCE, PASSAGE).supported


def test_what_the_rules_let_through_is_rejected_only_by_one_that_is_nearly_sure() -> None:
    assert supported(EVIDENCE, None)
    assert supported(EVIDENCE, Sure(contradicted=0.9))
    assert not supported(EVIDENCE, Sure(contradicted=0.96))


def test_other_words_are_let_through_where_it_is_sure_enough_and_that_is_wanted() -> None:
    sentence = "Ann Weber receives 20 days of remunerated leave."

    assert not supported(sentence, None)
    assert not supported(sentence, Sure(supported=0.8))
    assert supported(sentence, Sure(supported=0.95))
    assert not supported(sentence, Sure(supported=1.0), accepts=1.0)


@pytest.mark.parametrize(
    "sentence",
    [
        "Ann Weber gets 25 days of paid leave.",
        "Ann Weber gets 20 weeks of paid leave.",
        "Carla Weber gets 20 days of paid leave.",
        "Ann Weber never gets 20 days of paid leave.",
        "Carla receives 20 days of remunerated leave.",
    ],
)
def test_numbers_units_names_and_negations_are_the_rules_alone(sentence: str) -> None:
    verifier = Sure(supported=1.0)

    assert not supported(sentence, verifier)
    assert verifier.asked == []


def test_one_that_breaks_leaves_the_verdict_as_it_was() -> None:
    assert supported(EVIDENCE, Broken())
    assert not supported("Ann Weber receives 20 days of remunerated leave.", Broken())


def test_a_written_sentence_that_it_rejects_is_not_shown() -> None:
    store, model = filled(MemoryStore(), LEAVE), ScriptedModel("Employees get 25 days of leave.")

    heard = answerer(store, model, verifier=Sure(contradicted=0.99))

    assert outcome(ask(answerer(store, model))) == ("answered", "generated", None)
    assert outcome(ask(heard)) == ("answered", "extractive", "ungrounded")
    assert said(ask(heard)) == f"{RIGHT} [1]"
