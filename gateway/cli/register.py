"""`ai-gateway register`: the approved tools; suspend one at once, everywhere."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.context import AsJson, Config, administrator, opened, settings
from gateway.cli.render import USAGE, explained, fail, print_json, say, table
from gateway.settings import ConfigError

app = typer.Typer(help="Look at the register of tools; suspend and resume a tool.", no_args_is_help=True)

Tool = Annotated[str, typer.Argument(help="The tool's id in the register.")]
Reason = Annotated[str, typer.Option(help="Why, for the record of administrators. Not shown to staff.")]


@app.command("list")
def list_tools(as_json: AsJson = False, config: Config = None) -> None:
    """List the tools, how they stand and for whom they are approved.

    Example: ai-gateway register list
    """
    from gateway.administration import policy_of

    with explained(ConfigError):
        register = policy_of(settings(config)).register
    suspended = _suspended(config)
    rows = [
        {
            "tool": name,
            "name": tool.name,
            "tier": tool.tier,
            "state": "suspended" if name in suspended else tool.state,
            "models": list(tool.models),
            "services": sorted({service for approval in tool.approvals for service in approval.services}),
        }
        for name, tool in register.tools.items()
    ]
    if as_json:
        print_json(rows)
        return
    columns = list(rows[0]) if rows else ["tool"]
    table(columns, [tuple(row.values()) for row in rows], empty="The register has no tools.", whole=("tool",))


def _suspended(config: Path | None) -> frozenset[str]:
    with opened(config, make=True) as ledger:
        return ledger.admin.suspended()


@app.command()
def suspend(tool: Tool, reason: Reason = "", config: Config = None) -> None:
    """Stop a tool now: new calls are refused on every worker within 5 seconds, and open streams are cut.

    Example: ai-gateway register suspend council-assistant --reason "Supplier incident"
    """
    _known(tool, config)
    with opened(config, make=True) as ledger:
        ledger.admin.suspend(tool, administrator(), reason)
    say(f"{tool} is suspended since {datetime.now(UTC):%H:%M:%S} UTC. Workers stop it within 5 seconds.", "yellow")
    say(f"To let it be used again: ai-gateway register resume {tool}")


@app.command()
def resume(tool: Tool, config: Config = None) -> None:
    """Let a suspended tool be used again.

    Example: ai-gateway register resume council-assistant
    """
    with opened(config) as ledger:
        done = ledger.admin.resume(tool, administrator())
    if not done:
        _known(tool, config)  # after resuming: a tool may have left the register while it was suspended
        raise fail(f"{tool} is not suspended", "`ai-gateway register list` shows how each tool stands.")
    say(f"{tool} may be used again.", "green")


def _known(tool: str, config: Path | None) -> None:
    from gateway.administration import policy_of

    with explained(ConfigError):
        tools = policy_of(settings(config)).register.tools
    if tool not in tools:
        raise fail(f"there is no tool {tool!r} in the register", f"Use one of: {', '.join(tools)}.", USAGE)
