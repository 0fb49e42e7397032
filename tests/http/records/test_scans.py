"""Scans over HTTP: what they need to begin, and to go on."""

from datetime import date

from gateway.model.case import CaseKind
from gateway.model.officer import Role
from gateway.model.search import Query, Subject
from gateway.records.cases.service import OpenCase
from tests.support.records import Site

AT = "/records/v1/controllers/maidstone"
HER = {"subjects": [{"kind": "PERSON", "value": "Xanthe Quillfeather"}]}
QUERY = Query("maidstone", subjects=(Subject("PERSON", "Xanthe Quillfeather"),))


def leave(office: Site) -> str:
    """A case with leave to open in force."""
    case = office.cases["maidstone"].id
    office.office.openings.request(office.officers["maidstone", Role.IG_OFFICER], case, "somebody whom we missed")
    office.office.openings.approve(office.officers["maidstone", Role.DPO], case, 1)
    return case


async def test_a_scan_says_whom_it_looks_for(office: Site) -> None:
    case = leave(office)
    async with office.of(Role.IG_OFFICER) as client:
        answer = await client.post(f"{AT}/cases/{case}/scans", json={"words": "heron"})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_query"), "as every query that can't be run"
        assert "whom to look for" in answer.json()["detail"]
        begun = await client.post(f"{AT}/cases/{case}/scans", json=HER)
        assert begun.status_code == 202, begun.text


async def test_a_scan_goes_on_by_the_leave_of_its_own_case(office: Site) -> None:
    officer = office.officers["maidstone", Role.IG_OFFICER]
    asked = OpenCase("maidstone", CaseKind.FOI, date(2026, 11, 2), "another", "somebody", query=Query("maidstone"))
    other = office.office.cases.open(office.officers["maidstone", Role.DPO], asked)
    scans = office.office.scans
    mine = scans.start(QUERY, officer.id, "a1", leave(office))
    shut, nobodys = scans.start(QUERY, officer.id, "a1", other.id), scans.start(QUERY, officer.id, "a1")
    async with office.of(Role.IG_OFFICER) as client:
        assert (await client.post(f"{AT}/scans/{mine.id}/resume")).status_code == 202
        answer = await client.post(f"{AT}/scans/{shut.id}/resume")
        assert answer.status_code == 409, answer.text
        assert "by leave only" in answer.json()["detail"]
        assert (await client.post(f"{AT}/scans/{nobodys.id}/resume")).status_code == 404
    assert scans.progress("maidstone", shut.id).texts == 0
