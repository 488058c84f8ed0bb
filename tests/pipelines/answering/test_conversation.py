"""A follow-up question is made to stand alone, what is no question is told from one, and all else stays as typed."""

import anyio
import pytest

from groundsel_pipelines.answering.chatting import chat
from groundsel_pipelines.answering.conversation import standing_alone
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
        ("And for company cars?", "What is paid per mile for private cars?", "What is paid per mile for company cars?"),
        ("And without a stay?", "What is paid for meals with a stay?", "What is paid for meals without a stay?"),
        ("And of the Kestrel K4?", "What is the depth of the Heron H2?", "What is the depth of the Kestrel K4?"),
        ("And on Fridays?", "When does the office in Lyon open?", "When does the office in Lyon open on Fridays?"),
        ("What about certificates?", "How long are backups kept?", "How long are certificates kept?"),
        ("And E05?", "What does code E04 mean?", "What does code E05 mean?"),
        ("And 4.3?", "When was Lagoon 4.2 released?", "When was Lagoon 4.3 released?"),
        ("What is new in it?", "When was Lagoon 4.2 released?", "What is new in Lagoon 4.2?"),
        ("When does it end?", "Who leads the ERP project?", "When does the ERP project end?"),
        ("Who may have one?", "What does a company car cost the driver?", "Who may have a company car?"),
        ("Where are they stored?", "How long are backups kept?", "Where are backups stored?"),
        ("Who organises them?", "How often are fire drills held?", "Who organises fire drills?"),
        ("What is its warranty?", "What is the depth of the Heron H2?", "What is the Heron H2's warranty?"),
        ("How long does it last?", "What is the battery of the Kestrel K4?",
         "How long does the battery of the Kestrel K4 last?"),
        ("Is it free?", "How much is delivery?", "Is delivery free?"),
        ("Must they register it?", "Can employees work from abroad?", "Must employees register it?"),
        ("How many people work there?", "Where is the office in Freiburg?", "How many people work in Freiburg?"),
        ("Et à Fribourg ?", "Combien de jours de congés ont les salariés à Grenoble ?",
         "Combien de jours de congés ont les salariés à Fribourg ?"),
        ("Et pour un mariage ?", "Combien de jours pour un déménagement à Lyon ?",
         "Combien de jours pour un mariage à Lyon ?"),
        ("Et la sonde Kestrel ?", "Combien coûte la sonde Heron ?", "Combien coûte la sonde Kestrel ?"),
        ("Combien pèse-t-elle ?", "Où se trouve la bouée ?", "Combien pèse la bouée ?"),
        ("Wie wird er beantragt?", "Wann verfällt der Resturlaub?", "Wie wird der Resturlaub beantragt?"),
        ("Was kostet sie?", "Wie lange dauert eine Kalibrierung?", "Was kostet eine Kalibrierung?"),
        ("Und Teilzeitbeschäftigte?", "Wie viele Tage haben Vollzeitbeschäftigte in Freiburg?",
         "Wie viele Tage haben Teilzeitbeschäftigte in Freiburg?"),
        ("¿Y del Otter?", "¿Cuál es el precio del Dipper?", "¿Cuál es el precio del Otter?"),
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
    assert standing_alone("What is her telephone number?", history) == "What is Priya Raman's telephone number?"


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
        "What does it mean that an offer is binding?",
        "Is it possible to work from Spain?",
        "Combien y a-t-il de bouées à Lyon ?",
        "Faut-il réserver une salle ?",
        "Können Sie mir sagen, wie hoch der Umsatz war?",
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
    ("text", "kind", "language"),
    [
        ("Hello!", "greeting", "en"),
        ("Good morning, everybody!", "greeting", "en"),
        ("Guten Tag", "greeting", "de"),
        ("¡Hola, buenos días!", "greeting", "es"),
        ("Merci beaucoup", "thanks", "fr"),
        ("Danke dir!", "thanks", "de"),
        ("Thanks, bye bye!", "farewell", "en"),
        ("Auf Wiedersehen.", "farewell", "de"),
        ("Tschüss", "farewell", "de"),
        ("ok", "agreed", "en"),
        ("D’accord !", "agreed", "fr"),
        ("What can you do?", "about", "en"),
        ("What can you help me with?", "about", "en"),
        ("Hi, who are you?", "about", "en"),
        ("Que sais-tu faire ?", "about", "fr"),
        ("Was kannst du?", "about", "de"),
        ("¿Qué sabes hacer?", "about", "es"),
        ("What did I ask before?", "recall", "en"),
        ("Quelle était ma dernière question ?", "recall", "fr"),
        ("Was habe ich dich gerade gefragt?", "recall", "de"),
        ("¿Qué te pregunté antes?", "recall", "es"),
        ("Repeat that please", "said", "en"),
        ("What have you just said?", "said", "en"),
        ("Wiederhole das bitte", "said", "de"),
        ("What did we talk about?", "asked", "en"),
        ("Summarise our conversation", "asked", "en"),
        ("De quoi avons-nous parlé ?", "asked", "fr"),
        ("Worüber haben wir gesprochen?", "asked", "de"),
        ("Write a poem about spring", "task", "en"),
        ("Please write me a Python script that sorts a list", "task", "en"),
        ("Send an email to Priya", "task", "en"),
        ("Book a flight to Paris for me", "task", "en"),
        ("Delete all documents", "task", "en"),
        ("Erzähl mir einen Witz", "task", "de"),
        ("Escribe un poema", "task", "es"),
    ],
)
def test_what_no_document_answers_is_told_from_a_question(text: str, kind: str, language: str) -> None:
    assert chat(text) == (kind, language)


