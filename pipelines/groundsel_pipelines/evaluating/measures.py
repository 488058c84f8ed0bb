"""Measures of a ranking by query, computed by ir_measures (MacAvaney et al. 2022), which drives trec_eval."""

from collections.abc import Mapping, Sequence
from typing import Final

from groundsel_pipelines.errors import UnknownName

MEASURES: Final = ("nDCG@10", "R@100", "RR@10", "Success@1", "Success@5")

ByQuery = Mapping[str, float]


def by_query(
    qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Sequence[str]], measures: Sequence[str] = MEASURES
) -> dict[str, dict[str, float]]:
    """Give each measure of each query of `qrels`; `run` has what was found by query, best first.

    A query for which nothing was found counts 0.

    Raises:
        UnknownName: ir_measures is not installed; names the command that installs it.

    """
    try:
        import ir_measures  # noqa: PLC0415 - an extra, and 80 MB of libraries with it
    except ModuleNotFoundError:
        raise UnknownName("evaluation needs ir_measures; run: pip install 'groundsel[eval]'") from None
    parsed = {ir_measures.parse_measure(name): name for name in measures}
    scored = {
        query_id: {unit: float(-rank) for rank, unit in enumerate(run.get(query_id, ()), start=1)} for query_id in qrels
    }
    found = {name: dict.fromkeys(qrels, 0.0) for name in measures}
    for metric in ir_measures.iter_calc(list(parsed), qrels, scored):
        found[parsed[metric.measure]][metric.query_id] = float(metric.value)
    return found
