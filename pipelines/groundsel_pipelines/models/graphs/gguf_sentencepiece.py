"""The byte-pair vocabularies of SentencePiece (Kudo and Richardson 2018) in GGUF files: Llama 2 and Mistral."""

from collections.abc import Sequence
from typing import Final

from tokenizers import Tokenizer, decoders, normalizers
from tokenizers.models import BPE

from groundsel_pipelines.models.graphs.weights import Facts

NORMAL, BYTE = 1, 6  # token types of the GGUF specification
SPACE: Final = "▁"  # what a space is written as inside the vocabulary


def sentencepiece(facts: Facts) -> Tokenizer:
    """Build the tokenizer: spaces kept as they are and one put in front, pieces joined by score, bytes for the rest.

    Raises:
        InvalidInput: the metadata lack the tokens, their scores or their types.

    """
    tokens, types = facts["tokenizer.ggml.tokens"], facts["tokenizer.ggml.token_type"]
    model = BPE(
        {token: number for number, token in enumerate(tokens)},
        merges_by_score(tokens, facts["tokenizer.ggml.scores"], types),
        unk_token=tokens[facts.get("tokenizer.ggml.unknown_token_id", 0)],
        fuse_unk=True,
        byte_fallback=BYTE in types,
    )
    tokenizer = Tokenizer(model)
    prefixed = facts.get("tokenizer.ggml.add_space_prefix", True)
    front = [normalizers.Prepend(SPACE)] if prefixed else []
    tokenizer.normalizer = normalizers.Sequence([*front, normalizers.Replace(" ", SPACE)])
    back = [decoders.Strip(" ", left=1)] if prefixed else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), *back]
    )
    return tokenizer


def merges_by_score(tokens: Sequence[str], scores: Sequence[float], types: Sequence[int]) -> list[tuple[str, str]]:
    """Give every way to join two pieces to a third, the best score first: the metadata hold no list of merges."""
    score_of = {token: score for token, score, kind in zip(tokens, scores, types, strict=True) if kind == NORMAL}
    ranked = sorted(
        (-score, len(token[:at]), token, at)
        for token, score in score_of.items()
        for at in range(1, len(token))
        if token[:at] in score_of and token[at:] in score_of
    )
    return [(token[:at], token[at:]) for _, _, token, at in ranked]
