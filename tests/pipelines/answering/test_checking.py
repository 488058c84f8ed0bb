"""A sentence passes only if one piece of evidence carries its words, numbers, units, names, negations and order."""

import pytest

from groundsel_pipelines.answering.checking import check

EVIDENCE = "Ann Weber gets 20 days of annual leave in Lyon, and Bob gets 25."
CONTEXT = "Leave policy\nNorthern office"


def missing(sentence: str, evidence: str = EVIDENCE, *, language: str = "en", cosine: float = 1.0) -> str:
    return check(sentence, evidence, context=CONTEXT, language=language, cosine=cosine).missing


@pytest.mark.parametrize(
    "sentence",
    [
        EVIDENCE,
        "Ann Weber gets 20 days.",
        "Ann Weber has 20 days of leave.",
        "Bob gets 25.",
        "Ann Weber gets 20 days of annual leave by the leave policy.",
    ],
)
def test_what_the_evidence_says_passes(sentence: str) -> None:
    verdict = check(sentence, EVIDENCE, context=CONTEXT, language="en", cosine=1.0)

    assert (verdict.supported, verdict.missing) == (True, "")


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Ann Weber gets 30 days.", "numbers"),
        ("Ann Weber gets 20 weeks of leave.", "words: weeks"),
        ("Ann Weber gets 25.", "between"),  # that is Bob's
        ("Bob gets 20 days.", "order"),
        ("Carla Weber gets 20 days.", "words: carla"),
        ("Ann Weber gets no days of leave.", "negation: no"),
        ("Ann Weber only gets 20 days.", "negation: only"),
        ("Ann Weber gets 20 days of sick leave.", "words: sick"),
        ("It is.", "nothing: said"),
        ("", "nothing: said"),
    ],
)
def test_what_the_evidence_does_not_say_is_refused_with_what_is_missing(sentence: str, reason: str) -> None:
    assert missing(sentence).startswith(reason)


@pytest.mark.parametrize(
    ("sentence", "evidence", "reason"),
    [
        ("The seller pays the buyer.", "The buyer pays the seller.", "order"),
        ("Leave must be approved.", "Leave must not be approved.", "negation: not"),
        ("Leave can't be carried over.", "Leave can be carried over.", "negation: not"),
        ("The price is 1,250 euros.", "The price is 1,250 dollars.", "numbers: 1250"),
        ("The office opens at 9:30.", "The office opens at 9:00.", "numbers"),
        ("It starts on 3 May 2026.", "It starts on 3 June 2026.", "numbers: 2026-05-03"),
    ],
)
def test_small_turns_of_a_sentence_are_seen(sentence: str, evidence: str, reason: str) -> None:
    assert missing(sentence, evidence).startswith(reason)


@pytest.mark.parametrize(
    ("sentence", "evidence", "language"),
    [
        ("Le délai est de 30 jours.", "Le délai de paiement est de trente jours.", "fr"),
        ("Das Budget beträgt 1.250 Euro.", "Das Budget beträgt 1250 Euro.", "de"),
        ("The fee is twelve euros.", "The fee is 12 euros.", "en"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(sentence: str, evidence: str, language: str) -> None:
    assert missing(sentence, evidence, language=language) == ""


def test_a_sentence_far_from_its_evidence_is_refused() -> None:
    assert missing("Ann Weber gets 20 days.", cosine=0.4) == "nearness"


def test_a_heading_may_carry_a_word_but_no_number() -> None:
    assert check("The office is open 5 days.", "It is open.", context="Office, 5 days", language="en", cosine=1).missing
