"""`ai-gateway cases`: rights over what is recorded (UK GDPR Art 16 to 21)."""

from typing import Annotated

import typer

from gateway.cli.acting import KeyFile
from gateway.cli.casework import CaseId, Reason, UnitArg, at_work, done, number
from gateway.cli.context import AsJson, Config
from gateway.model.counting import counted

Units = Annotated[list[str], typer.Argument(metavar="CONVERSATIONS...", help="As `cases hits` lists them.")]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (correct, restrict, lift, erase):
        app.command()(command)


def correct(
    case_id: CaseId,
    unit: UnitArg,
    text: Annotated[str, typer.Argument(help="The correction.")],
    ref: Annotated[str, typer.Option(help="The record in it, if one in particular.")] = "",
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Put a correction beside a record, which is evidence and is not rewritten (UK GDPR Art 16).

    Example: ai-gateway cases correct RCT-MBC-2026-0001 6b7fa21d12000008 "The date of birth is 4 May 1961."
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.rights.correct(desk.officer, case_id, number(unit), text, ref)
    done(case, as_json, "The correction stands beside the record.")


def restrict(
    case_id: CaseId,
    units: Units,
    reason: Reason,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Take conversations out of every search but those of a case (UK GDPR Art 18, 21).

    Example: ai-gateway cases restrict RES-MBC-2026-0001 6b7fa21d12000008 --reason "Accuracy is contested"
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.rights.restrict(desk.officer, case_id, [number(each) for each in units], reason)
    done(case, as_json, counted(len(units), "conversation is restricted.", "conversations are restricted."))


def lift(
    case_id: CaseId,
    units: Units,
    reason: Reason,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """End a restriction; the person has to be told before (Art 18(3)).

    Example: ai-gateway cases lift RES-MBC-2026-0001 6b7fa21d12000008 --reason "Corrected; told on 2 December"
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.rights.lift(desk.officer, case_id, [number(each) for each in units], reason)
    done(
        case,
        as_json,
        counted(len(units), "conversation is found by searches again.", "conversations are found by searches again."),
    )


def erase(
    case_id: CaseId,
    units: Units,
    reason: Reason,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Destroy the content of conversations for good (UK GDPR Art 17), unless a legal hold stands against it.

    Example: ai-gateway cases erase ERA-MBC-2026-0001 6b7fa21d12000008 --reason "Art 17(1)(d): sent by mistake"
    """
    if not yes:
        typer.confirm(f"Destroy {counted(len(units), 'conversation')} for good?", abort=True, err=True)
    with at_work(config, officer_key_file) as desk:
        case = desk.records.rights.erase(desk.officer, case_id, [number(each) for each in units], reason)
    erased = counted(len(units), "conversation is erased", "conversations are erased")
    done(case, as_json, f"{erased}. `ai-gateway records disposals` has the certificate.")
