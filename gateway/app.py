"""The composition root: the only place that knows every class.

`create` is what a server's worker calls. `gateway.administration` is the half that the command line needs too.
"""

import asyncio
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from detectors.labels import LABELS
from detectors.presidio import anonymise
from gateway.administration import (
    PEPPER,
    key_store,
    policy_of,
    store,
    suite_of,
    token_issuer,
    upstream_configs,
    version,
)
from gateway.catalogue import Catalogue
from gateway.desk import Desk
from gateway.dialects.all import every
from gateway.documents.hearing import Bounds, Transcriber
from gateway.documents.reader import Reader
from gateway.http.app import create_app
from gateway.http.auditors import auditors
from gateway.http.doors import Doors
from gateway.http.log import log_routes
from gateway.http.ports import Limits as HttpLimits
from gateway.http.records.app import create_records_app
from gateway.http.records.frame import RecordsLimits
from gateway.http.routes import KNOWN
from gateway.identity.limits import Rate
from gateway.identity.service import IdentityService, Limits
from gateway.identity.users import PinnedProxy
from gateway.ledger.keystore import KeyStoreError
from gateway.model.caller import Caller
from gateway.model.errors import GatewayError
from gateway.notary import Notary
from gateway.pipeline import handle
from gateway.recordkeeping import Recordkeeping
from gateway.settings import Settings, load_settings, secret, settings_path
from gateway.stages.disclose import Notes
from gateway.stages.documents import Documents
from gateway.stages.inspect import Inspector
from gateway.stages.transform import Transformer
from gateway.store.open import LedgerError, LedgerService
from gateway.store.schema import SchemaError
from gateway.telemetry import logs, metrics
from gateway.upstream.build import build_upstreams
from policies.engine import Grant
from policies.facts import Facts
from policies.source import ConfigError, Problem

log = logs.get_logger(__name__)

POLL_S = 1.0
"""How often a worker asks which tools are suspended; a suspension bites within twice this and the query."""
STALE_S = 5.0
"""Without an answer for this long, a worker is not ready: it can't know what is suspended."""
EXPIRY_S = 300.0
PSEUDONYMS = "pseudonym-key"


@dataclass
class Worker:
    """Everything one worker process holds."""

    settings: Settings
    desk: Desk
    catalogue: Catalogue
    inspector: Inspector
    reader: Reader
    ledger: LedgerService
    identity: IdentityService
    records: Recordkeeping
    notary: Notary
    suspensions_at: float = field(default_factory=time.monotonic)

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """Record and watch while the server runs; then finish what was handed in."""
        await self.ledger.start()
        self.notary.start()
        chores: list[asyncio.Task[None]] = []
        try:
            await self._pseudonyms()
            await self._suspensions()
            chores = [asyncio.create_task(self._watch()), asyncio.create_task(self._expiry())]
            log.info("worker_started", pid=os.getpid())
            yield
        finally:
            await asyncio.to_thread(self.notary.stop)
            for chore in chores:
                chore.cancel()
                with suppress(asyncio.CancelledError):
                    await chore
            for upstream in self.desk.upstreams.values():
                await upstream.close()
            self.records.close()
            self.inspector.close()
            self.reader.close()
            await self.ledger.stop()

    async def _pseudonyms(self) -> None:
        """Follow a rotation of the callers' pseudonyms."""
        self.identity.pseudonyms.use(await asyncio.to_thread(self.ledger.actor_keys.keys))

    async def _suspensions(self) -> None:
        self.catalogue.set_suspended(await asyncio.to_thread(self.ledger.admin.suspended))
        self.suspensions_at = time.monotonic()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self._suspensions()
                await self._pseudonyms()
            except (GatewayError, KeyStoreError) as error:  # readiness turns false; the ledger refuses calls by itself
                log.warning("suspensions_unknown", error=type(error).__name__)

    async def _expiry(self) -> None:
        while True:
            try:
                await self.identity.publish_expiry()
            except GatewayError as error:  # asked again later; authentication itself fails closed
                log.warning("key_expiry_unknown", error=type(error).__name__)
            await asyncio.sleep(EXPIRY_S)

    async def ledger_ready(self) -> bool:
        """Can calls be recorded, and is it known what is suspended?"""
        return self.ledger.healthy() and time.monotonic() - self.suspensions_at < STALE_S

    async def detectors_ready(self) -> bool:
        """Is a National Insurance number (HMRC's example form) still found in a text not seen before?"""
        text = f"Check {time.monotonic_ns()}: my National Insurance number is AB 12 34 56 C."
        controller = next(iter(self.settings.controllers))
        return any(found.label == "NINO" for found in await self.inspector.inspect_text(text, controller))

    async def policy_ready(self) -> bool:
        """Does policy refuse every tool to a service that has no approval?"""
        nobody = Caller("nobody", "", "app", "", "", False, "", "nobody", "nothing")
        standings = (self.catalogue.resolve(nobody, tool).policy for tool in self.catalogue.policy.register.tools)
        return all(
            isinstance(grant, Grant) and grant.policy.decide(Facts(grant.standing, person_known=False)).effect == "deny"
            for grant in standings
        )

    async def disclosure(self, caller: Caller, ref: str) -> Mapping[str, Any] | None:
        """The disclosure of a record of the caller's own controller."""
        found = await asyncio.to_thread(self.ledger.reader.disclosure, ref)
        if found is None or found.controller != caller.controller:
            return None
        controller = self.settings.controllers[found.controller]
        return {
            "reference": found.ref,
            "controller": controller.name,
            "contact": controller.contact,
            "tool": found.tool_name,
            "at": found.at,
            "outcome": found.outcome,
            "note": self.desk.notes.render(found.controller, found.ref),
        }


