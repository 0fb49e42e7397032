"""The alert rules do what they say, by Prometheus' own tool, and speak of metrics that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.names import NAME, series
from tests.support.shared import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
TESTS = yaml.safe_load((FOLDER / "alerts.test.yaml").read_text())["tests"]


def promtool(*arguments: str) -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("needs promtool (package `prometheus`), which is not installed here")
    done = subprocess.run([found, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_pass_their_tests() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts.test.yaml")


def test_rules_and_configuration_are_well_formed() -> None:
    assert f"{len(RULES)} rules found" in promtool("check", "rules", "--lint-fatal", "alerts.yaml")
    promtool("check", "config", "prometheus.yml")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_alert_is_tried_and_explained(rule: dict[str, dict[str, str]]) -> None:
    name = str(rule["alert"])
    outcomes = [bool(t["exp_alerts"]) for test in TESTS for t in test["alert_rule_test"] if t["alertname"] == name]
    assert True in outcomes, f"{name}: no test in which it fires"
    assert set(NAME.findall(str(rule["expr"]))) <= series()
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^### (\w+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor in [heading.lower() for heading in headings], f"{page} does not say what to do about {name}"
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}


def test_what_the_issue_asks_for_is_there() -> None:
    names = {rule["alert"] for rule in RULES}
    assert names >= {
        "GatewayDown",
        "GatewayRefusalSpike",
        "GatewayDetectorFailing",
        "GatewayLedgerUnhealthy",
        "GatewayLedgerLagging",
        "GatewayUpstreamFailing",
        "GatewayKeyExpiring",
    }


def test_statuses_in_queries_are_ones_we_write() -> None:
    from gateway.upstream.failures import _MESSAGES

    written = {*_MESSAGES, "upstream_timeout", "ok", "disconnected", "failed"}
    rule = next(rule for rule in RULES if rule["alert"] == "GatewayUpstreamFailing")
    (listed,) = re.findall(r"upstream_\(([^)]*)\)", str(rule["expr"]))
    assert {f"upstream_{one}" for one in listed.split("|")} <= written


def test_rule_files_are_named_relative() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    assert [Path(name).is_absolute() for name in config["rule_files"]] == [False]
    assert all((FOLDER / name).exists() for name in config["rule_files"])
