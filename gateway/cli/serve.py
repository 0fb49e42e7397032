"""`ai-gateway serve`: run the gateway until it is told to stop."""

import os
import shutil
import socket
import tempfile
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.context import Config, mistakes, settings
from gateway.cli.render import USAGE, explained, fail, say, warn
from gateway.model.wording import many
from gateway.settings import Settings, database_url, settings_path

if TYPE_CHECKING:
    import uvicorn

METRICS: Final = "PROMETHEUS_MULTIPROC_DIR"


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of the settings'.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port, instead of the settings'.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Worker processes, instead of the settings'.")
    ] = None,
) -> None:
    """Run the gateway. Ctrl-C or SIGTERM lets running calls end, for up to 30 seconds.

    Settings, policy, register and detectors are read once, at the start; a mistake in them stops the gateway here.

    Example: ai-gateway serve --config production.yaml --workers 4
    """
    current = settings(config)
    os.environ["AI_GATEWAY_CONFIG"] = str(settings_path(config).resolve())
    count = workers or current.listen.workers
    if current.mode == "demo":
        warn("demo mode: example settings, keys beside the data. Not for real work.")
    run(current, host or current.listen.host, current.listen.port if port is None else port, count)


def run(current: Settings, host: str, port: int, workers: int) -> None:
    """Serve with one worker in this process, or with several under a supervisor.

    Ends the command with status 2 for a mistake that people can mend, and with 3 where the server could not start, so
    that a service manager does not take it for an orderly end.
    """
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE

    from gateway.http.server import server_config
    from gateway.telemetry import logs

    # One worker shares its metrics with nobody; several get a folder of their own, which this process stays out of:
    # it records nothing, and its idle gauges would count as a worker's.
    os.environ.pop(METRICS, None)
    logs.configure(current.log_level)
    listeners = [bound(host, port)]
    if current.admin.listen is not None:
        at = current.admin.listen
        listeners.append(bound(at.host, at.port, "admin: listen in the settings"))
        say(f"Records API for officers on http://{at.host}:{at.port}/records/v1")
    elif current.records_beside_calls and current.mode == "production":
        warn("The records API answers on the port of the calls: whoever reaches the tools reaches it.")
    if workers == 1:
        from gateway.store.open import probe

        with explained(*mistakes()):
            probe(database_url(current).get_secret_value())  # before the seconds that detectors take
        from gateway.app import application, build

        with explained(*mistakes()):
            app = application(build(current))
        server = uvicorn.Server(server_config(app, host=host, port=port))
        server.run(sockets=listeners)
        started = server.started
    else:
        check_first(current)
        say(f"{many(workers, 'worker')} on http://{host}:{listeners[0].getsockname()[1]}")
        started = supervised(
            server_config("gateway.app:create", host=host, port=port, workers=workers, factory=True), listeners
        )
    if not started:
        raise fail("the gateway could not start", "The log lines above name the part that failed.", STARTUP_FAILURE)


def bound(host: str, port: int, setting: str = "--port") -> socket.socket:
    """The listening socket, made before the slow part of starting, so that a port in use is said at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.set_inheritable(True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        fix = f"Is another gateway running? Stop it, or choose another port with {setting}."
        raise fail(f"can't listen on {host}:{port}: {reason}", fix, USAGE) from None
    return listener


def supervised(config: "uvicorn.Config", listeners: list[socket.socket]) -> bool:
    """Run workers until told to stop, and replace those that die; False where they can't start."""
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    shared = tempfile.mkdtemp(prefix="ai-gateway-metrics-")
    os.environ[METRICS] = shared
    try:
        supervisor = Multiprocess(config, sockets=listeners)
        supervisor.run()
    finally:
        shutil.rmtree(shared, ignore_errors=True)
    return all(process.exitcode != STARTUP_FAILURE for process in supervisor.processes)


def check_first(current: Settings) -> None:
    """Find mistakes, and bring the database up to date, once and before there are several workers."""
    from detectors.config import load_config
    from gateway.administration import policy_of, store, upstream_configs

    with explained(*mistakes()):
        policy_of(current)
        load_config(current.detectors)
        upstream_configs(current)
        store(current).close()
