"""The allow-list of log fields, and what a value must look like to be written.

A log line says what happened to which record, never what was in it. So a field is written only where it is
named here, and only in the form given here: a code has no spaces, a number is a number. What doesn't fit is
dropped, counted and named in `dropped`, so that the loss is visible without the value being so.
"""

import re
from collections.abc import Callable, Mapping, MutableMapping
from types import TracebackType
from typing import Any

from gateway.model.errors import GatewayError
from gateway.telemetry import metrics

MAX_TEXT = 120
"""Longest string, in characters, that a field may hold."""
MAX_ITEMS = 16
"""Most items of a list that are written."""

_CODE = re.compile(r"[A-Za-z0-9_.:/#+*\[\]-]*", re.ASCII)
_PLACE = re.compile(r"[A-Za-z0-9_.:/#+*~\[\]()<> -]*", re.ASCII)
_EVENT = re.compile(r"[a-z][a-z0-9_.:, '-]{0,79}", re.ASCII)

Check = Callable[[object], bool]


def _is_code(value: object) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _is_place(value: object) -> bool:
    return isinstance(value, str) and _PLACE.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _codes(*names: str) -> dict[str, Check]:
    return dict.fromkeys(names, _is_code)


ALLOWED: Mapping[str, Check] = {
    # Which call: the reference people quote, pseudonymous ids, names from configuration.
    **_codes("ref", "request_id", "key_id", "actor", "controller", "service", "tool", "dialect", "purpose_code"),
    # What happened: codes of our own.
    **_codes("outcome", "stage", "state", "status", "reason", "code", "kind", "cause", "rule", "label", "labels"),
    **_codes("component", "action", "route", "method", "setting", "retention_class", "policy_hash", "version"),
    # Where it went.
    **_codes("upstream", "deployment", "region", "processor", "host", "replica", "database", "signal"),
    # The ledger's public values.
    **_codes("root", "digest", "checkpoint", "origin"),
    # Files of ours (configuration, database) and source places.
    **dict.fromkeys(("file", "place", "error_at"), _is_place),
    # Exceptions: types only.
    **_codes("error", "error_chain", "error_code"),
    # Numbers.
    **dict.fromkeys(
        (
            "seconds",
            "seconds_left",
            "count",
            "entries",
            "pending",
            "attempt",
            "attempts",
            "port",
            "pid",
            "workers",
            "bytes",
            "characters",
            "parts",
            "records",
            "index",
            "tree_size",
            "limit",
            "http_status",
            "retry_after_s",
            "ok",
            "exit_code",
            "line",
        ),
        _is_number,
    ),
}
"""Field name -> what its value must be. A list is allowed where each item is."""

OURS = frozenset({"event", "level", "logger", "timestamp", "dropped"})
"""Keys that the chain itself writes."""


def allow_list(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: keep what is allowed, drop and count the rest."""
    kept: dict[str, Any] = {}
    dropped: list[str] = []
    event = fields.pop("event", "")
    if isinstance(event, str) and _EVENT.fullmatch(event):
        kept["event"] = event
    else:
        kept["event"] = "unnamed_event"
        dropped.append("event")
    for name, value in fields.items():
        if name in OURS:
            kept[name] = value
            continue
        check = ALLOWED.get(name)
        if check is None:
            # The name itself may be a caller's (`**mapping`), so it is written only where it looks like ours.
            dropped.append(name if re.fullmatch(r"[a-z_]{1,32}", name) else "?")
        elif value is None or _fits(check, value):
            kept[name] = _cut(value)
        else:
            dropped.append(name)
    if dropped:
        kept["dropped"] = dropped[:MAX_ITEMS]
        metrics.log_field_dropped(len(dropped))
    return kept


def _fits(check: Check, value: object) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return all(check(item) for item in value)
    return check(value)


def _cut(value: object) -> object:
    """Strings and lists at their longest, with a mark where something was cut."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        return [_cut(item) for item in items[:MAX_ITEMS]]
    return value


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as type and place: never its message, arguments or local variables.

    `error_at` is the innermost frame of our own code, or of any code where none is ours.
    """
    chain: list[str] = []
    cause: BaseException | None = error.__cause__ or error.__context__
    while cause is not None and len(chain) < 8:
        chain.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    described: dict[str, Any] = {"error": type(error).__name__, "error_at": _place(error.__traceback__)}
    if chain:
        described["error_chain"] = chain
    if isinstance(error, GatewayError):
        described["error_code"] = error.code
    return described


def _place(trace: TracebackType | None) -> str:
    ours = last = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        module = str(trace.tb_frame.f_globals.get("__name__", "?"))
        last = f"{module}:{code.co_name}:{trace.tb_lineno}"
        if module.startswith(("gateway.", "detectors.", "policies.")):
            ours = last
        trace = trace.tb_next
    return ours or last
