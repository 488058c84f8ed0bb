"""One evaluation from a folder to a report: prepare, search, measure, answer, measure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from typing import Final, cast

import numpy as np
from anyio import to_thread

from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.answering.gate import Gate
from groundsel_pipelines.composition import open_answerer, open_embedder, open_fusion
from groundsel_pipelines.evaluating.answers import Answers, ask, judge_answers
from groundsel_pipelines.evaluating.gating import TunedGate, tune_gate
from groundsel_pipelines.evaluating.judgments import EvaluationSet, limited
from groundsel_pipelines.evaluating.preparing import Prepared, Told, content_of, hash_of, prepared
from groundsel_pipelines.evaluating.relevance import judge_relevance
from groundsel_pipelines.evaluating.report import Report, about
from groundsel_pipelines.evaluating.retrieving import Found, find
from groundsel_pipelines.evaluating.tuning import Tuned, tune_fusion
from groundsel_pipelines.protocols import Embedder, Fusion, WeightedFusion
from groundsel_pipelines.roles import Roles, open_roles
from groundsel_pipelines.searching.reranking import Reranking
from groundsel_pipelines.settings import Settings

PERCENTILES: Final = (50, 95)
LANGUAGE: Final = "en"  # of a reader that is asked whether it is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to evaluate, as whom, and how many of the questions also to answer."""

    evaluation: EvaluationSet
    principals: frozenset[str]
    answered: int | None  # None: all of them


async def evaluate(plan: Plan, settings: Settings, *, told: Told) -> Report:
    """Evaluate with the settings' store, models and default fusion, and with every other installed fusion.

    Raises:
        InvalidInput: the judgments do not fit the documents.
        UnknownName: a model, a store, a fusion or ir_measures is not installed.

    """
    evaluation = plan.evaluation
    embedder, roles = open_embedder(settings), open_roles(settings.roles, settings.models)
    async with prepared(evaluation, settings, embedder=embedder, principals=plan.principals, told=told) as ready:
        found = await find(
            evaluation.questions,
            ready,
            embedder=embedder,
            principals=plan.principals,
            top_k=settings.search.top_k,
            told=told,
            fusion=open_fusion(settings.search, embedder),
            reranking=Reranking(rerankers=roles.rerankers, seconds=math.inf),
        )
        relevance = await to_thread.run_sync(
            lambda: judge_relevance(found, ready.doc_ids, fusions(settings, embedder), default=default_name(settings))
        )
        answers = await answered(plan, settings, ready, embedder=embedder, roles=roles, told=told)
        statistics = await ready.store.statistics()
    return Report(
        about=about(
            name=evaluation.name,
            content=content_of(evaluation) + hash_of([evaluation.judged_in], evaluation.judged_in.parent),
            documents=statistics.documents,
            passages=statistics.passages,
            questions=len(found),
            by_page=evaluation.by_page,
            store=settings.store.kind,
            model=embedder.model_id,
        ),
        relevance=relevance,
        answers=answers,
        took_ms=percentiles(found),
    )


async def answered(
    plan: Plan, settings: Settings, ready: Prepared, *, embedder: Embedder, roles: Roles, told: Told
) -> Answers | None:
    """Answer questions where the set knows answers."""
    questions = limited(plan.evaluation.questions, plan.answered)
    if not plan.evaluation.has_answers or not questions:
        return None
    answerer = open_answerer(settings, store=ready.store, embedder=embedder, roles=roles)
    outcomes = await ask(questions, ready, answerer, principals=plan.principals, told=told)
    gate, _ = gate_in_use(answerer, ready.collection)
    return judge_answers(outcomes, method=settings.answer.method, threshold=gate.threshold)


def gate_in_use(answerer: Answerer, collection: str) -> tuple[Gate, bool]:
    """Give the gate that stands before answers from a collection, and whether it hears a reader."""
    reader = answerer.spans.readers(collection, LANGUAGE) is not None
    return (answerer.reading_gate if reader else answerer.gate), reader


def installed_fusions() -> Mapping[str, WeightedFusion]:
    found = sorted(entry_points(group="groundsel.fusions"), key=lambda entry: entry.name)
    return {entry.name: cast("WeightedFusion", entry.load()) for entry in found}


def fusions(settings: Settings, embedder: Embedder) -> Mapping[str, Fusion]:
    """Give every installed fusion with even weights, and the configured one."""
    return {**installed_fusions(), default_name(settings): open_fusion(settings.search, embedder)}


def default_name(settings: Settings) -> str:
    """Name the configured fusion with its weights."""
    search = settings.search
    return f"{search.fusion} {search.weight:g}/{search.unread_weight:g}"


async def tune(evaluation: EvaluationSet, settings: Settings, *, principals: frozenset[str], told: Told) -> Tuned:
    """Fit fusion and weight to a set.

    Raises:
        InvalidInput: there are too few questions, or the judgments do not fit the documents.

    """
    embedder = open_embedder(settings)
    before = (settings.search.fusion, settings.search.weight)
    top_k = settings.search.top_k
    async with prepared(evaluation, settings, embedder=embedder, principals=principals, told=told) as ready:
        asked = evaluation.questions
        found = await find(asked, ready, embedder=embedder, principals=principals, top_k=top_k, told=told)
        fit = partial(tune_fusion, found, ready.doc_ids, installed_fusions(), before=before, told=told)
        return await to_thread.run_sync(fit)


async def tune_gate_of(
    evaluation: EvaluationSet, settings: Settings, *, principals: frozenset[str], told: Told
) -> TunedGate:
    """Fit where the gate stands to a set.

    Raises:
        InvalidInput: there are too few questions, or too few of a kind.

    """
    embedder = open_embedder(settings)
    async with prepared(evaluation, settings, embedder=embedder, principals=principals, told=told) as ready:
        roles = open_roles(settings.roles, settings.models)
        answerer = open_answerer(settings, store=ready.store, embedder=embedder, roles=roles)
        outcomes = await ask(evaluation.questions, ready, answerer, principals=principals, told=told)
        gate, reader = gate_in_use(answerer, ready.collection)
    return await to_thread.run_sync(partial(tune_gate, outcomes, before=gate.threshold, reader=reader))


def percentiles(found: Sequence[Found]) -> dict[str, dict[str, float]]:
    """Give the milliseconds of each stage of a search, one question at a time."""
    return {
        stage: {
            f"p{share}": round(float(np.percentile([each.took_ms[stage] for each in found], share)), 2)
            for share in PERCENTILES
        }
        for stage in (found[0].took_ms if found else ())
    }
