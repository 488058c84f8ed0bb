"""Every store answers like a dict: any sequence of writes, deletes, repeats, switches and changes of rights (T18)."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from fakes import HashEmbedder
from groundsel_pipelines import rebuilding
from groundsel_pipelines.chunking import embedded_text, split
from groundsel_pipelines.errors import VersionConflict
from groundsel_pipelines.protocols import Cluster, Store, StorePlace
from groundsel_pipelines.stores.elasticsearch.generations import Generations
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import Document, Filter, IndexedDocument, Query
from registered_stores import emptied, opened, own_cluster

pytestmark = pytest.mark.integration

NIGHTLY = settings.get_current_profile_name() == "nightly"
SEQUENCES, STEPS = (5000, 50) if NIGHTLY else (300, 8)
OF_A_COLLECTION = 500  # sequences: a switch copies the whole collection
PATIENCE_SECONDS = 600  # a busy machine is no divergence
SELDOM = 20  # so many-th of the switches that hypothesis asks for is made
EMBEDDER = HashEmbedder()
REAL = ("elasticsearch", "embedded")
NAMES = ("a", "b", "c")
PEOPLE = ("ann", "bob", "eve")
WORDS = ("leave", "travel", "merger", "salary")
TYPES = ("md", "pdf")
Given = TypeVar("Given")
Answer = dict[str, Any]

people = st.frozensets(st.sampled_from(PEOPLE), max_size=3)
versions = st.integers(1, 5)


class Stores:
    """The real stores, opened once for all sequences: each sequence has documents and people of its own."""

    def __init__(self, portal: BlockingPortal, places: dict[str, StorePlace]) -> None:
        self.portal = portal
        self.places = places
        self.stacks: dict[str, AsyncExitStack] = {}
        self.opened: dict[str, Store] = {}

    async def open(self) -> None:
        for name, place in self.places.items():
            self.stacks[name] = AsyncExitStack()
            self.opened[name] = await self.stacks[name].enter_async_context(opened(name, place, EMBEDDER))

    async def close(self) -> None:
        for stack in self.stacks.values():
            await stack.aclose()


class Machine(RuleBasedStateMachine):
    """Does the same to every store and to a dict, and asks all of them the same."""

    stores: ClassVar[Stores]
    numbers: ClassVar = count()

    def __init__(self) -> None:
        super().__init__()
        self.number = next(self.numbers)
        self.reference = MemoryStore(embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
        self.last: list[IndexedDocument] = []

    def person(self, name: str) -> str:
        return f"user:{self.number}:{name}"

    @property
    def collection(self) -> str:
        return f"model{self.number // OF_A_COLLECTION}"

    def doc_id(self, name: str) -> str:
        return f"{self.collection}/{self.number}-{name}"

    def all_do(self, deed: Callable[[Store], Awaitable[Given]]) -> Given | str:
        """Let every store do it, and say what it gave; a refusal is an answer as well."""

        async def attempt(store: Store) -> Given | str:
            try:
                return await deed(store)
            except VersionConflict:
                return "refused"

        expected: Given | str = self.stores.portal.call(attempt, self.reference)
        for name in REAL:
            assert self.stores.portal.call(attempt, self.stores.opened[name]) == expected, name
        return expected

    @rule(
        name=st.sampled_from(NAMES),
        version=versions,
        words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
        media_type=st.sampled_from(TYPES),
        allowed=people,
        denied=people,
    )
    def write(
        self,
        name: str,
        version: int,
        words: list[str],
        media_type: str,
        allowed: frozenset[str],
        denied: frozenset[str],
    ) -> None:
        document = Document(
            doc_id=self.doc_id(name),
            collection=self.collection,
            source=f"source{self.number}",
            uri=f"/{self.number}/{name}.{media_type}",
            title=f"{words[0].capitalize()} {self.number} {name}",
            text=" ".join(words) + ".",
            media_type=media_type,
            language="en",
            version=version,
            updated_at=None,
            allowed=frozenset(map(self.person, allowed)),
            denied=frozenset(map(self.person, denied)),
        )
        passages = split(document, EMBEDDER.tokens)
        vectors = EMBEDDER.embed_passages([embedded_text(passage) for passage in passages])
        self.last = [IndexedDocument(document=document, passages=passages, vectors=vectors)]
        self.repeat()

    @precondition(lambda self: self.last)
    @rule()
    def repeat(self) -> None:
        """Write again what was written last, as after a lost answer; something newer may be there by now."""
        self.all_do(lambda store: store.write(self.last))

    @rule(name=st.sampled_from(NAMES), version=versions)
    def delete(self, name: str, version: int) -> None:
        self.all_do(lambda store: store.delete(self.doc_id(name), version=version))

    @rule()
    def reopen(self) -> None:
        self.stores.portal.call(self.stores.close)
        self.stores.portal.call(self.stores.open)

    @precondition(lambda self: self.last)
    @rule(chance=st.integers(1, SELDOM))
    def switch(self, chance: int) -> None:
        """Let a new generation take the live one's place, where a store has such: nothing may look different."""
        if chance == SELDOM // 2:
            cluster = self.stores.places["elasticsearch"].cluster
            self.stores.portal.call(switched, cluster, self.collection)

    @rule(asker=people.filter(bool), words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2), pdf=st.booleans())
    def look(self, asker: frozenset[str], words: list[str], pdf: bool) -> None:  # noqa: FBT001 - hypothesis chooses
        query = Query(
            text=" ".join(words),
            principals=frozenset(map(self.person, asker)),
            filters=(Filter(field="media_type", op="in", values=("pdf",)),) if pdf else (),
        )
        self.all_do(lambda store: answers(store, query, self.collection, f"source{self.number}"))

    @rule(name=st.sampled_from(NAMES), asker=people)
    def read(self, name: str, asker: frozenset[str]) -> None:
        principals = frozenset(map(self.person, asker))
        self.all_do(lambda store: store.read(self.doc_id(name), principals=principals))


