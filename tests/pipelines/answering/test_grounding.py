"""T22 and T35: every sentence shown is cited and supported; poisoned numbers are shown as a contradiction."""

import re
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from asking import answerer, ask
from claims import FALSE, Given, demo_statements
from fakes import ScriptedModel
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import AnswerEvent, Citation, Finish, IndexedDocument, TextDelta
from plugin_parts import ALWAYS
from small_corpus import filled, indexed

CASES, MOST_UNSUPPORTED = 400, 0.01
POISONED, LEAST_TOLD = 60, 0.8
NUMBER = re.compile(r"(?<![\w.,:-])\d+(?![\w.,:-]\d)\b")
STATEMENTS = [statement for statement in demo_statements() if statement.language == "en"]


def asked(question: str, documents: Sequence[IndexedDocument], model: ScriptedModel | None) -> list[AnswerEvent]:
    return ask(answerer(filled(MemoryStore(), *documents), model, gate=ALWAYS), question)


def test_what_a_lying_model_says_is_not_shown_and_every_sentence_is_cited() -> None:
    """T22, over a model that says something false before something true, each time."""
    random = Random(22)  # noqa: S311 - reproducible, not secret
    others = [statement.text for statement in STATEMENTS]
    shown = unsupported = uncited = 0
    for number in range(CASES):
        statement = STATEMENTS[number % len(STATEMENTS)]
        given = Given(text=statement.text, language="en", random=random, others=others)
        lies = [lie for rule in FALSE.values() if (lie := rule(given)) and lie != statement.text]
        model = ScriptedModel(*(f"{lie} " for lie in lies[:3]), statement.text)
        events = asked(statement.text, [indexed("a.md", statement.text)], model)
        for event, following in pairwise(events):
            if isinstance(event, TextDelta):
                shown += 1
                uncited += not isinstance(following, Citation)
                unsupported += any(lie in event.text for lie in lies if lie not in statement.text)

    assert shown >= CASES * 0.95
    assert uncited == 0
    assert unsupported / shown <= MOST_UNSUPPORTED


def test_a_number_that_poisoned_documents_tell_otherwise_is_told_as_a_contradiction() -> None:
    """T35, with one to five documents that say the same with another number."""
    random = Random(35)  # noqa: S311 - reproducible, not secret
    numbered = [each.text for each in STATEMENTS if len(NUMBER.findall(each.text)) == 1]
    told = 0
    for number, text in enumerate(random.sample(numbered, POISONED)):
        value = NUMBER.search(text)
        assert value is not None
        poison = text.replace(value[0], str(int(value[0]) + random.randint(1, 40)))
        copies = [indexed(f"p{copy}.md", poison, title=f"Copy {copy}") for copy in range(1 + number % 5)]
        question = f"How many: {text.replace(value[0], '').rstrip('.')}?"
        events = asked(question, [indexed("a.md", text, title="Original"), *copies], None)
        assert isinstance(events[-1], Finish)
        told += events[-1].status in {"conflicting", "not_in_documents"}

    assert told / POISONED >= LEAST_TOLD
