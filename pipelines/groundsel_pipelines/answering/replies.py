"""What is said without any document: a short text a kind and language, which states nothing about the world."""

from collections.abc import Sequence
from typing import Final, Literal

Kind = Literal["greeting", "thanks", "farewell", "agreed", "about", "recall", "said", "asked", "task", "not_told"]

REPLIES: Final[dict[Kind, dict[str, str]]] = {
    "greeting": {
        "en": "Hello. Ask me something about your documents.",
        "fr": "Bonjour. Posez-moi une question sur vos documents.",
        "de": "Hallo. Stellen Sie mir eine Frage zu Ihren Dokumenten.",
        "es": "Hola. Hágame una pregunta sobre sus documentos.",
    },
    "thanks": {
        "en": "You are welcome.",
        "fr": "Je vous en prie.",
        "de": "Gern geschehen.",
        "es": "De nada.",
    },
    "farewell": {
        "en": "Goodbye.",
        "fr": "Au revoir.",
        "de": "Auf Wiedersehen.",
        "es": "Adiós.",
    },
    "agreed": {
        "en": "All right. What else would you like to know from your documents?",
        "fr": "Très bien. Que voulez-vous savoir d’autre dans vos documents ?",
        "de": "Gut. Was möchten Sie noch aus Ihren Dokumenten wissen?",
        "es": "Muy bien. ¿Qué más quiere saber de sus documentos?",
    },
    "about": {
        "en": "I answer questions from your documents, with the place where each sentence stands, and say so when they "
        "hold no answer.",
        "fr": "Je réponds aux questions d’après vos documents, avec l’endroit où se trouve chaque phrase, et je dis "
        "quand ils ne contiennent pas de réponse.",
        "de": "Ich beantworte Fragen aus Ihren Dokumenten, mit der Stelle, an der jeder Satz steht, und sage es, wenn "
        "sie keine Antwort enthalten.",
        "es": "Respondo a preguntas a partir de sus documentos, con el lugar donde está cada frase, y digo cuándo no "
        "contienen la respuesta.",
    },
    "recall": {
        "en": "Your last question was: {quoted}",
        "fr": "Votre dernière question était : {quoted}",
        "de": "Ihre letzte Frage war: {quoted}",
        "es": "Su última pregunta fue: {quoted}",
    },
    "said": {
        "en": "My last answer was: {quoted}",
        "fr": "Ma dernière réponse était : {quoted}",
        "de": "Meine letzte Antwort war: {quoted}",
        "es": "Mi última respuesta fue: {quoted}",
    },
    "asked": {
        "en": "You have asked: {quoted}",
        "fr": "Vous avez demandé : {quoted}",
        "de": "Sie haben gefragt: {quoted}",
        "es": "Usted ha preguntado: {quoted}",
    },
    "task": {
        "en": "I only answer from your documents; I cannot do that.",
        "fr": "Je ne réponds que d’après vos documents ; je ne peux pas faire cela.",
        "de": "Ich antworte nur aus Ihren Dokumenten; das kann ich nicht.",
        "es": "Solo respondo a partir de sus documentos; no puedo hacer eso.",
    },
    "not_told": {
        "en": "The documents do not say.",
        "fr": "Les documents ne le disent pas.",
        "de": "In den Dokumenten steht dazu nichts.",
        "es": "Los documentos no lo dicen.",
    },
}
MARKS: Final = {"en": "“{}”", "fr": "« {} »", "de": "„{}“", "es": "«{}»"}  # of quotations
QUOTING: Final[frozenset[Kind]] = frozenset({"recall", "said", "asked"})
NOTHING_ASKED: Final = {
    "en": "You have not asked anything yet.",
    "fr": "Vous n’avez encore rien demandé.",
    "de": "Sie haben noch nichts gefragt.",
    "es": "Todavía no ha preguntado nada.",
}


def reply(kind: Kind, language: str, *, quoted: Sequence[str] = ()) -> str:
    """Say it in `language`, or in English where there are no words in it; `quoted` is what was said before."""
    if kind in QUOTING and not quoted:
        return NOTHING_ASKED.get(language, NOTHING_ASKED["en"])
    texts, marks = REPLIES[kind], MARKS.get(language, MARKS["en"])
    return texts.get(language, texts["en"]).format(quoted=", ".join(marks.format(each) for each in quoted))
