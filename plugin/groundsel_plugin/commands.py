"""`groundsel serve`: the REST API and the search page on this machine; `groundsel keys`: who may send documents."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket

    from groundsel_pipelines.settings import Settings
    from groundsel_plugin.journal import Journal
    from groundsel_plugin.keys import KeyFile

app = typer.Typer()
keys = typer.Typer(no_args_is_help=True, help="Keys of programs that send documents.")


@app.callback(invoke_without_command=True)
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="the address to listen on; by default as configured")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="by default as configured; 0 picks a free one")
    ] = None,
) -> None:
    """Serve the REST API and the search page until Ctrl-C."""
    import anyio

    from groundsel_pipelines.composition import require_index
    from groundsel_pipelines.settings import read_settings
    from groundsel_plugin.access import refuse_open_network

    settings = read_settings()
    host = settings.serve.host if host is None else host
    refuse_open_network(host, allowed=settings.access.open_network)
    require_index(settings)
    with listening(host, settings.serve.port if port is None else port) as sock:
        anyio.run(run, settings, sock)


def listening(host: str, port: int) -> "socket.socket":
    """Take the port first: models are not loaded for nothing, and a port in use is said in a sentence.

    Raises:
        InvalidInput: the address is not one of this machine, or the port is taken.

    """
    import socket

    from groundsel_pipelines.errors import InvalidInput

    # The protocol is named, as asyncio sends small answers at once (TCP_NODELAY) on such sockets only: on others the
    # second answer of a connection waited 40 ms for the client to acknowledge the first
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host.strip("[]"), port))
    except OSError as error:
        sock.close()
        raise InvalidInput(
            f"{host}:{port} cannot be listened on ({error.strerror}); "
            "if another service runs there, choose a free port with: groundsel serve --port 0"
        ) from None
    return sock


def address(sock: "socket.socket") -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def journal_of(settings: "Settings") -> "Journal":
    """Give what requests are noted in, as the settings say."""
    from groundsel_pipelines.query_log import QueryLog
    from groundsel_plugin.journal import NOT_KEPT, Journal

    log = settings.log
    return NOT_KEPT if log.queries == "off" else Journal(QueryLog(log.folder, log.queries, log.days))


async def run(settings: "Settings", sock: "socket.socket") -> None:
    """Open everything, then answer until told to end; everything is closed again after the last answer."""
    from functools import partial

    from anyio import to_thread

    from groundsel_pipelines.asked_before import AskedBefore
    from groundsel_pipelines.composition import open_service
    from groundsel_pipelines.pushing import Pusher
    from groundsel_plugin.access import MachineAccess
    from groundsel_plugin.app import create_app
    from groundsel_plugin.health import Health
    from groundsel_plugin.keys import KeyFile
    from groundsel_plugin.pushing import Pushing
    from groundsel_plugin.routes import Parts
    from groundsel_plugin.serving import Server

    async with open_service(settings) as service:
        await to_thread.run_sync(service.open_models, settings.collection)
        health = Health(store=service.store)
        parts = Parts(
            searcher=service.searcher,
            answerer=service.answerer,
            store=service.store,
            access=MachineAccess(frozenset(settings.access.principals)),
            health=health,
            journal=journal_of(settings),
            asked_before=AskedBefore(store=service.store, folder=settings.log.folder, least=settings.log.propose),
            pushing=Pushing(
                pusher=Pusher(store=service.store, embedder=service.embedder), keys=KeyFile(settings.access.keys)
            )
            if settings.access.push
            else None,
        )
        app = create_app(parts, only_loopback=not settings.access.open_network)
        announce = partial(typer.echo, f"Groundsel is ready: {address(sock)}", err=True)
        await Server(app, health=health, announce=announce).serve(sockets=[sock])


def key_file() -> "KeyFile":
    from groundsel_pipelines.settings import read_settings
    from groundsel_plugin.keys import KeyFile

    return KeyFile(read_settings().access.keys)


@keys.command()
def add(
    name: Annotated[str, typer.Argument(help="who will hold it")],
    *,
    collection: Annotated[list[str], typer.Option(help="that it may write to; may be given several times")],
) -> None:
    """Make a key that may put and delete documents (ingest:write); it is shown this once."""
    typer.echo(key_file().add(name, scopes=("ingest:write",), collections=collection))


@keys.command("list")
def list_keys() -> None:
    """Show the keys, without their secrets."""
    for key in key_file().keys().values():
        typer.echo(f"{key.key_id}  {key.name}  {', '.join(key.scopes)}  {', '.join(key.collections)}")


@keys.command()
def remove(key_id: Annotated[str, typer.Argument(help="as `groundsel keys list` shows it")]) -> None:
    """Take a key out; whoever holds it is refused from then on, by a running service too."""
    key_file().remove(key_id)
