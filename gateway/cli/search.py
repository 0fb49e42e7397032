"""`ai-gateway records search`: find conversations, or single records, and say what could not be found."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.acting import Acting, KeyFile, acting, controllers_of, councils
from gateway.cli.casework import DAY
from gateway.cli.context import AsJson, Config, settings
from gateway.cli.render import USAGE, cell, explained, fail, minute, out, print_json, say, table, warn
from gateway.ledger.port import Outcome
from gateway.model.search import Hit, Page, Query, Subject

if TYPE_CHECKING:
    from gateway.ledger.view import RecordRow
    from gateway.records.recall import Recall

_HIDDEN = "`-` asks for it, so that it stays out of the shell's history."
Several = list[str] | None
_FACTS = ("outcome", "tool", "service", "person_class", "model", "policy")
Words = Annotated[str, typer.Argument(help="Words that one redacted text must hold; none for all.")]
Controller = Annotated[str | None, typer.Option(help="Only this council's, by its id: maidstone.")]
Since = Annotated[datetime | None, typer.Option(help="From this day (UTC), such as 2026-11-24.", formats=DAY)]
Until = Annotated[datetime | None, typer.Option(help="Before this day (UTC).", formats=DAY)]
How = Annotated[Outcome | None, typer.Option(help="How the call ended.", show_default=False)]
Tool = Annotated[str | None, typer.Option(help="Only this tool, by its id in the register.")]
Service = Annotated[str | None, typer.Option(help="Only this service area, by its id in the register.")]
PersonClass = Annotated[str | None, typer.Option(help="Only calls of this class: officer, member ...")]
Model = Annotated[str | None, typer.Option(help="Only calls to this model, as the provider names it.")]
Policy = Annotated[str | None, typer.Option(help="Only under this policy version; its first letters do.")]
Label = Annotated[str | None, typer.Option(help="Only where this was found, such as NINO or HEALTH.")]
Purpose = Annotated[str | None, typer.Option(help="Only calls for this purpose, by its id in the register.")]
CaseRef = Annotated[str | None, typer.Option(help=f"Only with this case reference. {_HIDDEN}")]
Ref = Annotated[Several, typer.Option(help="Only this record's; a piece of the printed reference will do.")]
Person = Annotated[
    Several, typer.Option(help=f"Only calls by this member of staff, by e-mail address, former ones too. {_HIDDEN}")
]
Name = Annotated[Several, typer.Option(help=f"A data subject's name, found in originals by blind index. {_HIDDEN}")]
Nino = Annotated[Several, typer.Option(help="A National Insurance number, likewise.")]
Email = Annotated[Several, typer.Option(help="An e-mail address, likewise.")]
Address = Annotated[Several, typer.Option(help="A street address, likewise; with postcode for less noise.")]
Phone = Annotated[Several, typer.Option(help="A telephone number, likewise.")]
AnySubject = Annotated[
    Several,
    typer.Option("--subject", help="Whatever else detection finds: LABEL=VALUE, as NHS_NUMBER=9990000018."),
]
Exact = Annotated[bool, typer.Option("--exact", help="The name as written: no variants, no likeness.")]
Records = Annotated[bool, typer.Option("--records", help="List single records instead of conversations.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most this many, newest first.")]
After = Annotated[str, typer.Option(help="Go on behind the page that gave this mark. Needs --controller.")]


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(search)


def search(
    words: Words = "",
    controller: Controller = None,
    since: Since = None,
    until: Until = None,
    outcome: How = None,
    tool: Tool = None,
    service: Service = None,
    person_class: PersonClass = None,
    model: Model = None,
    policy: Policy = None,
    label: Label = None,
    purpose: Purpose = None,
    case_ref: CaseRef = None,
    ref: Ref = None,
    person: Person = None,
    name: Name = None,
    nino: Nino = None,
    email: Email = None,
    address: Address = None,
    phone: Phone = None,
    subject: AnySubject = None,
    exact: Exact = False,
    records: Records = False,
    limit: Limit = 50,
    after: After = "",
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Search conversations, newest first: redacted text, facts, and values found in originals, which stay unopened.

    All that is given must fit: facts in one call, words in one text, the rest anywhere in the conversation. What was
    replaced by a pseudonym is not in the redacted text: look for a person with --name, not by words. Under the result
    stands what the search can't have found.

    An officer looks for people within a case: `ai-gateway cases search`. The demo lets you try it here.

    Example: ai-gateway records search "bin collection" --service housing --since 2026-11-01
    """
    label = label.upper() if label else None
    _known(label, controller, config)
    named = {"PERSON": name, "NINO": nino, "EMAIL": email, "ADDRESS": address, "PHONE": phone}
    query = built(
        words, named, subject, person, (outcome, tool, service, person_class, model, policy), purpose, case_ref, label,
        since, until, ref, exact=exact,
    )  # fmt: skip
    if after and records:
        raise fail("--after goes with conversations, not with --records", "Narrow by --until instead.", USAGE)
    with acting(config, officer_key_file) as desk:
        where = _allowed(desk, query, controller)
        if after and len(where) > 1:
            raise fail("--after needs --controller", "A page mark belongs to one council's result.", USAGE)
        if records:
            _records(desk, query, where, limit, as_json=as_json)
        else:
            _conversations(desk, query, where, after, limit, as_json=as_json)


