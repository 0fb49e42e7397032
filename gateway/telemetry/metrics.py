"""Prometheus metrics: plain functions, so that no other room knows the library.

Names begin with `aigw_`, units are base units (seconds, bytes), label values are bounded (see
`gateway.telemetry.folding`) and never hold content or a person. Call `declare` once at start-up with the
names that configuration knows; until then such labels read `other`.

Several workers: set `PROMETHEUS_MULTIPROC_DIR` to an empty directory before the first worker starts; any
worker then answers for all. See https://prometheus.github.io/client_python/multiprocess/.
"""

import math
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    multiprocess,
)
from prometheus_client.exposition import choose_encoder

from gateway.telemetry.folding import Codes, Declared

disable_created_metrics()  # type: ignore[no-untyped-call]

MULTIPROC = "PROMETHEUS_MULTIPROC_DIR"
REGISTRY = CollectorRegistry(auto_describe=True)
if MULTIPROC not in os.environ:
    # Over several workers this would describe only the one that happens to answer.
    ProcessCollector(namespace="aigw", registry=REGISTRY)

_LONG = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
_SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_COUNTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)

_controller, _service, _tool, _dialect, _upstream, _label, _voucher = (Declared() for _ in range(7))
_outcome, _stage, _status, _reason, _kind, _result = (Codes() for _ in range(6))
_records_route = Declared()

