"""JSON logs on standard error, one object a line, without content.

    log = get_logger(__name__)
    log.warning("upstream_failed", upstream="azure", status="server_error", attempt=2)

The event is a fixed name; everything else is a field of `gateway.telemetry.fields.ALLOWED`. Exceptions
are written as type and place. Records of other libraries are written as logger, level and place, without
their message: a detector's or a client's debug line can hold the very text that we protect. Loggers work
before `configure` is called, with the same rules.
"""

import logging
import sys
import threading
import warnings
from collections.abc import MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

from gateway.telemetry.fields import allow_list, describe

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
SILENT: Final = ("uvicorn.access",)
"""Loggers that are switched off: an access line repeats the request's query and peer for no gain."""
LIFE: Final = {
    ("uvicorn.error", "_log_started_message"): "server_started",
    ("uvicorn.error", "shutdown"): "server_stopping",
}
"""Records below a warning that are worth a line of their own, by logger and function: not by what they say, since
other libraries (litellm is one) fill arguments into messages before any handler sees them."""


class _Sink:
    """Where lines go. structlog calls the method named after the level."""

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self.level = LEVELS["info"]
        self._lock = threading.Lock()

    def msg(self, line: str) -> None:
        """Write one line whole. A closed standard error must not stop a call."""
        stream = self.stream or sys.stderr
        with self._lock, suppress(ValueError, OSError):
            stream.write(line + "\n")
            stream.flush()

    debug = info = warning = warn = error = err = critical = fatal = exception = failure = log = msg


_sink = _Sink()


def configure(level: str = "info", *, stream: TextIO | None = None, hooks: bool = True) -> None:
    """Set level and stream, and route the standard library's logging and uncaught exceptions through here.

    `level` is debug, info, warning, error or critical; ValueError names the choices otherwise.
    `stream` None means standard error as it is when a line is written.
    """
    if level not in LEVELS:
        raise ValueError(f"log level must be one of {', '.join(LEVELS)}")
    _sink.level, _sink.stream = LEVELS[level], stream
    root = logging.getLogger()
    root.handlers[:] = [_Foreign()]
    root.setLevel(max(_sink.level, logging.INFO))
    logging.raiseExceptions = False  # its fallback would print the message and its arguments
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and name.split(".")[0] in ("uvicorn", "litellm", "LiteLLM"):
            logger.handlers.clear()
            logger.propagate = True
    for name in SILENT:
        silent = logging.getLogger(name)
        silent.disabled, silent.propagate = True, False
    if hooks:
        _install_hooks()


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger bound to `name` (pass `__name__`)."""
    wrapped = structlog.wrap_logger(
        _sink,
        processors=[
            _gate,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _exceptions,
            allow_list,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        context_class=dict,
        cache_logger_on_first_use=False,
    )
    logger: FilteringBoundLogger = wrapped.bind(logger=name)
    return logger


def bind(**fields: str) -> None:
    """Add fields (a record's `ref`, say) to every line of the running task; the allow-list applies."""
    structlog.contextvars.bind_contextvars(**fields)


def _gate(_logger: object, method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if LEVELS.get("error" if method == "exception" else method, 20) < _sink.level:
        raise structlog.DropEvent
    return fields


def _exceptions(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace `exc_info` (True, an exception or a triple) by type and place."""
    found = fields.pop("exc_info", None)
    fields.pop("stack_info", None)
    error = found
    if isinstance(found, tuple):
        error = found[1]
    elif found and not isinstance(found, BaseException):
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        fields.update(describe(error))
    return fields


def _render(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> str:
    return orjson.dumps(fields, default=lambda value: type(value).__name__).decode()


_foreign = get_logger("library")


class _Foreign(logging.Handler):
    """Records of libraries: where and how bad, not what they say."""

    def emit(self, record: logging.LogRecord) -> None:
        event = LIFE.get((record.name, record.funcName), "library_log")
        if record.levelno < logging.WARNING and event == "library_log":
            return
        fields: dict[str, Any] = {"logger": record.name, "place": f"{record.module}:{record.funcName}:{record.lineno}"}
        if record.exc_info and record.exc_info[1] is not None:
            fields["exc_info"] = record.exc_info
        level = next(name for name, number in reversed(LEVELS.items()) if record.levelno >= number or number == 10)
        getattr(_foreign, level)(event, **fields)


def _install_hooks() -> None:
    """Uncaught exceptions and warnings would print messages and source lines; write type and place."""

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        _foreign.critical("uncaught_exception", exc_info=error.with_traceback(trace))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def unraisable(args: Any) -> None:
        if args.exc_value is not None:
            uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def warned(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        module = "/".join(filename.rsplit("/", 2)[-2:])
        _foreign.warning("library_warning", error=category.__name__, place=f"{module}:{lineno}")

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
    warnings.showwarning = warned
