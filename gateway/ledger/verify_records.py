"""Verification of what hangs on the leaves: records, manifests, texts, gateway keys and suspensions."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from gateway.ledger import sealing
from gateway.ledger.canonical import parse
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.ledger.mac import mac
from gateway.ledger.manifest import GENESIS, entry, extend, part_name, parts_key
from gateway.ledger.projection import changes
from gateway.ledger.report import Report
from gateway.ledger.verify import Evidence, LeafFacts, Row
from gateway.ledger.words import commit, decode, encode
from gateway.model.wording import many, verb

RowHash = Callable[[Row], bytes]


@dataclass(slots=True)
class _Part:
    """What of a part the nodes are compared with; key and digests only where keys are given."""

    kept_root: bytes | None
    sent_root: bytes | None
    box_hash: bytes | None
    name: bytes
    parts_key: bytes
    empty: bool = False
    key: bytes | None = None
    digest: bytes | None = None
    sent_digest: bytes | None = None
    used: bool = False


@dataclass(slots=True)
class Links:
    """The manifest links on record: what comes before each, its position, and which records named it as new."""

    before: dict[bytes, tuple[bytes, int]]
    named: dict[bytes, list[str]] = field(default_factory=dict)
    disposed: set[str] = field(default_factory=set)
    """Records whose content was destroyed, by their leaves."""


def manifest_links(evidence: Evidence) -> Links:
    """Read the links once; they are looked up while the leaves go by."""
    return Links({row["root"]: (row["prev"], row["position"]) for row in evidence.table("node")})


def verify_records(evidence: Evidence, links: Links, report: Report) -> None:
    """Each record: exactly one opened leaf, at most one outcome, a row that is what its leaves say, whole manifests."""
    rows = iter(evidence.table("record"))
    row = next(rows, None)
    still_open = 0
    for ref, leaves in groupby(evidence.leaves_by_record(), key=lambda leaf: str(leaf["ref"])):
        while row is not None and row["ref"] < ref:
            _stray(row, report)
            row = next(rows, None)
        mine = row if row is not None and row["ref"] == ref else None
        still_open += _record(ref, _bodies(leaves), mine, links, report)
        row = next(rows, None) if mine is not None else row
    while row is not None:
        _stray(row, report)
        row = next(rows, None)
    if still_open:
        are = f"{many(still_open, 'record')} {verb(still_open, 'is', 'are')}"
        report.notes.append(f"{are} open: calls that run now, or that the next start will close.")


_ORDER = {"opened": 0, "attempt": 1, "closed": 2, "redated": 3, "disposed": 4}


def _bodies(leaves: Iterable[Row]) -> list[dict[str, Any]]:
    """The bodies that can be read, in the order in which they act; those that can't were reported already."""
    bodies = []
    for leaf in leaves:
        try:
            bodies.append(parse(leaf["body"]))
        except ValueError:
            continue
    return sorted(bodies, key=lambda body: (_ORDER.get(str(body.get("kind")), 9), body.get("number", 0)))


def _stray(row: Row, report: Report) -> None:
    report.add(
        "record", row["ref"], row["ref"], "no leaf speaks of this record: it was added, or its leaves were removed"
    )


def _record(ref: str, bodies: list[dict[str, Any]], row: Row | None, links: Links, report: Report) -> bool:
    """Check one record; whether it is still open."""
    report.count("records")
    kinds = [body.get("kind") for body in bodies]
    if kinds.count("opened") != 1 or kinds.count("closed") > 1:
        report.add("leaf", ref, ref, f"{kinds.count('opened')} opened and {kinds.count('closed')} closed leaves")
        if row is not None and "opened" not in kinds:
            _stray(row, report)
        return False
    if "disposed" in kinds:
        report.count("records disposed of")
        links.disposed.add(ref)
        if kinds.count("disposed") > 1:
            report.add("leaf", ref, ref, f"{kinds.count('disposed')} disposed leaves")
    _compare(ref, bodies, row, report)
    _dates(ref, bodies, report)
    for body in bodies:
        for name in ("facts", "request", "reply"):
            manifest = body.get(name)
            if isinstance(manifest, Mapping):
                _manifest(ref, name, manifest, links, report)
    return "closed" not in kinds


def _dates(ref: str, bodies: list[dict[str, Any]], report: Report) -> None:
    """Each re-dating begins where the one before, or the opening, left the record's last day."""
    until, number = "", 0
    for body in bodies:
        if body.get("kind") == "redated":
            number += 1
            if (body.get("number"), body.get("before")) != (number, until):
                report.add("leaf", ref, ref, f"redated leaf {number} does not follow the last day before it")
        if isinstance(body.get("retention"), Mapping):
            until = str(body["retention"].get("until"))


