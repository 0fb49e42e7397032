"""`00-read-me.html`: what this is, what is in it, how to read and how to check it, for people who do neither daily."""

from collections.abc import Sequence

from gateway.model.release import SignedCheckpoint
from gateway.records.export.page import KINDS
from gateway.records.export.plain import day, moment
from gateway.records.export.proofs import FOLDER, stamp_name
from gateway.records.export.release import Release
from gateway.records.export.style import e, facts, page, table

_FILES = (
    ("release/records.html", "The records, to read or print. Start here."),
    ("release/records.csv", "The same, for a spreadsheet: one row for each text."),
    ("release/records.jsonl", "The same, for a program: one line for each record."),
    ("schedule-of-redactions.csv", "What was taken out of the records: where, on what ground, by whom in which role."),
    ("withheld.csv", "Conversations of which nothing is released, and why."),
    ("search.json", "What was searched for, how, with what result, and the time spent (FOIA section 12)."),
    ("clock.csv", "The dates of the request and how the due date was worked out."),
    ("chain-of-custody.csv", "Each step of the case, by role, with its hash."),
    ("holds.csv", "The hold that kept the records from disposal meanwhile."),
    ("disposal.csv", "What is not held any more: when it was destroyed, and under which rule."),
    ("proofs/", "What ties the released words to the council's signed log. Not needed to read the records."),
)

_INTRODUCTION = (
    "<p>This package answers a request for records of how staff used AI tools through the council's AI gateway. "
    "The gateway writes down every call in a log to which entries can only be added.</p>\n"
)


def read_me(release: Release, checkpoint: SignedCheckpoint, vkey: str, notes: Sequence[str]) -> bytes:
    """The page. `notes` are things that the reader should know of this package."""
    case, terms = release.case, release.terms
    title = f"Read me: {case.reference}"
    size = f"{checkpoint.size:,} entries"
    body = [
        f"<header>\n<p>{e(terms.council)}</p>\n<h1>{e(title)}</h1>\n</header>\n<main id=\"main\">\n",
        _INTRODUCTION,
        facts([
            ("Request", KINDS[case.kind]), ("Reference", case.reference), ("Received", day(case.received_on)),
            ("Due", day(case.due_on)), ("Package made", moment(terms.at.isoformat())),
            ("Council", terms.council), ("Questions to", terms.contact),
            ("Log at the time", f"{size}; everything here is proved against it"),
        ]),
        _answer(release),
        "<h2>What is in the package</h2>\n",
        table("Files", ["File", "What it holds"], [[_link(name), e(what)] for name, what in _FILES]),
        _reading(),
        _notes(notes),
        _checking(vkey, checkpoint),
        _limits(),
        "</main>\n",
    ]  # fmt: skip
    return page(title, "".join(body))


def _answer(release: Release) -> str:
    shown = sum(len(each.records) for each in release.conversations)
    # A gap of two grounds stands in two lines of the schedule; here it is one.
    gaps = sum(len(text.redacted.gaps) for text in release.texts.values())
    rows = [
        ["Conversations released", str(len(release.conversations))],
        ["Records (single calls) in them", str(shown)],
        ["Places where words were taken out", str(gaps)],
        ["Conversations withheld whole", str(len(release.withheld))],
        ["Conversations not held any more", str(len(release.gone))],
    ]
    return "<h2>The answer in figures</h2>\n" + table("Figures", ["What", "Number"], rows)


def _link(name: str) -> str:
    return f'<a href="{e(name)}"><code>{e(name)}</code></a>'


def _reading() -> str:
    return (
        "<h2>How to read it</h2>\n"
        '<p>Open <a href="release/records.html">release/records.html</a> in any browser. A <em>conversation</em> '
        "is one "
        "exchange with an AI tool; each question with its answer is a <em>record</em> with a reference such as "
        "<code>MBC-7F3K-Q2XD</code>, the same as in the note below a text that AI helped to write.</p>\n"
        '<p>Words that are not released are taken out of every file. A box such as <mark class="gap">[redacted: FOIA '
        's.40(2)]</mark> names the ground. <mark class="name">[name redacted]</mark> stands where the gateway '
        "itself had "
        "replaced a detail before anything went to the AI.</p>\n"
        "<p>The words stand as they were written. In <code>records.csv</code> a cell that a spreadsheet could "
        "take for a "
        "formula begins with an apostrophe.</p>\n"
    )


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{e(note)}</li>\n" for note in notes)
    return f"<h2>To know about this package</h2>\n<ul>\n{items}</ul>\n"


