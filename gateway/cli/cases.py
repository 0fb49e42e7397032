"""`ai-gateway cases`: requests and complaints worked from receipt to answer."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

import typer

from gateway.cli import case_clock, case_export, case_review, case_rights, case_scan
from gateway.cli import search as find
from gateway.cli.acting import Controller, KeyFile
from gateway.cli.casework import DAY, CaseId, Reason, at_work, day, done, show_case, whole
from gateway.cli.context import AsJson, Config
from gateway.cli.render import USAGE, fail, print_json, say, table, working
from gateway.ledger.identifiers import conversation_name
from gateway.model.case import CaseKind, OfHit, Second, State
from gateway.model.search import Query
from gateway.model.wording import many

app = typer.Typer(help="Work information requests, complaints and investigations as cases.", no_args_is_help=True)

Words = Annotated[str, typer.Option(help="Words that one redacted text must hold.")]
Kind = Annotated[CaseKind, typer.Argument(help="What it is. Incidents: `ai-gateway incidents open`.")]


@app.command("open")
def open_case(
    kind: Kind,
    subject: Annotated[str, typer.Option(help="What it is about.")],
    received: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day it came.")],
    requester: Annotated[str, typer.Option(help="Who asks.")] = "",
    reference: Annotated[str, typer.Option(help="The number that your other systems use.")] = "",
    due: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The date that the ICO or an investigation set.")
    ] = None,
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Open a case: it gets the council's next number, and its clock is worked out with every UK nation's holidays.

    Then search in it; what a search finds is held from the same moment on.

    Example: ai-gateway cases open foi --received 2026-11-24 --subject "AI use in planning" --requester "J. Doe"
    """
    from gateway.records.cases.desk import working as act_for
    from gateway.records.cases.service import OpenCase

    with at_work(config, officer_key_file) as desk:
        where = desk.at(controller, act_for(kind))
        asked = OpenCase(where, kind, received.date(), subject, requester, reference, day(due))
        case = desk.records.cases.open(desk.officer, asked)
    done(case, as_json, f"Case {case.id} is open.")


