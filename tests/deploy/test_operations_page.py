"""docs/operations.md says what is so: metrics, log fields, error codes, settings."""

import re
from pathlib import Path

import pytest
import yaml

from gateway.settings import IdentitySettings, UpstreamSettings
from gateway.telemetry.fields import ALLOWED, OURS
from gateway.upstream.config import OPTIONS
from gateway.upstream.failures import _MESSAGES
from policies.register.model import Deployment
from tests.deploy.names import families, labels
from tests.deploy.test_alerts import RULES
from tests.support.shared import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text()
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table after a heading."""
    after = PAGE.split(heading, 1)[1]
    lines = [line for line in after.splitlines() if line.startswith("|")]
    end = next((i for i, line in enumerate(after.splitlines()) if line.startswith("#")), None)
    within = [line for line in after.splitlines()[:end] if line.startswith("|")] or lines
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in within[2:]]


def test_the_metrics_table_is_current() -> None:
    listed = {
        name.strip("`"): (kind, frozenset(given.split(", ")) if given else frozenset())
        for name, kind, given, _ in rows("## Metrics")
    }
    known = labels()
    assert listed == {name: (kind, known[name]) for name, kind in families().items()}


def test_the_log_fields_are_current() -> None:
    listed = {name for names, _ in rows("## Logs") for name in re.findall(r"`(\w+)`", names)}
    assert listed == ALLOWED.keys() | OURS


def test_the_error_codes_are_current() -> None:
    listed = {code.strip("`"): int(status) for code, status, _ in rows("### In both cases")}
    assert listed == {**{code: status for code, (_, status, _) in _MESSAGES.items()}, "upstream_timeout": 504}


def test_every_alert_has_its_paragraph_and_no_other() -> None:
    section = PAGE.split("## Alerts", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^### (\w+)$", section, re.MULTILINE) == [rule["alert"] for rule in RULES]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_settings_load(example: dict[str, dict[str, object]]) -> None:
    for name, value in example.get("upstreams", {}).items():
        assert UpstreamSettings.model_validate(value).kind in {"direct", "litellm"}, name
    if "identity" in example:
        assert IdentitySettings.model_validate(example["identity"]).issuers
    assert example.keys() <= {"upstreams", "identity"}


def test_what_a_deployment_may_say() -> None:
    assert {"model", "options"} <= Deployment.model_fields.keys()
    for option in {name for names in OPTIONS.values() for name in names}:
        assert f"`{option}`" in PAGE or f"`options: {{{option}: " in PAGE, option


def test_files_it_names_exist() -> None:
    for name in re.findall(r"`(deploy/[\w./-]+)`", PAGE):
        assert Path(ROOT / name).exists(), name


def test_commands_it_names_exist() -> None:
    from typer.main import get_command

    from gateway.cli.main import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    for verb, noun in re.findall(r"ai-gateway (\w+)(?: (\w+))?", PAGE):
        assert verb in commands, verb
        if noun and hasattr(commands[verb], "commands"):
            assert noun in commands[verb].commands, f"{verb} {noun}"
