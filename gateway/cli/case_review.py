"""`ai-gateway cases`: read what a case found, decide, read a second time, open what is sealed."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.acting import Acting, KeyFile
from gateway.cli.casework import CaseId, Reason, UnitArg, at_work, done, named, number
from gateway.cli.context import AsJson, Config, settings
from gateway.cli.render import USAGE, explained, facts, fail, heading, plain, print_json, say, table
from gateway.ledger.identifiers import conversation_name
from gateway.model.case import CaseKind
from gateway.model.wording import many, verb

if TYPE_CHECKING:
    from gateway.model.case import CaseFile, Passage, Redaction
    from gateway.records.cases.beside import Beside
    from gateway.records.cases.passages import ShownText

_SPAN = re.compile(r"([0-9a-f]{16}):(\d+)-(\d+)=(.+)", re.DOTALL)
Unit = Annotated[
    str,
    typer.Argument(
        metavar="[CONVERSATION]", help="16 hexadecimal digits; none: the next to decide on, or to read a second time."
    ),
]
Originals = Annotated[
    bool, typer.Option("--originals", help="As it came. This opens sealed content: it needs leave, and is recorded.")
]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(read)
    app.command()(decide)
    app.command()(confirm)
    app.command("send-back")(send_back)
    app.command("ask-leave")(ask_leave)
    app.command("give-leave")(give_leave)
    app.command("refuse-leave")(refuse_leave)
    app.command()(grounds)


def read(
    case_id: CaseId,
    unit: Unit = "",
    originals: Originals = False,
    seen: Annotated[bool, typer.Option("--seen", help="Mark every passage that is shown as read by you.")] = False,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Read a conversation that the case found: each text once, with what detection sees in it.

    A decision needs every passage marked as read: --seen marks what is shown, so read it.

    Example: ai-gateway cases read FOI-MBC-2026-0001 --seen
    """
    with at_work(config, officer_key_file) as desk:
        chosen, reviews = _unit(desk, case_id, unit), desk.records.reviews
        case, texts = reviews.show(desk.officer, case_id, chosen, "kept" if originals else "sent")
        stands, fresh = reviews.beside(desk.officer, case_id, chosen), _unread(texts)
        if seen and fresh:
            case = reviews.mark(desk.officer, case_id, chosen, fresh)
    if as_json:
        print_json(_told(case, chosen, texts, stands))
        return
    heading(f"Conversation {conversation_name(chosen)}")
    if case.sent_back.get(chosen):
        say(f"The second reader asks: {case.sent_back[chosen]}", "yellow")
    for each in texts:
        _text(each)
    _beside(stands)
    if fresh and not seen:
        is_are = verb(len(fresh), "is", "are")
        say(f"\n{many(len(fresh), 'passage')} {is_are} not marked as read by you; --seen marks "
            f"{verb(len(fresh), 'it', 'them')}.", "dim")  # fmt: skip
    _decided(case, chosen)
    say(
        f"\nDecide: ai-gateway cases decide {case.id} {conversation_name(chosen)} release|redact|withhold|not_relevant",
        "dim",
    )


def _told(case: "CaseFile", unit: int, texts: "Sequence[ShownText]", stands: "Beside") -> dict[str, Any]:
    told = plain(texts)
    for text in told:
        text["part"] = conversation_name(text["part"])
        for passage in text["passages"]:
            passage["passage"]["part"] = conversation_name(passage["passage"]["part"])
    decision = case.decisions.get(unit)
    return {
        "unit": conversation_name(unit),
        "sent_back": case.sent_back.get(unit, ""),
        "texts": told,
        "decision": None if decision is None else named(plain(decision)),
        "corrections": plain(stands.corrections),
        "restricted": list(stands.restricted),
        "as_of": case.seq,
    }


def _beside(stands: "Beside") -> None:
    for each in stands.corrections:
        about = f" on record {each.ref}" if each.ref else ""
        say(
            f"\nCorrection {each.name} of {each.at:%Y-%m-%d}{about}, beside what is recorded (UK GDPR Art 16):",
            "yellow",
        )
        say(each.text)
    if stands.restricted:
        say(f"\nIts processing is restricted (UK GDPR Art 18, 21): {', '.join(stands.restricted)}", "yellow")


