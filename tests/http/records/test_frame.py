"""What stands before every request to the records API: keys, rates, sizes, times, headers, and what is noted."""

import asyncio
import json
import time
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from gateway.http.doors import Doors
from gateway.http.ports import Limits
from gateway.http.records.frame import RecordsLimits
from gateway.model.officer import Role
from gateway.telemetry import metrics
from tests.support.records import CANARIES, Site

SEARCH = "/records/v1/controllers/maidstone/records/search"
LIMITS = RecordsLimits(per_minute=100_000)


async def test_a_record_is_read_and_found(office: Site) -> None:
    async with office.of(Role.IG_OFFICER) as client:
        ref = office.refs["maidstone"]
        shown = (await client.get(f"/records/v1/controllers/maidstone/records/{ref.lower()}")).json()
        found = (await client.post(SEARCH, json={"words": "blue heron", "service": "housing"})).json()
        nothing = (await client.post(SEARCH, json={"words": "red kite"})).json()
    assert shown["request"][0]["text"] == CANARIES["maidstone"]
    assert shown["row"]["ref"] == ref
    assert [row["ref"] for row in found["items"]] == [ref]
    assert "blue heron" in found["items"][0]["excerpt"]
    assert nothing == {"items": [], "more": False, "left_out": 0}


async def test_an_officer_of_some_services_gets_their_counts_and_no_records(office: Site) -> None:
    key = office.add_officer("maidstone", Role.SERVICE_MANAGER, services=("housing",))
    async with office.client(key) as client:
        counts = await client.get("/records/v1/controllers/maidstone/statistics")
    assert (counts.status_code, counts.json()["services"]) == (200, ["housing"])
    new = {"email": "ig@maidstone.example", "roles": ["ig_officer"], "services": ["housing"]}
    async with office.of(Role.DPO) as client:
        refused = await client.post("/records/v1/controllers/maidstone/officers", json=new)
    assert refused.status_code == 422
    assert "only a service manager" in refused.json()["detail"]


async def test_a_revoked_officer_is_out_at_once(office: Site) -> None:
    async with office.of(Role.DPO) as dpo, office.of(Role.AUDITOR) as auditor:
        auditor_id = office.officers["maidstone", Role.AUDITOR].id
        assert (await auditor.get("/records/v1/me")).json()["roles"] == ["auditor"]
        gone = await dpo.delete(f"/records/v1/controllers/maidstone/officers/{auditor_id}")
        assert gone.status_code == 204
        assert (await auditor.get("/records/v1/me")).status_code == 401


async def test_an_officer_added_by_the_api_has_a_key_that_works(office: Site) -> None:
    new = {"email": "new@maidstone.example", "name": "New", "roles": ["auditor"], "days": 10}
    async with office.of(Role.DPO) as dpo:
        added = (await dpo.post("/records/v1/controllers/maidstone/officers", json=new)).json()
        listed = (await dpo.get("/records/v1/controllers/maidstone/officers")).json()["items"]
    assert added["officer"] in listed
    assert added["key"] not in json.dumps(listed)
    async with office.client(added["key"]) as client:
        assert (await client.get("/records/v1/me")).json()["controllers"] == ["maidstone"]
    assert office.ledger.verify().ok


async def test_an_officer_of_two_councils_is_revoked_by_both_only(office: Site) -> None:
    from gateway.identity.officers import create_officer

    _, record = create_officer(
        pepper=office.office.pepper, email="a@b.example", name="Both", roles=[Role.AUDITOR],
        controllers=["maidstone", "swale"], valid_for=timedelta(days=1),
    )  # fmt: skip
    office.office.officers.add(record, "test")
    async with office.of(Role.DPO) as dpo:
        answer = await dpo.delete(f"/records/v1/controllers/maidstone/officers/{record.officer.id}")
        listed = (await dpo.get("/records/v1/controllers/maidstone/officers")).json()["items"]
    assert answer.status_code == 403
    assert "another council" in answer.json()["detail"]
    assert [each["elsewhere"] for each in listed if each["id"] == record.officer.id] == [True]
    assert "swale" not in json.dumps(listed)


