"""`ai-gateway check`: would the gateway start with these settings?"""

from datetime import UTC, datetime

import typer

from gateway.cli.context import AsJson, Config, settings
from gateway.cli.render import explained, facts, heading, print_json, say, table, warn
from gateway.settings import ConfigError, Settings, settings_path


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(config: Config = None, as_json: AsJson = False) -> None:
    """Check settings, policy with its worked cases, register and detectors, and say what they amount to.

    Nothing is started and no database is touched. Every mistake is reported with file, line and what to write
    instead; the exit status is 2 where there is one.
    """
    from detectors.config import load_config
    from detectors.errors import ConfigError as DetectorConfigError
    from gateway.administration import check_worked_cases, policy_of, upstream_configs
    from gateway.app import suite_of

    current = settings(config)
    with explained(ConfigError, DetectorConfigError):
        policy = policy_of(current)
        check_worked_cases(current, policy)
        upstream_configs(current)
        suite = suite_of(current)
        overdue = load_config(current.detectors).overdue(datetime.now(UTC).date())
    summary = {
        "settings": str(settings_path(config)),
        "mode": current.mode,
        "controllers": list(current.controllers),
        "upstreams": [f"{name} ({each.kind})" for name, each in current.upstreams.items()],
        "retention": retention(current),
        "rules": len(policy.rule_ids),
        "policy hash": policy.hash,
        "detectors": f"{suite.version} ({suite.model})",
    }
    tools = policy.register.tools
    if as_json:
        states = {name: tool.state for name, tool in tools.items()}
        print_json({**summary, "tools": states, "attention": [str(each) for each in policy.attention]})
        return
    heading("Settings")
    facts(summary)
    heading("Register")
    table(
        ("tool", "tier", "state", "models", "approved for"),
        [
            (name, tool.tier, tool.state, list(tool.models), sorted({s for a in tool.approvals for s in a.services}))
            for name, tool in tools.items()
        ],
    )
    for lapsing in policy.attention:
        warn(str(lapsing))
    for controller, index, _entry in overdue:
        warn(f"allow-list of {controller}, entry {index + 1}: its review date has passed")
    say("\nAll of it loads. The gateway would start.", "green")


def retention(current: Settings) -> list[str]:
    """The schedule in a few words."""
    if current.retention is None:
        return ["none (demo only)"]
    return [f"{name} {each.days} days" for name, each in current.retention.classes.items()]
