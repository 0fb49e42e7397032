"""A searcher over a ledger, and conversations to find."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from gateway.identity.pseudonyms import Pseudonyms
from gateway.ledger.keystore import FileKeyStore
from gateway.model.saved import Saved
from gateway.model.search import Query
from gateway.records.keeping import CaseSearches, TreeSearch
from gateway.records.saved import SavedSearches
from gateway.records.scan import Scans
from gateway.records.search import Searcher
from gateway.store.open import LedgerService
from tests.support.cases import officer
from tests.support.keeping import holds, units

PEPPER = b"p" * 32


class Desk:
    """The search services over one ledger, as the gateway composes them."""

    def __init__(self, ledger: LedgerService, folder: Path) -> None:
        self.ledger = ledger
        self.refs: tuple[str, ...] = ()
        self.keystore = FileKeyStore(folder / "keys")
        self.people = Pseudonyms(PEPPER)
        self.searcher = Searcher(ledger.hits, self.keystore, self.people)
        self.saved = SavedSearches(self.searcher, ledger.saved, self.keystore)
        self.kept = CaseSearches(
            ledger.placing(holds(ledger, folder / "keys").filter_of, units), self.keystore, ledger.admin.pseudonym
        )
        self.scans = Scans(self.searcher, ledger.scans, self.keystore, ledger.saved.tree_size)

    def keep(self, query: Query, who: str = "officer", case: str = "FOI-1") -> Saved:
        """Search and keep the search, as a case does."""
        found = TreeSearch(self.searcher, self.ledger.saved.tree_size).find(query)
        placed = self.kept.save(
            search=secrets.token_hex(8), case=case, controller=query.controller, officer=officer(who), query=query,
            found=found, at=datetime.now(UTC),
        )  # fmt: skip
        self.ledger.admin.record(placed.leaves, placed.change)
        saved = self.saved.get(query.controller, placed.id)
        assert saved is not None
        return saved


def sequenced(ledger: LedgerService) -> None:
    """Wait until everything recorded is in the tree."""
    ledger._sequencer.drain()
