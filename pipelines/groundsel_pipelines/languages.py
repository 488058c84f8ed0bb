"""Which language a text is in, by naive Bayes over byte n-grams (Lui and Baldwin 2012, in py3langid's retraining)."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "und"
ENOUGH_CHARACTERS = 4000  # more text changes no answer and costs 0.1 ms a thousand
# "Fattura scaduta" scores .54, "Invoice overdue" .34, while "SKU-1234 | 4.50", "Total" and "Budget 2024" stay below .1.
LEAST_CONFIDENCE = 0.3
LEAST_LIKELY = 0.1  # of a question's languages: most questions are too short to leave one only


def detect_language(text: str) -> str:
    """Give the ISO 639-1 code of the language of `text`, or "und" where there is too little of it to tell."""
    language: str = identifier().classify(text[:ENOUGH_CHARACTERS])[0]
    return language if len(language) == len("en") else UNKNOWN  # rarer ones have only three-letter codes


def likely_languages(question: str, documents: Mapping[str, int]) -> frozenset[str]:
    """Give the languages that a question may be in, by Bayes' rule: it is short, so the documents tell most.

    Args:
        question: a few words are enough.
        documents: how many documents there are in each language; the prior.

    """
    if len(documents) < 2:  # noqa: PLR2004 - nothing to choose
        return frozenset(documents)
    weights = {
        language: probability * documents[language]
        for language, probability in identifier().rank(question)
        if language in documents
    }
    least = LEAST_LIKELY * sum(weights.values())
    return frozenset(language for language, weight in weights.items() if weight >= least) or frozenset(documents)


@cache
def identifier() -> "LanguageIdentifier":
    """Load the model once, on first use: 0.6 s and 100 MB that a process which only searches never spends."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - see above

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=LEAST_CONFIDENCE)
