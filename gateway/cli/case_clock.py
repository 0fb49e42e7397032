"""`ai-gateway cases`: the clock of a case."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from gateway.cli.acting import KeyFile
from gateway.cli.casework import DAY, CaseId, Reason, at_work, day, done
from gateway.cli.context import AsJson, Config


def add(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (pause, resume, extend, acknowledge, due, recount):
        app.command()(command)


def pause(
    case_id: CaseId,
    reason: Annotated[Literal["clarification", "identity", "fee"], typer.Argument(help="What was asked for.")],
    since: Annotated[datetime, typer.Option(formats=DAY, help="The day the requester was asked.")],
    asked: Annotated[str, typer.Option(help="What was asked.")] = "",
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Stop the clock, where the law lets it stand still.

    Example: ai-gateway cases pause FOI-MBC-2026-0001 clarification --since 2026-11-25
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.cases.pause(desk.officer, case_id, reason, since.date(), asked)
    done(case, as_json, "The clock stands still.")


def resume(
    case_id: CaseId,
    until: Annotated[datetime, typer.Option(formats=DAY, help="The day the answer came.")],
    answer: Annotated[str, typer.Option(help="What was answered.")] = "",
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Let the clock go on: what was asked for came.

    Example: ai-gateway cases resume FOI-MBC-2026-0001 --until 2026-12-01
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.cases.resume(desk.officer, case_id, until.date(), answer)
    done(case, as_json, "The clock is running.")


def extend(
    case_id: CaseId,
    ground: Annotated[Literal["public_interest", "complex"], typer.Argument(help="Why the law gives more time.")],
    reason: Reason,
    told_on: Annotated[datetime, typer.Option(formats=DAY, help="The day the requester was told, with the reason.")],
    until: Annotated[
        datetime | None, typer.Option(formats=DAY, help="The new date, where the law asks for one (FOIA s.10(3)).")
    ] = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Take more time, where the law gives it.

    Example: ai-gateway cases extend EIR-MBC-2026-0001 complex --reason "800 conversations" --told-on 2026-12-10
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.cases.extend(
            desk.officer, case_id, ground, reason, told_on=told_on.date(), until=day(until)
        )
    done(case, as_json, "The case has more time.")


def acknowledge(
    case_id: CaseId,
    on: Annotated[datetime, typer.Option(formats=DAY, help="The day the complainant was told.")],
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Record that a data-protection complaint was acknowledged (DPA 2018 s.164A).

    Example: ai-gateway cases acknowledge DPC-MBC-2026-0001 --on 2026-11-26
    """
    with at_work(config, officer_key_file) as desk:
        done(desk.records.cases.acknowledge(desk.officer, case_id, on.date()), as_json, "It is recorded.")


def due(
    case_id: CaseId,
    on: Annotated[datetime, typer.Option(formats=DAY, help="The date that was set.")],
    reason: Reason,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Record the date that the Commissioner, or who asked for an investigation, set.

    Example: ai-gateway cases due ICO-MBC-2026-0001 --on 2026-12-20 --reason "ICO letter of 24 November"
    """
    with at_work(config, officer_key_file) as desk:
        done(desk.records.cases.give_due(desk.officer, case_id, on.date(), reason), as_json, "The date is recorded.")


def recount(
    case_id: CaseId, reason: Reason, as_json: AsJson = False, officer_key_file: KeyFile = None, config: Config = None
) -> None:
    """Work the due date out anew, with the holidays as they are known now.

    Example: ai-gateway cases recount FOI-MBC-2026-0001 --reason "One-off bank holiday proclaimed"
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.cases.recount(desk.officer, case_id, reason)
    done(case, as_json, "The due date was worked out anew.")
