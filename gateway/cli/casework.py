"""What the commands about cases share: how a case is named, what is said after a step, how errors are told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.acting import Acting, acting
from gateway.cli.render import USAGE, cell, explained, facts, fail, heading, print_json, say, table
from gateway.ledger.identifiers import conversation_name
from gateway.model.wording import many

if TYPE_CHECKING:
    from gateway.model.case import CaseFile

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case's number: FOI-MBC-2026-0001.")]
UnitArg = Annotated[
    str, typer.Argument(metavar="CONVERSATION", help="16 hexadecimal digits, as `cases hits` lists them.")
]
Reason = Annotated[str, typer.Option(help="Why, in words for the file.")]
DAY = ["%Y-%m-%d"]
"""How a day is written."""
_UNIT = re.compile("[0-7][0-9A-Fa-f]{15}")


@contextmanager
def at_work(config: Path | None, key_file: Path | None) -> Iterator[Acting]:
    """The services, and an officer: cases are worked by somebody, in demo mode too."""
    from gateway.records.cases.exemptions import ExemptionError

    with acting(config, key_file) as desk, explained(ExemptionError, OSError):
        _ = desk.officer
        yield desk


def number(unit: str) -> int:
    """A conversation's number. Ends the command for what is none."""
    if not _UNIT.fullmatch(unit):
        raise fail(
            f"{unit!r} is not a conversation",
            "It is 16 hexadecimal digits; `ai-gateway cases hits CASE` lists them.",
            USAGE,
        )
    return int(unit, 16)


def day(given: datetime | None) -> date | None:
    """The day of an option."""
    return given.date() if given is not None else None


def done(case: "CaseFile", as_json: bool, said: str = "") -> None:
    """What is said after a step: the case in short, and what comes next."""
    from gateway.records.cases.states import in_short

    if as_json:
        print_json({**in_short(case), "hold": case.hold})
        return
    if said:
        say(said, "green")
    facts(lines(case))
    say(_next(case), "dim")


def lines(case: "CaseFile") -> dict[str, object]:
    """A case in short, for people."""
    from gateway.records.cases.states import unconfirmed, undecided

    decided = len(case.units) - len(undecided(case))
    waiting = len(unconfirmed(case))
    return {
        "case": f"{case.id} ({case.state.replace('_', ' ')})",
        "received": case.received_on,
        "due": case.due_at or case.due_on or "no date",
        **({"answered": case.answered_on} if case.answered_on else {}),
        "clock": case.clock,
        "found": f"{many(len(case.units), 'conversation')}, {decided} decided"
        + (f", {waiting} to be read by a second officer" if waiting else ""),
    }


def _next(case: "CaseFile") -> str:
    """What an officer would do now."""
    from gateway.records.cases.states import unconfirmed, undecided

    if case.state == "closed":
        return f"Closed: {case.outcome or 'no text'}. `ai-gateway cases reopen {case.id}` opens it again."
    if not case.units:
        return f"Next: ai-gateway cases search {case.id} --words ..."
    if undecided(case):
        return f"Next: ai-gateway cases read {case.id}"
    if unconfirmed(case):
        return f"Next, by another officer: ai-gateway cases confirm {case.id} --all"
    return f"Next: ai-gateway cases export {case.id}, then ai-gateway cases close {case.id}"


def whole(case: "CaseFile") -> dict[str, Any]:
    """A whole case, for programs: conversations by name."""
    from gateway.cli.render import plain

    told: dict[str, Any] = plain(case)
    told["units"] = [conversation_name(unit) for unit in case.units]
    told["decisions"] = {conversation_name(unit): named(plain(each)) for unit, each in case.decisions.items()}
    for each in ("openings", "corrections"):
        told[each] = [named(entry) for entry in told[each]]
    for each in ("restricted", "erased"):
        told[each] = sorted(conversation_name(unit) for unit in getattr(case, each))
    told["found_by"] = {conversation_name(unit): search for unit, search in case.found_by.items()}
    told["sent_back"] = {conversation_name(unit): why for unit, why in case.sent_back.items()}
    for each in ("marks", "premarks", "premarked_by", "persons", "decided"):
        told.pop(each)
    return told


def named(entry: dict[str, Any]) -> dict[str, Any]:
    """What a case says of a conversation, with names for its numbers."""
    if "unit" in entry:
        entry["unit"] = conversation_name(entry["unit"])
    for each in entry.get("redactions", ()):
        each["part"] = conversation_name(each["part"])
    if "seen" in entry:
        entry["seen"] = [conversation_name(part) for part in entry["seen"]]
    return entry


def show_case(case: "CaseFile") -> None:
    """A whole case, for people."""
    heading(f"Case {case.id}")
    facts(
        {
            **lines(case),
            "about": case.subject,
            "requester": case.requester or "-",
            "reference": case.reference or "-",
            "hold": ", ".join(case.holds) or "none",
            "second reader": "yes" if case.second_reader else "no",
            "related": list(case.related),
        }
    )
    if case.incident is not None:
        heading("Incident")
        facts({key.replace("_", " "): cell(value) for key, value in _incident(case.incident).items()})
    if case.searches:
        heading("Searches")
        table(
            ("search", "at", "by", "tree size", "conversations", "seconds"),
            [(each.id, each.at, each.by, each.tree_size, each.hits, f"{each.seconds:.2f}") for each in case.searches],
            below=[each.recall for each in case.searches],
            whole=("search",),
        )
    if case.approvals:
        heading("Leave to open sealed content")
        table(
            ("asked", "by", "answered", "by", "until"),
            [
                (
                    each.asked_at,
                    each.asked_by,
                    "refused" if each.refused else each.given_at,
                    f"{each.given_by}, appointed by who asked" if each.appointed else each.given_by,
                    each.until,
                )
                for each in case.approvals
            ],
        )
    if case.notes:
        heading("Notes")
        table(("at", "by", "note"), [(at, by, text) for at, by, text in case.notes])
    heading("Chain of custody")
    table(
        ("no", "at", "by", "what", "hash", "said"),
        [
            (step.seq, step.at, f"{step.by} ({case.officers.get(step.by, '')})", step.what, step.hash[:16], step.said)
            for step in case.steps
        ],
        whole=("at", "hash"),
    )


def _incident(incident: Any) -> dict[str, Any]:
    return {each: getattr(incident, each) for each in incident.__dataclass_fields__}
