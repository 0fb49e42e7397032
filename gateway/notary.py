"""Who vouches for the ledger, and when: witnesses, the time-stamping authority, and the nightly full check.

A part of the composition root that the server and the command line share. One worker at a time does each chore, by a
lease; what is due is worked out from what is on record, so that a restart neither repeats nor forgets it.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.administration import store
from gateway.ledger import timestamps
from gateway.ledger.attesting import Authority, Outcome, Reply, WitnessAddress, cosign, time_stamp
from gateway.ledger.checkpoint import BadCheckpoint
from gateway.ledger.cosignature import Cosignatures
from gateway.ledger.report import CheckRun, Report
from gateway.ledger.verify_outside import Outside
from gateway.settings import ConfigError, Problem, Settings
from gateway.store.open import LedgerService
from gateway.telemetry import logs, metrics
from gateway.upstream.post import HttpPost

log = logs.get_logger(__name__)

POLL_S: Final = 20.0
STAMP_EVERY: Final = timedelta(hours=24)
RETRY: Final = timedelta(hours=1)
"""Between attempts at an authority that failed."""
JITTER_S: Final = 1200.0
LATE: Final = timedelta(hours=3)
"""A check that could not begin by then waits for the next night, unless the last one is older than `OVERDUE`."""
OVERDUE: Final = timedelta(hours=48)
NICE: Final = 19
NOT_A_NIGHTLY: Final = {"PROMETHEUS_MULTIPROC_DIR"}
"""Environment that the check's process must not have: its gauges would count as a worker's."""


def witnesses_of(settings: Settings) -> list[WitnessAddress]:
    """The witnesses to ask."""
    return [WitnessAddress(each.url, Cosignatures(each.key)) for each in settings.ledger.witnesses]


def authority_of(settings: Settings) -> Authority | None:
    """The time-stamping authority, if one is set. Raises ConfigError where its roots can't be read."""
    named = settings.ledger.time_stamps
    if named is None:
        return None
    try:
        return Authority(named.name, named.url, timestamps.certificates(named.roots_file.read_bytes()))
    except (OSError, timestamps.BadTimeStamp):
        message = f"time stamps: {named.roots_file} holds no certificates"
        problem = Problem("settings", 0, message, "Put the authority's root certificates there, in PEM form.")
        raise ConfigError((problem,)) from None


def outside_of(settings: Settings, demanded: Sequence[str] = ()) -> Outside:
    """Whom a verification trusts beside the log's key: the settings' witnesses, or those `demanded` by their keys.

    Raises ConfigError.
    """
    authority = authority_of(settings)
    roots = () if authority is None else tuple(authority.roots)
    if not demanded:
        return Outside(tuple(each.key for each in witnesses_of(settings)), roots)
    return Outside(witness_keys(demanded), roots, demanded=True)


def witness_keys(vkeys: Sequence[str]) -> tuple[Cosignatures, ...]:
    """Witness keys as given on a command line. Raises ConfigError."""
    try:
        return tuple(Cosignatures(each) for each in vkeys)
    except BadCheckpoint as error:
        problem = Problem("--witness", 0, str(error), "Ask the witness's administrator: `ai-gateway witness key`.")
        raise ConfigError((problem,)) from None


def check(ledger: LedgerService, outside: Outside, who: str = "") -> tuple[Report, CheckRun]:
    """Verify everything and keep the result: row and leaf. Raises Unavailable where it can't be kept."""
    started = datetime.now(UTC)
    report = ledger.verify(outside=outside)
    return report, ledger.checks.keep(report, started, datetime.now(UTC), who)