def _checking(vkey: str, checkpoint: SignedCheckpoint) -> str:
    return (
        "<h2>How to check it</h2>\n"
        "<p>You need not take our word for it. On a computer with Python 3.9 or newer, without a network, in the "
        "package's folder (on Windows <code>py</code> instead of <code>python</code>):</p>\n"
        "<pre>python -I data/proofs/verify.py .</pre>\n"
        "<p>or, with the gateway's own program, also on the zip file:</p>\n"
        "<pre>ai-gateway records verify-package FOLDER-OR-ZIP --key KEY</pre>\n"
        "<p>It checks that no file was changed, added or removed; that the council's key signed the package; "
        "that every "
        "record stands in the signed log; and that every released word is the word that was recorded, at its place. It "
        "says what is wrong and where. Any BagIt program (RFC 8493) checks the files alone.</p>\n"
        "<p>The key that must have signed is below. <strong>Compare it with the key that the council "
        "publishes</strong>, "
        "not only with this page: who could change the package could change this page too. For the same reason, take "
        "<code>verify.py</code> from the council rather than from a package that you doubt.</p>\n"
        f"<pre>{e(vkey)}</pre>\n<p>The log's checkpoint: {checkpoint.size:,} entries.</p>\n{_outside(checkpoint)}"
    )


def _outside(checkpoint: SignedCheckpoint) -> str:
    """Who outside the council vouches for the log, and how to check that."""
    lines = (line.split(" ") for each in checkpoint.attested for line in each.cosignatures)
    names = {words[1] for words in lines if len(words) == 3}
    if names:
        whom = ", ".join(sorted(names))
        told = (
            f"<p>Witnesses under other administrators cosigned the log: {e(whom)}. They would notice if the council "
            "rewrote it. Get the witness's key from the witness, and add it:</p>\n"
            "<pre>python -I data/proofs/verify.py . KEY --witness WITNESS-KEY</pre>\n"
        )
    else:
        told = (
            "<p>No independent witness has cosigned the log. So the check rests on the council's own key: whoever "
            "holds it, and the database, could have written the log anew.</p>\n"
        )
    stamps = [
        (authority, each, stamp_name(each, number, authority))
        for each in checkpoint.attested
        for number, (authority, _) in enumerate(each.time_stamps, 1)
    ]
    if stamps:
        told += (
            "<p>A time-stamping authority says by when the log existed (RFC 3161). The check above sees that the stamp "
            "is over the log, and says its time. To check the authority's signature, with OpenSSL and the authority's "
            "root certificates (<code>ROOTS.pem</code>):</p>\n"
        )
    for authority, each, name in stamps:
        over = f"{FOLDER}/attested/{each.size}.checkpoint"
        command = f"openssl ts -verify -data {over} -in {name} -CAfile ROOTS.pem"
        told += f"<p>{e(authority)}, {each.size:,} entries:</p>\n<pre>{e(command)}</pre>\n"
    return told


def _limits() -> str:
    return (
        "<h2>What the check does not show</h2>\n<ul>\n"
        "<li>That the search found everything. How it was made, and how much it can be expected to find, is in "
        "<code>search.json</code>.</li>\n"
        "<li>What stands in a gap. Its words can't be worked out from the proofs, not even by trying every word; the "
        "proofs do tell of how many pieces (mostly words) a gap consists.</li>\n"
        "<li>Who made a call. The proofs hold the log's entries as they are, with a code for each person that only the "
        "council's key can trace; the same person has the same code. They also tell how many details of each "
        "kind (names, "
        "addresses ...) detection found in a call.</li>\n"
        "<li>Exact times: they are those of the council's servers.</li>\n</ul>\n"
    )
