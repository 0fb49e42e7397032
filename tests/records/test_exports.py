"""Packages and sealed originals of a case: by leave, written down in the case, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.ledger.cosignature import Cosigner
from gateway.ledger.retention import RetentionSchedule
from gateway.model.errors import GatewayError, Unavailable
from gateway.model.officer import Officer, Role
from gateway.records.access import Forbidden
from gateway.records.cases.errors import CaseError
from gateway.records.cases.reviewing import Wanted
from gateway.records.export.checker.main import verify_package
from gateway.records.export.sealed import unseal_original
from gateway.records.exports import Wish
from gateway.records.redating import Redatings
from tests.support.casefile import Nothing
from tests.support.records import CANARIES, Site, site


@pytest_asyncio.fixture
async def made(tmp_path: Path) -> AsyncIterator[Site]:
    """An office with one case, which has found one conversation."""
    with site(tmp_path) as office:
        await office.fill()
        await office.ledger.stop()
        office.office.exports._inspector = Nothing
        yield office


def officer(made: Site, role: Role = Role.IG_OFFICER) -> Officer:
    return made.officers["maidstone", role]


def leave(made: Site) -> str:
    """The case, with leave to open its originals."""
    case = made.cases["maidstone"].id
    made.office.openings.request(officer(made), case, "The tribunal asks")
    made.office.openings.approve(officer(made, Role.DPO), case)
    return case


def decided(made: Site) -> str:
    """The case, all of it released."""
    case = made.cases["maidstone"]
    for unit in case.units:
        _, shown = made.office.reviews.show(officer(made), case.id, unit, "sent")
        made.office.reviews.mark(officer(made), case.id, unit, [each.passage for one in shown for each in one.passages])
        made.office.reviews.decide(officer(made), case.id, unit, Wanted("release"))
    made.office.reviews.confirm(officer(made, Role.DPO), case.id, case.units)
    return case.id


def steps(made: Site, case: str) -> list[str]:
    return [step.what for step in made.office.cases.read(officer(made), case).steps]


async def test_a_package_is_checked_with_the_keys_of_witnesses(made: Site) -> None:
    case, at = decided(made), "/records/v1/controllers/maidstone"
    stranger = Cosigner("elsewhere.example/witness", bytes(32)).vkey
    async with made.of(Role.IG_OFFICER) as client:
        job = (await client.post(f"{at}/cases/{case}/exports", json={})).json()["id"]
        while (await client.get(f"{at}/jobs/{job}")).json()["state"] == "running":
            await asyncio.sleep(0.02)
        alone = (await client.post(f"{at}/jobs/{job}/check")).json()
        assert (alone["ok"], alone["proven"]) == (True, [])
        assert any(note.startswith("No independent witness") for note in alone["notes"])
        asked = (await client.post(f"{at}/jobs/{job}/check", params={"witness": [stranger]})).json()
        assert not asked["ok"]
        assert any("elsewhere.example/witness" in problem for problem in asked["problems"])
        wrong = await client.post(f"{at}/jobs/{job}/check", params={"witness": "none"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_query")
        long = await client.post(f"{at}/jobs/{job}/check", params={"witness": "k" * 301})
        assert long.status_code == 422


def test_a_package_is_an_event_of_its_case(made: Site, tmp_path: Path) -> None:
    case = decided(made)
    package = made.office.exports.package(officer(made), case, Wish(), tmp_path / "p")
    assert verify_package(str(package.archive), made.ledger.vkey).problems == []
    assert steps(made, case)[-1] == "exported"
    made.office.cases.close(officer(made), case, "released")
    made.office.exports.package(officer(made), case, Wish(), tmp_path / "again")
    assert steps(made, case)[-2:] == ["closed", "exported"]


def test_a_record_that_was_re_dated_twice_is_proved_like_any_other(made: Site, tmp_path: Path) -> None:
    case, classes = decided(made), made.office.schedule.classes
    for days in (4000, 5000):
        later = RetentionSchedule({name: replace(each, days=days) for name, each in classes.items()})
        assert Redatings(made.office.redatings._store, later).run("maidstone", "jo").records
    made.ledger._sequencer.drain()
    package = made.office.exports.package(officer(made), case, Wish(), tmp_path / "p")
    found = verify_package(str(package.archive), made.ledger.vkey)
    assert found.problems == []
    assert found.counts["leaves in the signed log"] == 4 * found.counts["records"]
    assert made.ledger.verify().ok


def test_what_can_not_be_written_down_does_not_leave(
    made: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = decided(made)
    leave(made)

    def broken(*_: object) -> None:
        raise Unavailable("the ledger can't be reached")

    monkeypatch.setattr(made.office.cases, "exported", broken)
    with pytest.raises(Unavailable):
        made.office.exports.package(officer(made), case, Wish(), tmp_path / "p")
    with pytest.raises(Unavailable):
        made.office.exports.seal(officer(made), case, tmp_path / "p.sealed")
    assert not list(tmp_path.glob("*p*.zip")) + list(tmp_path.glob("p*"))


def test_originals_are_sealed_by_leave_and_each_opening_is_written_down(made: Site, tmp_path: Path) -> None:
    case = made.cases["maidstone"].id
    with pytest.raises(CaseError, match="Ask for it in this case"):
        made.office.exports.seal(officer(made), case, tmp_path / "o.sealed")
    assert not (tmp_path / "o.sealed").exists()
    leave(made)
    key = made.office.exports.seal(officer(made), case, tmp_path / "o.sealed")
    inside = unseal_original((tmp_path / "o.sealed").read_bytes(), key)
    assert CANARIES["maidstone"] in b"".join(inside.values()).decode()
    assert steps(made, case)[-4:] == ["approval_asked", "approval_given", "unsealed", "exported"]
    with pytest.raises(Forbidden):
        made.office.exports.seal(officer(made, Role.AUDITOR), case, tmp_path / "x.sealed")
    with pytest.raises(GatewayError):
        made.office.exports.seal(made.officers["swale", Role.DPO], case, tmp_path / "x.sealed")
    assert not (tmp_path / "x.sealed").exists()
