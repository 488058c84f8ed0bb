"""The second lock: who may see a hit is asked again after the store has answered; a disagreement is an alarm.

The rule is written here a second time on purpose: a mistake in the store's own must not open both locks.
"""

import logging

from groundsel_pipelines.types import Hit, Ranking

logger = logging.getLogger(__name__)


def may_see(hit: Hit, principals: frozenset[str]) -> bool:
    """Say whether the passage allows one of `principals` and denies none of them."""
    return not hit.passage.denied & principals and bool(hit.passage.allowed & principals)


def visible(ranking: Ranking, principals: frozenset[str]) -> Ranking:
    """Drop what the asker may not see. A store that works leaves nothing to drop, hence the alarm."""
    kept = tuple(hit for hit in ranking if may_see(hit, principals))
    if len(kept) < len(ranking):
        hidden = sorted({hit.passage.doc_id for hit in ranking if not may_see(hit, principals)})
        logger.critical("the store gave hits that the asker may not see; dropped: %s", ", ".join(hidden))
    return kept
