"""What is said without any document: a short text a kind and language, which states nothing about the world."""

from typing import Final, Literal

Kind = Literal["greeting", "thanks", "farewell", "about", "recall", "task", "not_told"]

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
        "en": "Your last question was: “{question}”",
        "fr": "Votre dernière question était : « {question} »",
        "de": "Ihre letzte Frage war: „{question}“",
        "es": "Su última pregunta fue: «{question}»",
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
NOTHING_ASKED: Final = {
    "en": "You have not asked anything yet.",
    "fr": "Vous n’avez encore rien demandé.",
    "de": "Sie haben noch nichts gefragt.",
    "es": "Todavía no ha preguntado nada.",
}


def reply(kind: Kind, language: str, *, question: str = "") -> str:
    """Say it in `language`, or in English where there are no words in it; `question` is the one that is recalled."""
    if kind == "recall" and not question:
        return NOTHING_ASKED.get(language, NOTHING_ASKED["en"])
    texts = REPLIES[kind]
    return texts.get(language, texts["en"]).format(question=question)
