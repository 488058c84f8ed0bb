"""A tiny base model, installed as a pulled model would be, and rows that it can learn."""

from pathlib import Path
from random import Random

import pytest

from groundsel_pipelines.tuning.rows import Label, VerifierRow
from tiny_bases import tiny_models_folder
from tiny_models import WORDS


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of models with the base `tiny`."""
    return tiny_models_folder(tmp_path_factory.mktemp("base"))


def verifier_rows(count: int, *, seed: int = 1) -> list[VerifierRow]:
    """Make claims of one word: supported where the evidence has it, else not."""
    numbers = Random(seed)  # noqa: S311 - no secret
    rows = []
    for number in range(count):
        evidence = numbers.sample(WORDS, 4)
        label: Label = numbers.choice(("supported", "neither"))
        claim = numbers.choice(evidence if label == "supported" else sorted(set(WORDS) - set(evidence)))
        rows.append(
            VerifierRow(
                id=f"row{number}",
                document=f"document{number}",
                claim=claim,
                evidence=" ".join(evidence),
                label=label,
            )
        )
    return rows
