"""`ai-gateway serve`: run the gateway until it is told to stop."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from gateway.cli.context import Config, settings
from gateway.cli.render import explained, say, warn
from gateway.settings import ConfigError, Settings, settings_path


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
    """
    current = settings(config)
    os.environ["AI_GATEWAY_CONFIG"] = str(settings_path(config).resolve())
    count = workers or current.listen.workers
    if current.mode == "demo":
        warn("demo mode: example settings, keys beside the data. Not for real work.")
    run(current, host or current.listen.host, current.listen.port if port is None else port, count)


def run(current: Settings, host: str, port: int, workers: int) -> None:
    """Serve with one worker in this process, or with several under a supervisor."""
    from gateway.http.server import server_config

    if workers == 1:
        from detectors.errors import ConfigError as DetectorConfigError
        from gateway.app import application, build
        from gateway.ledger.keystore import KeyStoreError
        from gateway.store.open import LedgerError
        from gateway.store.schema import SchemaError
        from gateway.telemetry import logs

        logs.configure(current.log_level)
        with explained(ConfigError, DetectorConfigError, KeyStoreError, LedgerError, SchemaError):
            app = application(build(current))
        uvicorn.Server(server_config(app, host=host, port=port)).run()
        return
    shared = Path(tempfile.mkdtemp(prefix="ai-gateway-metrics-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(shared)
    try:
        check_first(current)
        config = server_config("gateway.app:create", host=host, port=port, workers=workers, factory=True)
        socket = config.bind_socket()
        say(f"{workers} workers on http://{host}:{socket.getsockname()[1]}")
        Multiprocess(config, sockets=[socket]).run()
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def check_first(current: Settings) -> None:
    """Find mistakes, and bring the database up to date, once and before there are several workers."""
    from detectors.config import load_config
    from detectors.errors import ConfigError as DetectorConfigError
    from gateway.administration import policy_of, store, upstream_configs
    from gateway.ledger.keystore import KeyStoreError
    from gateway.store.open import LedgerError
    from gateway.store.schema import SchemaError

    with explained(ConfigError, DetectorConfigError, KeyStoreError, LedgerError, SchemaError):
        policy_of(current)
        load_config(current.detectors)
        upstream_configs(current)
        store(current).close()
