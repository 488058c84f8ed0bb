"""Words that a check must know: those that turn what is said, those that add nothing, those that mean the same."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from groundsel_pipelines.words import stem

# Words that turn or limit what is said, by what they do; a claim and its evidence must agree in them.
TURNING: Final[Mapping[str, str]] = {
    word: kind
    for kind, words in {
        "not": "no not never none nobody nothing neither nor without unlikely pas jamais aucun aucune sans ni "
        "nicht kein keine keinen keiner keinem nie niemals ohne weder nunca sin ningún ninguno ninguna tampoco ni "
        "non mai senza nessun nessuna niet geen zonder",
        "only": "only solely exclusively seulement uniquement nur ausschließlich lediglich solo sólo solamente "
        "únicamente alleen soltanto",
        "except": "except unless excluding sauf excepté hormis außer ausgenommen salvo excepto",
        "if": "if provided wenn sofern si",
        "must": "must shall obliged mandatory doit doivent obligatoire muss müssen verpflichtet "
        "verpflichtend vorgeschrieben debe deben obligatorio obligatoria",
        "may": "may can might could peut peuvent kann können darf dürfen puede pueden",
        "should": "should ought devrait devraient sollte sollten soll sollen debería deberían",
        "most": "most mostly plupart meisten mayoría",
        "some": "some several certain certains certaines quelques manche manchen einige einigen algunos algunas",
        "few": "few little peu wenige wenig pocos pocas",
        "many": "many viele muchos muchas",
        "often": "usually normally generally often sometimes rarely occasionally habituellement généralement souvent "
        "parfois rarement üblicherweise normalerweise meist oft manchmal selten normalmente generalmente "
        "frecuentemente raramente",
        "perhaps": "perhaps probably possibly maybe apparently allegedly likely peut-être probablement vielleicht "
        "wahrscheinlich vermutlich möglicherweise quizás quizá probablemente posiblemente",
        "than": "than",
        "until": "until till hasta",
        "before": "before avant vor antes",
        "after": "after après nach después tras",
        "working": "working business ouvrables ouvrés laborables hábiles",
        "calendar": "calendaires naturales",
    }.items()
    for word in words.split()
}
CONDITIONS: Final = frozenset({"except", "if"})  # hold for the whole sentence, wherever they stand in it

LIGHT_WORDS: Final[Mapping[str, frozenset[str]]] = {  # add no fact: grammar that a sentence needs to stand alone
    "en": frozenset(
        "has have had having does do did been being were am its his hers her their theirs them they he she him it's "
        "which who whom whose from also than so we our us you your i my me where when what there here these those "
        "each per any one".split()
    ),
    "fr": frozenset(
        "est sont était étaient a ont avait être avoir été il elle ils elles on nous vous ce cette ces qui que dont "
        "leur leurs son sa ses chaque par aussi y ne n".split()
    ),
    "de": frozenset(
        "ist sind war waren hat haben hatte hatten wird werden wurde wurden worden er sie es wir ihr ihre man dieser "
        "diese dieses diesem je pro jede jeder jedes jeden auch dort".split()
    ),
    "es": frozenset(
        "es son era eran fue fueron ha han había ser sido estar está están se lo le les su sus este esta estos estas "
        "ese esa que quien cada por también".split()
    ),
}

# Words that stand for one another in business texts, whatever their tense; kept small, as each one is a risk.
SAME: Final[Mapping[str, str]] = {
    "en": "get got gets receive received | begin began begun begins start started starts | end ended finish finished | "
    "buy bought purchase purchased | need needed needs require requires | allowed permitted | fell fall fallen falls | "
    "rose rise risen rises | ran run runs | paid pay pays | held hold holds | met meet | kept keep keeps | "
    "left leave leaves | made make makes | sent send sends | took take takes taken | gave give gives given | "
    "grew grow grown grows | said say says | "
    "told tell tells | lent lend lends | spoke speak spoken | came come comes | "
    "went go goes gone | chose choose chosen | wrote write written | bore bear borne | showed show shown | "
    "employee staff | customer client | firm company | annual yearly | journey trip | vehicle car | "
    "measure measurement measures | person people | send sent ship shipped | replace replaced exchange exchanged | "
    "approximately about roughly | every all each | further additional | located situated | work works worked",
    "fr": "commence débute | finit termine | nécessite requiert | obtient reçoit | salarié employé | "
    "client clientèle | "
    "société entreprise | véhicule voiture | achat acheter | autorisé permis | annuel an",
    "de": "beginnt begann startet startete | endet endete | erhält bekommt erhielt bekam erhalten bekommen | "
    "benötigt braucht erfordert | mitarbeiter beschäftigte | kunde auftraggeber | firma unternehmen | "
    "jährlich jahr | erlaubt gestattet | dauert dauerte | gilt galt gelten",
    "es": "empieza comienza inicia | termina acaba finaliza | recibe obtiene reciben obtienen | necesita requiere | "
    "empleado trabajador | empresa compañía | anual año | permitido autorizado | cliente comprador",
}


@cache
def same_stems(language: str) -> Mapping[str, str]:
    """Give, for each stem that has others like it, the one that stands for all of them."""
    groups = [group.split() for group in SAME.get(language, "").split("|")]
    return {stem(word, language): stem(group[0], language) for group in groups for word in group}


def meaning_stem(word: str, language: str) -> str:
    """Give the stem of a word, the same one for all words that stand for one another; "" for a stop word."""
    found = stem(word.lower(), language)
    return same_stems(language).get(found, found)


def is_light(word: str, language: str) -> bool:
    return word.lower() in LIGHT_WORDS.get(language, LIGHT_WORDS["en"])