class Notary:
    """The chores of one worker, in a thread of its own. `now` is the machine's local time, aware of its zone."""

    def __init__(
        self,
        settings: Settings,
        ledger: LedgerService,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._now = now
        self._http = HttpPost(settings.ledger.ca_file)
        self._witnesses = witnesses_of(settings)
        self._authority = authority_of(settings)
        self._began = time.time()
        self._asked: dict[str, datetime] = {}
        self._jitter = timedelta(seconds=random.uniform(0, JITTER_S))  # noqa: S311 - spreads load, hides nothing
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger-notary", daemon=True)
        self._command = [sys.executable, "-m", "gateway.notary"]
        self._checking: subprocess.Popen[bytes] | None = None

    @property
    def vouchers(self) -> list[str]:
        """Names of witnesses and authority, as metrics' labels."""
        return [each.key.name for each in self._witnesses] + ([self._authority.name] if self._authority else [])

    def start(self) -> None:
        """Begin. How things stand is published first: a gauge that nobody has set reads 0, which is an alarm."""
        self._try("metrics", self._publish)
        self._thread.start()

    def stop(self) -> None:
        """End; a check that runs is broken off and comes again the next night. Blocks for a request in hand."""
        self._stop.set()
        process = self._checking
        if process is not None:
            with suppress(ProcessLookupError):
                process.terminate()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.step()
            self._stop.wait(POLL_S)

    def step(self) -> None:
        """Do what is due, and publish how things stand."""
        chores: Mapping[str, Callable[[], object]] = {
            "witness": self._cosign,
            "time_stamp": self._stamp,
            "attested": self._publish,  # the check takes long
            "check": self._check,
            "checked": self._publish,
        }
        for name, chore in chores.items():
            if self._stop.is_set():
                return
            self._try(name, chore)

    @staticmethod
    def _try(name: str, chore: Callable[[], object]) -> None:
        try:
            chore()
        # Whatever it is, the gateway goes on: calls don't wait for it, and it comes again at the next step.
        except Exception as error:  # noqa: BLE001
            log.warning("ledger_chore_failed", component=name, kind=type(error).__name__)

    def _cosign(self) -> None:
        rows, every = self._ledger.attestations, timedelta(minutes=self._settings.ledger.witness_minutes)
        for witness in self._witnesses:
            name = witness.key.name
            if not self._due(name, rows.cosigned(name)[1], every, every):
                continue
            with self._ledger.lease(f"witness-{witness.key.key_id.hex()}") as alone:
                if alone:
                    self._tell(name, cosign(rows, witness, self._post, self._stop.wait))

    def _stamp(self) -> None:
        authority, rows = self._authority, self._ledger.attestations
        if authority is None or not self._due(
            authority.name, rows.stamped().get(authority.name, ""), STAMP_EVERY, RETRY
        ):
            return
        with self._ledger.lease("time-stamp") as alone:
            if alone:
                self._tell(authority.name, time_stamp(rows, authority, self._post, self._stop.wait))

    def _post(self, url: str, body: bytes, kind: str) -> Reply:
        if self._stop.is_set():
            raise OSError("the gateway is stopping")
        return self._http(url, body, kind)

    def _due(self, name: str, last: str, every: timedelta, retry: timedelta) -> bool:
        """Whether to ask now: the last success is long enough ago, and so is this worker's own last attempt."""
        now = self._now()
        if name in self._asked and now - self._asked[name] < retry:
            return False
        if last and now - datetime.fromisoformat(last) < every:
            return False
        self._asked[name] = now
        return True

    @staticmethod
    def _tell(name: str, outcome: Outcome) -> None:
        metrics.ledger_attestation(name, outcome)
        if outcome == "conflict":
            # Either the database was rolled back or rewritten, or the witness was: people must find out which.
            log.error("witness_disagrees", host=name)
        elif outcome not in ("ok", "current"):
            log.warning("ledger_not_attested", host=name, reason=outcome)

    def _check(self) -> None:
        newest = self._ledger.checks.newest()
        last = None if newest is None else datetime.fromisoformat(newest.started_at)
        if not self.check_due(last, self._ledger.checks.since()):
            return
        with self._ledger.lease("check") as alone:
            if alone:
                self._run_check()

    def check_due(self, last: datetime | None, since: datetime | None) -> bool:
        """Whether the full check should begin now, given when the last one began and since when there are records. A
        ledger that was begun this very night is checked in the next."""
        if self._settings.ledger.check_at is None:
            return False
        now = self._now()
        hour, minute = map(int, self._settings.ledger.check_at.split(":"))
        due = now.replace(hour=hour, minute=minute, second=0, microsecond=0) + self._jitter
        if due > now:
            due -= timedelta(days=1)
        if last is not None and last >= due - self._jitter:
            return False
        if last is None and (since is None or since > due):
            return False
        return now - due < LATE or (last is not None and now - last > OVERDUE)

    def _run_check(self) -> None:
        """In a process of its own with the lowest priority: calls must not wait for it, and its memory goes with it."""
        environment = {name: value for name, value in os.environ.items() if name not in NOT_A_NIGHTLY}
        process = subprocess.Popen(self._command, stdin=subprocess.PIPE, env=environment)  # noqa: S603 - our own
        self._checking = process
        try:
            process.communicate(self._settings.model_dump_json(by_alias=True).encode())
        finally:
            self._checking = None
        if process.returncode not in (0, 1) and not self._stop.is_set():
            log.error("ledger_check_broke", exit_code=process.returncode)

    def _publish(self) -> None:
        newest = self._ledger.checks.newest()
        if newest is None:
            metrics.ledger_check(None, self._began)
        else:
            metrics.ledger_check(newest.ok, datetime.fromisoformat(newest.finished_at).timestamp())
        rows = self._ledger.attestations
        log_now = rows.newest()
        for witness in self._witnesses:
            size, at = rows.cosigned(witness.key.name)
            whole = log_now is None or size >= log_now[0]
            seconds = datetime.fromisoformat(at).timestamp() if at else 0.0
            metrics.ledger_cosigned(witness.key.name, time.time() if whole else seconds)
        if self._authority is not None:
            at = rows.stamped().get(self._authority.name, "")
            metrics.ledger_stamped(self._authority.name, datetime.fromisoformat(at).timestamp() if at else 0.0)


def main() -> int:
    """The nightly check as a process: settings as JSON on standard input. 0: whole; 1: not whole; 2: not kept.

    A check that fails stops nothing: refusing calls would mend no record, and every new one is still chained and
    signed; but whoever can change one byte could otherwise stop three councils' work. It is said loudly instead.
    """
    os.nice(NICE)
    settings = Settings.model_validate_json(sys.stdin.buffer.read())
    logs.configure(settings.log_level)
    ledger = store(settings, migrate=False)
    try:
        report, run = check(ledger, outside_of(settings))
    finally:
        ledger.close()
    if report.ok:
        log.info("ledger_checked", tree_size=run.tree_size)
        return 0
    log.error("ledger_not_whole", count=run.problems, tree_size=run.tree_size, code=run.id)
    return 1


if __name__ == "__main__":
    sys.exit(main())
