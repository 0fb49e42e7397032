"""Cosignatures and time stamps are asked for, checked, kept; who disagrees with us is told apart from who is away."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.ledger.attesting import ATTEMPTS, Authority, Outcome, Reply, cosign, time_stamp
from gateway.ledger.timestamps import certificates
from gateway.ledger.verify_outside import Outside
from gateway.store.keeping import cosignature
from gateway.store.keeping import time_stamp as stamps
from gateway.store.open import LedgerService
from tests.store.test_sequencer import write
from tests.support.ledger import service
from tests.support.tampering import rows_of, truncate
from tests.support.tsa import time_stamping
from tests.support.witnessed import Neighbour


def grown(ledger: LedgerService, count: int) -> None:
    write(ledger, count)
    ledger._sequencer.drain()


@pytest.fixture
def quiet(url: str, tmp_path: Path) -> LedgerService:
    """A ledger that isn't running."""
    return service(url, tmp_path)


@pytest.fixture
def neighbour(quiet: LedgerService, tmp_path: Path) -> Neighbour:
    return Neighbour(tmp_path, quiet.vkey)


def test_each_new_checkpoint_is_cosigned_once(quiet: LedgerService, neighbour: Neighbour) -> None:
    assert neighbour.cosign(quiet) == "current", "an empty log has nothing to cosign"
    for count in (1, 5, 300, 7):
        grown(quiet, count)
        assert neighbour.cosign(quiet) == "ok"
        assert neighbour.cosign(quiet) == "current"
    assert [row.size for row in rows_of(quiet._engine, cosignature)] == [1, 6, 306, 313]
    assert len(neighbour.replies) == 4, "nobody is asked twice"
    grown(quiet, 2)
    report = quiet.verify(outside=Outside([neighbour.key], demanded=True))
    assert report.ok, report.lines()
    [proven] = report.proven
    assert proven.startswith("swale.example/witness witnessed the first 313 of 315 leaves at 20")
    assert proven.endswith("; the last 2 are not cosigned yet.")
    assert not any("No independent witness" in note for note in report.notes)
    note = quiet.log.checkpoint()
    assert note is not None
    assert note.count("\u2014") == 1, "the newest checkpoint has no cosignature yet"
    assert neighbour.cosign(quiet) == "ok"
    note = quiet.log.checkpoint()
    assert note is not None
    assert note.count("\u2014") == 2
    quiet.close()


def test_a_gateway_that_forgot_asks_the_witness_how_far_it_is(quiet: LedgerService, neighbour: Neighbour) -> None:
    grown(quiet, 3)
    assert neighbour.cosign(quiet) == "ok"
    with quiet._engine.connect() as connection:
        connection.execute(cosignature.delete())
        connection.commit()
    grown(quiet, 3)
    assert neighbour.cosign(quiet) == "ok"
    assert [reply.status for reply in neighbour.replies] == [200, 409, 200]
    quiet.close()


def test_a_database_that_was_rolled_back_is_in_conflict_with_its_witness(
    quiet: LedgerService, neighbour: Neighbour, tmp_path: Path
) -> None:
    grown(quiet, 3)
    grown(quiet, 3)
    assert neighbour.cosign(quiet) == "ok"
    truncate(quiet._engine, quiet._signer, tmp_path / "data" / "checkpoints.log", 3)
    assert neighbour.cosign(quiet) == "conflict", "our own row remembers six leaves"
    with quiet._engine.connect() as connection:
        connection.execute(cosignature.delete())
        connection.commit()
    assert neighbour.cosign(quiet) == "conflict", "the witness does too"
    quiet.close()


