"""What needs two people over the API, and what one council sees of another."""

from gateway.http.records.ledger import told
from gateway.ledger.report import Report
from gateway.model.officer import Role
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