def build(settings: Settings) -> Worker:
    """A worker, not started. Raises ConfigError or KeyStoreError: a mistake stops it here, not at the first call."""
    policy, suite = policy_of(settings), suite_of(settings)
    keys = key_store(settings)
    catalogue = Catalogue(policy)
    ledger = store(settings, suite_version=suite.version, policy_hash=policy.hash, classes=catalogue.retention_classes)
    identity = _identity(settings, ledger, keys.secret(PEPPER, 32))
    notary = Notary(settings, ledger)
    dialects = {dialect.name: dialect for dialect in every()}
    inspector = Inspector(suite)
    reader = Reader()
    desk = Desk(
        identity=identity,
        ledger=ledger,
        register=catalogue,
        detectors=inspector,
        documents=Documents(reader, _transcriber(settings)),
        transformer=Transformer(keys.secret(PSEUDONYMS, 32), dialects, LABELS, engine=anonymise),
        notes=Notes({name: (each.name, each.note) for name, each in settings.controllers.items()}),
        dialects=dialects,
        upstreams=build_upstreams(upstream_configs(settings)),
    )
    metrics.declare(
        controllers=settings.controllers,
        services=policy.register.services,
        tools=policy.register.tools,
        dialects=[*dialects, *{kind for kind, _ in KNOWN.values()}],
        upstreams=settings.upstreams,
        labels=LABELS,
        vouchers=notary.vouchers,
    )
    metrics.build_info(version(), policy.hash)
    records = Recordkeeping(settings, ledger, inspect=inspector.inspect_now, pseudonyms=identity.pseudonyms)
    return Worker(settings, desk, catalogue, inspector, reader, ledger, identity, records, notary)


def _transcriber(settings: Settings) -> Transcriber | None:
    """What hears recordings, where the settings name one."""
    named = settings.documents.transcriber
    if named is None:
        return None
    return Transcriber(named.command, Bounds(wall_s=named.seconds, cpu_s=named.seconds, memory=named.memory_mb * 2**20))


def _identity(settings: Settings, ledger: LedgerService, key: bytes) -> IdentityService:
    """The identity room over the store's keys. Raises ConfigError where a secret is absent or a value at fault."""
    named = settings.identity
    issuers = [token_issuer(name, each) for name, each in named.issuers.items()]
    try:
        proxies = [
            PinnedProxy(
                name,
                each.networks,
                _clear(each.secret_env, each.secret_file, f"proxy {name}") or "",
                each.user_header,
            )
            for name, each in named.proxies.items()
        ]
    except (ValueError, OSError) as error:
        problem = Problem("settings", 0, f"identity: {error}", "See docs/operations.md.")
        raise ConfigError((problem,)) from None
    limits = Limits(calls=Rate(per_minute=named.calls_per_minute, burst=named.burst))
    return IdentityService(
        ledger.admin.keys, key, settings.controllers, issuers=issuers, proxies=proxies, limits=limits
    )


def _clear(env: str | None, file: Any, what: str) -> str | None:
    value = secret(env, file, what)
    return value.get_secret_value() if value else None


def application(worker: Worker) -> ASGIApp:
    """The web application over a worker: calls, and the records API where the settings ask for it."""
    settings = worker.settings
    calls = _calls(worker)
    if settings.admin.listen is None and not settings.records_beside_calls:
        return calls
    limits = RecordsLimits(per_minute=settings.admin.requests_per_minute)
    records = create_records_app(lambda: worker.records, limits, version())
    return Doors(calls, records, settings.admin.listen.port if settings.admin.listen else None)


def _calls(worker: Worker) -> FastAPI:
    settings = worker.settings
    auditor = auditors(worker.records.identity, worker.records.guard, settings.controllers)
    return create_app(
        worker.desk,
        handle=handle,
        limits=HttpLimits(in_flight=settings.listen.max_in_flight),
        checks={
            "ledger": worker.ledger_ready,
            "detectors": worker.detectors_ready,
            "policy": worker.policy_ready,
        },
        disclosures=worker.disclosure,
        routes=log_routes(worker.ledger.log, auditor, public=settings.ledger.public_tiles),
        lifespan=worker.living,
        metrics_secret=_clear(settings.metrics_token_env, settings.metrics_token_file, "metrics token"),
    )


def create() -> ASGIApp:
    """What a server's worker process calls: settings from `AI_GATEWAY_CONFIG`, or the shipped demo settings."""
    _end_with_supervisor()
    settings = load_settings(settings_path())
    logs.configure(settings.log_level)
    try:
        return application(build(settings))
    except (LedgerError, SchemaError, KeyStoreError, ConfigError, OSError) as error:
        # The supervisor found all of it right before it started us: what changed since may come right again, and it
        # starts another worker.
        log.error("worker_can_not_start", error=type(error).__name__)
        raise SystemExit(1) from None


def _end_with_supervisor() -> None:
    """End in order when the supervisor is gone without a word: nobody would stop this worker, and it would keep the
    port, so that the gateway could not be started again."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="supervisor-watch", daemon=True).start()
