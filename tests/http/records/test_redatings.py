"""Disposal's plan warns of a changed schedule; the API applies it to what is there, once it is confirmed."""

import asyncio
from typing import Any

import httpx

from gateway.http.records.desk import PREFIX
from gateway.ledger.retention import RetentionClass, RetentionSchedule
from gateway.model.officer import Role
from tests.support.records import Site

AT = f"{PREFIX}/controllers/maidstone"


async def finished(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    for _ in range(200):
        found: dict[str, Any] = (await client.get(f"{AT}/jobs/{job}")).json()
        if found["state"] != "running":
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("the job does not end")


async def test_a_schedule_is_planned_confirmed_and_applied(office: Site) -> None:
    names = office.office.schedule.classes
    longer = {name: RetentionClass(name, each.days + 400, "created", "RS-7") for name, each in names.items()}
    vars(office.office)["schedule"] = RetentionSchedule(longer)
    async with office.of(Role.IG_OFFICER) as client:
        plan = (await client.post(f"{AT}/redatings/plan", json={})).json()
        [each] = plan["classes"]
        assert (each["name"], each["units"], each["records"], each["longer"], each["held"]) == ("routine", 1, 1, 1, 1)
        assert each["before"] < each["after"]
        assert (await client.post(f"{AT}/redatings/plan", json={"classes": ["nothing"]})).status_code == 422
        assert (await client.post(f"{AT}/redatings", json={})).json()["code"] == "not_confirmed"
        wrong = await client.post(f"{AT}/redatings", json={"confirmed": True, "classes": ["nothing"]})
        assert wrong.status_code == 422
        started = await client.post(f"{AT}/redatings", json={"confirmed": True})
        assert started.status_code == 202
        done = await finished(client, started.json()["id"])
        assert (done["state"], done["result"]["certificate"]["records"]) == ("done", 1)
        [run] = (await client.get(f"{AT}/redatings")).json()["items"]
        assert (run["id"], run["records"]) == (done["result"]["run"], 1)
        assert run["certificate"]["dates_sha256"] == done["result"]["certificate"]["dates_sha256"]
        assert (await client.post(f"{AT}/redatings/plan", json={})).json()["classes"] == []
        record = (await client.get(f"{AT}/records/{office.refs['maidstone']}")).json()
        assert record["dispose_after"] == each["after"][0]
        assert (await client.post(f"{AT}/disposals/plan", json={})).json()["outdated"] == 0
    report = office.ledger.verify()
    assert report.ok, report.lines()
