"""A real gateway with two workers: what it measures is what happened, and no content is in metrics or logs."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.names import families
from tests.support.capture import Body, Capture, Reply, capturing, echo, last_text
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running

pytestmark = pytest.mark.slow
NAME, NUMBER = "Marjorie Entwhistle-Canary", "QQ 12 34 56 C"
TEXT = f"Please draft a letter to {NAME} about her {{scene}} at the recycling centre."
_UNSEEN = {
    "aigw_detector_failures_total",
    "aigw_documents_total",
    "aigw_records_requests_total",
    "aigw_records_seconds",
}
"""What nothing has happened of."""
_OF_VOUCHERS = ("cosigned_timestamp_seconds", "stamped_timestamp_seconds", "attestations_total")
"""Metrics that only a gateway with a witness or a time-stamping authority has."""


def answer(body: Body) -> Reply:
    """Fails where it is asked to; its error message then quotes the prompt, as real ones do."""
    for status in (401, 500):
        if f"error{status}" in last_text(body):
            return Reply(status=status)
    return echo(body)


@pytest.fixture(scope="module")
def server() -> Iterator[Capture]:
    with capturing(answer) as capture:
        yield capture


@pytest.fixture(scope="module")
def gateway(server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("gateway"), server.url, workers=2, log_level="debug") as made:
        yield made


def call(gateway: Gateway, key: str, scene: str, path: str = "/chat/completions", **more: Any) -> int:
    body = {"model": "council-assistant", "messages": [{"role": "user", "content": TEXT.format(scene=scene)}], **more}
    request = urllib.request.Request(
        gateway.base_url + path,
        json.dumps(body).encode(),
        {"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            response.read()
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def test_what_happened_is_counted_and_nothing_of_it_is_told(gateway: Gateway, server: Capture) -> None:
    key = gateway.key(owner="officer.canary@maidstone.example")
    assert call(gateway, key, "visit") == 200
    assert call(gateway, key, "visit", stream=True) == 200
    assert call(gateway, key, f"claim {NUMBER} and diagnosis of schizophrenia", model="public-chat") == 400
    assert call(gateway, key, "error401") == 502
    assert call(gateway, key, "error500") == 502
    assert call(gateway, key[:-1] + ("x" if key[-1] != "x" else "y"), "visit") == 401
    assert call(gateway, key, "visit", path=f"/{NAME.split()[0]}-Canary") == 404

    status, text = gateway.get("/metrics")
    assert status == 200
    samples: dict[tuple[str, str], float] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            for value in sample.labels.values():
                samples[sample.name, value] = samples.get((sample.name, value), 0) + sample.value
    assert samples["aigw_calls_total", "delivered"] == 2
    assert samples["aigw_calls_total", "upstream_failed"] == 2
    assert samples["aigw_calls_total", "refused"] == 1
    assert samples["aigw_calls_total", "maidstone"] == 5
    assert ("aigw_calls_total", "other") not in samples
    assert samples["aigw_upstream_seconds_count", "ok"] == 2
    assert samples["aigw_upstream_seconds_count", "upstream_credentials"] == 1
    assert samples["aigw_upstream_seconds_count", "upstream_failed"] >= 2, "each attempt counts"
    assert samples["aigw_upstream_credentials_refused_total", "offline"] == 1
    assert samples["aigw_findings_total", "PERSON"] >= 1
    assert samples["aigw_refused_early_total", "malformed_key"] == 1
    assert samples["aigw_refused_early_total", "unknown_route"] == 1
    assert samples["aigw_pseudonyms_total", "restored"] >= 1
    for stage in ("authenticate", "read", "resolve", "inspect", "decide", "transform", "record"):
        assert samples["aigw_stage_seconds_count", stage] >= 4, stage
    exposed = {name for name in families() if f"# TYPE {name} ".encode() in text}
    vouchers = {f"aigw_ledger_{name}" for name in _OF_VOUCHERS}
    assert families().keys() - exposed == {*_UNSEEN, *vouchers}, "what has labels appears with its first event"
    assert b"aigw_ledger_check_ok NaN" in text, "no check yet is no alarm"

    gateway.stop()
    told = [line for line in gateway.log.read_text().splitlines() if line.startswith("{")]
    assert told
    for line in told:
        parsed = json.loads(line)
        assert {"event", "level", "logger", "timestamp"} <= parsed.keys()
        assert "dropped" not in parsed, "a field that somebody thought worth logging is not on the list"
    everything = (gateway.log.read_text() + text.decode()).casefold()
    for secret in ("canary", "marjorie", "entwhistle", NUMBER, NUMBER.replace(" ", ""), "schizo", "recycling", key):
        assert secret.casefold() not in everything


def test_the_log_stands_alone(gateway: Gateway, tmp_path: Path) -> None:
    """No traceback, no access line, no library's own format."""
    plain = [line for line in gateway.log.read_text().splitlines() if line and not line.startswith("{")]
    assert not any("Traceback" in line or "HTTP/1.1" in line for line in plain), plain
