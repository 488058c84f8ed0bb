"""Other words: abbreviations that documents explain, and a file of synonyms."""

from datetime import date
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.types import QueryPlan, Vocabulary
from groundsel_pipelines.understanding import Synonyms, expansions, read, read_synonyms, with_parts
from groundsel_pipelines.understanding.abbreviations import abbreviations

KNOWN = Vocabulary(words={}, abbreviations=(("SLA", "service level agreement"), ("SLA", "second language acquisition")))


def expanded(text: str, synonyms: Synonyms | None = None, *undone: str) -> QueryPlan:
    plan = read(text, today=date(2026, 1, 1))
    return with_parts(plan, expansions(plan, KNOWN, synonyms or Synonyms({})), frozenset(undone))


def file_of(folder: Path, text: str) -> Path:
    file = folder / "synonyms.txt"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("A service level agreement (SLA) is signed.", {("SLA", "service level agreement")}),
        ("The SLA (service level agreement) is signed.", {("SLA", "service level agreement")}),
        ("l'indice des prix à la consommation (IPC)", {("IPC", "indice des prix à la consommation")}),
        (
            "Paid time off (PTO) and travel and expenses (T&E)",
            {("PTO", "paid time off"), ("T&E", "travel and expenses")},
        ),
        ("on Monday (or Tuesday), see there (Fig 3), the board (CEO)", set()),
    ],
)
def test_abbreviations_are_found_where_documents_explain_them(text: str, pairs: set[tuple[str, str]]) -> None:
    assert abbreviations([text]) == pairs


def test_an_abbreviation_also_asks_for_what_it_stands_for_and_the_other_way() -> None:
    assert expanded("our sla?").words == "our sla service level agreement ?"
    assert expanded("the service level agreement").words == "the service level agreement SLA"
    assert expanded("SLA service level agreement").parts == ()


@pytest.mark.parametrize("question", ["Who is on leave?", "is it?", "Qui est là ?"])
def test_a_small_word_is_no_abbreviation_unless_it_is_written_as_one(question: str) -> None:
    known = Vocabulary(
        words={},
        abbreviations=(("IS", "immune system"), ("WHO", "world health organization"), ("QUI", "quality index")),
    )
    plan = read(question, today=date(2026, 1, 1))
    shouted = read("the WHO", today=date(2026, 1, 1))

    assert expansions(plan, known, Synonyms({})) == ()
    assert [part.becomes for part in expansions(shouted, known, Synonyms({}))] == ["world health organization"]


def test_an_expansion_is_shown_and_undone() -> None:
    (part,) = expanded("our SLA").parts

    assert (part.part_id, part.text, part.becomes) == ("expansion:4", "SLA", "service level agreement")
    assert expanded("our SLA", None, "expansion:4").words == "our SLA"


def test_synonyms_are_read_from_a_file(tmp_path: Path) -> None:
    synonyms = read_synonyms(file_of(tmp_path, "# ours\nholiday, annual leave\nlaptop => notebook  # one way\n\n"))

    assert expanded("holiday", synonyms).words == "holiday annual leave"
    assert expanded("Annual Leave", synonyms).words == "Annual Leave holiday"
    assert expanded("laptop", synonyms).words == "laptop notebook"
    assert expanded("notebook", synonyms).words == "notebook"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("alone", "'alone' stands alone"),
        ("a, , b", "'' holds no word"),
        ("a => b => c", "2 arrows"),
        ("=> b", "'' holds no word"),
        (f"a, {'b' * 300}", "at most 200"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(InvalidInput, match=f"synonyms.txt, line 2: .*{fault}"):
        read_synonyms(file_of(tmp_path, f"a, b\n{line}\n"))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_synonyms(tmp_path / "none.txt")