async def test_the_ledger_is_checked_by_a_job(office: Site) -> None:
    async with office.of(Role.AUDITOR) as client, office.of(Role.DPO) as other:
        begun = await client.post("/records/v1/controllers/maidstone/ledger/verifications")
        assert begun.status_code == 202
        path = f"/records/v1/controllers/maidstone/jobs/{begun.json()['id']}"
        for _ in range(200):
            told = (await client.get(path)).json()
            if told["state"] != "running":
                break
            await asyncio.sleep(0.02)
        assert (told["state"], told["result"]["ok"], told["file"]) == ("done", True, False)
        assert (await client.get(f"{path}/file")).status_code == 409
        assert (await other.get(path)).status_code == 404  # another officer's


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b'{"words": "x", "words": "y"}', 400, "duplicate_key"),
        (b'{"words": ' + b"[" * 20 + b"]" * 20 + b"}", 400, "too_deep"),
        (b'{"words": "' + b"x" * 600_000 + b'"}', 413, "request_too_large"),
        (b'{"words": NaN}', 400, "invalid_json"),
        (b'["words"]', 400, "invalid_json"),
        (b'{"word": "Okafor"}', 422, "invalid_request"),
        (b'{"limit": "Okafor"}', 422, "invalid_request"),
        (b"", 422, "invalid_request"),
    ],
)
async def test_what_can_not_be_read_is_said_without_repeating_it(
    office: Site, sent: bytes, status: int, code: str
) -> None:
    async with office.of(Role.IG_OFFICER) as client:
        answer = await client.post(SEARCH, content=sent, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "Okafor" not in answer.text
    assert "xxxx" not in answer.text


async def test_a_body_must_be_json(office: Site) -> None:
    async with office.of(Role.IG_OFFICER) as client:
        answer = await client.post(SEARCH, content=b"words=x", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


async def test_faults_are_named_by_pointer(office: Site) -> None:
    async with office.of(Role.IG_OFFICER) as client:
        answer = (await client.post(SEARCH, json={"limit": 0, "since": "yesterday"})).json()
    assert [each["pointer"] for each in answer["errors"]] == ["/body/since", "/body/limit"]


async def test_one_address_can_not_ask_without_end(office: Site) -> None:
    async with office.client(office.keys["maidstone", Role.DPO], RecordsLimits(per_minute=8)) as client:
        answers = [await client.get("/records/v1/me") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_what_takes_too_long_or_too_many_at_once_is_turned_away(
    office: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.office.statistics, "figures", lambda *_: time.sleep(0.6))
    limits = replace(LIMITS, answer_seconds=0.1, in_flight=1)
    async with office.client(office.keys["maidstone", Role.DPO], limits) as client:
        began = time.monotonic()
        late = await client.get("/records/v1/controllers/maidstone/statistics")
        assert time.monotonic() - began < 0.5
        busy = await client.get("/records/v1/me")
        await asyncio.sleep(0.7)
        free = await client.get("/records/v1/me")
    assert [late.status_code, busy.status_code, free.status_code] == [503, 503, 200]
    assert busy.headers["retry-after"] == "2"


async def test_a_fault_of_ours_is_told_without_its_text(office: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Okafor")

    monkeypatch.setattr(office.office.statistics, "figures", broken)
    async with office.of(Role.DPO) as client:
        answer = await client.get("/records/v1/controllers/maidstone/statistics")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "Okafor" not in answer.text


async def test_each_request_is_noted_without_content(office: Site, capsys: pytest.CaptureFixture[str]) -> None:
    from gateway.telemetry import logs

    logs.configure("info")
    async with office.of(Role.IG_OFFICER) as client:
        await client.post(f"{SEARCH}?q=Okafor", json={"words": "Okafor"})
        await client.get("/records/v1/controllers/maidstone/records/MBC-0000-OKAF")
    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines() if "records_request" in line]
    officer = office.officers["maidstone", Role.IG_OFFICER].id
    assert [
        (each["actor"], each["controller"], each["action"], each["route"], each["http_status"]) for each in lines
    ] == [
        (officer, "maidstone", "search", "/controllers/:controller/records/search", 200),
        (officer, "maidstone", "read_record", "/controllers/:controller/records/:ref", 404),
    ]
    assert all("dropped" not in each for each in lines)
    assert "okaf" not in written.lower()
    counted = metrics.render()[0].decode()
    assert 'aigw_records_requests_total{route="/controllers/:controller/records/search",status="200"}' in counted


async def test_no_answer_is_kept_by_a_cache(office: Site) -> None:
    async with office.of(Role.DPO) as client:
        for path in ("/records/v1/me", "/records/v1/openapi.json", "/records/v1/nothing"):
            headers = (await client.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]


async def test_the_records_have_a_port_of_their_own() -> None:
    async def said(word: str, scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": word.encode()})  # type: ignore[operator]

    async def calls(scope: object, receive: object, send: object) -> None:
        await said("calls", scope, receive, send)

    async def records(scope: object, receive: object, send: object) -> None:
        await said("records", scope, receive, send)

    for port, at, path, expected in (
        (None, 8080, "/records/v1/me", "records"),
        (None, 8080, "/records/v11", "calls"),
        (None, 8080, "/v1/models", "calls"),
        (8081, 8081, "/records/v1/me", "records"),
        (8081, 8081, "/v1/models", "records"),
        (8081, 8080, "/records/v1/me", "calls"),
    ):
        transport = httpx.ASGITransport(Doors(calls, records, port))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://gateway.example:{at}") as client:
            assert (await client.get(path, headers={"host": "gateway.example:8081"})).text == expected


def test_limits_are_limits() -> None:
    with pytest.raises(ValueError, match="depth"):
        RecordsLimits(body=Limits(depth=0))
