"""`ai-gateway check`: would the gateway start with these settings?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.context import AsJson, Config, mistakes, settings
from gateway.cli.render import USAGE, explained, facts, heading, mistake, print_json, say, table, warn, working
from gateway.model.wording import many
from gateway.settings import Settings, database_url, settings_path

if TYPE_CHECKING:
    from gateway.administration import Policy


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
    from gateway.administration import check_worked_cases, doubts, missing_secrets, policy_of, suite_of

    current = settings(config)
    with explained(*mistakes()), working("Checking"):
        policy = policy_of(current)
        check_worked_cases(current, policy)
        suite = suite_of(current)
        overdue = load_config(current.detectors).overdue(datetime.now(UTC).date())
        missing = missing_secrets(current, settings_path(config))
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
    report = Report(
        summary,
        policy,
        warnings=[
            *map(str, policy.attention),
            *doubts(current, policy),
            *(f"allow-list of {name}, entry {index + 1}: its review date has passed" for name, index, _ in overdue),
        ],
        missing=[str(each) for each in missing],
    )
    (as_data if as_json else read)(report)
    raise typer.Exit(USAGE if missing else 0)


@dataclass(frozen=True)
class Report:
    """What was found: `warnings` may stay, `missing` may not."""

    summary: dict[str, object]
    policy: "Policy"
    warnings: list[str]
    missing: list[str]


def as_data(report: Report) -> None:
    """For programs."""
    states = {name: tool.state for name, tool in report.policy.register.tools.items()}
    print_json(
        {
            **report.summary,
            "tools": states,
            "limits": {kind: dict(uses(report.policy, kind)) for kind in ("tools", "purposes")},
            "attention": report.warnings,
            "missing": report.missing,
        }
    )


def uses(policy: "Policy", kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each `tools` or `purposes` entry of the register says of parameters, the provider's own features and
    functions. `hosted` is None where a purpose leaves it to the tool."""
    for name, entry in getattr(policy.register, kind).items():
        yield (
            name,
            {
                "limits": entry.limits.given(),
                "hosted": None if entry.hosted is None else list(entry.hosted),
                "forbidden_tools": list(entry.forbidden_tools),
            },
        )


def read(report: Report) -> None:
    """For people."""
    heading("Settings")
    facts(report.summary)
    heading("Register")
    table(
        ("tool", "tier", "state", "models", "approved for"),
        [
            (name, tool.tier, tool.state, list(tool.models), sorted({s for a in tool.approvals for s in a.services}))
            for name, tool in report.policy.register.tools.items()
        ],
        whole=("tool",),
    )
    heading("Limits (of a tool and a purpose the stricter counts)")
    table(
        ("tool or purpose", "at most", "provider's features allowed", "functions not allowed"),
        [
            (
                name,
                said["limits"],
                "as the tool" if said["hosted"] is None else said["hosted"] or "none",
                said["forbidden_tools"],
            )
            for kind in ("tools", "purposes")
            for name, said in uses(report.policy, kind)
        ],
        whole=("tool or purpose",),
    )
    say()
    for warning in report.warnings:
        warn(f"warning: {warning}")
    for problem in report.missing:
        mistake(problem)
    if report.missing:
        say("The rest loads, but without these secrets the gateway would not start here.")
    else:
        say("All of it loads. The gateway would start.", "green")


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
    return [f"{name} {many(each.days, 'day')}" for name, each in current.retention.classes.items()]