def _compare(ref: str, bodies: list[dict[str, Any]], row: Row | None, report: Report) -> None:
    if row is None:
        report.add("record", ref, ref, "its row was removed")
        return
    wanted: dict[str, Any] = {}
    try:
        for body in bodies:
            wanted.update(changes(body))
    except (KeyError, TypeError, ValueError):
        report.add("leaf", ref, ref, "a leaf of this record lacks a field, or is of no kind that a record has")
        return
    for column, value in wanted.items():
        if row[column] != value:
            report.add("record", ref, ref, f"column {column} is not what the leaves say")


def verify_contents(evidence: Evidence, links: Links, keystore: KeyStore | None, secret: bytes, report: Report) -> None:
    """Manifest links and texts. Without a key store sealed texts are checked by the hash of their bytes only."""
    parts = {row["id"]: _part(row, keystore, secret, report) for row in evidence.table("part")}
    digests = {row["root"]: row["digest"] for row in evidence.table("node")} if keystore is not None else {}
    for row in evidence.table("node"):
        report.count("manifest links")
        _node(row, links, parts, digests, report)
    for number, part in parts.items():
        if not part.used:
            report.add("part", number, "", "no manifest holds this text: it was added, or its link was removed")
    if keystore is None:
        report.notes.append("Sealed texts were checked by hash only: no key store was given.")


def _manifest(ref: str, name: str, manifest: Mapping[str, Any], links: Links, report: Report) -> None:
    root, base, new = bytes.fromhex(manifest["root"]), bytes.fromhex(manifest["base"]), manifest["new"]
    if base not in links.before and base != GENESIS:
        report.add("node", base.hex()[:16], ref, f"the {name} manifest goes back to a link that was removed or changed")
    for position in range(manifest["count"], manifest["count"] - new, -1):
        before, at = links.before.get(root, (b"", -1))
        if at != position:
            what = f"link {position} of the {name} manifest was removed or changed"
            report.add("node", root.hex()[:16], ref, what)
            return
        links.named.setdefault(root, []).append(ref)
        root = before
    if root != base:
        report.add("node", root.hex()[:16], ref, f"the {name} manifest does not end where its leaf says")


_CONTENT = ("digest", "sent_digest", "box", "wrapped", "kept_root", "text", "salt", "sent_root")


def _part(row: Row, keystore: KeyStore | None, secret: bytes, report: Report) -> _Part:
    report.count("texts")
    home = (row["conversation"], row["controller"], row["retention_class"])
    box_hash = None if row["box"] is None else hashlib.sha256(row["box"]).digest()
    part = _Part(row["kept_root"], row["sent_root"], box_hash, part_name(row["id"], *home), b"")
    part.empty = all(row[column] is None for column in _CONTENT)
    if part.empty:
        return part
    if (row["text"] is None) != (row["sent_root"] is None) or (row["box"] is None) != (row["kept_root"] is None):
        report.add("part", row["id"], "", "a column was emptied or filled")
        return part
    if row["text"] is not None and commit(decode(row["text"]), row["salt"] or b"") != row["sent_root"]:
        report.add("part", row["id"], "", "the redacted text is not the one that was committed to")
    if keystore is not None:
        part.parts_key = parts_key(secret, *home)
        _with_keys(part, row, keystore, report)
    return part


def _with_keys(part: _Part, row: Row, keystore: KeyStore, report: Report) -> None:
    """Open the sealed text, and check the keyed digests by which it is found again."""
    if row["text"] is not None:
        part.sent_digest = mac(part.parts_key, b"sent" + row["text"])
    if row["box"] is not None:
        try:
            part.key = sealing.unwrap(keystore, row["controller"], row["retention_class"], row["wrapped"], part.name)
            text = decode(sealing.open_text(part.key, row["box"], part.name))
        except (sealing.Unsealable, KeyGone, UnicodeDecodeError, TypeError) as error:
            report.add("part", row["id"], "", f"the sealed text can't be opened ({type(error).__name__})")
            return
        report.count("sealed texts opened")
        if commit(text, sealing.salt_of(part.key)) != row["kept_root"]:
            report.add("part", row["id"], "", "the sealed text is not the one that was committed to")
        part.digest = mac(part.parts_key, b"text" + encode(text))
    if (row["digest"], row["sent_digest"]) != (part.digest, part.sent_digest):
        report.add("part", row["id"], "", "the digests by which it is found again are not those of its texts")


