"""Searches in a case: run, kept, and held in one transaction."""

import secrets
from dataclasses import replace
from typing import Final

from gateway.model.case import CaseFile, CaseKind
from gateway.model.officer import Officer
from gateway.model.search import Hit, Query
from gateway.records.access import Act
from gateway.records.cases import events as e
from gateway.records.cases.desk import Desk, Opening, together
from gateway.records.cases.ports import Finder, HoldKeeper, SearchKeeper

NOT_HELD: Final = frozenset({CaseKind.ERASURE})
"""Kinds that place no hold: what is to be erased must not be kept by its own case."""


class Searches:
    """Runs searches for cases. Without a keeper of holds nothing could be promised to stay, so there is always one."""

    def __init__(self, desk: Desk, finder: Finder, holds: HoldKeeper, keeper: SearchKeeper | None = None) -> None:
        self._desk = desk
        self._finder = finder
        self._holds = holds
        self._keeper = keeper

    def allowed(self, officer: Officer, case_controller: str, query: Query) -> None:
        """Raise Forbidden unless the officer may run this search in a case."""
        guard = self._desk.guard
        guard.check(officer, Act.SEARCH_SUBJECT if query.subjects or query.people else Act.SEARCH, case_controller)

    def run(self, officer: Officer, case: CaseFile, query: Query) -> Opening:
        """Run a search: the event, and the rows and leaves of its hold and of the saved search."""
        query = replace(query, controller=case.controller)
        self.allowed(officer, case.controller, query)
        found = self._finder.find(query)
        search, at = secrets.token_hex(8), self._desk.now()
        hold, kept = "", []
        if case.kind not in NOT_HELD:
            reason = f"Case {case.id}: what it searches for is kept until the case and its reviews are over."
            placed = self._holds.place(
                case=case.id, controller=case.controller, officer=officer, reason=reason, query=query,
                filter_=found.filter, at=at,
            )  # fmt: skip
            hold = placed.id
            kept.append(placed)
        if self._keeper is not None:
            kept.append(
                self._keeper.save(
                    search=search, case=case.id, controller=case.controller, officer=officer, query=query, found=found,
                    at=at,
                )
            )  # fmt: skip
        event = e.Searched(search, query, found.tree_size, found.units, found.millis, found.recall, hold)
        leaves = tuple(leaf for each in kept for leaf in each.leaves)
        return Opening((event,), together(*(each.change for each in kept)), leaves)

    def known(self, controller: str, ref: str) -> bool:
        """Whether a council has a record of that reference."""
        return bool(self._finder.find(Query(controller, refs=(ref,))).hits)

    def hits(self, case: CaseFile) -> tuple[Hit, ...]:
        """The hits of every search of a case, as they are now."""
        found: dict[int, Hit] = {}
        for search in case.searches:
            found.update({hit.unit: hit for hit in self._finder.find(search.query).hits})
        return tuple(found[unit] for unit in case.units if unit in found)
