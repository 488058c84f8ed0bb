"""Where the parts are put together as the settings say; everything below takes its collaborators as arguments."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.answering.gate import OwnThreshold
from groundsel_pipelines.answering.generating import Bulkhead
from groundsel_pipelines.answering.rewriting import Rewriting
from groundsel_pipelines.answering.spans import Spans
from groundsel_pipelines.answering.verifying import Verification
from groundsel_pipelines.errors import GroundselError, InvalidInput
from groundsel_pipelines.fusion import by_language
from groundsel_pipelines.models import load_embedder
from groundsel_pipelines.models.opened_later import OpenedLater
from groundsel_pipelines.protocols import (
    Embedder,
    Fusion,
    LanguageModel,
    Store,
    StoreFactory,
    StorePlace,
    WeightedFusion,
)
from groundsel_pipelines.registry import load
from groundsel_pipelines.roles import Roles, open_roles
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.searching.reranking import Reranking
from groundsel_pipelines.settings import SearchSettings, Settings
from groundsel_pipelines.understanding import Synonyms, read_synonyms

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything that answers questions, opened once and closed together."""

    store: Store
    embedder: Embedder
    searcher: Searcher
    answerer: Answerer

    def open_models(self, collection: str, language: str = "en") -> None:
        """Open the specialised models that the first question would otherwise wait for; called in a worker thread."""
        self.answerer.spans.readers(collection, language)
        self.answerer.verification.verifiers(collection, language)
        self.searcher.reranking.rerankers(collection, language)
        self.answerer.rewriting.rewriters(collection, language)
        if self.answerer.method == "generated" and self.answerer.writers(collection, language) is None:
            open_early(self.answerer.language_model)


def open_early(model: LanguageModel | None) -> None:
    """Open a language model before the first answer needs it; one that cannot be leaves quotations."""
    if not isinstance(model, OpenedLater):
        return
    try:
        model.open()
    except GroundselError as error:
        logger.warning("answers are quoted, not written: %s", error)


def open_embedder(settings: Settings) -> Embedder:
    """Load the embedding model that the settings name.

    Raises:
        UnknownName: it is not on disk; names the command that fetches it.

    """
    return load_embedder(settings.models.folder, settings.models.embed, threads=settings.models.threads)


def open_language_model(settings: Settings) -> LanguageModel | None:
    """Give the language model that the settings name, not opened yet; None where answers are quotations, if need be."""
    if not settings.models.answer or settings.answer.method != "generated":
        return None
    try:
        return OpenedLater(settings.models.folder, settings.models.answer, threads=settings.models.threads)
    except GroundselError as error:
        logger.warning("answers are quoted, not written: %s", error)
        return None


def open_fusion(search: SearchSettings, embedder: Embedder) -> Fusion:
    """Give the fusion that the settings name.

    Raises:
        UnknownName: no such fusion is installed.

    """
    return by_language(
        weighted_fusion(search.fusion),
        weight=search.weight,
        unread_weight=search.unread_weight,
        languages=embedder.languages,
    )


def weighted_fusion(name: str) -> WeightedFusion:
    return cast("WeightedFusion", load("groundsel.fusions", name))


def require_index(settings: Settings) -> None:
    """Refuse to search where nothing was ever indexed.

    Raises:
        InvalidInput: there is no index; names the command that makes it.

    """
    if settings.store.kind == "embedded" and not settings.store.folder.exists():
        raise InvalidInput(f"nothing is indexed at {settings.store.folder} yet; run: groundsel ingest DIR")


async def require_documents(settings: Settings, store: Store) -> None:
    """Refuse to say that nothing was found where there is nothing to find.

    Raises:
        InvalidInput: the index is empty; names the command that fills it.

    """
    if not (await store.statistics()).documents:
        where = settings.store.folder if settings.store.kind == "embedded" else settings.store.url
        raise InvalidInput(f"the index at {where} is empty; run: groundsel ingest DIR")


@asynccontextmanager
async def open_store(settings: Settings, *, embedder: Embedder) -> AsyncGenerator[Store]:
    """Open the store that the settings name, prepared for the vectors of `embedder`; close it at the end."""
    create = cast("StoreFactory", load("groundsel.stores", settings.store.kind))
    place = StorePlace(folder=settings.store.folder, cluster=settings.store.cluster())
    store = create(place, embedding_model=embedder.model_id, dimensions=embedder.dimensions)
    await store.prepare()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncGenerator[Service]:
    """Open store, models, searcher and answerer; a language model that cannot be loaded leaves quotations."""
    embedder = open_embedder(settings)
    roles = open_roles(settings.roles, settings.models)
    async with open_store(settings, embedder=embedder) as store:
        await store.warm_up()
        answerer = open_answerer(settings, store=store, embedder=embedder, roles=roles)
        yield Service(store=store, embedder=embedder, searcher=answerer.searcher, answerer=answerer)


def open_answerer(settings: Settings, *, store: Store, embedder: Embedder, roles: Roles) -> Answerer:
    """Put searcher and answerer together over a store that is open, with the models that the settings name."""
    searcher = Searcher(
        store=store,
        embedder=embedder,
        fusion=open_fusion(settings.search, embedder),
        fusions={
            name: partial(weighted_fusion(own.fusion), weight=own.weight)
            for name, own in settings.search.collections.items()
        },
        synonyms=read_synonyms(Path(settings.search.synonyms)) if settings.search.synonyms else Synonyms({}),
        top_k=settings.search.top_k,
        timeout=settings.search.timeout,
        reranking=Reranking(rerankers=roles.rerankers, seconds=settings.search.rerank_ms / 1000),
    )
    bulkhead = Bulkhead(timeout=settings.answer.timeout)
    return Answerer(
        searcher=searcher,
        store=store,
        embedder=embedder,
        language_model=open_language_model(settings),
        method=settings.answer.method,
        timeout=settings.answer.timeout,
        max_tokens=settings.answer.max_tokens,
        bulkhead=bulkhead,
        thresholds={
            name: OwnThreshold(threshold=own.threshold, reader=own.reader)
            for name, own in settings.answer.collections.items()
        },
        spans=Spans(readers=roles.readers),
        writers=roles.writers,
        summarisers=roles.summarisers,
        verification=Verification(verifiers=roles.verifiers),
        rewriting=Rewriting(rewriters=roles.rewriters, bulkhead=bulkhead),
    )
