"""`ai-gateway ledger backup | restore | restored`: copies of the ledger, and the proof that one is its beginning."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.context import AsJson, Config, administrator, mistakes, opened, settings
from gateway.cli.render import explained, print_json, say, warn, working
from gateway.model.wording import many

if TYPE_CHECKING:
    from gateway.store.open import LedgerService

AcceptLoss = Annotated[
    bool, typer.Option("--accept-loss", help="Go on although records that were signed for are missing. It is recorded.")
]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)
    app.command()(restored)


def backup(
    to: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Copy the SQLite ledger to a file while the gateway runs. A PostgreSQL ledger is backed up with pg_dump.

    Keep it apart from the key store and its backups, and destroy it when its time is up.

    Example: ai-gateway ledger backup /backup/ledger-2026-11-26.db
    """
    from gateway.disposing import backup_life

    life = backup_life(settings(config))
    with opened(config) as ledger, explained(*mistakes()), working("Copying the ledger"):
        written = ledger.backup(to)
        found = ledger.standing_of(to)
    until = (datetime.now(UTC) + timedelta(days=life.database_days)).date().isoformat()
    if as_json:
        print_json({"file": str(to), "bytes": written, "leaves": found.size, "root": found.root.hex(), "until": until})
        return
    say(f"{to}: {written / 1e6:.1f} MB.")
    say(f"Destroy this backup by {until}: {many(life.database_days, 'day')}, by the settings (retention: backup_days).")
    say(
        "The key store is not in it. Back it up apart, under other hands, and keep its backups for no more than "
        f"{many(life.keystore_days, 'day')}: until they are gone, disposal can be undone with them."
    )


def restore(
    backup: Annotated[Path, typer.Argument(help="A file that `ai-gateway ledger backup` wrote.")],
    accept_loss: AcceptLoss = False,
    config: Config = None,
) -> None:
    """Put a backup in the place of the SQLite ledger. Stop the gateway first.

    The backup is first proved to be the beginning of what checkpoints.log says was signed. What was disposed of since
    the backup is destroyed again. The ledger that was there is replaced: copy it first if it may still be of use.

    Example: ai-gateway ledger restore /backup/ledger-2026-11-26.db
    """
    from gateway.administration import key_store
    from gateway.settings import database_url
    from gateway.store.open import restore as put_back

    current = settings(config)
    with explained(*mistakes(), status=1), working("Checking the backup"):
        found = put_back(
            database_url(current).get_secret_value(), backup, current.data_dir.resolve(), key_store(current),
            accept_loss=accept_loss,
        )  # fmt: skip
    with opened(config, make=True) as ledger:
        _finish(ledger, found.missing)


def restored(accept_loss: AcceptLoss = False, config: Config = None) -> None:
    """After pg_restore: prove that the database is the beginning of what checkpoints.log says was signed, and destroy
    again what was disposed of since the backup. Run it before the gateway starts.

    Example: ai-gateway ledger restored
    """
    from gateway.store.open import refuse_loss, refuse_running

    current = settings(config)
    with opened(config, make=True) as ledger:
        with explained(*mistakes(), status=1), working("Checking the database"):
            refuse_running(current.data_dir.resolve())
            found = ledger.standing()
            refuse_loss(found, accept_loss=accept_loss)
        _finish(ledger, found.missing)


def _finish(ledger: "LedgerService", missing: int) -> None:
    with working("Disposing again"):
        aside = ledger.restored(missing, administrator())
        now = ledger.standing()
    say(
        f"The ledger is the beginning of what was signed for: {many(now.size, 'leaf', 'leaves')}, "
        f"root {now.root.hex()}."
    )
    if missing:
        warn(f"Missing, and signed for: {many(missing, 'leaf', 'leaves')}. The ledger says so in a leaf of its own.")
    if aside is not None:
        say(f"The whole checkpoint log is kept as {aside}. Give it to whoever holds the council's checkpoints.")
    say("What was disposed of since the backup was destroyed again. Start the gateway.")