def test_another_history_is_in_conflict_whether_longer_or_as_long(url: str, tmp_path: Path) -> None:
    """Two logs of one key: what a rewritten database is to the witness of the first one."""
    first = service(url, tmp_path)
    second = service(f"sqlite:///{tmp_path / 'second.db'}", tmp_path / "second", keys=tmp_path / "keys")
    neighbour = Neighbour(tmp_path, first.vkey)
    for ledger in (first, second):
        grown(ledger, 4)
    assert neighbour.cosign(first) == "ok"
    assert neighbour.cosign(second) == "conflict"
    grown(second, 5)
    assert neighbour.cosign(second) == "conflict"
    assert [reply.status for reply in neighbour.replies] == [200, 409, 409, 409, 422]
    assert rows_of(second._engine, cosignature) == []
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(404, "text/plain", b""), "refused"),
        (Reply(403, "text/plain", b""), "refused"),
        (Reply(429, "text/plain", b""), "unreachable"),
        (Reply(200, "text/plain", b"\xff"), "invalid"),
        (Reply(200, "text/plain", b"hello\n"), "invalid"),
        (Reply(409, "text/plain", b"1\n"), "invalid"),
        (Reply(409, "text/x.tlog.size", b"many\n"), "invalid"),
        (Reply(409, "text/x.tlog.size", b"99\n"), "conflict"),
    ],
)
def test_what_a_witness_may_answer(quiet: LedgerService, neighbour: Neighbour, reply: Reply, outcome: Outcome) -> None:
    grown(quiet, 3)
    assert cosign(quiet.attestations, neighbour.address, lambda *_: reply, lambda _: None) == outcome
    assert rows_of(quiet._engine, cosignature) == []
    quiet.close()


def test_a_cosignature_by_another_key_is_not_kept(quiet: LedgerService, neighbour: Neighbour, tmp_path: Path) -> None:
    grown(quiet, 3)
    other = Neighbour(tmp_path / "other", quiet.vkey, "kent.example/witness")
    assert cosign(quiet.attestations, neighbour.address, other, lambda _: None) == "invalid"
    assert rows_of(quiet._engine, cosignature) == []
    quiet.close()


def test_who_can_t_be_reached_is_tried_again(quiet: LedgerService, neighbour: Neighbour) -> None:
    grown(quiet, 3)
    waits: list[float] = []
    replies: list[Reply | None] = [None, Reply(503, "text/plain", b"")]

    def shaky(url: str, body: bytes, kind: str) -> Reply:
        if not replies:
            return neighbour(url, body, kind)
        reply = replies.pop(0)
        if reply is None:
            raise OSError("no route")
        return reply

    assert cosign(quiet.attestations, neighbour.address, shaky, waits.append) == "ok"
    assert waits == [1.0, 4.0]

    def gone(url: str, body: bytes, kind: str) -> Reply:
        waits.append(-1)
        raise OSError("no route")

    grown(quiet, 3)
    waits.clear()
    assert cosign(quiet.attestations, neighbour.address, gone, lambda _: None) == "unreachable"
    assert len(waits) == ATTEMPTS
    quiet.close()


def test_a_checkpoint_is_stamped_and_the_stamp_says_by_when_it_existed(quiet: LedgerService, tmp_path: Path) -> None:
    from gateway.upstream.post import HttpPost

    with time_stamping(tmp_path / "tsa") as authority:
        roots = certificates(authority.roots_file.read_bytes())
        named = Authority("Test TSA", authority.url, roots)
        assert time_stamp(quiet.attestations, named, HttpPost()) == "current"
        grown(quiet, 300)
        assert time_stamp(quiet.attestations, named, HttpPost()) == "ok"
        [row] = rows_of(quiet._engine, stamps)
        assert (row.size, row.authority) == (300, "Test TSA")
        assert abs((datetime.fromisoformat(row.at) - datetime.now(UTC)).total_seconds()) < 60
        assert quiet.attestations.stamped() == {"Test TSA": row.at}
        report = quiet.verify(outside=Outside(roots=roots))
        assert report.ok, report.lines()
        when = row.at[:19].replace("T", " ")
        assert report.proven == [f"The first 300 of 300 leaves existed by {when} UTC, as Test TSA stamped."]
        assert any("No independent witness" in note for note in report.notes)
        unchecked = quiet.verify()
        assert unchecked.proven == []
        assert any("time stamps were not checked" in note for note in unchecked.notes)
        grown(quiet, 1)
        for broken, outcome in ((b"nonsense", "invalid"), (row.token, "invalid")):
            authority.broken = broken
            assert time_stamp(quiet.attestations, named, HttpPost()) == outcome
        authority.status = 403
        assert time_stamp(quiet.attestations, named, HttpPost()) == "refused"
        assert len(rows_of(quiet._engine, stamps)) == 1
    assert time_stamp(quiet.attestations, named, HttpPost(timeout=1), lambda _: None) == "unreachable"
    quiet.close()
