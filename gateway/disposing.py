"""Keys and the life of backups, put together from the settings over one ledger."""

from gateway.ledger.keystore import FileKeyStore
from gateway.records.certificates import BackupLife
from gateway.records.keys import KeyKeeper
from gateway.settings import RetentionSettings, Settings
from gateway.store.open import LedgerService


def keeper_of(ledger: LedgerService, keystore: FileKeyStore) -> KeyKeeper:
    """Rotation of keys."""
    return KeyKeeper(keystore, ledger.rewrapper, ledger.admin.act)


def backup_life(settings: Settings) -> BackupLife:
    """How long backups are kept, by the settings."""
    days = (
        settings.retention.backup_days if settings.retention else RetentionSettings.model_fields["backup_days"].default
    )
    return BackupLife(days, settings.keystore.backup_days)
