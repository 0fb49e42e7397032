"""What the metrics say, and that nobody can write into them."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from gateway.telemetry import metrics
from tests.support.shared import ROOT

CANARY = "canary-7f3a jo.bloggs@example.org"


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    metrics.declare(
        controllers=["swale"],
        services=["housing"],
        tools=["drafter"],
        dialects=["openai_chat"],
        upstreams=["azure"],
        labels=["PERSON"],
    )
    yield
    metrics.declare()


def value(name: str, **labels: str) -> float:
    """The value of one sample now, 0 where it doesn't exist yet."""
    text = metrics.render()[0].decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return 0.0


def test_a_call_is_counted_with_its_labels() -> None:
    labels = {"controller": "swale", "service": "housing", "tool": "drafter", "dialect": "openai_chat"}
    before = value("aigw_calls_total", **labels, outcome="delivered")
    metrics.call_closed("swale", "housing", "drafter", "openai_chat", "delivered", 1.5)
    assert value("aigw_calls_total", **labels, outcome="delivered") == before + 1
    assert value("aigw_call_seconds_sum", tool="drafter", outcome="delivered") >= 1.5


def everything(word: str) -> None:
    """Call every function with `word` wherever a string goes."""
    metrics.call_closed(word, word, word, word, word, 1.0)
    metrics.findings(word, {word: 2})
    metrics.stage_seconds(word, 0.1)
    with metrics.stage(word):
        pass
    metrics.upstream_attempt(word, word, word, 0.2)
    metrics.upstream_credentials_refused(word)
    metrics.first_token(word, 0.3)
    metrics.ledger_commit(0.01, 4)
    metrics.ledger_pending(2)
    metrics.ledger_healthy(True)
    metrics.ledger_check(True, 1.0)
    metrics.ledger_cosigned(word, 1.0)
    metrics.ledger_stamped(word, 1.0)
    metrics.ledger_attestation(word, word)
    metrics.cache(1, 2)
    metrics.refused_early(word)
    metrics.restored(word, 1, 2, 3)
    metrics.detector_failed(word)
    metrics.document(word, word)
    metrics.records_routes([])
    metrics.records_request(word, word, 0.5)
    metrics.key_expiry(word, 60.0)
    metrics.log_field_dropped(1)


def test_values_from_outside_never_appear() -> None:
    everything(CANARY)
    body = metrics.render()[0]
    assert b"canary" not in body
    assert b"jo.bloggs" not in body
    assert value("aigw_findings_total", controller="other", label="other") >= 2


def test_every_function_is_covered_here() -> None:
    """A metric added later joins the canary test above."""
    source = ast.parse(Path(metrics.__file__).read_text())
    public = {n.name for n in source.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")}
    tried = {n.attr for n in ast.walk(ast.parse(Path(__file__).read_text())) if isinstance(n, ast.Attribute)}
    assert public <= tried


def test_names_and_units() -> None:
    for family in text_string_to_metric_families(metrics.render()[0].decode()):
        assert family.name.startswith("aigw_")
        assert family.documentation
        assert not any(unit in family.name for unit in ("_ms", "milli", "minutes", "kb", "percent"))


def test_a_stage_is_timed_also_when_it_raises() -> None:
    before = value("aigw_stage_seconds_count", stage="decide")
    with pytest.raises(KeyError), metrics.stage("decide"):
        raise KeyError
    assert value("aigw_stage_seconds_count", stage="decide") == before + 1


def test_key_expiry_is_a_time() -> None:
    metrics.key_expiry("swale", float("inf"))
    assert value("aigw_key_expiry_timestamp_seconds", controller="swale") == float("inf")
    metrics.key_expiry("swale", 3600)
    assert 1.7e9 < value("aigw_key_expiry_timestamp_seconds", controller="swale") < 1e10


def test_build_info() -> None:
    metrics.build_info("0.1.0", "abcdef0123456789")
    python = ".".join(str(part) for part in sys.version_info[:3])
    assert value("aigw_build_info", version="0.1.0", python=python, policy="abcdef012345") == 1


def test_formats() -> None:
    everything("drafter")
    body, kind = metrics.render()
    assert kind.startswith("text/plain")
    assert b"aigw_calls_total" in body
    body, kind = metrics.render("application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    assert any(family.name == "aigw_calls" for family in parse_openmetrics(body.decode()))  # type: ignore[no-untyped-call]


WORKER = """
import sys
from gateway.telemetry import metrics
metrics.declare(controllers=["swale"], tools=["t"])
metrics.call_closed("swale", "s", "t", "d", "delivered", 0.5)
metrics.ledger_healthy(sys.argv[1] == "ok")
metrics.ledger_pending(int(sys.argv[2]))
metrics.key_expiry("swale", 1000)
metrics.build_info("0.1.0")
if len(sys.argv) > 3:
    print(metrics.render()[0].decode(), flush=True)
"""


def worker(directory: Path, *arguments: str) -> str:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WORKER, *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout


def several(text: str) -> dict[tuple[str, str | None], float]:
    families = text_string_to_metric_families(text)
    return {(s.name, s.labels.get("outcome")): s.value for family in families for s in family.samples}


def test_several_workers_answer_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "metrics"
    metrics.prepare_directory(directory)
    (directory / "counter_1.db").write_bytes(b"left over from a run before")
    metrics.prepare_directory(directory)
    assert list(directory.iterdir()) == []
    with subprocess.Popen(
        [sys.executable, "-c", WORKER + "sys.stdin.read()", "failing", "7", "print"],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        assert running.stdout.readline().startswith("# HELP")
        samples = several(worker(directory, "ok", "3", "print"))
        assert samples["aigw_calls_total", "delivered"] == 2
        assert samples["aigw_ledger_healthy", None] == 0, "one worker that can't record is enough"
        assert samples["aigw_ledger_pending_entries", None] == 7
        assert samples["aigw_build_info", None] == 1
        running.stdin.close()
        running.stdout.read()
    samples = several(worker(directory, "ok", "3", "print"))
    assert samples["aigw_calls_total", "delivered"] == 3, "what a worker that is gone has counted stays"
    assert samples["aigw_ledger_healthy", None] == 1, "its state does not"
    assert samples["aigw_ledger_pending_entries", None] == 3
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(directory))
    assert b"aigw_calls_total" in metrics.render()[0]
    metrics.worker_exited(os.getpid())


def test_a_number_that_is_somebody_elses() -> None:
    assert metrics._alive(os.getpid())
    assert not metrics._alive(2**22 + 1)
