"""The package's tables: schedule, withheld, clock, chain of custody, holds, disposal, records."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.model.case import CaseKind, SearchRun
from gateway.model.release import Disposed, HoldOf
from gateway.records.export.plain import json_text, sheet
from gateway.records.export.release import Conversation, Line, Release, ShownCorrection, ShownRecord, says

_LINE = (
    ("line", "id"), ("conversation", "conversation"), ("record", "record"), ("turn", "turn"), ("text", "what"),
    ("place", "place"), ("gaps", "places"), ("exemption", "code"), ("law", "law"), ("exemption in words", "exemption"),
    ("why, or the prejudice", "reason"), ("public interest", "public_interest"), ("decided by (role)", "by"),
    ("decided on", "on"), ("second reader (role)", "second"), ("confirmed on", "second_on"),
)  # fmt: skip
_ACTIVITIES = {
    "determine": ("determining whether information is held", True),
    "locate": ("locating it", True),
    "retrieve": ("retrieving it", True),
    "extract": ("extracting it", True),
    "redact": ("redacting", False),
    "other": ("other work", False),
}
_STEPS = {"opened": "case opened", "closed": "case closed", "exported": "package made, or originals sealed"}


def schedule(release: Release) -> bytes:
    """Every redaction: where, on what ground, by whom in which role."""
    return _lines(release.schedule, _LINE)


def withheld(release: Release) -> bytes:
    """Conversations of which nothing is released."""
    left_out = {"turn", "conversation", "places"}
    return _lines(release.withheld, [each for each in _LINE if each[1] not in left_out])


def records_csv(release: Release) -> bytes:
    """One row for each text of each record."""
    columns = (
        "conversation", "record", "opened (UTC)", "turn", "what", "text", "words", "service", "caller", "tool", "model",
        "outcome",
    )  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for conversation in release.conversations:
        for each in conversation.records:
            facts = each.facts
            about = (facts["service_name"], facts["caller_role"], facts["tool"], facts["model"], facts["outcome"])
            start = (conversation.number, facts["record"], facts["opened_at"])
            if not each.turns:
                rows.append((*start, "", "no content is kept of this call", "", "", *about))
            for number, turn in enumerate(each.turns, 1):
                text = release.texts[turn.text].redacted.text
                words = f"(shown above as {turn.text})" if turn.again else text
                rows.append((*start, number, says(turn.role), turn.text, words, *about))
            rows.extend(
                (*start, "", f"Correction of {own.on.isoformat()}", "", own.words, *about)
                for own in _beside(conversation, each)
            )
    return sheet(columns, rows)


def records_jsonl(release: Release) -> bytes:
    """One line for each record."""
    lines = []
    for conversation in release.conversations:
        for each in conversation.records:
            turns = []
            for turn in each.turns:
                entry: dict[str, Any] = {"id": turn.text, "role": turn.role, "what": says(turn.role)}
                redacted = release.texts[turn.text].redacted
                if turn.again:
                    entry["again"] = True
                else:
                    entry["text"] = redacted.text
                    entry["redactions"] = list(dict.fromkeys(row for gap in redacted.gaps for row in gap.rows))
                turns.append(entry)
            line: dict[str, Any] = {"conversation": conversation.number, **each.facts, "turns": turns}
            beside = _beside(conversation, each)
            if beside:
                line["corrections"] = [{"on": own.on.isoformat(), "text": own.words} for own in beside]
            lines.append(json_text(line))
    return "".join(f"{line}\n" for line in lines).encode()


def _beside(conversation: Conversation, record: ShownRecord) -> list[ShownCorrection]:
    """The corrections that stand beside a record; those of the whole conversation stand with its last one."""
    last = conversation.records[-1] is record
    return [
        each for each in conversation.corrections if each.record == record.facts["record"] or (last and not each.record)
    ]


def clock(release: Release) -> bytes:
    """The dates of the case, its pauses, and how the due date was worked out."""
    case = release.case
    rows: list[tuple[object, object, object]] = [("received", case.received_on.isoformat(), "")]
    for pause in case.pauses:
        rows.append(("clock paused", pause.since.isoformat(), pause.reason))
        if pause.until is not None:
            rows.append(("clock runs again", pause.until.isoformat(), pause.reason))
    if case.acknowledged_on:
        rows.append(("acknowledged", case.acknowledged_on.isoformat(), ""))
    if case.extension:
        rows.append(("requester told of more time", case.extension.told_on.isoformat(), case.extension.ground))
    if case.due_at:
        rows.append(("due (hour)", _time(case.due_at), ""))
    rows.append(("due", case.due_on.isoformat() if case.due_on else "", case.clock))
    rows.append(("case opened", _time(case.opened_at), ""))
    rows.append(("package made", _time(release.terms.at), ""))
    if case.answered_on:
        rows.append(("answer sent", case.answered_on.isoformat(), ""))
    if case.closed_at:
        rows.append(("case closed", _time(case.closed_at), ""))
    return sheet(("event", "date or time (UTC)", "note"), rows)


def custody(release: Release) -> bytes:
    """Who did what in the case, by role, with the hash that ties each step to the one before."""
    case = release.case
    rows: list[tuple[object, ...]] = [
        (
            step.seq,
            _time(step.at),
            release.people(step.by),
            _STEPS.get(step.what, step.what.replace("_", " ")),
            step.hash,
        )
        for step in case.steps
    ]
    made = "package made; its signature is in package-signature.txt"
    rows.append(("", _time(release.terms.at), release.people(release.terms.by), made, ""))
    return sheet(("step", "time (UTC)", "by (role)", "what", "SHA-256 of the event"), rows)


def holds(held: Sequence[HoldOf], release: Release) -> bytes:
    """The holds that keep what the case is about from disposal."""
    rows = [
        (hold.id, hold.placed_at, release.people(hold.placed_by), hold.released_at or "in force", len(hold.units))
        for hold in held
    ]
    return sheet(("hold", "placed (UTC)", "placed by (role)", "released", "conversations held"), rows)


def disposal(disposed: Sequence[Disposed], rules: Mapping[str, str]) -> bytes:
    """What is not held any more, and why."""
    rows = [
        (
            each.ref, f"not held: destroyed on {each.at[:10]} under rule {each.retention_class}", each.at,
            each.retention_class, rules.get(each.retention_class, ""), each.run,
        )
        for each in disposed
    ]  # fmt: skip
    columns = ("record", "what", "destroyed (UTC)", "retention class", "authority", "disposal run")
    return sheet(columns, rows)


def search_json(release: Release, personal: Callable[[str], bool]) -> bytes:
    """What was searched, how, with what result, and what it cost in time (FOIA s.12). Terms that are `personal` are not
    told."""
    case = release.case
    verdicts = [decision.verdict for decision in case.decisions.values()]
    counts = {verdict: verdicts.count(verdict) for verdict in ("release", "redact", "withhold", "not_relevant")}
    body = {
        "searches": [_search(run, release, personal) for run in case.searches],
        "conversations found": len(case.units),
        "decisions": counts,
        "excluded as not relevant": counts["not_relevant"],
        "not held any more": len(release.gone),
        **_time_spent(release),
    }
    return (json_text(body, indent=2) + "\n").encode()


def _search(run: SearchRun, release: Release, personal: Callable[[str], bool]) -> dict[str, Any]:
    query = run.query
    terms = {
        "words": "[redacted]" if personal(query.words) else query.words,
        "purpose": "[redacted]" if personal(query.purpose) else query.purpose,
        "detected kind of data": query.label,
        "since": query.since,
        "until": query.until,
        "record references": len(query.refs) or "",
        "members of staff": f"{len(query.people)}, named in the case file only" if query.people else "",
        "people searched for": [f"{each.kind}: [redacted]" for each in query.subjects],
        "case reference": "[redacted]" if query.case_ref else "",
        "exact facts": dict(sorted(query.facts.items())),
    }
    return {
        "at": _time(run.at),
        "by (role)": release.people(run.by),
        "terms": {name: value for name, value in terms.items() if value},
        "leaves in the ledger (tree size)": run.tree_size,
        "conversations found": run.hits,
        "seconds": round(run.seconds, 3),
        "recall": run.recall,
    }


def _time_spent(release: Release) -> dict[str, Any]:
    """The section 12 sheet; other laws have no limit in hours, so that for them it is the time alone."""
    spent: dict[str, int] = {}
    for entry in release.case.time:
        spent[entry.activity] = spent.get(entry.activity, 0) + entry.minutes
    counted = sum(minutes for activity, minutes in spent.items() if _ACTIVITIES[activity][1])
    minutes: dict[str, Any] = {
        "minutes by activity": {_ACTIVITIES[activity][0]: spent[activity] for activity in sorted(spent)}
    }
    if release.case.estimates:
        last = release.case.estimates[-1]
        whole = -(-last.minutes * last.total // last.sampled)
        minutes["estimate from a sample"] = {
            "conversations sampled": last.sampled, "minutes they took": last.minutes,
            "conversations in all": last.total, "minutes for all": whole,
        }  # fmt: skip
    if release.case.kind is not CaseKind.FOI:
        return {"time spent": minutes}
    sheet_12 = {
        **minutes,
        "minutes that count (Fees Regulations 2004 reg.4(3); redaction does not)": counted,
        "at 25 pounds an hour": f"{counted * 25 / 60:.2f} pounds",
        "appropriate limit": "450 pounds, 18 hours (FOIA s.12, local authorities)",
    }
    return {"section 12": sheet_12}


def _lines(lines: Sequence[Line], columns: Sequence[tuple[str, str]]) -> bytes:
    rows = [[getattr(line, attribute) for _, attribute in columns] for line in lines]
    return sheet([name for name, _ in columns], rows)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