def _decided(case: "CaseFile", unit: int) -> None:
    """What was decided, for the second reader to confirm or send back."""
    decision = case.decisions.get(unit)
    if decision is None:
        return
    shown: dict[str, object] = {
        "decided": f"{decision.verdict.replace('_', ' ')}, in the form {decision.form}, by {decision.by}",
        "ground": " ".join(each for each in (decision.code, decision.reason) if each),
        "public interest": decision.public_interest,
        "corrections": list(decision.corrections),
        "confirmed by": decision.second,
    }
    say("")
    facts({key: value for key, value in shown.items() if value})
    for each in decision.redactions:
        say(
            f"  {conversation_name(each.part)}:{each.start}-{each.end} {each.code} {each.reason or decision.reason}",
            "yellow",
        )
    if case.second_reader and not decision.second:
        say(f"Confirm: ai-gateway cases confirm {case.id} {conversation_name(unit)} --as-of {case.seq}", "dim")


def _unit(desk: Acting, case_id: str, unit: str) -> int:
    if unit:
        return number(unit)
    from gateway.records.cases.states import unconfirmed

    found = desk.records.reviews.next(desk.officer, case_id)
    if found is None:  # then to read a second time, what somebody else decided on
        case = desk.records.cases.read(desk.officer, case_id)
        if not case.units:
            raise fail("nothing was found in this case yet", f"ai-gateway cases search {case_id} --words ...", 1)
        found = next((each for each in unconfirmed(case) if case.decisions[each].by != desk.officer.id), None)
    if found is None:
        raise fail("every conversation of this case has a decision", f"ai-gateway cases hits {case_id}", 1)
    return found


def _unread(texts: "Sequence[ShownText]") -> "list[Passage]":
    return [each.passage for text in texts for each in text.passages if not each.seen]


def _text(text: "ShownText") -> None:
    again = f", again in {many(text.again, 'other place')}" if text.again else ""
    say(f"\n[{text.role} in {text.ref}{again}; text {conversation_name(text.part)}]", "dim")
    say(text.text)
    for mark in text.marks:
        what = "stands for somebody" if mark.source == "pseudonym" else "found"
        say(f"  {mark.start}-{mark.end} {mark.label} ({what}): {text.text[mark.start : mark.end]}", "yellow")


