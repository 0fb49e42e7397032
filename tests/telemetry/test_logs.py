"""JSON on standard error, and no content in it, whoever logs."""

import ast
import io
import json
import logging
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.telemetry import fields, logs
from gateway.telemetry.logs import configure, get_logger
from tests.support.shared import ROOT

CANARY = "canary Jo Bloggs"
SENTENCE = f"it failed for {CANARY}"
SOURCES = sorted(
    p for name in ("gateway", "policies", "detectors") for p in (ROOT / name).rglob("*.py") if "versions" not in p.parts
)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """The configured stream; what the standard library had is put back afterwards."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level, logging.raiseExceptions
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning
    access = logging.getLogger("uvicorn.access")
    written = io.StringIO()
    configure("debug", stream=written)
    yield written
    root.handlers[:], root.level, logging.raiseExceptions = kept
    sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = hooks
    access.disabled, access.propagate = False, True
    logs._sink.stream, logs._sink.level = None, logs.LEVELS["info"]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    assert "canary" not in stream.getvalue()
    assert "Bloggs" not in stream.getvalue()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line(stream: io.StringIO) -> None:
    get_logger("gateway.stages.forward").warning("upstream_retry", upstream="azure", attempt=2)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "upstream_retry",
        "logger": "gateway.stages.forward",
        "level": "warning",
        "upstream": "azure",
        "attempt": 2,
    }


def test_levels(stream: io.StringIO) -> None:
    configure("warning", stream=stream)
    log = get_logger("x")
    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(log, level)("said", code=level)
    assert [line["code"] for line in lines(stream)] == ["warning", "error", "critical"]
    with pytest.raises(ValueError, match="debug, info, warning"):
        configure("loud")


def test_content_in_any_place_stays_out(stream: io.StringIO) -> None:
    log = get_logger("x")
    log.info(SENTENCE)
    log.info("said %s", CANARY)
    log.info("said", prompt=CANARY, reason=CANARY)
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        log.exception("failed")
        log.error("failed", exc_info=error)
        log.error("failed", exc_info=(type(error), error, error.__traceback__), stack_info=True)
    written = lines(stream)
    assert [line.get("dropped") for line in written[:3]] == [["event"], ["event"], ["prompt", "reason"]]
    assert [line["error"] for line in written[3:]] == ["ValueError"] * 3


def test_exception_with_nothing_to_say(stream: io.StringIO) -> None:
    get_logger("x").error("failed", exc_info=True)
    assert "error" not in lines(stream)[0]


def test_libraries_are_heard_without_their_words(stream: io.StringIO) -> None:
    logging.getLogger("another.library").warning("matched %s", CANARY)
    logging.getLogger("aiohttp.client").error(SENTENCE)
    logging.getLogger("some.library").info(CANARY)
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s", CANARY)
    _log_started_message()
    logging.getLogger("uvicorn.access").info('"GET /?q=%s"', CANARY)
    try:
        raise OSError(CANARY)
    except OSError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved: %s", CANARY)
    written = lines(stream)
    assert [line["logger"] for line in written] == ["another.library", "aiohttp.client", "uvicorn.error", "asyncio"]
    assert [line["event"] for line in written] == ["library_log", "library_log", "server_started", "library_log"]
    assert written[3]["error"] == "OSError"


def _log_started_message() -> None:
    """Named as uvicorn's own, by which its record is known."""
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s", CANARY)


def test_uvicorn_still_names_its_functions_so() -> None:
    from uvicorn.server import Server

    assert callable(Server._log_started_message)
    assert callable(Server.shutdown)


def test_a_broken_record_prints_nothing(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").warning("%d", CANARY)
    assert lines(stream)[0]["logger"] == "some.library"
    assert capsys.readouterr().err == ""


def test_warnings_and_threads(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs_showwarning()
        warnings.warn(CANARY, UserWarning, stacklevel=1)
    thread = threading.Thread(target=lambda: int(CANARY))
    thread.start()
    thread.join()
    written = lines(stream)
    assert written[0]["event"] == "library_warning"
    assert written[0]["error"] == "UserWarning"
    assert written[1]["event"] == "uncaught_exception"
    assert written[1]["error"] == "ValueError"


def logs_showwarning() -> Any:
    """What `configure` installs (catching warnings puts it aside)."""
    logs._install_hooks()
    return warnings.showwarning


def test_a_closed_stream_does_not_stop_a_call(stream: io.StringIO) -> None:
    stream.close()
    get_logger("x").info("said")


def test_an_uncaught_exception_of_the_process() -> None:
    code = f"from gateway.telemetry.logs import configure\nconfigure()\nraise ValueError({CANARY!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "canary" not in done.stderr
    assert json.loads(done.stderr)["error"] == "ValueError"


def test_unconfigured_loggers_follow_the_same_rules(capsys: pytest.CaptureFixture[str]) -> None:
    get_logger("x").info("said", prompt=CANARY)
    assert "canary" not in capsys.readouterr().err


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    """Every `log.<level>(...)` in the sources."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"log", "_log", "logger", "LOG"}
                and node.func.attr in {*logs.LEVELS, "exception"}
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_log_call_names_known_fields() -> None:
    """An unknown field would be dropped at run time; better to hear of it here."""
    for place, call in log_calls():
        first = call.args[0]
        assert isinstance(first, ast.Constant), f"{place}: the event must be a fixed name"
        assert re.fullmatch(r"[a-z][a-z0-9_.:, '-]{0,79}", str(first.value)), f"{place}: event {first.value!r}"
        for keyword in call.keywords:
            known = keyword.arg in fields.ALLOWED or keyword.arg == "exc_info"
            assert known, f"{place}: field {keyword.arg} is not in gateway.telemetry.fields.ALLOWED"
