"""The legs of a search: asked in one request, and once more for the few documents that have many good passages."""

from collections.abc import Callable, Collection, Mapping
from time import monotonic

from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.stores.elasticsearch import passages
from groundsel_pipelines.stores.elasticsearch.asking import Answer, Asking
from groundsel_pipelines.stores.elasticsearch.layout import collection_in
from groundsel_pipelines.stores.elasticsearch.passages import Found
from groundsel_pipelines.stores.elasticsearch.queries import Body
from groundsel_pipelines.types import Query

Leg = Callable[[Collection[str]], Body]
"""Makes the body of a leg: over everything, or over the documents of these ids alone, with more passages of each."""

Documents = Mapping[str, Found]
Answered = Mapping[str, Documents | GroundselError]
"""Of each leg the documents, or the error that it met."""


async def ask(asking: Asking, query: Query, legs: Mapping[str, Leg], *, seconds: float | None = None) -> Answered:
    """Ask all legs at once, and again those whose documents may have further passages among the best.

    Where another generation becomes live meanwhile, everything is asked anew: passages of two are never shown together.

    Raises:
        Unavailable: the request as a whole failed.

    """
    found = await _ask(asking, query, legs, seconds=seconds)
    return await _ask(asking, query, legs, seconds=seconds) if _mixed(found) else found


async def _ask(asking: Asking, query: Query, legs: Mapping[str, Leg], *, seconds: float | None) -> Answered:
    began = monotonic()
    answers = await asking.ask(query.collections, [leg(()) for leg in legs.values()], seconds=seconds)
    found = {name: _read(answer) for name, answer in zip(legs, answers, strict=True)}
    lacking = {
        name: doc_ids
        for name, documents in found.items()
        if not isinstance(documents, GroundselError)
        if (doc_ids := passages.lacking(documents, query.top_k))
    }
    if lacking:
        left = seconds and max(seconds - (monotonic() - began), 0.001)
        bodies = [legs[name](doc_ids) for name, doc_ids in lacking.items()]
        for name, answer in zip(lacking, await asking.ask(query.collections, bodies, seconds=left), strict=True):
            found[name] = _with(found[name], _read(answer))
    return found


def _mixed(found: Answered) -> bool:
    """Say whether documents of one collection came from two generations of it."""
    legs = [documents.values() for documents in found.values() if not isinstance(documents, GroundselError)]
    indices = {each.index for documents in legs for each in documents}
    return len(indices) > len({collection_in(index) for index in indices})


def _read(answer: Answer | GroundselError) -> Documents | GroundselError:
    return answer if isinstance(answer, GroundselError) else passages.found(answer)


def _with(first: Documents | GroundselError, second: Documents | GroundselError) -> Documents | GroundselError:
    """Let the second answer stand for the documents that both have; an error in either is one of the whole."""
    if isinstance(first, GroundselError):
        return first
    return second if isinstance(second, GroundselError) else {**first, **second}
