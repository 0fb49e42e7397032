"""What commands share: the settings in force, and the ledger opened for administration."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.render import explained, fail
from gateway.settings import ConfigError, Settings, load_settings, settings_path

if TYPE_CHECKING:
    from gateway.store.open import LedgerService

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="AI_GATEWAY_CONFIG",
        help="Settings file. Without it, the shipped demo settings.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def settings(config: Path | None) -> Settings:
    """The settings in force; mistakes are printed with file, line and fix, and end the command."""
    with explained(ConfigError, OSError):
        return load_settings(settings_path(config))


def mistakes() -> tuple[type[Exception], ...]:
    """What can be wrong with settings, keys and database, each with a message for people. For `explained`."""
    from detectors.errors import ConfigError as DetectorConfigError
    from gateway.ledger.keystore import KeyStoreError
    from gateway.store.open import LedgerError
    from gateway.store.schema import SchemaError

    return (ConfigError, DetectorConfigError, KeyStoreError, LedgerError, SchemaError, OSError)


@contextmanager
def opened(config: Path | None, *, make: bool = False) -> Iterator["LedgerService"]:
    """The ledger for reading and administration. With `make` it is created where there is none."""
    from gateway.administration import store

    current = settings(config)
    if (
        not make
        and not current.database.model_dump(exclude_none=True)
        and not (current.data_dir / "ledger.db").exists()
    ):
        raise fail(
            f"there is no ledger in {current.data_dir.resolve()} yet",
            "Start the gateway first (`ai-gateway demo` or `ai-gateway serve`), or name its settings with --config.",
        )
    with explained(*mistakes()):
        service = store(current, migrate=make)
    try:
        with explained():
            yield service
    finally:
        service.close()


def administrator() -> str:
    """Who acts, for the admin leaf: the operating system's user."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.getuid())
