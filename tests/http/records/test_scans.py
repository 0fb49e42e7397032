"""Scans open originals: only under the leave of their own case, when they begin and when they go on."""

import httpx

from gateway.model.officer import Role
from gateway.model.search import Query, Subject
from tests.support.records import Site

AT = "/records/v1/controllers/maidstone"
WHOM = Query("maidstone", subjects=(Subject("PERSON", "Zebedee Quill"),))


async def resumed(client: httpx.AsyncClient, scan: str) -> tuple[int, str]:
    answer = await client.post(f"{AT}/scans/{scan}/resume")
    return answer.status_code, str(answer.json().get("detail"))


async def test_a_scan_goes_on_under_the_leave_of_its_own_case_only(office: Site) -> None:
    case, officer = office.cases["maidstone"], office.officers["maidstone", Role.IG_OFFICER]
    scan = office.office.scans.start(WHOM, "off-1", "a1", case.id).id
    alone = office.office.scans.start(WHOM, "off-1", "a1").id  # no door begins one; in the database it is nobody's
    openings = office.office.openings
    async with office.of(Role.IG_OFFICER) as client:
        status, said = await resumed(client, scan)
        assert (status, "by leave only" in said) == (409, True)
        openings.request(officer, case.id, "detection missed somebody")
        assert (await resumed(client, scan))[0] == 409
        openings.approve(office.officers["maidstone", Role.DPO], case.id)
        assert (await resumed(client, scan))[0] == 202
        assert (await resumed(client, alone))[0] == 404
        assert (await resumed(client, "X-000000000000"))[0] == 404
        office.office.cases.close(officer, case.id, "withdrawn")
        status, said = await resumed(client, scan)
        assert (status, "is closed" in said) == (409, True)
        subjects = {"subjects": [{"kind": "PERSON", "value": "Zebedee Quill"}]}
        begun = await client.post(f"{AT}/cases/{case.id}/scans", json=subjects)
        assert (begun.status_code, "is closed" in begun.json()["detail"]) == (409, True)
    async with office.of(Role.DPO, "swale") as client:
        answer = await client.post(f"{AT.replace('maidstone', 'swale')}/scans/{scan}/resume")
        assert answer.status_code == 404


async def test_a_scan_says_whom_it_looks_for(office: Site) -> None:
    case = office.cases["maidstone"].id
    office.office.openings.request(office.officers["maidstone", Role.IG_OFFICER], case, "somebody whom we missed")
    office.office.openings.approve(office.officers["maidstone", Role.DPO], case, 1)
    async with office.of(Role.IG_OFFICER) as client:
        answer = await client.post(f"{AT}/cases/{case}/scans", json={"words": "heron"})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_query"), "as every query that can't be run"
        assert "whom to look for" in answer.json()["detail"]
        begun = await client.post(
            f"{AT}/cases/{case}/scans", json={"subjects": [{"kind": "PERSON", "value": "Zebedee Quill"}]}
        )
        assert begun.status_code == 202, begun.text
