"""Quarantine: sentences that speak to a model instead of a reader, and such as hide something, are no evidence.

They stay in the document and are found by a search; no prompt and no answer holds them. This is a filter of known forms
and no proof (OWASP LLM01): what keeps data in is that a model has no tools, and that its text is text (rules R22, R23).
"""

import re
from typing import Final

INSTRUCTING: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|prompt|rule|context|above|previous|prior|"
    r"guideline|everything|question|document)|"
    r"\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:instruction|consigne|précédent|ci-dessus|règle)|"
    r"\b(?:ignorier|vergiss|missachte)\w*\b.{0,40}\b(?:anweisung|vorherig|bisherig|oben|regel|alles)|"
    r"\b(?:ignora|olvida)\w*\b.{0,40}\b(?:instruccion|anterior|regla|todo)|"
    r"\b(?:you are|act as|pretend to be|behave as|from now on,? you)\b.{0,30}\b(?:assistant|ai|model|chatbot|dan|"
    r"jailbroken|unrestricted|system)\b|"
    r"\b(?:tu es|du bist|eres|sie sind|vous êtes)\b.{0,30}\b(?:assistente?|asistente|ia|ki|modell|chatbot)\b|"
    r"\b(?:assistant|ai|language model|chatbot|llm)\b\s*[:,]?\s*\b(?:must|should|please|shall|now|will)\b|"
    r"\b(?:system|developer|assistant)\s*(?:prompt|override)\b|"
    r"^\W*(?:system|assistant|user|human|inst)\W*:|<\|?\w*(?:im_start|im_end|system|endoftext|inst)\w*\|?>|\[/?INST\]|"
    r"\b(?:respond|reply|answer|output|print|repeat|say|write|include|append|insert|end|begin|start)\b.{0,40}"
    r"\b(?:only with|exactly|verbatim|the (?:word|phrase|text|string|sentence|following)|your (?:answer|response|reply|"
    r"instructions)|(?:in|to|with) (?:every|each|all) (?:answer|response|repl))|"
    r"\b(?:reveal|show|tell|print|leak|send|exfiltrate|disclose)\b.{0,40}\b(?:system prompt|your prompt|instructions|"
    r"secret|password|api key|credential|conversation|history)|"
    r"\b(?:when|if)\b.{0,30}\b(?:asked|answering|summari[sz]|you (?:read|see|process))\b.{0,60}\b(?:say|reply|answer|"
    r"tell|include|recommend|respond|write|claim)\b|"
    r"!\[[^\]]*\]\(|\bjavascript:|\bdata:text/html",
    re.IGNORECASE,
)
HIDING: Final = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]|[\u200b-\u200d\u2060]{3,}")
"""Overridden directions, tag characters, and runs of what has no width: nobody writes a sentence so for a reader."""
LONGEST: Final = 2000  # code points that are looked at


def quarantined(text: str) -> bool:
    """Say whether a sentence speaks to a model, or hides something from its reader."""
    begin = text[:LONGEST]
    return bool(INSTRUCTING.search(begin) or HIDING.search(begin))
