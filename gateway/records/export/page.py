"""`records.html`: the release as somebody reads it, on a screen, with a screen reader or on paper."""

from gateway.model.case import CaseKind
from gateway.model.wording import many
from gateway.records.export.plain import day, moment
from gateway.records.export.redact import Gap, Redacted
from gateway.records.export.release import Conversation, Release, ShownRecord, Turn, says
from gateway.records.export.style import e, facts, page, table

KINDS = {
    CaseKind.FOI: "Freedom of Information request",
    CaseKind.EIR: "Environmental Information request",
    CaseKind.SAR: "Subject access request",
    CaseKind.RECTIFICATION: "Rectification request",
    CaseKind.ERASURE: "Erasure request",
    CaseKind.RESTRICTION: "Restriction request",
    CaseKind.OBJECTION: "Objection to processing",
    CaseKind.COMPLAINT: "Data protection complaint",
    CaseKind.INTERNAL_REVIEW: "Internal review",
    CaseKind.ICO: "Information Commissioner's case",
    CaseKind.INVESTIGATION: "Investigation",
    CaseKind.INCIDENT: "Incident",
}
OUTCOMES = {
    "delivered": "the whole answer was handed over",
    "refused": "refused by the gateway: nothing was sent to the AI",
    "upstream_failed": "the provider failed",
    "disconnected": "the caller left before the end",
    "cut": "stopped: the tool was suspended meanwhile",
    "failed": "stopped by a fault of the gateway",
    "interrupted": "the gateway stopped in the middle",
    "open": "not finished",
}


def records_page(release: Release) -> bytes:
    """The page."""
    case = release.case
    title = f"Records released: {case.reference}"
    found = len(release.conversations)
    body = [
        "<header>\n",
        f"<p>{e(release.terms.council)}</p>\n<h1>{e(title)}</h1>\n",
        facts([
            ("Request", KINDS[case.kind]),
            ("Received", day(case.received_on)),
            ("Prepared", day(release.terms.at.date())),
            ("Released", f"{many(found, 'conversation')}, {many(_records(release), 'record')}"),
            ("Withheld whole", _withheld(release)),
        ]),
        "</header>\n",
        _key(release),
        _contents(release),
        '<main id="main">\n',
        *(_conversation(release, each) for each in release.conversations),
    ]  # fmt: skip
    if not release.conversations:
        body.append("<p>No record is released under this request.</p>\n")
    body.append(
        f"</main>\n<footer><p>{e(release.terms.council)}, {e(case.reference)}. Questions: {e(release.terms.contact)}. "
        "How to check that nothing was changed: see <code>00-read-me.html</code>.</p></footer>\n"
    )
    return page(title, "".join(body))


def _key(release: Release) -> str:
    if not any(shown.redacted.gaps for shown in release.texts.values()):
        return ""
    return (
        '<aside class="note" aria-label="How redactions are shown">\n<p>Words that are not released have been '
        "taken out, "
        'not covered. In their place stands a box: <mark class="gap">[redacted: FOIA s.40(2)]</mark> names the '
        "ground on "
        'which an officer withheld words; <mark class="name">[name redacted]</mark> stands where the gateway had '
        "replaced a detail before the text went to the AI. The reasons are in "
        '<a href="../schedule-of-redactions.csv">schedule-of-redactions.csv</a>.</p>\n</aside>\n'
    )


def _contents(release: Release) -> str:
    if not release.conversations:
        return ""
    rows = []
    for each in release.conversations:
        first, gaps = each.records[0].facts, _gaps(release, each)
        rows.append([
            f'<a href="#c{each.number}">Conversation {each.number}</a>', e(moment(first["opened_at"])),
            e(first["service_name"]), e(first["tool"]), str(len(each.records)), str(gaps) if gaps else "none",
        ])  # fmt: skip
    columns = ["Conversation", "Began", "Service", "AI tool", "Records", "Redactions"]
    head = '<nav class="pages" aria-label="Contents">\n<h2 id="contents">Contents</h2>\n'
    return f"{head}{table('Conversations', columns, rows)}</nav>\n"


def _conversation(release: Release, conversation: Conversation) -> str:
    number = conversation.number
    head = f'<article id="c{number}" aria-labelledby="h{number}">\n<h2 id="h{number}">Conversation {number}</h2>\n'
    records = "".join(_record(release, conversation, each) for each in conversation.records)
    beside = _corrections(conversation, "")
    return f'{head}{records}{beside}<p class="top"><a href="#contents">Back to the contents</a></p>\n</article>\n'


def _record(release: Release, conversation: Conversation, shown: ShownRecord) -> str:
    about = shown.facts
    name = f"c{conversation.number}-{about['record']}"
    head = (
        f'<section aria-labelledby="{e(name)}">\n<h3 id="{e(name)}">Record {e(about["record"])}</h3>\n'
        + facts([
            ("Time", moment(about["opened_at"])),
            ("Service", about["service_name"]),
            ("Asked by (role)", about["caller_role"].replace("_", " ")),
            ("AI tool", about["tool"] + (f" (model {about['model']})" if about["model"] else "")),
            ("Outcome", OUTCOMES.get(about["outcome"], about["outcome"])),
        ])
    )  # fmt: skip
    again = sum(turn.again for turn in shown.turns)
    if again:
        head += f"<p>Not repeated: {many(again, 'text')} of this record that stood above already.</p>\n"
    fresh = [turn for turn in shown.turns if not turn.again]
    if not shown.turns:
        head += "<p>The content of this call is not kept. What was found in it and decided is on record.</p>\n"
    turns = "".join(_turn(release, turn) for turn in fresh)
    return f"{head}{turns}{_corrections(conversation, about['record'])}</section>\n"


def _corrections(conversation: Conversation, record: str) -> str:
    last = conversation.records[-1].record.ref
    return "".join(
        f'<aside class="note" aria-label="Correction">\n<h4>Correction of {day(each.on)}</h4>\n'
        f'<div class="text" data-correction="{e(record or last)}">{e(each.words)}</div>\n</aside>\n'
        for each in conversation.corrections
        if each.record == record
    )


def _turn(release: Release, turn: Turn) -> str:
    kind = " answer" if turn.role.startswith("reply") or turn.role == "assistant" else ""
    text = release.texts[turn.text].redacted
    return (
        f'<div class="turn{kind}">\n<h4>{e(says(turn.role))} <span>({turn.text})</span></h4>\n'
        f'<div class="text" data-text="{turn.text}">{inline(text)}</div>\n</div>\n'
    )


def inline(redacted: Redacted) -> str:
    """A text with its gaps as boxes. Without its tags it is exactly `redacted.text`."""
    said = []
    for run in redacted.runs:
        if isinstance(run, Gap):
            kind = "gap" if "redacted: " in run.shown else "name"
            said.append(f'<mark class="{kind}">{e(run.shown)}</mark>{e(run.after)}')
        else:
            said.append(e(run.text))
    return "".join(said)


def _withheld(release: Release) -> str:
    count = len(release.withheld)
    return f"{many(count, 'conversation')}, listed in withheld.csv" if count else "nothing"


def _gaps(release: Release, conversation: Conversation) -> int:
    texts = {turn.text for each in conversation.records for turn in each.turns if not turn.again}
    return sum(len(release.texts[text].redacted.gaps) for text in texts)


def _records(release: Release) -> int:
    return sum(len(each.records) for each in release.conversations)
