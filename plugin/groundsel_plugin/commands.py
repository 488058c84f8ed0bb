"""`groundsel serve`: the REST API and the search page on this machine."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket

    from groundsel_pipelines.settings import Settings

app = typer.Typer()

DRAIN_SECONDS = 25  # longer than an answer takes: settings.answer.timeout and a little


@app.callback(invoke_without_command=True)
def serve(
    *,
    host: Annotated[str, typer.Option(help="the address to listen on; by default as configured")] = "",
    port: Annotated[int, typer.Option(min=-1, max=65535, help="by default as configured; 0 picks a free one")] = -1,
) -> None:
    """Serve the REST API and the search page."""
    import anyio

    from groundsel_pipelines.composition import require_index
    from groundsel_pipelines.settings import read_settings
    from groundsel_plugin.access import refuse_open_network

    settings = read_settings()
    host = host or settings.serve.host
    refuse_open_network(host, allowed=settings.access.open_network)
    require_index(settings)
    with listening(host, settings.serve.port if port < 0 else port) as sock:
        anyio.run(run, settings, sock)


def listening(host: str, port: int) -> "socket.socket":
    """Take the port first: models are not loaded for nothing, and a port in use is said in a sentence."""
    import socket

    from groundsel_pipelines.errors import InvalidInput

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host.strip("[]"), port))
    except OSError as error:
        sock.close()
        raise InvalidInput(
            f"{host}:{port} cannot be listened on ({error.strerror}); is a service running there? "
            "Choose another with: groundsel serve --port 0"
        ) from None
    sock.set_inheritable(True)
    return sock


async def run(settings: "Settings", sock: "socket.socket") -> None:
    """Open everything, then answer until told to end."""
    import uvicorn

    from groundsel_pipelines.composition import open_service
    from groundsel_plugin.access import MachineAccess
    from groundsel_plugin.app import create_app
    from groundsel_plugin.health import Health
    from groundsel_plugin.routes import Parts

    async with open_service(settings) as service:
        health = Health(store=service.store)
        parts = Parts(
            searcher=service.searcher,
            answerer=service.answerer,
            store=service.store,
            access=MachineAccess(frozenset(settings.access.principals)),
            health=health,
        )
        config = uvicorn.Config(
            create_app(parts, only_loopback=not settings.access.open_network),
            log_level="warning",
            timeout_graceful_shutdown=DRAIN_SECONDS,
            server_header=False,
        )

        class Server(uvicorn.Server):
            """Says that it drains before it ends."""

            def handle_exit(self, sig: int, frame: object) -> None:
                health.draining = True
                super().handle_exit(sig, frame)  # type: ignore[arg-type]  # a frame, which the library does not use

        host, port = sock.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        typer.echo(f"Groundsel is ready: http://{shown}:{port}", err=True)
        await Server(config).serve(sockets=[sock])
