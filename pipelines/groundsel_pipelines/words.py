"""The words of a text as the index sees them: lowercase, without stop words, stemmed, without accents; offsets kept."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import filterfalse

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from groundsel_pipelines.unspaced import RUN, places

# A number keeps its separators ("1,250.50", "10:30"); the apostrophe of an elision ("l'entreprise") parts two words.
WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+|\w+")
LANGUAGES = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "sv": "swedish",
}

# What stands before an apostrophe, without meaning of its own
ELISIONS = {
    "fr": ["c", "d", "j", "jusqu", "l", "lorsqu", "m", "n", "puisqu", "qu", "quoiqu", "s", "t"],
    "it": ["all", "c", "d", "dall", "dell", "l", "m", "nell", "s", "sull", "t", "un", "v"],
}

# Words that ask, help or address; beyond the stop words of the index, they say nothing about the subject.
ASKING: dict[str, frozenset[str]] = {
    "en": frozenset(
        "what which who whom whose when where why how many much long does do did done can could should would may might "
        "must shall have has had having am were been being i we you he she our my your me us them his her from about "
        "there any get gets tell please give show kind type long need needs so than also up out its just".split()
    ),
    "fr": frozenset(
        "quel quelle quels quelles qui que quoi quand où comment combien pourquoi est sont peut doit faut avoir être "
        "fait faire je nous vous on il elle ils elles ce cette ces y a t".split()
    ),
    "de": frozenset(
        "was welche welcher welches welchen wer wem wen wann wo wie viele viel lange warum wieso kann muss darf soll "
        "gibt hat haben ist sind wird werden bekommt bekommen ich wir sie man es".split()
    ),
    "es": frozenset("qué cuál cuáles quién cuándo dónde cómo cuánto cuántos cuántas por puede debe hay ser es".split()),
    "it": frozenset("che cosa quale quali chi quando dove come quanto quanti quante perché può deve è sono".split()),
}

# Small words by which a question of few words shows its language, beside those that ask.
TELLING_LANGUAGE: dict[str, str] = {
    "en": "the is are of and in on with does an to it at my our if not hello hi thanks thank please",
    "fr": "le la les des du est un une et dans sur pour avec mon nos si pas bonjour merci quelle quelles",
    "de": "der die das den dem des ein eine und im mit für auf zu mein unser nicht hallo danke bitte wenn",
    "es": "el los las del una y en con para mi nuestro no hola gracias si al",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word at `text[start:end]`; `stem` is empty for a stop word."""

    start: int  # code points
    end: int
    stem: str


def words(text: str, language: str) -> tuple[Word, ...]:
    """Give all words of `text` in order; a language without a stemmer keeps its words as they are written.

    Chinese, Japanese and Korean come as overlapping pairs of characters.

    Args:
        text: any text.
        language: ISO 639-1, or "und".

    """
    found = (match.span() for match in WORD.finditer(text))
    if RUN.search(text):
        found = (place for span in found for place in places(text, *span))
    return tuple(Word(start=start, end=end, stem=stem(text[start:end], language)) for start, end in found)


def words_among(text: str, language: str, wanted: Collection[str]) -> tuple[Word, ...]:
    """Give those words of `text` whose stem is one of `wanted`: several times as soon as all words are given."""
    if RUN.search(text):
        return tuple(word for word in words(text, language) if word.stem in wanted)
    firsts = {letter for found in wanted if found for letter in (found[0], found[0].upper())}
    return tuple(  # a stemmer changes the ends of words only
        Word(start=match.start(), end=match.end(), stem=found)
        for match in WORD.finditer(text)
        if ((form := match.group())[0] in firsts or not form.isascii()) and (found := stem(form, language)) in wanted
    )


def telling_words(text: str, language: str) -> list[Word]:
    """Give the words of a question but for those that only ask; stop words are among them, with an empty stem."""
    idle = ASKING.get(language, ASKING["en"])
    return [word for word in words(text, language) if text[word.start : word.end].lower() not in idle]


def stems(text: str, language: str) -> frozenset[str]:
    """Give the stems of the words of `text` that are no stop words."""
    return frozenset(word.stem for word in words(text, language)) - {""}


def fold(text: str) -> str:
    """Give `text` in lower case without combining marks, as people type it: `Été` and `ete` become the same."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filterfalse(unicodedata.combining, decomposed))


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """Give the stem of one word, or "" for a stop word and for a single letter, which elisions leave behind."""
    if len(word) == 1 and word.isascii() and word.isalpha():
        return ""
    found: list[str] = analyzer(language).analyze(word)
    return found[0] if found else ""


@cache
def analyzer(language: str) -> TextAnalyzer:
    return normalising(TextAnalyzerBuilder(Tokenizer.raw()), language)


def normalising(split: TextAnalyzerBuilder, language: str) -> TextAnalyzer:
    """Make every word that `split` gives comparable: lower case, no stop words, no accents, only the stem.

    Folding comes before the stemmer, so that `cafe` and `café` end in the same term.
    """
    chain = split.filter(Filter.lowercase())
    if name := LANGUAGES.get(language):
        chain = chain.filter(Filter.stopword(name)).filter(Filter.custom_stopword(ELISIONS.get(language, [])))
        return chain.filter(Filter.ascii_fold()).filter(Filter.stemmer(name)).build()
    return chain.filter(Filter.ascii_fold()).build()


def shared_language(question: str, language: str) -> str:
    """Give the language of a question and of a text in `language`; "und" where the question shows another one."""
    asked = asked_language(question)
    if language == "und":
        return asked
    return language if asked in {language, "en"} else "und"


def asked_language(text: str) -> str:
    """Give the language of a question by its small words: "en", "fr", "de" or "es"; English where it shows none."""
    small = {match.group() for match in WORD.finditer(text.lower())}
    shown = {
        language: len(small & (ASKING[language] | frozenset(telling.split())))
        for language, telling in TELLING_LANGUAGE.items()
    }
    return max(shown, key=lambda language: (shown[language], language == "en"))
