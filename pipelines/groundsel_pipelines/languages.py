"""Which language a text is in, by naive Bayes over byte n-grams (Lui and Baldwin 2012, in py3langid's retraining)."""

import mmap
from collections.abc import Mapping
from functools import cache
from tempfile import TemporaryFile
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier
    from typing_extensions import Buffer

UNKNOWN = "und"
ENOUGH_CHARACTERS = 4000  # more text changes no answer and costs 0.1 ms a thousand
# "Fattura scaduta" scores .54, "Invoice overdue" .34, while "SKU-1234 | 4.50", "Total" and "Budget 2024" stay below .1.
LEAST_CONFIDENCE = 0.3
LEAST_LIKELY = 0.1  # of a question's languages: most questions are too short to leave one only
LOADING = Lock()


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


def identifier() -> "LanguageIdentifier":
    """Load the model once, on first use: 0.6 s that a process which only searches never spends."""
    with LOADING:  # several threads ask for it at once, and each would load one of its own
        return loaded()


@cache
def loaded() -> "LanguageIdentifier":
    """Load the model with its two large tables in a file: a text touches a few rows of their 70 MB."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - as `identifier` says
    from py3langid.modelio import load_model  # noqa: PLC0415

    weights, prior, languages, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    kind: Any = moves.typecode
    return LanguageIdentifier(
        np.frombuffer(mapped(weights), weights.dtype).reshape(weights.shape),
        prior,
        languages,
        mapped(moves).cast("B").cast(kind),
        features,
        norm_probs=True,
        min_confidence=LEAST_CONFIDENCE,
        tk_row=rows,
    )


def mapped(table: "Buffer") -> memoryview:
    """Give `table` in a file without a name, read as it is touched; where there is no room for one, as it is."""
    try:
        with TemporaryFile(prefix="groundsel-") as file:
            file.write(table)
            file.flush()
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError:
        return memoryview(table)
