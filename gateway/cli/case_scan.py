"""`ai-gateway cases`: searches that were kept, and scans for somebody whom detection missed."""

from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from gateway.cli import search as find
from gateway.cli.acting import Controller, KeyFile
from gateway.cli.casework import CaseId, at_work
from gateway.cli.context import AsJson, Config
from gateway.cli.render import explained, facts, fail, print_json, say, table, working
from gateway.ledger.identifiers import conversation_name


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(scan)
    app.command()(searches)
    app.command()(repeat)


def scan(
    case_id: CaseId,
    words: Annotated[str, typer.Option(help="Only conversations whose redacted text holds these words.")] = "",
    name: find.Name = None,
    nino: find.Nino = None,
    email: find.Email = None,
    address: find.Address = None,
    phone: find.Phone = None,
    subject: find.AnySubject = None,
    since: find.Since = None,
    until: find.Until = None,
    service: find.Service = None,
    tool: find.Tool = None,
    resume: Annotated[str, typer.Option(help="Go on with this scan, X- and its number, that was stopped.")] = "",
    most: Annotated[int, typer.Option(min=1, help="Open at most this many originals now.")] = 100_000,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Open the originals of a filtered set to look for subjects whom detection missed. No text is shown.

    It needs the case's leave to open in force (`cases ask-leave`), and is in the ledger as it goes on. What is found
    goes into the index: search in the case again afterwards. Ctrl-C stops it; --resume goes on.

    Example: ai-gateway cases scan SAR-MBC-2026-0001 --name - --since 2026-01-01
    """
    from gateway.records.search import BadQuery

    named = {"PERSON": name, "NINO": nino, "EMAIL": email, "ADDRESS": address, "PHONE": phone}
    query = find.built(
        words, named, subject, None, (None, tool, service, None, None, None), None, None, None, since, until, None,
        exact=False,
    )  # fmt: skip
    with at_work(config, officer_key_file) as desk, explained(BadQuery):
        records = desk.records
        case = records.openings.scanning(desk.officer, case_id)
        resume = resume.upper()
        if resume and records.scans.case_of(case.controller, resume) != case.id:
            raise fail(f"{resume} is not a scan of this case", "Its leave to open is for its own scans only.")
        if not resume:
            query = replace(query, controller=case.controller)
            resume = records.scans.start(query, desk.officer.id, records.pseudonym(desk.officer.id), case.id).id
        with working("Looking through originals"):
            allowed = partial(records.openings.scanning, desk.officer)
            for _ in records.scans.run(case.controller, resume, desk.officer.id, allowed=allowed, most=most):
                continue
        progress = records.scans.progress(case.controller, resume)
    if as_json:
        print_json(progress)
        return
    facts({each.replace("_", " "): getattr(progress, each) for each in progress.__dataclass_fields__})
    if progress.finished:
        say("Search in the case again: what was found is in the index now.")
    else:
        say(f"Go on with: ai-gateway cases scan {case.id} --resume {resume}")


def searches(
    case_id: Annotated[str, typer.Argument(metavar="[CASE]", help="Only those of this case.")] = "",
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """List the searches that cases kept: over how much they looked, and how much they found.

    Example: ai-gateway cases searches FOI-MBC-2026-0001
    """
    from gateway.records.access import Act

    with at_work(config, officer_key_file) as desk:
        if case_id:
            case = desk.records.cases.read(desk.officer, case_id)
            found = desk.records.saved.list(case.controller, case.id)
        else:
            found = desk.records.saved.list(desk.at(controller, Act.READ_CASE))
    rows = [
        {"search": each.id, "case": each.matter, "at": each.at, "tree size": each.tree_size, "conversations": each.hits}
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    columns = ("search", "case", "at", "tree size", "conversations")
    table(columns, [tuple(row.values()) for row in rows], empty="No search was kept.", whole=("search", "case", "at"))


def repeat(
    search_id: Annotated[
        str, typer.Argument(metavar="SEARCH", help="S- and its number, as `cases searches` lists it.")
    ],
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Run a kept search again over the ledger as it was, and say what differs and why.

    Exit status 0 where it finds what it found then, or what is gone was disposed of; 1 where something is missing.

    Example: ai-gateway cases repeat S-0123456789ABCDEF
    """
    from gateway.records.access import Act
    from gateway.records.search import BadQuery

    with at_work(config, officer_key_file) as desk, explained(BadQuery):
        where = desk.at(controller, Act.WORK_CASE)
        if desk.records.saved.get(where, search_id.upper()) is None:
            raise fail(f"there is no search {search_id}", "`ai-gateway cases searches` lists them.")
        found = desk.records.saved.repeat(where, search_id.upper())
    told = {
        "search": search_id.upper(),
        "same": found.same,
        "conversations": found.hits,
        "disposed of since": [f"{conversation_name(each.unit)} ({each.run})" for each in found.gone],
        "missing": [conversation_name(each) for each in found.missing],
        "found now and not then": [conversation_name(each) for each in found.more],
    }
    if as_json:
        print_json(told)
    else:
        facts(told)
    if found.missing:
        raise fail("what it found then is missing, and no leaf says why", "ai-gateway ledger verify")
