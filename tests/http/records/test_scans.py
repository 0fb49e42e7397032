"""Scans open originals: only under the leave of their own case, when they begin and when they go on."""

from gateway.model.officer import Role
from gateway.model.search import Query, Subject
from tests.support.records import Site

AT = "/records/v1/controllers/maidstone"
WHOM = Query("maidstone", subjects=(Subject("PERSON", "Zebedee Quill"),))


async def test_a_scan_goes_on_under_the_leave_of_its_own_case_only(office: Site) -> None:
    case = office.cases["maidstone"]
    scan = office.office.scans.start(WHOM, "off-1", "a1", case.id).id
    alone = office.office.scans.start(WHOM, "off-1", "a1").id
    openings, investigator = office.office.openings, office.officers["maidstone", Role.IG_OFFICER]
    async with office.of(Role.IG_OFFICER) as officer:
        refused = await officer.post(f"{AT}/scans/{scan}/resume")
        assert (refused.status_code, refused.json()["code"]) == (409, "case_state")
        openings.request(investigator, case.id, "detection missed somebody")
        openings.approve(office.officers["maidstone", Role.DPO], case.id)
        assert (await officer.post(f"{AT}/scans/{scan}/resume")).status_code == 202
        assert (await officer.post(f"{AT}/scans/{alone}/resume")).status_code == 404
        assert (await officer.post(f"{AT}/scans/X-000000000000/resume")).status_code == 404
        office.office.cases.close(investigator, case.id, "withdrawn")
        closed = await officer.post(f"{AT}/scans/{scan}/resume")
        assert "is closed" in closed.json()["detail"]


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