@app.command("list")
def list_cases(
    controller: Annotated[str | None, typer.Option(help="Only this council's.")] = None,
    state: Annotated[State | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    kind: Annotated[CaseKind | None, typer.Option(help="Only of this kind.")] = None,
    due_by: Annotated[
        datetime | None, typer.Option(formats=DAY, help="Only those to be answered by then, still open.")
    ] = None,
    after: Annotated[str, typer.Option(help="Go on after this case.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most this many.")] = 50,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """List cases, without what people wrote in them.

    Example: ai-gateway cases list --due-by 2026-12-01
    """
    with at_work(config, officer_key_file) as desk:
        found = desk.records.cases.list(
            desk.officer, controller=controller, state=state, kind=kind, due_by=day(due_by), after=after, limit=limit
        )
    rows = [
        {
            "case": each.row.id,
            "kind": each.row.kind,
            "state": each.row.state,
            "received": each.row.received_on,
            "due": each.row.due_on,
            "closed": (each.row.closed_at or "")[:10],
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    table(
        ("case", "kind", "state", "received", "due", "closed"),
        [tuple(row.values()) for row in rows],
        empty="No case fits. `ai-gateway cases open --help` shows how to open one.",
        whole=("case", "received", "due"),
    )


@app.command()
def show(case_id: CaseId, as_json: AsJson = False, officer_key_file: KeyFile = None, config: Config = None) -> None:
    """Show a whole case: clock, searches, leave to open, notes, chain of custody.

    Example: ai-gateway cases show FOI-MBC-2026-0001
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.cases.read(desk.officer, case_id)
    if as_json:
        print_json(whole(case))
    else:
        show_case(case)


@app.command()
def search(
    case_id: CaseId,
    words: Words = "",
    since: find.Since = None,
    until: find.Until = None,
    outcome: find.How = None,
    tool: find.Tool = None,
    service: find.Service = None,
    person_class: find.PersonClass = None,
    model: find.Model = None,
    policy: find.Policy = None,
    label: find.Label = None,
    purpose: find.Purpose = None,
    case_ref: find.CaseRef = None,
    ref: find.Ref = None,
    person: find.Person = None,
    name: find.Name = None,
    nino: find.Nino = None,
    email: find.Email = None,
    address: find.Address = None,
    phone: find.Phone = None,
    subject: find.AnySubject = None,
    exact: find.Exact = False,
    repeat: Annotated[str, typer.Option(help="Run this search of the case again, over what has come since.")] = "",
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Search within a case. All that is given must fit; what is found joins the case and is held at once.

    People who were replaced before anything left are found in originals, which stay unopened, by --name and its like.
    Write `-` for a value, and you are asked for it, so that it stays out of the shell's history.

    Example: ai-gateway cases search SAR-MBC-2026-0001 --name -
    """
    named = {"PERSON": name, "NINO": nino, "EMAIL": email, "ADDRESS": address, "PHONE": phone}
    query = find.built(
        words, named, subject, person, (outcome, tool, service, person_class, model, policy), purpose, case_ref,
        label.upper() if label else None, since, until, ref, exact=exact,
    )  # fmt: skip
    if query == Query("") and not repeat:
        raise fail("say what to look for", "--words, --name, --since ... narrow a search.", USAGE)
    with at_work(config, officer_key_file) as desk, working("Searching"):
        before = desk.records.cases.read(desk.officer, case_id)
        if repeat:
            case = desk.records.cases.search_again(desk.officer, before.id, repeat)
        else:
            case = desk.records.cases.search(desk.officer, before.id, replace(query, controller=before.controller))
    run = case.searches[-1]
    fresh = len(case.units) - len(before.units)
    done(case, as_json, f"Found {many(run.hits, 'conversation')}, {fresh} new to the case; what was found is held.")
    if not as_json:
        say(run.recall)


@app.command()
def hits(
    case_id: CaseId,
    decision: Annotated[
        Literal[OfHit, "none"] | None, typer.Option(help="Only with this decision.", show_default=False)
    ] = None,
    second: Annotated[Second | None, typer.Option(help="Only with this second reading.", show_default=False)] = None,
    after: Annotated[str, typer.Option(help="Go on after this conversation.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most this many.")] = 50,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """List the conversations that a case found, and what was decided on each.

    Example: ai-gateway cases hits FOI-MBC-2026-0001 --decision none
    """
    from gateway.cli.casework import number

    with at_work(config, officer_key_file) as desk:
        found = desk.records.cases.hits(
            desk.officer,
            case_id,
            decision="" if decision == "none" else decision,
            second=second,
            after=number(after) if after else -1,
            limit=limit,
        )
    rows = [
        {
            "conversation": conversation_name(each.unit),
            "search": each.search,
            "decision": each.decision,
            "second": each.second,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    table(
        ("conversation", "search", "decision", "second reading"),
        [tuple(row.values()) for row in rows],
        empty="No conversation fits.",
        whole=("conversation",),
    )


case_review.add(app)


@app.command()
def note(
    case_id: CaseId,
    text: Annotated[str, typer.Argument(help="The note.")],
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Add a note to the file; in a closed case too.

    Example: ai-gateway cases note FOI-MBC-2026-0001 "Spoke to the planning team."
    """
    with at_work(config, officer_key_file) as desk:
        done(desk.records.cases.note(desk.officer, case_id, text), as_json, "The note is on the file.")


@app.command("time")
def log_time(
    case_id: CaseId,
    activity: Annotated[
        Literal["determine", "locate", "retrieve", "extract", "redact", "other"] | None,
        typer.Argument(help="What was done. The first four count towards FOIA s.12; none shows the sheet."),
    ] = None,
    minutes: Annotated[int, typer.Argument(min=0, max=1440, help="How long, in minutes.")] = 0,
    on: Annotated[datetime | None, typer.Option(formats=DAY, help="The day; today where it is left out.")] = None,
    note: Annotated[str, typer.Option(help="What exactly.")] = "",
    sampled: Annotated[int, typer.Option(min=0, help="Estimate the whole: so many conversations took MINUTES.")] = 0,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Log time, estimate the whole, or show the section 12 sheet with the evidence to quote.

    Example: ai-gateway cases time FOI-MBC-2026-0001 locate 45 --note "Search for the options paper"
    """
    if activity is not None and minutes == 0:
        raise fail("say how long it took, in minutes", "ai-gateway cases time CASE locate 45", USAGE)
    with at_work(config, officer_key_file) as desk:
        cases = desk.records.cases
        if activity is not None and sampled:
            cases.estimate(desk.officer, case_id, sampled=sampled, minutes=minutes, note=note)
        elif activity is not None:
            cases.spend(desk.officer, case_id, activity, minutes, on=day(on), note=note)
        sheet = cases.sheet(desk.officer, case_id)
        narrow = cases.narrowing(desk.officer, case_id) if sheet.over else None
    if as_json:
        print_json({"sheet": sheet, "pence": sheet.pence, "narrowing": narrow})
        return
    table(
        ("activity", "minutes"), [(each, spent) for each, spent in sheet.minutes.items() if spent], empty="No time yet."
    )
    say(sheet.evidence)
    if narrow is not None:
        say(narrow.advice)


case_clock.add(app)
case_export.add(app)


@app.command()
def relate(
    case_id: CaseId,
    other: Annotated[str, typer.Argument(help="The other case.")],
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Link another case of the same council: one to be added up with it (FOIA s.12(4)), or the one under review.

    Example: ai-gateway cases relate FOI-MBC-2026-0002 FOI-MBC-2026-0001
    """
    with at_work(config, officer_key_file) as desk:
        done(desk.records.cases.relate(desk.officer, case_id, other), as_json, "The cases are linked.")


@app.command("close")
def close_case(
    case_id: CaseId,
    outcome: Annotated[str, typer.Argument(help="released, part_released, withheld, not_held, exceeds_limit ...")],
    text: Annotated[str, typer.Option(help="What was answered.")] = "",
    on: Annotated[
        datetime | None, typer.Option(formats=DAY, help="When the answer went out; today where it is left out.")
    ] = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Close a case: the answer went out. Its hold stays until it is released; the file is kept for its period.

    Example: ai-gateway cases close FOI-MBC-2026-0001 part_released --text "Sent by e-mail"
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.cases.close(desk.officer, case_id, outcome, text, on=day(on))
    done(case, as_json, f"Case {case.id} is closed.")


@app.command("reopen")
def reopen_case(
    case_id: CaseId, reason: Reason, as_json: AsJson = False, officer_key_file: KeyFile = None, config: Config = None
) -> None:
    """Go on with a closed case, with a reason.

    Example: ai-gateway cases reopen FOI-MBC-2026-0001 --reason "Internal review"
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.cases.reopen(desk.officer, case_id, reason)
    done(case, as_json, f"Case {case.id} is open again.")


case_scan.add(app)
case_rights.add(app)