async def switched(cluster: Cluster, collection: str) -> None:
    """Do what `groundsel index rebuild`, `switch` and `clean` do."""
    generations = Generations(cluster, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
    try:
        target = await rebuilding.rebuild(generations, collection, embedder=EMBEDDER, done=silent)
        await rebuilding.switch(generations, target, embedder=EMBEDDER, done=silent)
        await generations.remove(rebuilding.outdated(await generations.of(collection)))
    finally:
        await generations.close()


def silent(completed: int, total: int) -> None:
    """Show nothing."""


async def answers(store: Store, query: Query, collection: str, source: str) -> Answer:
    """Give all that an asker can learn from a store, but scores and order: those depend on what others hold."""
    both = await store.search_both(query, EMBEDDER.embed_query(query.text), seconds=30)
    assert not isinstance(both.lexical, Exception)
    assert not isinstance(both.dense, Exception)
    found = {hit.passage.doc_id for hit in both.dense}
    counted = await store.match_set(query, also=frozenset(found), facets=("media_type",))
    return {
        "lexical": {hit.passage.passage_id: hit.passage for hit in both.lexical},
        "dense": {hit.passage.passage_id: hit.passage for hit in both.dense},
        "counted": counted,
        "suggested": await store.suggest(query.text, principals=query.principals, limit=10),
        "versions": await store.versions(collection, source),
    }


@pytest.fixture
def stores(elasticsearch_url: str, tmp_path: Path) -> Generator[Stores]:
    cluster = replace(own_cluster(elasticsearch_url), timeout=PATIENCE_SECONDS)
    places = {name: StorePlace(folder=tmp_path / name, cluster=cluster) for name in REAL}
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(emptied(cluster)):
        made = Stores(portal, places)
        portal.call(made.open)
        yield made
        portal.call(made.close)


@pytest.mark.timeout(900)  # hypothesis takes up to five minutes to shorten what it has found
def test_no_sequence_makes_a_store_differ_from_a_dict(stores: Stores) -> None:
    Machine.stores = stores
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