def decide(
    case_id: CaseId,
    unit: UnitArg,
    verdict: Annotated[
        Literal["release", "redact", "withhold", "not_relevant"], typer.Argument(help="What is decided.")
    ],
    redact: Annotated[
        list[str] | None,
        typer.Option(help="A span to take out, as TEXT:START-END=GROUND with the numbers that `read` shows; repeat."),
    ] = None,
    redact_marks: Annotated[
        str, typer.Option(help='Take out everything that detection marks, under this ground: "FOIA s.40(2)".')
    ] = "",
    code: Annotated[str, typer.Option(help="The ground, where the whole is withheld.")] = "",
    reason: Annotated[str, typer.Option(help="Why the ground applies: what would follow, for whom.")] = "",
    public_interest: Annotated[str, typer.Option(help="The balance, where the ground asks for it.")] = "",
    originals: Originals = False,
    correction: Annotated[
        list[str] | None,
        typer.Option(help="A correction beside it that is released too, by the name that `read` shows; repeat."),
    ] = None,
    alike: Annotated[
        bool, typer.Option("--alike", help="The same for every undecided conversation that reads the same.")
    ] = False,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Decide on a conversation that you have read. What is missing is said.

    Example: ai-gateway cases decide FOI-MBC-2026-0001 6b7fa21d12000008 redact
    --redact "6b7fa21d12000009:10-24=FOIA s.40(2)" --reason "Names of junior staff"
    """
    from gateway.records.cases.reviewing import Wanted

    form: Literal["kept", "sent"] = "kept" if originals else "sent"
    with at_work(config, officer_key_file) as desk:
        reviews, chosen = desk.records.reviews, number(unit)
        spans = [_span(each, form) for each in redact or []]
        if redact_marks:
            spans += _marked(reviews.show(desk.officer, case_id, chosen, form)[1], form, redact_marks, spans)
        wanted = Wanted(verdict, form, code, reason, public_interest, tuple(spans), tuple(correction or ()))
        case = reviews.decide(desk.officer, case_id, chosen, wanted)
        same = reviews.alike(desk.officer, case_id, chosen) if alike else ()
        if same:
            case = reviews.decide_alike(desk.officer, case_id, chosen, same, confirmed=True)
    done(
        case,
        as_json,
        f"Decided: {verdict.replace('_', ' ')}" + (f", and {len(same)} that read the same." if same else "."),
    )


def _span(given: str, form: Literal["kept", "sent"]) -> "Redaction":
    from gateway.model.case import Redaction

    found = _SPAN.fullmatch(given.strip())
    if found is None:
        raise fail(
            f"{given!r} is not a span",
            'Write TEXT:START-END=GROUND, as in "6b7fa21d12000009:10-24=FOIA s.40(2)".',
            USAGE,
        )
    return Redaction(int(found[1], 16), form, int(found[2]), int(found[3]), found[4].strip())


def _marked(
    texts: "Sequence[ShownText]", form: Literal["kept", "sent"], code: str, given: "Sequence[Redaction]"
) -> "list[Redaction]":
    """A redaction for each mark that none of those given covers; marks that overlap become one."""
    from gateway.model.case import Redaction

    found: list[Redaction] = []
    for text in texts:
        taken = [(each.start, each.end) for each in given if each.part == text.part]
        for mark in sorted(text.marks, key=lambda each: (each.start, -each.end)):
            if all(mark.end <= start or end <= mark.start for start, end in taken):
                taken.append((mark.start, mark.end))
                found.append(Redaction(text.part, form, mark.start, mark.end, code))
    return found


def confirm(
    case_id: CaseId,
    units: Annotated[
        list[str] | None, typer.Argument(metavar="[CONVERSATIONS]...", help="Those that you read.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every decision of another officer's that waits.")] = False,
    as_of: Annotated[
        int | None,
        typer.Option(min=1, help="What `read` said: refuses a decision made anew since.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """As second reader, agree with decisions that another officer made.

    Example: ai-gateway cases confirm FOI-MBC-2026-0001 6b7fa21d12000008
    """
    from gateway.records.cases.states import unconfirmed

    with at_work(config, officer_key_file) as desk:
        case = desk.records.cases.read(desk.officer, case_id)
        wanted = [number(each) for each in units or []]
        if every:
            wanted += [each for each in unconfirmed(case) if case.decisions[each].by != desk.officer.id]
        if every and not wanted:
            raise fail("no decision of another officer's waits here", f"See: ai-gateway cases hits {case.id}")
        if not wanted:
            raise fail("say which decisions you read", "Name conversations, or --all.", USAGE)
        case = desk.records.reviews.confirm(desk.officer, case_id, wanted, as_of=as_of)
    number_of = len(set(wanted))
    done(case, as_json, f"{many(number_of, 'decision')} {verb(number_of, 'is', 'are')} confirmed.")


def send_back(
    case_id: CaseId,
    unit: UnitArg,
    reason: Reason,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """As second reader, ask for a conversation to be looked at again.

    Example: ai-gateway cases send-back FOI-MBC-2026-0001 6b7fa21d12000008 --reason "The neighbour is named in turn 2"
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.reviews.send_back(desk.officer, case_id, number(unit), reason)
    done(case, as_json, "It goes back to who decided.")


def ask_leave(
    case_id: CaseId, reason: Reason, as_json: AsJson = False, officer_key_file: KeyFile = None, config: Config = None
) -> None:
    """Ask for leave to open the sealed originals of what the case found.

    Example: ai-gateway cases ask-leave SAR-MBC-2026-0001 --reason "The person's own words are asked for"
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.openings.request(desk.officer, case_id, reason)
    done(case, as_json, "Leave is asked for. The Data Protection Officer gives it.")


def give_leave(
    case_id: CaseId,
    days: Annotated[int | None, typer.Option(min=1, max=31, help="For so many days.", show_default=False)] = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Give the leave to open originals that another officer asked for.

    Example: ai-gateway cases give-leave SAR-MBC-2026-0001 --days 7
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.openings.approve(desk.officer, case_id, days)
    done(case, as_json, f"Leave is given until {case.approvals[-1].until:%Y-%m-%d %H:%M} UTC.")


def refuse_leave(
    case_id: CaseId, reason: Reason, as_json: AsJson = False, officer_key_file: KeyFile = None, config: Config = None
) -> None:
    """Refuse the leave to open originals that another officer asked for.

    Example: ai-gateway cases refuse-leave SAR-MBC-2026-0001 --reason "The redacted text is enough"
    """
    with at_work(config, officer_key_file) as desk:
        done(desk.records.openings.refuse(desk.officer, case_id, reason), as_json, "Leave is refused.")


def grounds(
    kind: Annotated[CaseKind, typer.Argument(help="The kind of case.")] = CaseKind.FOI,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the grounds for withholding, as they are cited: those that are shipped, and the council's own.

    Example: ai-gateway cases grounds eir
    """
    from gateway.records.cases.exemptions import ExemptionError

    with explained(ExemptionError, OSError):
        known = settings(config).cases.grounds()
    found = known.of(kind)
    if as_json:
        print_json(found)
        return
    table(
        ("ground", "name", "public interest test"),
        [(each.code, each.name, each.public_interest) for each in found],
        whole=("ground",),
        below=[known.hint(each.code) for each in found],
    )
