"""What needs two people, or leave, over the API."""

from typing import Any

import httpx
import pytest

from gateway.http.records.ledger import told
from gateway.ledger.report import Report
from gateway.model.officer import Role
from gateway.model.search import Query, Subject
from tests.support.records import Site

AT = "/records/v1/controllers/maidstone"


async def test_a_second_officer_of_ones_own_choice_can_not_agree(office: Site) -> None:
    case = f"{AT}/cases/{office.cases['maidstone'].id}"
    new = {"email": "second@maidstone.example", "roles": ["dpo"]}
    async with office.of(Role.DPO) as dpo:
        added = (await dpo.post(f"{AT}/officers", json=new)).json()
        assert added["officer"]["added_by"] == office.officers["maidstone", Role.DPO].id
        assert (await dpo.post(f"{case}/leave", json={"reason": "names"})).status_code == 200
    async with office.client(added["key"]) as second:
        refused = await second.post(f"{case}/leave/grant", json={})
        assert (refused.status_code, refused.json()["code"]) == (409, "case_state")
        assert "appointed you" in refused.json()["detail"]
    deputy = office.add_officer("maidstone", Role.DPO)  # by whoever runs the gateway
    async with office.client(deputy) as other:
        assert (await other.post(f"{case}/leave/grant", json={})).status_code == 200
        (approval,) = (await other.get(case)).json()["approvals"]
    assert (approval["appointed"], approval["refused"]) == (False, False)


@pytest.fixture
def stopped(office: Site) -> str:
    """A scan of the council's case that was begun under leave and stopped."""
    case, dpo = office.cases["maidstone"], office.officers["maidstone", Role.DPO]
    query = Query("maidstone", subjects=(Subject("PERSON", "Jo Bloggs"),))
    return office.office.scans.start(query, dpo.id, office.office.pseudonym(dpo.id), case.id).id


async def resumed(client: httpx.AsyncClient, scan: str) -> tuple[int, dict[str, Any]]:
    answer = await client.post(f"{AT}/scans/{scan}/resume")
    return answer.status_code, answer.json()


async def test_a_scan_goes_on_under_leave_only(office: Site, stopped: str) -> None:
    case, dpo = office.cases["maidstone"], office.officers["maidstone", Role.DPO]
    async with office.of(Role.IG_OFFICER) as client:
        status, said = await resumed(client, stopped)
        assert (status, "by leave only" in said["detail"]) == (409, True)
        office.office.openings.request(office.officers["maidstone", Role.IG_OFFICER], case.id, "detection missed them")
        assert (await resumed(client, stopped))[0] == 409
        office.office.openings.approve(dpo, case.id)
        assert (await resumed(client, stopped))[0] == 202
        office.office.cases.close(dpo, case.id, "withdrawn")
        status, said = await resumed(client, stopped)
        assert (status, "closed" in said["detail"]) == (409, True)
        subjects = {"subjects": [{"kind": "PERSON", "value": "Jo Bloggs"}]}
        begun = await client.post(f"{AT}/cases/{case.id}/scans", json=subjects)
        assert (begun.status_code, "closed" in begun.json()["detail"]) == (409, True)
    async with office.of(Role.DPO, "swale") as client:
        answer = await client.post(f"{AT.replace('maidstone', 'swale')}/scans/{stopped}/resume")
        assert answer.status_code == 404


async def test_a_scan_without_a_case_does_not_go_on(office: Site) -> None:
    """No door begins one; one that is in the database all the same is nobody's."""
    dpo = office.officers["maidstone", Role.DPO]
    query = Query("maidstone", subjects=(Subject("PERSON", "Jo Bloggs"),))
    scan = office.office.scans.start(query, dpo.id, office.office.pseudonym(dpo.id)).id
    async with office.of(Role.DPO) as client:
        assert (await resumed(client, scan))[0] == 404


def test_a_check_names_no_case_of_another_council(office: Site) -> None:
    report = Report()
    report.add("matter", "FOI-SBC-2026-0001", "", "its row was removed")
    report.add("matter_event", "SAR-SBC-2026-0002/3", "", "its sealed bytes were removed or changed")
    report.add("record", "SBC-7F3K-Q2XD", "SBC-7F3K-Q2XD", "its row was removed")
    report.add("matter_event", "FOI-MBC-2026-0001/2", "", "its sealed bytes were removed or changed")
    report.add("checkpoint", "3", "", "its columns do not agree with its signed note")
    said = told(report, lambda ref: office.office.council_of(ref) in ("", "maidstone"))
    assert (len(said["problems"]), said["problems_at_other_councils"]) == (2, 3)
    assert "SBC" not in str(said)