def built(
    words: str,
    named: dict[str, Several],
    subject: Several,
    person: Several,
    facts: Sequence[str | None],
    purpose: str | None,
    case_ref: str | None,
    label: str | None,
    since: datetime | None,
    until: datetime | None,
    ref: Several,
    *,
    exact: bool,
) -> Query:
    """The query that options amount to; its council is still to be set. `facts` are in the order of `_FACTS`."""
    given = zip(_FACTS, facts, strict=True)
    return Query(
        "", words, tuple(_subjects(named, subject or [], fuzzy=not exact)),
        tuple(_asked("member of staff", each) for each in person or ()),
        purpose or "", "" if case_ref is None else _asked("case reference", case_ref), label or "",
        since.date().isoformat() if since else "", until.date().isoformat() if until else "",
        {key: value for key, value in given if value}, tuple(ref or ()),
    )  # fmt: skip


def _allowed(desk: Acting, query: Query, controller: str | None) -> list[str]:
    """The councils to search; ends the command where this is no search outside of a case. Raises Forbidden."""
    where = councils(desk, controller)
    if desk.known and (query.subjects or query.people):
        raise fail(
            "data subjects and members of staff are looked for within a case",
            "ai-gateway cases open sar ..., then ai-gateway cases search CASE with the same options.",
        )
    return where


def _subjects(named: dict[str, Several], others: Sequence[str], *, fuzzy: bool) -> Iterable[Subject]:
    from detectors.labels import LABELS

    for kind, values in named.items():
        for value in values or ():
            yield Subject(kind, _asked(LABELS[kind].plain_name, value), fuzzy)
    for each in others:
        kind, equals, value = each.partition("=")
        if not equals:
            raise fail("--subject wants LABEL=VALUE", "Such as --subject NHS_NUMBER=9990000018.", USAGE)
        yield Subject(kind.upper(), _asked(kind, value), fuzzy)


def _asked(what: str, value: str) -> str:
    """A value as given; for `-`, as typed when asked, or read from standard input. Nothing is not anything."""
    if value == "-" and sys.stdin.isatty():
        value = str(typer.prompt(f"The {what} to look for", err=True))
    elif value == "-":
        value = sys.stdin.readline()
    if not value.strip():
        raise fail(f"no {what} to look for was given", "", USAGE)
    return value.strip()


def _conversations(desk: Acting, query: Query, where: Sequence[str], after: str, limit: int, *, as_json: bool) -> None:
    from gateway.records.search import BadQuery
    from gateway.store.hits import BadCursor

    with explained(BadQuery, BadCursor):
        found = desk.records.searcher
        hidden = frozenset[int]().union(*(desk.records.restricted(each) for each in where))
        mine = [replace(query, controller=council) for council in where]
        pages = [found.search(each, after, limit) for each in mine]
        recalls = {} if after else {each.controller: found.recall(each) for each in mine}
    hits = [hit for page in pages for hit in page.hits if hit.unit not in hidden]
    left_out = sum(len(page.hits) for page in pages) - len(hits)
    if len(pages) > 1:  # one council's stand in the order of its pages already
        hits.sort(key=lambda hit: (hit.last_at, hit.unit), reverse=True)
    more = len(hits) > limit or any(page.after for page in pages)
    whole = all(page.whole for page in pages)
    page = Page(tuple(hits[:limit]), pages[0].after if len(pages) == 1 else "", sum(p.total for p in pages), whole)
    if as_json:
        told = {"hits": page.hits, "total": page.total, "total_is_exact": whole, "after": page.after}
        print_json({**told, "left_out": left_out, "recall": recalls})
        return
    _list_hits(page.hits)
    _count(page, more=more, first=not after)
    if left_out:
        _speak(f"{left_out:,} of them not shown: under a restriction, for which only a case may find them.")
    _tell(recalls)


