"""`ai-gateway`: run the gateway, check its settings, manage keys and tools, look at records, verify the ledger."""

from typing import Annotated

import typer

from gateway.cli import (
    backup,
    cases,
    check,
    demo,
    detect,
    incidents,
    keys,
    keystore,
    ledger,
    officers,
    records,
    register,
    serve,
    witness,
)
from gateway.cli.render import print_lines

app = typer.Typer(
    name="ai-gateway",
    help=(
        "The AI gateway for councils: approves, inspects, protects, discloses and records every GenAI call.\n\n"
        "Start with `ai-gateway demo`; `ai-gateway COMMAND --help` explains each command, with an example.\n\n"
        "Settings come from --config, which stands behind the command, else from the file that AI_GATEWAY_CONFIG "
        "names, else from the shipped demo settings.\n\n"
        "Exit status: 0 all is well; 1 what was checked does not hold, is not there, or may not be done; 2 a mistake "
        "in settings or arguments."
    ),
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from gateway.administration import version

        print_lines([version()])
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Options that stand before a command."""


serve.add(app)
demo.add(app)
check.add(app)
detect.add(app)
app.add_typer(keys.app, name="keys")
app.add_typer(register.app, name="register")
app.add_typer(records.app, name="records")
app.add_typer(officers.app, name="officers")
app.add_typer(cases.app, name="cases")
app.add_typer(incidents.app, name="incidents")
backup.add(ledger.app)
app.add_typer(ledger.app, name="ledger")
app.add_typer(keystore.app, name="keystore")
app.add_typer(witness.app, name="witness")

if __name__ == "__main__":
    app()
