"""`ai-gateway witness`: cosign the ledgers of other councils, so that none of them can rewrite its own."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.render import USAGE, explained, fail, print_lines, say
from gateway.model.wording import many

if TYPE_CHECKING:
    from gateway.ledger.cosignature import Cosigner

app = typer.Typer(help="Witness other councils' ledgers.", no_args_is_help=True)
State = Annotated[
    Path,
    typer.Option(
        "--state", metavar="FOLDER", help="Where the witness keeps its key and what it saw.", show_default=False
    ),
]
NAME_FILE = "name"


@app.callback()
def _witness() -> None:
    """Witness other councils' ledgers: cosign their checkpoints, refuse a rollback or a second history.

    Run it on a machine that the other council's administrators can't reach. Back up its folder, and never restore an
    older copy while logs go on: it would take the newer checkpoints for a second history's.
    """


@app.command()
def key(
    state: State,
    name: Annotated[
        str | None,
        typer.Option(
            help="At the first use: the witness's public name, such as swale.gov.uk/witness.", show_default=False
        ),
    ] = None,
) -> None:
    """Make the witness's key where there is none, and print its public half for the councils that it witnesses.

    Example: ai-gateway witness key --state /var/lib/witness --name swale.gov.uk/witness
    """
    print_lines([_cosigner(state, name).vkey])


@app.command()
def serve(
    state: State,
    log: Annotated[
        list[str],
        typer.Option(
            "--log", metavar="KEY", help="A log to witness, by its public key; can be repeated.", show_default=False
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="At the first use: the witness's public name.", show_default=False)
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port.")] = 8090,
) -> None:
    """Answer requests for cosignatures until told to stop. Put TLS in front of it, as of the gateway.

    A log's public key comes from that council: `ai-gateway ledger key`.

    Example: ai-gateway witness serve --state /var/lib/witness --log 'council-ai-gateway/0123...+89ab...+AQ...'
    """
    import uvicorn

    from gateway.cli.serve import bound
    from gateway.http.server import server_config
    from gateway.http.witness import witness_app
    from gateway.ledger.checkpoint import BadCheckpoint, Verifier
    from gateway.ledger.witness import FileState, Witness
    from gateway.telemetry import logs

    try:
        verifiers = [Verifier(each) for each in log]
    except BadCheckpoint as error:
        raise fail(f"--log: {error}", "Ask that council for the output of `ai-gateway ledger key`.", USAGE) from None
    cosigner = _cosigner(state, name)
    with explained(OSError):
        kept = FileState(state)
    logs.configure("info")
    listener = bound(host, port)
    say(f"Witness {cosigner.name} of {many(len(verifiers), 'log')} on http://{host}:{listener.getsockname()[1]}")
    app = witness_app(Witness(cosigner, verifiers, kept, time.time), kept, cosigner.vkey)
    uvicorn.Server(server_config(app, host=host, port=port)).run(sockets=[listener])


@app.command()
def show(state: State) -> None:
    """Print the last checkpoint of each log that was cosigned, with both signatures.

    Hand one to an auditor as a file: `ledger verify --export FOLDER --checkpoint FILE` checks an export against it.

    Example: ai-gateway witness show --state /var/lib/witness
    """
    from gateway.ledger.witness import FileState

    with explained(OSError, ValueError):
        notes = FileState(state).notes() if state.is_dir() else []
    if not notes:
        raise fail("nothing has been cosigned yet", "Is the witness running, and have the councils set its address?")
    print_lines(["\n".join(notes).rstrip("\n")])


@app.command()
def forget(
    state: State,
    log: Annotated[str, typer.Option("--log", metavar="KEY", help="The log's public key.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Begin a log anew after its council lost entries that this witness had seen, such as by a restore.

    Only do this when that council has told you in writing what happened: it takes back what the witness vouched for.
    The last checkpoint is put aside in the folder `retired`, and proves later what was lost.

    Example: ai-gateway witness forget --state /var/lib/witness --log 'council-ai-gateway/0123...+89ab...+AQ...'
    """
    from gateway.ledger.checkpoint import BadCheckpoint, Verifier
    from gateway.ledger.witness import FileState

    try:
        origin = Verifier(log).name
    except BadCheckpoint as error:
        raise fail(f"--log: {error}", "Ask that council for the output of `ai-gateway ledger key`.", USAGE) from None
    if not yes and not typer.confirm(f"Forget what was witnessed of {origin}?"):
        raise typer.Exit(1)
    with explained(OSError):
        known = state.is_dir() and FileState(state).retire(origin)
    if not known:
        raise fail("this witness has cosigned nothing of that log")
    say(f"The next checkpoint of {origin} will be taken as its first. The last one is in {state / 'retired'}.")


def _cosigner(state: Path, name: str | None) -> "Cosigner":
    """The key in the folder; made with `name` where the folder is new. A key keeps its name."""
    from gateway.ledger.cosignature import Cosigner
    from gateway.ledger.keystore import FileKeyStore, KeyStoreError

    path = state / NAME_FILE
    known = path.read_text("utf-8").strip() if path.is_file() else None
    if known is None and name is None:
        raise fail(f"{state} holds no witness yet", "Give it a name with --name, such as swale.gov.uk/witness.", USAGE)
    if known is not None and name not in (None, known):
        raise fail(
            f"this witness is called {known}", "Take --name out, or use another folder for another witness.", USAGE
        )
    with explained(KeyStoreError, OSError, ValueError):
        cosigner = Cosigner(known or name or "", FileKeyStore(state).secret("witness-ed25519", 32))
        if known is None:
            path.write_text(f"{cosigner.name}\n", "utf-8")
    return cosigner