def _list_hits(hits: Sequence[Hit]) -> None:
    """Full facts in a pipe; on a terminal what fits, with the matching words below."""
    facts_of = ("records", "first", "last", "outcome", "service", "tool", "found")
    if not out.is_terminal:
        lines = [
            (*(h.refs, h.first_at, h.last_at, h.outcomes, h.services, h.tools, h.findings), *(h.held, h.excerpt))
            for h in hits
        ]
        table((*facts_of, "held", "text"), lines, empty="No conversation fits.")
        return
    rows = [
        (
            _first(h.refs),
            minute(h.first_at),
            minute(h.last_at),
            *(h.outcomes, h.services, h.tools, cell(h.findings) + (" (held)" if h.held else "")),
        )
        for h in hits
    ]
    table(
        facts_of,
        rows,
        empty="No conversation fits.",
        whole=("records", "first", "last"),
        below=[h.excerpt for h in hits],
    )


def _first(refs: Sequence[str]) -> str:
    return refs[0] if len(refs) == 1 else f"{refs[0]} and {len(refs) - 1} more"


def _speak(text: str) -> None:
    """On a terminal; in a pipe it goes to standard error."""
    (say if out.is_terminal else warn)(text)


def _count(page: Page, *, more: bool, first: bool) -> None:
    """How many there are, and how to see those that are not shown."""
    shown = len(page.hits)
    if shown:
        count = f"{page.total:,}" if page.whole else f"more than {page.total:,}"
        _speak(f"\n{shown:,} of {count} {'conversation' if page.total == 1 and page.whole else 'conversations'}.")
    if more:
        onwards = f"--after {page.after} the next." if page.after else ""
        if first:
            _speak("The newest are shown; --limit shows more" + (f", {onwards}" if onwards else "."))
        else:
            _speak(f"There are older ones: {onwards}")


def _tell(recalls: dict[str, "Recall"]) -> None:
    """What can't have been found."""
    for council, recall in recalls.items():
        if not recall.missing:
            continue
        _speak(f"\nWhat this can't have found{f' ({council})' if len(recalls) > 1 else ''}:")
        for line in (*recall.missing, *recall.next):
            _speak(f"- {line}")


def _records(desk: Acting, query: Query, where: Sequence[str], limit: int, *, as_json: bool) -> None:
    from gateway.ledger.projection import unit_of
    from gateway.records.search import BadQuery

    with explained(BadQuery):
        searcher = desk.records.searcher
        rows: list[RecordRow] = []
        recalls: dict[str, Recall] = {}
        for council in where:
            mine = replace(query, controller=council)
            within = replace(searcher.compile(mine), words=None)
            hidden = desk.records.restricted(council)
            found = desk.records.reader.search(query.words, within=within, limit=limit)
            rows += [row for row in found if unit_of(row.ref, row.conversation) not in hidden]
            recalls[council] = searcher.recall(mine)
    rows = sorted(rows, key=lambda row: row.opened_at, reverse=True)[:limit]
    if as_json:
        print_json(rows)
        return
    _list_records(rows)
    if len(rows) == limit:
        warn(f"The newest {limit} are shown; --limit shows more.")
    _tell(recalls)


def _list_records(rows: Sequence["RecordRow"]) -> None:
    facts_of = ("record", "opened", "outcome", "service", "tool", "found")
    if not out.is_terminal:
        lines = [(r.ref, r.opened_at, r.outcome or "open", r.service, r.tool, r.findings, r.excerpt) for r in rows]
        table((*facts_of, "text"), lines, empty="No record fits.")
        return
    table(
        facts_of,
        [(r.ref, minute(r.opened_at), r.outcome or "open", r.service, r.tool, cell(r.findings)) for r in rows],
        empty="No record fits.",
        whole=("record", "opened"),
        below=[r.excerpt for r in rows],
    )


def _known(label: str | None, controller: str | None, config: Path | None) -> None:
    """A filter that can't fit anything is a slip of the pen. Tools and services may have left the register since."""
    from detectors.labels import LABELS

    if label is not None and label not in LABELS:
        raise fail(f"there is no label {label!r}", f"Use one of: {', '.join(LABELS)}.", USAGE)
    if controller is not None:
        controllers_of(settings(config), [controller])