CALLS = Counter(
    "aigw_calls",
    "Calls closed, by outcome.",
    ("controller", "service", "tool", "dialect", "outcome"),
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "aigw_call_seconds",
    "From the request's headers to the closed record.",
    ("tool", "outcome"),
    buckets=_LONG,
    registry=REGISTRY,
)
FINDINGS = Counter(
    "aigw_findings", "Findings in requests, by detection label.", ("controller", "label"), registry=REGISTRY
)
STAGE_SECONDS = Histogram(
    "aigw_stage_seconds", "Time spent in each stage of a call.", ("stage",), buckets=_SHORT, registry=REGISTRY
)
UPSTREAM_SECONDS = Histogram(
    "aigw_upstream_seconds",
    "Attempts to reach a provider, from sending to acceptance or failure, by status.",
    ("upstream", "tool", "status"),
    buckets=_LONG,
    registry=REGISTRY,
)
UPSTREAM_CREDENTIALS_REFUSED = Counter(
    "aigw_upstream_credentials_refused",
    "Times a provider refused the gateway's own credentials (401 or 403).",
    ("upstream",),
    registry=REGISTRY,
)
FIRST_TOKEN_SECONDS = Histogram(
    "aigw_first_token_seconds",
    "From sending upstream to the first text of the reply.",
    ("tool",),
    buckets=_LONG,
    registry=REGISTRY,
)
LEDGER_COMMIT_SECONDS = Histogram(
    "aigw_ledger_commit_seconds",
    "Durable commits of the ledger, one observation a commit.",
    buckets=_SHORT,
    registry=REGISTRY,
)
LEDGER_COMMIT_ENTRIES = Histogram(
    "aigw_ledger_commit_entries",
    "Entries made durable by one commit (group commit).",
    buckets=_COUNTS,
    registry=REGISTRY,
)
LEDGER_PENDING = Gauge(
    "aigw_ledger_pending_entries",
    "Entries that are durable but not yet sequenced into the tree.",
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
LEDGER_HEALTHY = Gauge(
    "aigw_ledger_healthy",
    "1 where the ledger's last commit succeeded, 0 where it failed and calls are refused.",
    multiprocess_mode="livemin",
    registry=REGISTRY,
)
LEDGER_CHECK_OK = Gauge(
    "aigw_ledger_check_ok",
    "1 where the last full check of the ledger found it whole, 0 where it did not, NaN where there was none yet.",
    multiprocess_mode="livemostrecent",
    registry=REGISTRY,
)
LEDGER_CHECK_TIME = Gauge(
    "aigw_ledger_check_timestamp_seconds",
    "When the last full check of the ledger ended, in Unix time; the worker's start where there was none yet.",
    multiprocess_mode="livemostrecent",
    registry=REGISTRY,
)
LEDGER_COSIGNED_TIME = Gauge(
    "aigw_ledger_cosigned_timestamp_seconds",
    "When the witness last cosigned, in Unix time; now where the newest checkpoint is cosigned; 0 where it never did.",
    ("witness",),
    multiprocess_mode="livemostrecent",
    registry=REGISTRY,
)
LEDGER_STAMPED_TIME = Gauge(
    "aigw_ledger_stamped_timestamp_seconds",
    "When the time-stamping authority last stamped a checkpoint, in Unix time; 0 where it never did.",
    ("authority",),
    multiprocess_mode="livemostrecent",
    registry=REGISTRY,
)
LEDGER_ATTESTATIONS = Counter(
    "aigw_ledger_attestations",
    "Requests to witnesses and the time-stamping authority, by outcome.",
    ("by", "outcome"),
    registry=REGISTRY,
)
CACHE = Counter("aigw_inspection_cache", "Parts looked up in the inspection cache.", ("result",), registry=REGISTRY)
REFUSED_EARLY = Counter(
    "aigw_refused_early",
    "Requests turned away before authentication was complete; no content is kept of them.",
    ("reason",),
    registry=REGISTRY,
)
RESTORED = Counter(
    "aigw_pseudonyms",
    "Pseudonyms in replies: restored, left where the place is not safe, or another call's (strange), taken out.",
    ("controller", "result"),
    registry=REGISTRY,
)
DOCUMENTS = Counter(
    "aigw_documents",
    "Files and pictures in calls: read, or left unread with the reason as a code.",
    ("result", "reason"),
    registry=REGISTRY,
)
DETECTOR_FAILED = Counter(
    "aigw_detector_failures", "Failures of detection; each refused a call.", ("kind",), registry=REGISTRY
)
RECORDS_REQUESTS = Counter(
    "aigw_records_requests",
    "Requests to the records API, by route and HTTP status.",
    ("route", "status"),
    registry=REGISTRY,
)
RECORDS_SECONDS = Histogram(
    "aigw_records_seconds",
    "From a request to the records API to the end of its answer.",
    ("route",),
    buckets=_LONG,
    registry=REGISTRY,
)
KEY_EXPIRY = Gauge(
    "aigw_key_expiry_timestamp_seconds",
    "When the controller's next gateway key expires, in Unix time; +Inf where none does.",
    ("controller",),
    multiprocess_mode="livemostrecent",
    registry=REGISTRY,
)
LOG_FIELDS_DROPPED = Counter(
    "aigw_log_fields_dropped", "Log fields dropped because they are not on the allow-list.", registry=REGISTRY
)
BUILD_INFO = Gauge(
    "aigw_build_info",
    "Always 1; the labels say which build runs.",
    ("version", "python", "policy"),
    multiprocess_mode="livemax",
    registry=REGISTRY,
)


def declare(
    *,
    controllers: Iterable[str] = (),
    services: Iterable[str] = (),
    tools: Iterable[str] = (),
    dialects: Iterable[str] = (),
    upstreams: Iterable[str] = (),
    labels: Iterable[str] = (),
    vouchers: Iterable[str] = (),
) -> None:
    """Name the values that configuration knows; each group replaces that of an earlier call."""
    groups = ((_controller, controllers), (_service, services), (_tool, tools))
    more = ((_dialect, dialects), (_upstream, upstreams), (_label, labels), (_voucher, vouchers))
    for folder, values in (*groups, *more):
        folder.declare(values)


def build_info(version: str, policy_hash: str = "") -> None:
    """Publish the running version and the first 12 characters of the policy hash."""
    BUILD_INFO.labels(version=version, python=platform.python_version(), policy=policy_hash[:12]).set(1)


def call_closed(controller: str, service: str, tool: str, dialect: str, outcome: str, seconds: float) -> None:
    """A call's record was closed with `outcome` after `seconds`."""
    known_tool, known_outcome = _tool.fold(tool), _outcome.fold(outcome)
    CALLS.labels(
        _controller.fold(controller), _service.fold(service), known_tool, _dialect.fold(dialect), known_outcome
    ).inc()
    CALL_SECONDS.labels(known_tool, known_outcome).observe(seconds)


def findings(controller: str, counts: Mapping[str, int]) -> None:
    """Findings of one call by detection label."""
    known = _controller.fold(controller)
    for label, count in counts.items():
        FINDINGS.labels(known, _label.fold(label)).inc(count)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time a stage, also when it raises."""
    start = time.perf_counter()
    try:
        yield
    finally:
        stage_seconds(name, time.perf_counter() - start)


def stage_seconds(name: str, seconds: float) -> None:
    """A stage took `seconds` of one call."""
    STAGE_SECONDS.labels(_stage.fold(name)).observe(seconds)


def upstream_attempt(upstream: str, tool: str, status: str, seconds: float) -> None:
    """One attempt; `status` is `ok` or a code such as `rate_limited`, `server_error`, `timeout`, `unreachable`."""
    UPSTREAM_SECONDS.labels(_upstream.fold(upstream), _tool.fold(tool), _status.fold(status)).observe(seconds)


def upstream_credentials_refused(upstream: str) -> None:
    """A provider refused the gateway's own credentials: somebody must act."""
    UPSTREAM_CREDENTIALS_REFUSED.labels(_upstream.fold(upstream)).inc()


def first_token(tool: str, seconds: float) -> None:
    """The first text of a reply came `seconds` after sending."""
    FIRST_TOKEN_SECONDS.labels(_tool.fold(tool)).observe(seconds)


def ledger_commit(seconds: float, entries: int) -> None:
    """One durable commit of `entries` entries."""
    LEDGER_COMMIT_SECONDS.observe(seconds)
    LEDGER_COMMIT_ENTRIES.observe(entries)


def ledger_pending(entries: int) -> None:
    """Entries that wait to be sequenced."""
    LEDGER_PENDING.set(entries)


def ledger_healthy(ok: bool) -> None:
    """Whether the ledger can record."""
    LEDGER_HEALTHY.set(1 if ok else 0)


def ledger_check(ok: bool | None, finished: float) -> None:
    """The last full check: its result (None: there was none) and its time in Unix seconds."""
    LEDGER_CHECK_TIME.set(finished)
    LEDGER_CHECK_OK.set(math.nan if ok is None else float(ok))


def ledger_cosigned(witness: str, at: float) -> None:
    """When a witness last covered the log, in Unix seconds."""
    LEDGER_COSIGNED_TIME.labels(_voucher.fold(witness)).set(at)


def ledger_stamped(authority: str, at: float) -> None:
    """When an authority last stamped a checkpoint, in Unix seconds."""
    LEDGER_STAMPED_TIME.labels(_voucher.fold(authority)).set(at)


def ledger_attestation(by: str, outcome: str) -> None:
    """One request to a witness or a time-stamping authority; `outcome` is a code."""
    LEDGER_ATTESTATIONS.labels(_voucher.fold(by), _outcome.fold(outcome)).inc()


def cache(hits: int, misses: int) -> None:
    """Look-ups in the inspection cache, in parts."""
    CACHE.labels("hit").inc(hits)
    CACHE.labels("miss").inc(misses)


def refused_early(reason: str) -> None:
    """A request was turned away before authentication was complete; `reason` is a code."""
    REFUSED_EARLY.labels(_reason.fold(reason)).inc()


def restored(controller: str, restored: int, left: int, strange: int) -> None:
    """Pseudonyms of one reply that were restored, those left as they were, and those of other calls, taken out."""
    known = _controller.fold(controller)
    RESTORED.labels(known, "restored").inc(restored)
    RESTORED.labels(known, "left").inc(left)
    RESTORED.labels(known, "strange").inc(strange)


def document(result: str, reason: str = "") -> None:
    """One file or picture of a call: `read`, or `unreadable` with the reason as a code."""
    DOCUMENTS.labels(_result.fold(result), _reason.fold(reason) if reason else "").inc()


def detector_failed(kind: str) -> None:
    """Detection failed and a call was refused; `kind` is a code."""
    DETECTOR_FAILED.labels(_kind.fold(kind)).inc()


def records_routes(routes: Iterable[str]) -> None:
    """Name the routes of the records API."""
    _records_route.declare(routes)


def records_request(route: str, status: str, seconds: float) -> None:
    """A request to the records API was answered with an HTTP status after `seconds`; 0 where the client went away."""
    known = _records_route.fold(route)
    RECORDS_REQUESTS.labels(known, _status.fold(status)).inc()
    RECORDS_SECONDS.labels(known).observe(seconds)


def key_expiry(controller: str, seconds_left: float) -> None:
    """The controller's next key expires in `seconds_left` (negative once it has; infinite where none does)."""
    KEY_EXPIRY.labels(_controller.fold(controller)).set(time.time() + seconds_left)


def log_field_dropped(count: int) -> None:
    """Log fields that were dropped because the allow-list doesn't name them."""
    LOG_FIELDS_DROPPED.inc(count)


def render(accept: str = "") -> tuple[bytes, str]:
    """Every metric and its content type, in the format that the `Accept` header asks for."""
    encode, content_type = choose_encoder(accept)
    return encode(_collecting()), content_type


def _collecting() -> CollectorRegistry:
    """The registry to read: this process's own, or the sum over all workers."""
    directory = os.environ.get(MULTIPROC)
    if directory is None:
        return REGISTRY
    for pid in {int(file.stem.rpartition("_")[2]) for file in Path(directory).glob("gauge_live*_*.db")}:
        if not _alive(pid):
            worker_exited(pid)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, directory)  # type: ignore[no-untyped-call]
    return registry


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process now has the number
        return False
    return True


def prepare_directory(directory: Path) -> None:
    """Empty the shared directory: to be called once, before the first worker starts, or old runs would be counted."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in directory.glob("*.db"):
        file.unlink()


def worker_exited(pid: int) -> None:
    """Drop the gauges of a worker that has ended; its counters stay. `render` does so for those it finds gone."""
    if MULTIPROC in os.environ:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
