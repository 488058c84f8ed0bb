"""Chatting: remarks that no document answers, told from questions by whole phrases in four languages.

A word of search that looks like one must not be taken for it, as then nothing is searched: what is not wholly such a
phrase, or several with commas between them, is a question.
"""

import re
from collections.abc import Mapping
from typing import Final

from groundsel_pipelines.answering.replies import Kind

PATTERNS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "greeting": {
        "en": r"(?:hi|hello|hey|good (?:morning|afternoon|evening))(?:,? (?:there|all|everyone|everybody))?",
        "fr": r"(?:bonjour|bonsoir|salut)(?: à tous)?",
        "de": r"(?:hallo|guten (?:tag|morgen|abend)|moin|servus)(?: (?:zusammen|allerseits))?",
        "es": r"hola|buenos días|buenas(?: (?:tardes|noches))?",
    },
    "thanks": {
        "en": r"(?:many )?(?:thanks|thank you|thx|cheers)(?: (?:very much|so much|a lot|again))?",
        "fr": r"merci(?: (?:beaucoup|bien|à vous|à toi))?",
        "de": r"(?:vielen |besten )?dank|danke(?: (?:schön|sehr|dir|ihnen))?",
        "es": r"(?:muchas |mil )?gracias",
    },
    "farewell": {
        "en": r"bye(?: bye)?|goodbye|see you(?: later| soon)?|good night",
        "fr": r"au revoir|à bientôt|bonne (?:journée|soirée|nuit)",
        "de": r"tschüss|tschüs|auf wiedersehen|bis bald|gute nacht",
        "es": r"adiós|hasta (?:luego|pronto|mañana)",
    },
    "agreed": {
        "en": r"(?:ok|okay|yes|no|all right|alright|great|i see|got it|sure|fine)(?: then)?",
        "fr": r"d['’]accord|oui|non|très bien|parfait|je vois",
        "de": r"ja|nein|in ordnung|alles klar|verstanden|sehr gut|gut",
        "es": r"vale|sí|de acuerdo|muy bien|perfecto|entendido",
    },
    "about": {
        "en": r"(?:who|what) are you|what (?:can|do) you (?:do|know)|(?:what|how) can you help(?: me)?(?: with)?|"
        r"how do you work|help(?: me)?|are you (?:a (?:human|robot|bot|machine|person)|an ai|real)",
        "fr": r"qui (?:es[- ]tu|êtes[- ]vous)|que (?:peux[- ]tu|pouvez[- ]vous|sais[- ]tu|savez[- ]vous) faire|aide|"
        r"comment (?:peux[- ]tu|pouvez[- ]vous) m['’]aider|qu['’]est[- ]ce que (?:tu sais|vous savez) faire",
        "de": r"wer (?:bist du|sind sie)|was (?:kannst du|können sie)(?: tun)?|hilfe|"
        r"(?:wie|wobei) (?:kannst du|können sie) mir helfen|(?:bist du|sind sie) (?:ein mensch|eine maschine)",
        "es": r"quién (?:eres|es usted)|qué (?:puedes|sabes|puede|sabe) hacer|ayuda|(?:en qué|cómo) puedes ayudarme",
    },
    "recall": {
        "en": r"what (?:did i|have i)(?: just)? ask(?:ed)?(?: you)?(?: before| last)?|"
        r"what was my (?:last|previous) question|repeat my (?:last )?question",
        "fr": r"qu['’]est[- ]ce que (?:j['’]ai|je t['’]ai|je vous ai) demandé(?: avant)?|"
        r"qu['’]ai[- ]je demandé(?: avant)?|quelle était ma (?:dernière )?question",
        "de": r"was habe ich(?: dich| sie)?(?: gerade| zuletzt| vorhin| eben)? gefragt|was war meine (?:letzte )?frage",
        "es": r"qué (?:te |le )?(?:he preguntado|pregunté)(?: antes)?|cuál fue mi (?:última )?pregunta",
    },
    "said": {
        "en": r"what (?:did|have) you (?:just )?(?:say|said|answer|answered)|what was your (?:last |previous )?answer|"
        r"(?:please )?(?:repeat|say) (?:that|it|your answer)(?: again)?|come again|again",
        "fr": r"qu['’](?:as[- ]tu|avez[- ]vous) (?:dit|répondu)|quelle était (?:ta|votre) (?:dernière )?réponse|"
        r"(?:répète|répétez)(?:[- ](?:ça|cela|le|la réponse))?",
        "de": r"was (?:hast du|haben sie)(?: gerade| eben| zuletzt)? (?:gesagt|geantwortet)|"
        r"was war (?:deine|ihre) (?:letzte )?antwort|(?:wiederhole|wiederholen sie)(?: das| es| die antwort)?",
        "es": r"qué (?:has dicho|dijiste|has respondido)|cuál fue tu (?:última )?respuesta|"
        r"(?:repite|repítelo)(?: eso)?",
    },
    "asked": {
        "en": r"what (?:did|have) we (?:talk|talked|speak|spoken|discuss|discussed)(?: about)?(?: so far)?|"
        r"what (?:is|was) (?:this|our) conversation about|"
        r"(?:please )?(?:summari[sz]e|recap) (?:our|this|the) (?:conversation|chat|discussion)",
        "fr": r"de quoi avons[- ]nous parlé|de quoi a[- ]t[- ]on parlé|"
        r"(?:résume|résumez)[- ](?:notre|la|cette) (?:conversation|discussion)",
        "de": r"worüber haben wir(?: bisher)? (?:gesprochen|geredet)|"
        r"(?:fasse?|fassen sie) (?:unser|das) gespräch zusammen",
        "es": r"de qué hemos hablado|(?:resume|resuma) (?:nuestra|la|esta) conversación",
    },
    "task": {
        "en": r"(?:write|compose|tell|sing|draw|translate|imagine|generate|create|give me)\b.*"
        r"\b(?:poem|song|joke|story|essay|code|script|program|picture|image|e-?mail|into \w+)\b.*|"
        r"send (?:an?|the|this) (?:e-?mail|message)\b.*|(?:book|order|buy|call)\b.*\b(?:for )?me\b.*|remind me\b.*|"
        r"delete (?:all|every|the|my) (?:document|file|mail)s?\b.*",
        "fr": r"(?:écris|écrivez|raconte|racontez|traduis|traduisez|chante|dessine|dessinez|génère)\b.*|"
        r"(?:envoie|envoyez) (?:un|le|ce) (?:mail|e-mail|message|courriel)\b.*|(?:réserve|réservez)[- ]moi\b.*|"
        r"(?:supprime|supprimez) tous les (?:documents|fichiers)\b.*",
        "de": r"(?:schreib|erzähl|übersetz|sing|zeichne|mal|erstell)e?\b.*"
        r"\b(?:gedicht|witz|geschichte|lied|aufsatz|programm|skript|e-?mail|ins? \w+|bild)\b.*|"
        r"(?:schick|sende?)e? (?:eine?|die) (?:e-?mail|nachricht)\b.*|buche? mir\b.*|erinner\w* mich\b.*|"
        r"lösche? alle (?:dokumente|dateien)\b.*",
        "es": r"(?:escribe|cuenta|cuéntame|traduce|canta|dibuja|genera)\b.*|"
        r"(?:envía|manda) (?:un|el) (?:correo|mensaje)\b.*|resérvame\b.*|"
        r"(?:borra|elimina) todos los (?:documentos|archivos)\b.*",
    },
}
POLITE: Final = r"(?:\s+(?:please|bitte|s['’]il (?:te|vous) plaît|por favor))?"
CHAT: Final[tuple[tuple[Kind, str, re.Pattern[str]], ...]] = tuple(
    (kind, language, re.compile(rf"[\s¡¿]*(?:please\s+|bitte\s+)?(?:{pattern}){POLITE}[\s.!?…]*", re.IGNORECASE))
    for kind, by_language in PATTERNS.items()
    for language, pattern in by_language.items()
)
MOST_CHARACTERS: Final = 200  # of a remark; the patterns take the square of a long text's length
PARTS: Final = re.compile(r"[,;!.]+\s+")


def chat(text: str) -> tuple[Kind, str] | None:
    """Say what kind of remark it is that no document answers, and in which language; None for a question."""
    if len(text) > MOST_CHARACTERS:
        return None
    if found := remark(text):
        return found
    parts = [remark(part) for part in PARTS.split(text.strip())]
    return parts[-1] if len(parts) > 1 and all(parts) else None


def remark(text: str) -> tuple[Kind, str] | None:
    return next(((kind, language) for kind, language, pattern in CHAT if pattern.fullmatch(text)), None)
