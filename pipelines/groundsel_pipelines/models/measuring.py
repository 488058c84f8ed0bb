"""Measures an exported model on this machine: how fast it is, and how near to its full precision."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.models.embedder import OnnxEmbedder
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.pairs import PairModel
from groundsel_pipelines.protocols import Prompt
from groundsel_pipelines.types import Vectors

ROUNDS: Final = 2  # the faster counts: the other was disturbed
SENTENCES: Final = (
    "Employees who travel for more than six hours a day may claim a meal allowance with the monthly report.",
    "The pump must be switched off and drained before the filter housing is opened; wear gloves and glasses.",
    "Patients received either 40 mg of the drug or a placebo once daily, and were followed for twelve months.",
    "Invoices are due within thirty days; after that, interest of two per cent above the base rate is charged.",
    "Le contrat est conclu pour une durée de deux ans et se renouvelle par tacite reconduction.",
    "Der Wartungsplan sieht vor, dass die Dichtungen alle 2.000 Betriebsstunden ersetzt werden.",
    "La garantía cubre los defectos de fabricación, pero no los daños causados por un uso indebido.",
    "On Monday the board approved the budget of 4.2 million for the new warehouse near the harbour.",
)
PROMPT: Final = Prompt(
    system="Answer in one sentence.", user="\n".join((*SENTENCES, "How often are the seals replaced, and why?"))
)
ANSWER_TOKENS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderMeasure:
    texts_per_second: float
    vectors: Vectors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairMeasure:
    pairs_per_second: float
    scores: npt.NDArray[np.float32]  # (pairs,)


def sample() -> list[str]:
    """Give 48 passages of one to six sentences: the lengths that documents are split into."""
    count = len(SENTENCES)
    return [
        " ".join(SENTENCES[(first + step) % count] for step in range(length))
        for first in range(count)
        for length in range(1, 7)
    ]


def measure_encoder(folder: Path, manifest: Manifest, *, threads: int = 0) -> EncoderMeasure:
    """Embed the sample; the first round warms up and does not count."""
    embedder, texts = OnnxEmbedder(folder, manifest, threads=threads), sample()
    vectors = embedder.embed_passages(texts)
    seconds = []
    for _ in range(ROUNDS):
        began = perf_counter()
        embedder.embed_passages(texts)
        seconds.append(perf_counter() - began)
    return EncoderMeasure(texts_per_second=len(texts) / min(seconds), vectors=vectors)


def measure_pairs(folder: Path, *, max_tokens: int) -> PairMeasure:
    """Score each sentence as a question against each passage of the sample; the first round warms up."""
    model = PairModel(folder, max_tokens=max_tokens, threads=0)

    def score(question: str) -> npt.NDArray[np.float32]:
        return np.stack([each.scores for each in model.run([(question, text) for text in sample()])])[:, 0]

    score(SENTENCES[0])
    began = perf_counter()
    scores = np.concatenate([score(question) for question in SENTENCES])
    return PairMeasure(pairs_per_second=len(scores) / (perf_counter() - began), scores=scores)


def mean_cosine(vectors: Vectors, reference: Vectors) -> float:
    """Give the mean cosine of unit-length rows, both of shape (texts, dimensions)."""
    return float(np.sum(vectors * reference, axis=1).mean())


def measure_decoder(folder: Path, manifest: Manifest, *, threads: int = 0) -> dict[str, float]:
    """Give the tokens a second of reading a prompt and of writing an answer, after a warm-up."""
    model = OnnxLanguageModel(folder, manifest, threads=threads)
    ids = model.prompt_ids(PROMPT)[: model.context_tokens - ANSWER_TOKENS]
    next(model.decoder.generate(ids, max_tokens=1), None)
    began = perf_counter()
    tokens = model.decoder.generate(ids, max_tokens=ANSWER_TOKENS, shortcuts=False)
    next(tokens, None)
    read = perf_counter()
    written = sum(1 for _ in tokens)
    done = perf_counter()
    return {
        "prefill_tokens_per_second": round(len(ids) / (read - began), 1),
        "decode_tokens_per_second": round(written / (done - read), 1) if written else 0.0,
    }
