"""Everything that officers work with, put together over one ledger: for the command line and for the records API.

Each service is made when it is first asked for, so that a command starts with what it needs and no more.
"""

import time
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from gateway.administration import PEPPER, key_store, token_issuer
from gateway.settings import Settings
from gateway.store.open import LedgerService

if TYPE_CHECKING:
    from gateway.identity.officers import OfficerIdentity
    from gateway.ledger.keystore import FileKeyStore
    from gateway.ledger.report import Report
    from gateway.ledger.view import Reader
    from gateway.records.access import Guard
    from gateway.records.jobs import Jobs
    from gateway.records.statistics import Statistics
    from gateway.store.officers import DatabaseOfficers


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


class Recordkeeping:
    """The records services of one process. `ledger` is opened, and closed by whoever opened it."""

    def __init__(self, settings: Settings, ledger: LedgerService) -> None:
        self.settings = settings
        self.ledger = ledger

    @cached_property
    def keystore(self) -> "FileKeyStore":
        """The folder of keys. Raises KeyStoreError."""
        return key_store(self.settings)

    @cached_property
    def guard(self) -> "Guard":
        """Who may do what."""
        from gateway.records.access import Guard

        return Guard(now)

    @cached_property
    def officers(self) -> "DatabaseOfficers":
        """Officers as stored."""
        from gateway.store.officers import DatabaseOfficers

        return DatabaseOfficers(self.ledger.admin)

    @cached_property
    def pepper(self) -> bytes:
        """What keys the digests of officers' keys."""
        return self.keystore.secret(PEPPER, 32)

    @cached_property
    def identity(self) -> "OfficerIdentity":
        """Who an officer is, by key or by signed token. Raises ConfigError where an issuer's keys can't be read."""
        from gateway.identity.officer_tokens import Given, OfficerTokens
        from gateway.identity.officers import OfficerIdentity

        tokens = [
            OfficerTokens(
                token_issuer(name, each),
                {
                    theirs: Given(role.role, frozenset(role.controllers), frozenset(role.services))
                    for theirs, role in each.roles.items()
                },
                self.pepper,
                time.time,
                claim=each.roles_claim,
                name_claim=each.name_claim,
            )
            for name, each in self.settings.admin.issuers.items()
        ]
        return OfficerIdentity(self.officers, self.pepper, now=now, clock=time.monotonic, tokens=tokens)

    @property
    def reader(self) -> "Reader":
        """Records in their redacted form."""
        return self.ledger.reader

    @cached_property
    def jobs(self) -> "Jobs":
        """Work that takes longer than a request."""
        from gateway.records.jobs import Jobs

        return Jobs(self.settings.data_dir.resolve() / "jobs", now)

    def verify(self) -> "Report":
        """Check the whole ledger."""
        return self.ledger.verify()

    def council_of(self, ref: str) -> str:
        """The controller whose record a reference names, empty where it is nobody's."""
        prefix = ref.partition("-")[0]
        return next((name for name, each in self.settings.controllers.items() if each.prefix == prefix), "")

    def close(self) -> None:
        """End the work that was begun. The ledger is closed by whoever opened it."""
        if "jobs" in self.__dict__:
            self.jobs.close()

    @cached_property
    def statistics(self) -> "Statistics":
        """Counts in which nobody stands out."""
        from gateway.records.statistics import Statistics
        from gateway.store.statistics import DatabaseCounts

        return Statistics(DatabaseCounts(self.ledger.admin), now)
