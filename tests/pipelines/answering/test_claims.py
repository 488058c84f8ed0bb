"""The check of sentences over thousands of claims: what it lets through is right, and it lets through what is right."""

from collections import defaultdict
from functools import cache

from claims import Claim, demo_statements, made_claims, written_claims
from groundsel_pipelines.answering.checking import check

LEAST_PRECISION, LEAST_RECALL = 0.97, 0.85
LEAST_OF_A_KIND = 0.75  # a change that the check must accept is not refused as a whole
MOST_OF_A_KIND = 0.05


@cache
def judged() -> tuple[tuple[Claim, bool], ...]:
    """Check every claim by words alone: what nearness to the evidence refuses besides is not counted on here."""
    claims = [*made_claims(demo_statements()), *written_claims()]
    return tuple(
        (each, check(each.text, each.evidence, context="", language=each.language, cosine=1.0).supported)
        for each in claims
    )


def test_what_passes_the_check_is_right_and_what_is_right_passes() -> None:
    claims = [claim for claim, _ in judged()]
    passed = [claim for claim, through in judged() if through]
    right = sum(claim.supported for claim in passed)

    assert len(claims) >= 500
    assert {claim.language for claim in claims} == {"en", "fr", "de", "es"}
    assert right / len(passed) >= LEAST_PRECISION
    assert right / sum(claim.supported for claim in claims) >= LEAST_RECALL


def test_no_kind_of_change_is_missed_or_refused_as_a_whole() -> None:
    shares: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for claim, through in judged():
        shares[claim.supported, claim.kind].append(through)
    share = {key: sum(passed) / len(passed) for key, passed in shares.items()}

    assert {kind: passed for (supported, kind), passed in share.items() if supported and passed < LEAST_OF_A_KIND} == {}
    assert {
        kind: passed for (supported, kind), passed in share.items() if not supported and passed > MOST_OF_A_KIND
    } == {}
