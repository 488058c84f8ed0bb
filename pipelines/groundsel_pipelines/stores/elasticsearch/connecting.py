"""The client of a cluster, and what its failures mean in sentences of ours; no secret is ever in one."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from elastic_transport import ConnectionError as NoConnection
from elastic_transport import ConnectionTimeout, HttpxAsyncHttpNode, SerializationError, TlsError, TransportError

from elasticsearch import ApiError, AsyncElasticsearch, OrjsonSerializer, UnsupportedProductError
from groundsel_pipelines.errors import GroundselError, InvalidInput, Unavailable
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch.deciding import LATER

if find_spec("sniffio") is None:
    # httpcore looks for it some forty times a request, through every folder of the path: two milliseconds of a search
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # how the import system notes that a module is not there

OLDEST = (8, 19)
"""Elasticsearch before it cannot filter and show nested vectors in one request as we ask it to."""


class Unanswered(Unavailable):
    """Nothing answers, or it is too busy: a node that starts, or starts again, is like that for a while."""


def connect(cluster: Cluster) -> AsyncElasticsearch:
    """Make the client; nothing is contacted yet.

    Raises:
        InvalidInput: neither an address nor a cloud id is configured, or both are, or what is given is none.

    """
    if not (cluster.hosts or cluster.cloud_id):
        raise InvalidInput(
            "the Elasticsearch store has no address; set store.url, or GROUNDSEL_STORE__URL, to its https://HOST:9200"
        )
    if cluster.hosts and cluster.cloud_id:
        raise InvalidInput("the Elasticsearch store has two addresses; set store.url or store.cloud_id, not both")
    options: dict[str, Any] = {"cloud_id": cluster.cloud_id} if cluster.cloud_id else {"hosts": list(cluster.hosts)}
    if cluster.api_key:
        options["api_key"] = cluster.api_key
    elif cluster.username:
        options["basic_auth"] = (cluster.username, cluster.password)
    if cluster.ca_file:
        options["ca_certs"] = cluster.ca_file
    if cluster.client_certificate:
        options |= {"client_cert": cluster.client_certificate, "client_key": cluster.client_key or None}
    try:
        return AsyncElasticsearch(
            **options,
            node_class=HttpxAsyncHttpNode,  # httpx is here already
            serializer=OrjsonSerializer(),
            headers={"accept-encoding": "identity"},  # httpx asks for gzip, which costs more time here than bytes do
            request_timeout=cluster.timeout,
            max_retries=1,  # on another host, where there are several; every write may be repeated
        )
    except ValueError as error:
        setting = "cloud_id" if cluster.cloud_id else "url"
        raise InvalidInput(
            f"store.{setting}, or a certificate beside it, is none: {error}; an address is https://HOST:9200"
        ) from None
    except OSError as error:
        raise InvalidInput(f"store.ca_file, client_certificate or client_key cannot be read: {error}") from None


@contextmanager
def talking_to(cluster: Cluster) -> Generator[None]:
    """Turn whatever the client raises into an error of ours.

    Raises:
        Unavailable: the cluster does not answer, or refuses; says why and what to do.

    """
    try:
        yield
    except (ApiError, TransportError, UnsupportedProductError) as error:
        raise described(error, cluster) from None


def described(error: Exception, cluster: Cluster) -> GroundselError:
    """Say what went wrong, where, and the next step."""
    where = place(cluster)
    match error:
        case ConnectionTimeout():
            return Unanswered(f"Elasticsearch at {where} did not answer within {cluster.timeout:g} s")
        case TlsError():
            return Unavailable(
                f"the certificate of Elasticsearch at {where} is not trusted: {error.message}; set store.ca_file"
            )
        case NoConnection():
            return Unanswered(f"no Elasticsearch answers at {where}; start it, or correct store.url")
        case UnsupportedProductError() | SerializationError():  # the latter: a page, from whatever is there
            return Unavailable(f"what answers at {where} is not Elasticsearch; correct store.url")
        case ApiError():
            return refused(error.meta.status, cause(error.body), where)
        case _:
            return Unavailable(f"Elasticsearch at {where} gave no usable answer ({type(error).__name__})")


def refused(status: int, reason: tuple[str, str], where: str) -> GroundselError:
    """Describe an answer that is an error: its status, and the kind and the words of its cause."""
    kind, words = reason
    match status, kind:
        case 401, _:
            text = "refuses the credentials; check store.api_key_file, or store.username and store.password_file"
        case 403, "security_exception":
            text = f"does not let these credentials do that: {words}"
        case _, "cluster_block_exception":
            text = f"blocks writing: {words}; free some disk space or lift the block"
        case 404, "index_not_found_exception":
            text = f"has lost an index ({words}); restore it from a snapshot, or run: groundsel ingest DIR --rebuild"
        case _:
            text = f"answered {status}: {kind}: {words}"
    return (Unanswered if status in LATER else Unavailable)(f"Elasticsearch at {where} {text}")


def cause(body: object) -> tuple[str, str]:
    """Give kind and words of the innermost cause of an error's body."""
    found = body.get("error") if isinstance(body, dict) else None
    if not isinstance(found, dict):
        return ("error", str(found or body)[:200])
    roots = found.get("root_cause") or [found]
    first = roots[0]
    return (str(first.get("type", "error")), str(first.get("reason", ""))[:500])


def place(cluster: Cluster) -> str:
    """Name the cluster for a person."""
    return ", ".join(cluster.hosts) or f"cloud id {cluster.cloud_id.partition(':')[0]}"