def _node(row: Row, links: Links, parts: Mapping[int, _Part], digests: Mapping[bytes, bytes], report: Report) -> None:
    root, ref = row["root"], row["ref"]
    name = root.hex()[:16]
    refs = links.named.get(root, [])
    if ref not in refs:
        report.add("node", name, ref, f"it belongs to record {refs[0]}" if refs else "no leaf names this link")
    wanted = entry(row["role"], row["kept_root"], row["sent_root"], row["box_hash"], row["place_root"])
    if extend(row["prev"], wanted) != root:
        report.add("node", name, ref, "its columns do not give its root")
        return
    first = row["prev"] == GENESIS
    if row["position"] != (1 if first else links.before.get(row["prev"], (b"", -1))[1] + 1):
        report.add("node", name, ref, "it does not follow the link before it")
    kept, sent = parts.get(row["kept_id"]), parts.get(row["sent_id"])
    if ref in links.disposed:
        _disposed_node(name, row, (kept, sent), report)
        return
    if kept is None or (kept.kept_root, kept.box_hash) != (row["kept_root"], row["box_hash"]):
        report.add("node", name, ref, f"its sealed text, part {row['kept_id']}, is gone or is another")
        return
    kept.used = True
    if row["sent_id"] is not None and (sent is None or sent.sent_root != row["sent_root"]):
        report.add("node", name, ref, f"its redacted text, part {row['sent_id']}, is gone or is another")
        return
    if sent is not None:
        sent.used = True
    if (row["sent_id"] is None) != (row["sent_root"] is None):
        report.add("node", name, ref, "its redacted text was cut off")
    elif kept.key is not None:
        _keyed_node(name, row, kept.parts_key if first else digests.get(row["prev"], b""), kept, sent, report)


def _disposed_node(name: str, row: Row, texts: Iterable[_Part | None], report: Report) -> None:
    """A link of a record that was disposed of: its columns still give its root, and nothing is left of its texts."""
    for part in texts:
        if part is None:
            continue
        part.used = True
        if not part.empty:
            report.add("part", name, row["ref"], "the record was disposed of, but this text of it is still here")
    if row["place"] or row["digest"]:
        report.add("node", name, row["ref"], "the record was disposed of, but where its text stood is still here")


def _keyed_node(name: str, row: Row, chain: bytes, kept: _Part, sent: _Part | None, report: Report) -> None:
    key = kept.key or b""
    try:
        place = sealing.open_place(key, row["place"], kept.name)
    except sealing.Unsealable:
        report.add("node", name, row["ref"], "the sealed place can't be opened")
        return
    if mac(sealing.place_salt(key), place) != row["place_root"]:
        report.add("node", name, row["ref"], "the sealed place is not the one that was committed to")
    said = f"{row['role']}\n".encode() + place + b"\n" + (kept.digest or b"")
    said += sent.sent_digest if sent is not None and sent.sent_digest else b"-"
    if mac(kept.parts_key, b"chain" + chain + said) != row["digest"]:
        report.add("node", name, row["ref"], "the digest by which it is found again is not that of its texts")


PROVABLE = {
    "gateway_key": ("key", "id"),
    "suspension": ("tool", "tool"),
    "hold": ("hold", "id"),
    "disposal": ("disposal", "id"),
    "redating": ("redating", "id"),
    "saved_search": ("search", "id"),
    "scan_run": ("scan", "id"),
    "actor_key": ("pseudonym", "name"),
    "officer": ("officer", "id"),
    "check_run": ("check", "id"),
}
"""Tables whose rows are as their newest `admin` leaf left them: what its act begins with (`tool` for suspend and
resume), and the column that is its subject."""


_PLURALS = {"saved_search": "saved searches"}
_FOR_CASES = ("saved_search", "scan_run")
"""Tables whose sealed text goes with its case; their leaves commit to it by its hash, which stays."""


def verify_admin(evidence: Evidence, facts: LeafFacts, hashes: Mapping[str, RowHash], report: Report) -> None:
    """Each row of `PROVABLE` is as its newest admin leaf left it. `hashes` gives a row's hash by table."""
    for (kind, subject), said in facts.admin.items():
        if kind == "restore":
            report.notes.append(
                f"The ledger was restored from a backup on {str(said.get('at'))[:10]}; {subject} leaves that had been "
                "signed for were lost."
            )
    disposed_matters = {key[1] for key, body in facts.admin.items() if body.get("act") == "matter_dispose"}
    tables = {kind: table for table, (kind, _) in PROVABLE.items()}
    expected = {key: body for key, body in facts.admin.items() if body.get("row") and key[0] in tables}
    for table, (kind, column) in PROVABLE.items():
        for row in evidence.table(table):
            report.count(_PLURALS.get(table, f"{table.replace('_', ' ')}s"))
            body = expected.pop((kind, row[column]), None)
            if table == "hold" and row["box"] is None:
                _emptied_hold(row, disposed_matters, report)
            elif body is None:
                report.add(table, row[column], "", "no admin leaf speaks of this row")
            elif table in _FOR_CASES and row["box"] is None and row["matter"] not in disposed_matters:
                report.add(table, row[column], "", "what it says was removed, and no leaf speaks of that")
            elif hashes[table](row).hex() != body["row"]:
                report.add(table, row[column], "", "it is not as its newest admin leaf left it")
    for kind, subject in expected:
        report.add(tables[kind], subject, "", "its row was removed without a leaf")


def _emptied_hold(row: Row, matters: Collection[str], report: Report) -> None:
    """A hold whose reason and query went with its case, which a leaf must say, and only after it was released."""
    if row["matter"] not in matters or row["released_at"] is None:
        report.add("hold", row["id"], "", "what it says was removed, and no leaf speaks of that")
