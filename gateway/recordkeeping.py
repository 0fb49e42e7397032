"""Everything that officers work with, put together over one ledger: for the command line and for the records API.

Each service is made when it is first asked for, so that a command starts with what it needs and no more.
"""

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from gateway.administration import PEPPER, key_store, policy_of, schedule_of, token_issuer, version
from gateway.catalogue import Catalogue
from gateway.detecting import Detection, Inspect
from gateway.identity.pseudonyms import Pseudonyms
from gateway.model.search import Query
from gateway.settings import Settings
from gateway.store import finding
from gateway.store.open import LedgerService

if TYPE_CHECKING:
    from gateway.identity.officers import OfficerIdentity
    from gateway.ledger.keystore import FileKeyStore
    from gateway.ledger.report import CheckRun, Report
    from gateway.ledger.retention import RetentionSchedule
    from gateway.ledger.view import Reader
    from gateway.records.access import Guard
    from gateway.records.cases.desk import Desk
    from gateway.records.cases.exemptions import Exemptions
    from gateway.records.cases.incidents import Incidents
    from gateway.records.cases.opening import Openings
    from gateway.records.cases.reviewing import Reviews
    from gateway.records.cases.rights import Rights
    from gateway.records.cases.searching import Searches
    from gateway.records.cases.service import Cases
    from gateway.records.certificates import BackupLife
    from gateway.records.disposal import Disposals
    from gateway.records.exports import Exports
    from gateway.records.holds import Holds
    from gateway.records.jobs import Jobs
    from gateway.records.keeping import CaseHolds
    from gateway.records.keys import KeyKeeper
    from gateway.records.redating import Redatings
    from gateway.records.rescan import Rescans
    from gateway.records.saved import SavedSearches
    from gateway.records.scan import Scans
    from gateway.records.search import Searcher
    from gateway.records.statistics import Statistics
    from gateway.store.disposal import DatabaseDisposal
    from gateway.store.officers import DatabaseOfficers
    from gateway.store.placing import Placing


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


