"""A records office for tests: a filled ledger, officers of every role at two councils, and the records API over it."""

import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, func, select
from starlette.types import ASGIApp

from gateway.administration import store
from gateway.http.records.app import create_records_app
from gateway.http.records.frame import RecordsLimits
from gateway.identity.officers import create_officer
from gateway.model.case import CaseFile, CaseKind
from gateway.model.officer import Officer, Role
from gateway.model.search import Query
from gateway.recordkeeping import Recordkeeping
from gateway.records.cases.service import OpenCase
from gateway.settings import Settings, default_path, load_settings
from gateway.store.open import LedgerService
from gateway.store.tables import pending
from tests.support.databases import lay
from tests.support.ledger import CALLER, chat, turn

CANARIES = {
    "maidstone": "Maidstone canary: the blue heron in Mote Park",
    "swale": "Swale canary: the red kite at Sheerness",
}
"""A text that only a record of this council holds."""
SERVICES = {"maidstone": "housing", "swale": "planning"}


def waiting(connection: Connection) -> int:
    """Leaves that are not in the tree yet."""
    return connection.scalar(select(func.count()).select_from(pending)) or 0


_PEERS = itertools.count(1)
_PEOPLE = itertools.count(1)
"""Each officer is somebody else: one person with two keys is no second reader."""


@dataclass
class Site:
    """The office, its officers' keys by council and role, and one record of each council."""

    settings: Settings
    ledger: LedgerService
    office: Recordkeeping
    keys: dict[tuple[str, Role], str] = field(default_factory=dict)
    officers: dict[tuple[str, Role], Officer] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    cases: dict[str, CaseFile] = field(default_factory=dict)
    app: ASGIApp | None = None
    """The API, made when it is first asked for."""

    def add_officer(
        self, controller: str, *roles: Role, services: tuple[str, ...] = (), made: datetime | None = None
    ) -> str:
        """A new officer's key; `made` is when it was, where not now."""
        shown, record = create_officer(
            pepper=self.office.pepper,
            email=f"{roles[0]}-{next(_PEOPLE)}@{controller}.example",
            name=f"{roles[0]} of {controller}",
            roles=roles,
            controllers=[controller],
            services=services,
            valid_for=timedelta(days=1),
            now=made,
        )
        self.office.officers.add(record, "test")
        self.officers[controller, roles[0]] = record.officer
        return shown

    async def fill(self) -> None:
        """One call at each council, one officer of each role, and one case that has found the call."""
        await self.ledger.start()
        for controller, text in CANARIES.items():
            caller = replace(CALLER, controller=controller, service=SERVICES[controller])
            self.refs[controller] = await turn(self.ledger, chat(text), f"Noted: {text}", caller=caller)
            for role in Role:
                self.keys[controller, role] = self.add_officer(controller, role)
        self.settle()
        for controller, ref in self.refs.items():
            asked = OpenCase(
                controller, CaseKind.FOI, date(2026, 11, 2), f"{controller} canary subject", "A canary requester",
                query=Query(controller, refs=(ref,)),
            )  # fmt: skip
            self.cases[controller] = self.office.cases.open(self.officers[controller, Role.DPO], asked)

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until everything that was recorded is in the tree: searches in cases look no further."""
        deadline = time.monotonic() + seconds
        while self.ledger.admin.read(waiting):
            assert time.monotonic() < deadline, "the sequencer is stuck"
            time.sleep(0.02)

    def client(self, key: str | None = None, limits: RecordsLimits | None = None, peer: str = "") -> httpx.AsyncClient:
        """The API without a server; `key` is the officer's. Each client has an address of its own, or failures of one
        would hold up the next."""
        if limits is not None:
            app = create_records_app(lambda: self.office, limits)
        else:
            app = self.app = self.app or create_records_app(lambda: self.office, RecordsLimits(per_minute=1_000_000))
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(peer or f"2001:db8::{next(_PEERS):x}", 40_000)),
            base_url="http://records.example",
            headers=headers,
            timeout=60,
        )

    def of(self, role: Role, controller: str = "maidstone") -> httpx.AsyncClient:
        """The API as an officer of that role sees it."""
        return self.client(self.keys[controller, role])


@contextmanager
def site(folder: Path, overrides: Mapping[str, Any] | None = None) -> Iterator[Site]:
    """An office in `folder` with the demo's settings; not filled."""
    settings = load_settings(default_path("gateway.yaml")).model_copy(
        update={"data_dir": folder / "data", **(overrides or {})}
    )
    lay(f"sqlite:///{settings.data_dir / 'ledger.db'}")
    ledger = store(settings, suite_version="suite-1", policy_hash="policy-1", classes={"routine"})
    office = Recordkeeping(settings, ledger)
    try:
        yield Site(settings, ledger, office)
    finally:
        office.close()
        ledger.close()
