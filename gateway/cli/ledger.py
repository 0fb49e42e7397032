"""`ai-gateway ledger`: prove that the record is whole."""

import typer

from gateway.cli.context import AsJson, Config, opened
from gateway.cli.render import facts, heading, print_json, progress, say, table

app = typer.Typer(help="Verify the ledger.", no_args_is_help=True)


@app.callback()
def _ledger() -> None:
    """Commands on the ledger as a whole."""


@app.command()
def verify(as_json: AsJson = False, config: Config = None) -> None:
    """Recompute every leaf, the tree, the checkpoints and the commitments to what is stored.

    Exit status 0 where all of it holds; 1 where anything does not, with table, row and record of each fault.
    """
    with opened(config) as ledger:
        report = ledger.verify(progress("checking"))
    if as_json:
        print_json(report)
        raise typer.Exit(0 if report.ok else 1)
    heading("Ledger")
    facts(report.facts())
    if report.faults:
        heading("Faults")
        table(("where", "record", "what is wrong"), [(f.where, f.ref, f.message) for f in report.faults])
        say("\nThe ledger does NOT verify.", "bold red")
        raise typer.Exit(1)
    say("\nThe ledger verifies.", "bold green")
