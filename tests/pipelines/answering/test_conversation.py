"""A follow-up question is made to stand alone, what is no question is told from one, and all else stays as typed."""

import anyio
import pytest

from groundsel_pipelines.answering.conversation import chat, standing_alone
from groundsel_pipelines.errors import AccessDenied
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import AnswerEvent, AnswerRequest, Finish, ResultsFound, TextDelta, Turn
from groundsel_pipelines.words import asked_language
from plugin_parts import made
from small_corpus import STAFF, filled, indexed

BRISTOL = "How many days of annual leave do employees get in Bristol?"
HERON = "What is the warranty of the Heron H2?"
LEAD = "Who is the head of the people team?"


def asked(*questions: str, answer: str = "") -> tuple[Turn, ...]:
    turns = [turn for text in questions for turn in (Turn(role="user", text=text), Turn(role="assistant", text=answer))]
    return tuple(turns)


@pytest.mark.parametrize(
    ("text", "before", "alone"),
    [
        ("And in Grenoble?", BRISTOL, "How many days of annual leave do employees get in Grenoble?"),
        ("What about in Grenoble?", BRISTOL, "How many days of annual leave do employees get in Grenoble?"),
        ("And for managers?", BRISTOL, "How many days of annual leave do employees get in Bristol for managers?"),
        ("And part-time employees?", BRISTOL, "How many days of annual leave do part-time employees get in Bristol?"),
        ("And the Kestrel K4?", HERON, "What is the warranty of the Kestrel K4?"),
        ("How long does it last?", "What is the battery of the Kestrel K4?",
         "How long does the battery of the Kestrel K4 last?"),
        ("Is it free?", "How much is delivery?", "Is delivery free?"),
        ("Must they register it?", "Can employees work from abroad?", "Must employees register it?"),
        ("How many people work there?", "Where is the office in Freiburg?", "How many people work in Freiburg?"),
        ("Et à Fribourg ?", "Combien de jours de congés ont les salariés à Grenoble ?",
         "Combien de jours de congés ont les salariés à Fribourg ?"),
        ("Und in Lyon?", "Wie viele Urlaubstage gibt es in Freiburg?", "Wie viele Urlaubstage gibt es in Lyon?"),
        ("¿Y en Madrid?", "¿Cuántos días de vacaciones hay en Valencia?",
         "¿Cuántos días de vacaciones hay en Madrid?"),
    ],
)  # fmt: skip
def test_a_follow_up_question_is_completed_from_the_one_before(text: str, before: str, alone: str) -> None:
    assert standing_alone(text, asked(before)) == alone


def test_he_and_she_are_who_was_named_in_the_answer() -> None:
    history = asked(LEAD, answer="The head of the people team is Priya Raman. [1]")

    assert standing_alone("Where does she work?", history) == "Where does Priya Raman work?"


def test_a_follow_up_of_a_follow_up_is_completed_twice() -> None:
    history = asked(BRISTOL, "And in Grenoble?", "Thanks!")

    assert standing_alone("And in Freiburg?", history) == BRISTOL.replace("Bristol", "Freiburg")


@pytest.mark.parametrize(
    "text",
    [
        "What is the hotel limit in London?",
        "How long does the warranty of the Otter last?",
        "Is there a canteen?",
        "When was this year's audit?",
        "",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(text: str) -> None:
    assert standing_alone(text, asked(HERON)) == text


@pytest.mark.parametrize("text", ["And in Grenoble?", "How long does it last?"])
def test_without_a_question_before_it_nothing_is_put_in(text: str) -> None:
    assert standing_alone(text, ()) == text
    assert standing_alone(text, asked("Hello!")) == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hello!", "greeting"),
        ("Guten Tag", "greeting"),
        ("¡Hola!", "greeting"),
        ("Merci beaucoup", "thanks"),
        ("Auf Wiedersehen.", "farewell"),
        ("What can you do?", "about"),
        ("Wer bist du?", "about"),
        ("What did I ask before?", "recall"),
        ("Quelle était ma dernière question ?", "recall"),
        ("Write a poem about spring", "task"),
        ("Erzähl mir einen Witz", "task"),
        ("Hello, how many days of leave do I get?", None),
        ("Who writes the minutes?", None),
        ("Which story does the case study tell?", None),
        ("What help is there after an accident?", None),
        ("leave", None),
    ],
)
def test_what_no_document_answers_is_told_from_a_question(text: str, kind: str | None) -> None:
    assert chat(text) == kind


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How long is the warranty?", "en"),
        ("Combien de jours de congés ?", "fr"),
        ("Wie viele Urlaubstage gibt es?", "de"),
        ("¿Cuántos días de vacaciones hay?", "es"),
        ("Heron H2", "en"),
        ("", "en"),
    ],
)
def test_a_question_shows_its_language(text: str, language: str) -> None:
    assert asked_language(text) == language


# ---------------------------------------------------------------- in an answer

LEAVE = indexed(
    "leave.md", "Employees in Bristol get 25 days of annual leave. Employees in Lyon get 30 days.", title="Leave"
)


def told(text: str, *history: Turn, principals: frozenset[str] = STAFF) -> list[AnswerEvent]:
    answerer = made(filled(MemoryStore(), LEAVE)).answerer
    request = AnswerRequest(text=text, principals=principals, history=history)

    async def events() -> list[AnswerEvent]:
        return [event async for event in answerer.answer(request)]

    return anyio.run(events)


def test_a_follow_up_is_answered_as_it_was_understood_which_is_said() -> None:
    events = told("And in Lyon?", *asked("How many days of annual leave do employees get in Bristol?"))

    first, last = events[0], events[-1]
    assert isinstance(first, ResultsFound)
    assert isinstance(last, Finish)
    assert first.rewritten == "How many days of annual leave do employees get in Lyon?"
    assert "Employees in Lyon get 30 days." in "".join(e.text for e in events if isinstance(e, TextDelta))


def test_a_greeting_gets_a_word_and_no_search() -> None:
    first, last = told("Bonjour !")

    assert isinstance(first, ResultsFound)
    assert isinstance(last, Finish)
    assert first.results.results == ()
    assert (last.status, last.reason, last.message) == (
        "skipped", "conversation", "Bonjour. Posez-moi une question sur vos documents."
    )  # fmt: skip


def test_what_was_asked_last_is_recalled() -> None:
    last = told("What did I ask before?", *asked("How long is leave?", "Thank you!"))[-1]

    assert isinstance(last, Finish)
    assert last.message == "Your last question was: “How long is leave?”"


def test_nobody_is_greeted_who_may_see_nothing() -> None:
    with pytest.raises(AccessDenied):
        told("Hello", principals=frozenset())


@pytest.mark.parametrize(
    ("question", "message"),
    [("Wie hoch ist der Mount Everest?", "In den Dokumenten steht dazu nichts."),
     ("¿Cuándo nació Cervantes?", "Los documentos no lo dicen.")],
)  # fmt: skip
def test_that_nothing_is_told_is_said_in_the_askers_language(question: str, message: str) -> None:
    parts = made(MemoryStore())

    async def last() -> AnswerEvent:
        return [event async for event in parts.answerer.answer(AnswerRequest(text=question, principals=STAFF))][-1]

    end = anyio.run(last)
    assert isinstance(end, Finish)
    assert (end.status, end.message) == ("not_in_documents", message)
