"""A searcher over a ledger, and conversations to find."""

from pathlib import Path

from gateway.identity.pseudonyms import Pseudonyms
from gateway.ledger.keystore import FileKeyStore
from gateway.records.saved import SavedSearches
from gateway.records.scan import Scans
from gateway.records.search import Searcher
from gateway.store.open import LedgerService

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
        self.scans = Scans(self.searcher, ledger.scans, self.keystore, ledger.saved.tree_size)


def sequenced(ledger: LedgerService) -> None:
    """Wait until everything recorded is in the tree."""
    ledger._sequencer.drain()
