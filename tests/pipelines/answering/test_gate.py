"""The gate opens on evidence that fits the question, and what travels with the package says what it was fitted on."""

import json
from dataclasses import fields
from importlib.resources import files

import pytest

from groundsel_pipelines.answering.evidence import nearness, places, rarity, score
from groundsel_pipelines.answering.gate import Features, Gate, features, fitted_gate, has_kind
from groundsel_pipelines.answering.questions import read_question
from groundsel_pipelines.models.adapter_manifest import read_adapter_manifest, shipped
from groundsel_pipelines.types import Hit, Reading
from small_corpus import EMBEDDER, indexed

LEAVE = indexed("leave.md", "Employees get 25 days of leave in 2026. Ann Weber decides.", title="Leave policy")


def described(text: str) -> Features:
    (passage,) = LEAVE.passages
    hits = (Hit(passage=passage, rank=1, score=1.0, retriever="fused"),)
    spots = places(hits, {LEAVE.document.doc_id: LEAVE.document})
    question = read_question(text, "en")
    near = nearness(question, [passage], EMBEDDER)
    return features(question, score(question, spots, EMBEDDER), rarity(question, spots), near)


def test_a_question_that_the_evidence_fits_differs_from_one_that_it_does_not() -> None:
    fitting, foreign = described("How many days of leave do employees get?"), described("Who painted Guernica in 1937?")

    assert fitting.overlap == fitting.passage_overlap == 1
    assert foreign.overlap == foreign.passage_overlap == 0
    assert fitting.cosine > foreign.cosine
    assert (fitting.rarest_missing, foreign.rarest_missing) == (0, 1)
    assert (fitting.numbers_missing, foreign.numbers_missing) == (0, 1)
    assert fitting.margin > 0


@pytest.mark.parametrize(
    ("question", "text", "there"),
    [
        ("How many days?", "It is 25 days.", True),
        ("How many of the 25 days?", "It is 25 days.", False),
        ("When does it end?", "It ends on 31.3.2026.", True),
        ("When does it end?", "It ends in March.", True),
        ("When does it end?", "It ends soon.", False),
        ("Who decides?", "Later Ann Weber decides.", True),
        ("Who decides?", "Ann Weber decides.", True),
        ("Who decides?", "It decides.", False),
        ("Who is Ann Weber?", "Yes, Ann Weber decides.", False),
        ("Why does it end?", "It ends.", None),
    ],
)
def test_the_kind_that_is_asked_for_is_there_or_not(question: str, text: str, there: bool | None) -> None:  # noqa: FBT001 - a table of cases
    assert has_kind(read_question(question, "en"), text, "en") is there


def test_the_gate_opens_from_its_threshold_on() -> None:
    gate = Gate(intercept=-1.0, weights={"overlap": 2.0}, threshold=0.5)
    fitting = described("How many days of leave do employees get?")

    assert gate.probability(fitting) == pytest.approx(0.731, abs=0.001)
    assert gate.opens(fitting)
    assert not gate.opens(described("Who painted Guernica?"))


def test_the_fitted_gate_knows_every_feature_and_says_where_it_comes_from() -> None:
    for name, reader in (("gate.json", False), ("gate-reader.json", True)):
        fit = json.loads(files("groundsel_pipelines.answering").joinpath(name).read_text(encoding="utf-8"))
        gate = fitted_gate(reader=reader)
        known = {field.name for field in fields(Features) if reader or not field.name.startswith("read_")}

        assert set(gate.weights) == known
        assert fit["threshold_interval"][0] <= gate.threshold <= fit["threshold_interval"][1]
        assert fit["questions"]


def test_the_gate_that_hears_a_reader_was_fitted_with_the_one_that_is_shipped() -> None:
    fit = json.loads(files("groundsel_pipelines.answering").joinpath("gate-reader.json").read_text(encoding="utf-8"))
    own = shipped().get(fit["reader"]["name"])

    assert own is None or read_adapter_manifest(own).weights == fit["reader"]["adapter"], (
        "another reader is shipped: fit the gate again with `python benchmarks/fit_gate.py --write`"
    )


def test_a_reader_is_heard() -> None:
    reading = Reading(start=14, end=21, answerable=0.9, confidence=0.8)  # "25 days"
    (passage,) = LEAVE.passages
    hits = (Hit(passage=passage, rank=1, score=1.0, retriever="fused"),)
    spots = places(hits, {LEAVE.document.doc_id: LEAVE.document})
    question = read_question("How many days of leave do employees get?", "en")
    evidence = score(question, spots, EMBEDDER, {passage.passage_id: reading})

    found = features(question, evidence, rarity(question, spots), nearness(question, [passage], EMBEDDER))

    assert evidence[0].place.text == "Employees get 25 days of leave in 2026."
    assert (found.read_agrees, found.read_confidence) == (1, 0.8)
    assert found.read_answerable == found.read_highest == pytest.approx(2.197, abs=0.001)