@pytest.mark.parametrize(
    "text",
    [
        "Hello, how many days of leave do I get?",
        "Who writes the minutes?",
        "Which story does the case study tell?",
        "What help is there after an accident?",
        "What did the board say?",
        "What did we order from Acme?",
        "What time is the canteen open?",
        "book meeting room",
        "order form for Acme",
        "call recording policy",
        "delete account procedure",
        "Send invoices to whom?",
        "help desk",
        "write it into a " * 500 + "\n",
        "no smoking",
        "good",
        "leave",
        "",
    ],
)
def test_a_question_or_a_search_is_no_remark(text: str) -> None:
    assert chat(text) is None


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Please repeat that.", "My last answer was: “Leave is 25 days.”"),
        ("What did we talk about?", "You have asked: “How long is leave?”, “And in Lyon?”"),
        ("Worüber haben wir gesprochen?", "Sie haben gefragt: „How long is leave?“, „And in Lyon?“"),
        ("Wiederhole das bitte", "Meine letzte Antwort war: „Leave is 25 days.“"),
        ("Was war meine letzte Frage?", "Ihre letzte Frage war: „And in Lyon?“"),
    ],
)
def test_a_question_about_the_conversation_is_answered_from_it_alone(text: str, message: str) -> None:
    questions = asked("How long is leave?", "Thanks!", "And in Lyon?", answer="Leave is 25 days. [1]")
    last = told(text, *questions, *asked("Thanks!", answer="You are welcome."))[-1]

    assert isinstance(last, Finish)
    assert (last.status, last.reason, last.message) == ("skipped", "conversation", message)


def test_ok_is_a_reply_to_an_answer_and_else_a_word_to_search_for() -> None:
    first, second = told("ok")[-1], told("ok", *asked("How long is leave?", answer="Leave is 25 days."))[-1]

    assert isinstance(first, Finish)
    assert isinstance(second, Finish)
    assert first.reason is None
    assert second.message == "All right. What else would you like to know from your documents?"


def test_before_anything_was_asked_there_is_nothing_to_repeat() -> None:
    last = told("Répétez", *asked("Bonjour !")[:1])[-1]

    assert isinstance(last, Finish)
    assert last.message == "Vous n’avez encore rien demandé."


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
