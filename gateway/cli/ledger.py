"""`ai-gateway ledger`: prove that the record is whole."""

import typer

from gateway.cli.context import AsJson, Config, opened
from gateway.cli.render import print_json, say, working

app = typer.Typer(help="Verify, back up and restore the ledger.", no_args_is_help=True)


@app.callback()
def _ledger() -> None:
    """Verify the ledger: prove that no record was changed, removed or put in later. Back it up and restore it."""


@app.command()
def verify(as_json: AsJson = False, config: Config = None) -> None:
    """Recompute every leaf, the tree, the checkpoints and the commitments to what is stored.

    Exit status 0 where all of it holds; 1 where anything does not, with table, row and record of each fault. The
    gateway may run meanwhile.

    Example: ai-gateway ledger verify
    """
    with opened(config) as ledger, working("Verifying every record"):
        report = ledger.verify()
    if as_json:
        print_json({"ok": report.ok, "lines": report.lines(), "problems": report.problems, "counts": report.counts})
        raise typer.Exit(0 if report.ok else 1)
    verdict, *details = report.lines()
    say(verdict, "bold green" if report.ok else "bold red")
    for line in details:
        say(line)
    raise typer.Exit(0 if report.ok else 1)
