"""Dates, times, amounts and bounds are written in one way, whatever the language."""

import pytest

from groundsel_pipelines.answering.quantities import canonical


@pytest.mark.parametrize(
    ("text", "language", "written"),
    [
        ("on 1 May 2025", "en", "on 2025-05-01"),
        ("on May 1st, 2025", "en", "on 2025-05-01"),
        ("le 1er mai 2025", "fr", "le 2025-05-01"),
        ("am 1. Mai 2025", "de", "am 2025-05-01"),
        ("el 1 de mayo de 2025", "es", "el 2025-05-01"),
        ("am 31.12.2024", "de", "am 2024-12-31"),
        ("on 3 June", "en", "on --06-03"),
        ("in March 2025", "en", "in 2025-03"),
        ("until May", "en", "until --05"),
        ("You may go. May it be?", "en", "You may go. May it be?"),
        ("de 9 h 30 à 14 h", "fr", "de 9:30 à 14:00"),
        ("at 9.30 am and 2 pm", "en", "at 9:30 and 14:00"),
        ("um 09:30 Uhr", "de", "um 9:30"),
        ("8 400 euros", "fr", "8400 €"),
        ("EUR 40, €40 and 40 euros", "en", "40 €, 40 € and 40 €"),
        ("25 per cent", "en", "25 %"),
        ("twenty-five days", "en", "25 days"),
        ("fünfundzwanzig Tage", "de", "25 Tage"),
        ("treinta y cinco días", "es", "35 días"),
        ("vingt et un jours", "fr", "21 jours"),
        ("at least 3 and up to 5", "en", "≥ 3 and ≤ 5"),
        ("au moins trois", "fr", "≥ 3"),
        ("höchstens 40", "de", "≤ 40"),
        ("más de 10", "es", "> 10"),
        ("You have to ask and are allowed to go.", "en", "You must ask and may go."),
        ("", "en", ""),
    ],
)
def test_what_is_the_same_reads_the_same(text: str, language: str, written: str) -> None:
    assert canonical(text, language) == written
