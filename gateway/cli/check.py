"""`ai-gateway check`: would the gateway start with these settings?"""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.context import AsJson, Config, mistakes, settings
from gateway.cli.render import USAGE, explained, facts, heading, mistake, print_json, say, table, warn, working
from gateway.settings import Settings, database_url, settings_path


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    config: Config = None,
    as_json: AsJson = False,
    database: Annotated[
        bool, typer.Option("--database/--no-database", help="Look at the database too; not where it can't be reached.")
    ] = True,
) -> None:
    """Check settings, policy with its worked cases, register, detectors and database, and say what they amount to.

    Nothing is started, and the database is looked at, not changed. Every mistake is reported with file, line and what
    to write instead; the exit status is 2 where there is one.

    Example: ai-gateway check --config production.yaml
    """
    from detectors.config import load_config
    from gateway.administration import check_worked_cases, doubts, missing_secrets, policy_of
    from gateway.app import suite_of
    from policies.source import load_yaml

    current = settings(config)
    with explained(*mistakes()), working("Checking"):
        policy = policy_of(current)
        check_worked_cases(current, policy)
        found = ledger(current) if database else "not looked at"
        from gateway.app import suite_of  # takes seconds: last

        suite = suite_of(current)
        overdue = load_config(current.detectors).overdue(datetime.now(UTC).date())
        missing = missing_secrets(current, load_yaml(settings_path(config)))
        found = ledger(current) if database and not missing else "not looked at"
    summary = {
        "settings": str(settings_path(config)),
        "mode": current.mode,
        "controllers": list(current.controllers),
        "upstreams": [f"{name} ({each.kind})" for name, each in current.upstreams.items()],
        "retention": retention(current),
        "database": found,
        "rules": len(policy.rule_ids),
        "policy hash": policy.hash,
        "detectors": f"{suite.version} ({suite.model})",
    }
    tools = policy.register.tools
    if as_json:
        states = {name: tool.state for name, tool in tools.items()}
        attention = [*map(str, policy.attention), *doubts(current, policy)]
        print_json({**summary, "tools": states, "attention": attention, "missing": [str(each) for each in missing]})
        raise typer.Exit(USAGE if missing else 0)
    heading("Settings")
    facts(summary)
    heading("Register")
    table(
        ("tool", "tier", "state", "models", "approved for"),
        [
            (name, tool.tier, tool.state, list(tool.models), sorted({s for a in tool.approvals for s in a.services}))
            for name, tool in tools.items()
        ],
        whole=("tool",),
    )
    for doubt in (*map(str, policy.attention), *doubts(current, policy)):
        warn(f"warning: {doubt}")
    for controller, index, _entry in overdue:
        warn(f"warning: allow-list of {controller}, entry {index + 1}: its review date has passed")
    if missing:
        for problem in missing:
            mistake(str(problem))
        say("\nThe rest loads, but without these secrets the gateway would not start here.")
        raise typer.Exit(USAGE)
    say("\nAll of it loads. The gateway would start.", "green")


def ledger(current: Settings) -> str:
    """The ledger as the gateway would find it, and whether the key store is the one it was written with."""
    from gateway.administration import store
    from gateway.store.open import LedgerError, probe

    state = probe(database_url(current).get_secret_value())
    if state == "absent":
        return "no ledger yet: it is made at the first start"
    folder = current.keystore_dir or current.data_dir / "keys"
    if not folder.is_dir():  # opening it would make it, as whoever runs this command
        raise LedgerError(
            f"There is a ledger, but no key store in {folder.resolve()}. "
            "Point keystore_dir at the right folder, or restore the key store from its own backup."
        )
    if state == "older":
        return "a ledger of an older version: it is migrated at the next start"
    store(current, migrate=False).close()
    return "a ledger of this version"


def retention(current: Settings) -> list[str]:
    """The schedule in a few words."""
    if current.retention is None:
        return ["none (demo only)"]
    return [f"{name} {each.days} days" for name, each in current.retention.classes.items()]
