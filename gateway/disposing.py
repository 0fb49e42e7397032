"""Holds, disposal and keys, put together from the settings over one ledger."""

from collections.abc import Callable
from typing import Any

from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.retention import RetentionSchedule
from gateway.records.certificates import BackupLife
from gateway.records.disposal import Disposals
from gateway.records.holds import Compiler, Holds
from gateway.records.keys import KeyKeeper
from gateway.settings import RetentionSettings, Settings
from gateway.store.open import LedgerService

Units = Callable[..., Any]
"""`gateway.store.hits.units`."""


def holds_of(ledger: LedgerService, keystore: FileKeyStore, compiler: Compiler, units: Units) -> Holds:
    """Legal holds; `compiler` makes filters of queries."""
    return Holds(ledger.holds(units), compiler, keystore)


def keeper_of(ledger: LedgerService, keystore: FileKeyStore) -> KeyKeeper:
    """Rotation of keys."""
    return KeyKeeper(keystore, ledger.rewrapper, ledger.admin.act)


def disposals_of(
    settings: Settings,
    ledger: LedgerService,
    keystore: FileKeyStore,
    schedule: RetentionSchedule,
    holds: Holds,
    units: Units,
) -> Disposals:
    """Disposal by the schedule, beside these holds."""
    store = ledger.disposal(holds.filter_of, units)
    retire = keeper_of(ledger, keystore).retire_flat
    return Disposals(store, ledger.shredder, schedule, backup_life(settings), retire)


def backup_life(settings: Settings) -> BackupLife:
    """How long backups are kept, by the settings."""
    days = (
        settings.retention.backup_days if settings.retention else RetentionSettings.model_fields["backup_days"].default
    )
    return BackupLife(days, settings.keystore.backup_days)