class Recordkeeping:
    """The records services of one process. `ledger` is opened, and closed, by whoever made it; `inspect` and
    `pseudonyms` are a running worker's own, made anew where there is none."""

    def __init__(
        self,
        settings: Settings,
        ledger: LedgerService,
        *,
        inspect: Inspect | None = None,
        pseudonyms: Pseudonyms | None = None,
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.detection = Detection(settings, inspect)
        self._pseudonyms = pseudonyms

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
    def statistics(self) -> "Statistics":
        """Counts in which nobody stands out."""
        from gateway.records.statistics import Statistics
        from gateway.store.statistics import DatabaseCounts

        return Statistics(DatabaseCounts(self.ledger.admin), now)

    @cached_property
    def jobs(self) -> "Jobs":
        """Work that takes longer than a request."""
        from gateway.records.jobs import Jobs

        return Jobs(self.settings.data_dir.resolve() / "jobs", now)

    def check(self, who: str) -> "tuple[Report, CheckRun]":
        """Check the whole ledger and keep the result, with a leaf."""
        from gateway.notary import check, outside_of

        return check(self.ledger, outside_of(self.settings), who)

    @property
    def vkey(self) -> str:
        """The verifier key of the checkpoints and packages."""
        return self.ledger.vkey

    def council_of(self, ref: str) -> str:
        """The controller whose record a reference names, empty where it is nobody's."""
        prefix = ref.partition("-")[0]
        return next((name for name, each in self.settings.controllers.items() if each.prefix == prefix), "")

    def close(self) -> None:
        """End the work that was begun. The ledger is closed by whoever opened it."""
        if "jobs" in self.__dict__:
            self.jobs.close()

    # Searching

    @property
    def pseudonyms(self) -> Pseudonyms:
        """Under which pseudonyms a caller's records stand, as of now."""
        if self._pseudonyms is not None:
            return self._pseudonyms
        return Pseudonyms(self.pepper, self.ledger.actor_keys.keys())

    @cached_property
    def searcher(self) -> "Searcher":
        """Conversations found."""
        from gateway.records.search import Searcher

        return Searcher(self.ledger.hits, self.keystore, self.pseudonyms)

    @cached_property
    def saved(self) -> "SavedSearches":
        """Searches that are kept and repeated."""
        from gateway.records.saved import SavedSearches

        return SavedSearches(self.searcher, self.ledger.saved, self.keystore)

    @cached_property
    def scans(self) -> "Scans":
        """Originals opened to look for somebody whom detection missed."""
        from gateway.records.scan import Scans

        return Scans(self.searcher, self.ledger.scans, self.keystore, self.ledger.saved.tree_size)

    @cached_property
    def rescans(self) -> "Rescans":
        """Redacted texts looked at again by today's detection."""
        from gateway.records.rescan import Rescans

        return Rescans(self.ledger.scans, self.keystore, self.ledger.saved.tree_size)

    def told(self, query: Query) -> str:
        """What a search looks through and may miss, in words. Raises BadQuery."""
        from gateway.records.keeping import told

        return told(self.searcher.recall(query))

    def pseudonym(self, officer_id: str) -> str:
        """How rows name an officer who acted."""
        return self.ledger.admin.pseudonym(officer_id)

    def restricted(self, controller: str) -> frozenset[int]:
        """The conversations that only a case may find (UK GDPR Art 18, 21)."""
        return self._placing.restricted(controller)

    # Holds and disposal

    @cached_property
    def holds(self) -> "Holds":
        """Legal holds."""
        from gateway.records.holds import Holds

        return Holds(self.ledger.holds(finding.units), self.searcher, self.keystore)

    @cached_property
    def _placing(self) -> "Placing":
        return self.ledger.placing(self.holds.filter_of, finding.units)

    @cached_property
    def case_holds(self) -> "CaseHolds":
        """Holds that belong to cases."""
        from gateway.records.keeping import CaseHolds

        return CaseHolds(self.holds, self._placing)

    @cached_property
    def schedule(self) -> "RetentionSchedule":
        """The retention schedule in force."""
        classes: Iterable[str] = ()
        if self.settings.retention is None:
            classes = Catalogue(policy_of(self.settings)).retention_classes
        return schedule_of(self.settings, classes)

    @cached_property
    def backups(self) -> "BackupLife":
        """How long backups are kept."""
        from gateway.disposing import backup_life

        return backup_life(self.settings)

    @cached_property
    def _disposal(self) -> "DatabaseDisposal":
        return self.ledger.disposal(self.holds.filter_of, finding.units)

    @cached_property
    def disposals(self) -> "Disposals":
        """Disposal by the schedule."""
        from gateway.records.disposal import Disposals

        return Disposals(self._disposal, self.ledger.shredder, self.schedule, self.backups, self.keys.retire_flat)

    @cached_property
    def redatings(self) -> "Redatings":
        """The schedule applied to records that are there."""
        from gateway.records.redating import Redatings

        return Redatings(self.ledger.redating(self.holds.filter_of, finding.units), self.schedule)

    @cached_property
    def keys(self) -> "KeyKeeper":
        """Rotation of the keys that seal content."""
        from gateway.disposing import keeper_of

        return keeper_of(self.ledger, self.keystore)

    # Cases

    @cached_property
    def grounds(self) -> "Exemptions":
        """Grounds for withholding."""
        return self.settings.cases.grounds()

    @cached_property
    def _desk(self) -> "Desk":
        from gateway.records.cases.desk import Desk
        from gateway.records.ties import Ties

        return Desk(
            self.ledger.matters, self.guard, now, self.settings.cases.calendar(),
            {name: each.prefix for name, each in self.settings.controllers.items()}, self._kept_until,
            Ties(self.officers).between, self.settings.cases.policy(),
        )  # fmt: skip

    def _kept_until(self, closed: datetime) -> date:
        from gateway.ledger.sealing import REQUEST_FILE

        return self.schedule.dispose_after(REQUEST_FILE, closed)

    @cached_property
    def _searches(self) -> "Searches":
        from gateway.records.cases.searching import Searches
        from gateway.records.keeping import CaseSearches, TreeSearch

        return Searches(
            self._desk,
            TreeSearch(self.searcher, self.ledger.saved.tree_size),
            self.case_holds,
            CaseSearches(self._placing, self.keystore, self.pseudonym),
        )

    @cached_property
    def cases(self) -> "Cases":
        """Cases worked."""
        from gateway.records.cases.service import Cases

        return Cases(self._desk, self._searches)

    @cached_property
    def openings(self) -> "Openings":
        """Leave to open, and opening."""
        from gateway.records.cases.opening import Openings

        return Openings(self._desk, self.ledger.texts)

    @cached_property
    def reviews(self) -> "Reviews":
        """What cases found, read and decided on."""
        from gateway.records.cases.reviewing import Reviews

        return Reviews(self._desk, self.ledger.texts, self.openings, self.detection, self.grounds)

    @cached_property
    def incidents(self) -> "Incidents":
        """Incidents."""
        from gateway.records.cases.incidents import Incidents

        return Incidents(self._desk, self._searches)

    @cached_property
    def rights(self) -> "Rights":
        """Rights over what is recorded."""
        from gateway.records.cases.rights import Rights
        from gateway.records.erasure import Erasures

        eraser = Erasures(self._disposal, self.ledger.shredder, self.backups, self.keys.retire_flat, now)
        return Rights(self._desk, self.case_holds, eraser)

    @cached_property
    def exports(self) -> "Exports":
        """Release packages."""
        from gateway.ledger.checkpoint import Signer
        from gateway.records.exports import Council, Exports
        from gateway.store.release import opener

        register = policy_of(self.settings).register
        services = {name: each.name for name, each in register.services.items()}
        rules = {name: each.basis for name, each in self.schedule.classes.items()}
        councils = {
            name: Council(each.name, each.contact, services, rules) for name, each in self.settings.controllers.items()
        }
        return Exports(
            self.cases, self.openings, self.reviews.beside, self.guard, self.ledger.release, opener(self.keystore),
            lambda: self.detection, Signer(self.keystore), councils, self.grounds,
            f"council-ai-gateway {version()}", now,
        )  # fmt: skip
