"""Health, readiness, metrics, disclosures, and what is not offered."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.http.app import create_app
from gateway.http.ports import Limits
from gateway.model.caller import Caller
from tests.http.site import Desk, ask, echo, handle


async def holds() -> bool:
    return True


async def fails() -> bool:
    return False


async def breaks() -> bool:
    raise OSError("disk of 10.0.0.1 is full")


async def hangs() -> bool:
    await asyncio.Event().wait()
    return True


async def get(path: str, method: str = "GET", headers: Mapping[str, str] | None = None, **options: Any) -> Any:
    app = create_app(Desk(echo), handle=handle, **options)
    return await ask(app, path=path, method=method, headers=headers)


async def test_health() -> None:
    status, _, body = await get("/healthz", headers={"authorization": ""})
    assert (status, json.loads(body)) == (200, {"status": "ok"})


@pytest.mark.parametrize(("check", "status"), [(holds, 200), (fails, 503), (breaks, 503), (hangs, 503)])
async def test_readiness(check: Any, status: int) -> None:
    limits = Limits(check_seconds=0.05)
    found, _, body = await get("/readyz", checks={"ledger": check, "policy": holds}, limits=limits)
    assert found == status
    word = "ok" if status == 200 else "failed"
    assert json.loads(body)["checks"] == {"ledger": word, "policy": "ok"}
    assert b"disk" not in body


async def test_metrics() -> None:
    await get("/v1/unknown-for-metrics")
    status, headers, body = await get("/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    assert b'aigw_refused_early_total{reason="unknown_route"}' in body


async def test_metrics_with_a_secret() -> None:
    assert (await get("/metrics", metrics_secret="s3"))[0] == 401
    assert (await get("/metrics", metrics_secret="s3", headers={"authorization": "Bearer s3"}))[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/letters/jo-bloggs",
        "/v1/embeddings",
        "/v1/chat/completions/",
        "/docs",
        "/openapi.json",
        "/redoc",
        "/v1/responses",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_what_is_not_offered(path: str, method: str) -> None:
    status, _, body = await get(path, method)
    assert status == 404
    error = json.loads(body)["error"]
    assert error["code"] == "route_not_offered"
    assert "POST /v1/chat/completions" in error["message"]
    assert b"jo-bloggs" not in body


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/chat/completions"), ("POST", "/v1/models")])
async def test_wrong_methods(method: str, path: str) -> None:
    status, headers, body = await get(path, method)
    assert status == 405
    assert json.loads(body)["error"]["code"] == "method_not_allowed"
    assert headers["allow"] == ("POST" if path.endswith("completions") else "GET")


async def test_cross_origin_calls_are_off_unless_asked_for() -> None:
    origin = {"origin": "https://chat.maidstone.example"}
    assert "access-control-allow-origin" not in (await get("/v1/models", headers=origin))[1]
    allowed = await get("/v1/models", headers=origin, cors_origins=["https://chat.maidstone.example"])
    assert allowed[1]["access-control-allow-origin"] == "https://chat.maidstone.example"
    other = await get("/v1/models", headers=origin, cors_origins=["https://elsewhere.example"])
    assert "access-control-allow-origin" not in other[1]


async def test_disclosures() -> None:
    asked: list[tuple[str, str]] = []

    async def disclosures(caller: Caller, ref: str) -> Mapping[str, Any] | None:
        asked.append((caller.controller, ref))
        return {"record": ref, "note": "AI helped write this."} if ref == "MBC-7F3K-Q2XD" else None

    status, _, body = await get("/v1/disclosures/mbc-7f3k-q2xd", disclosures=disclosures)
    assert (status, json.loads(body)["record"]) == (200, "MBC-7F3K-Q2XD")
    assert asked == [("maidstone", "MBC-7F3K-Q2XD")]
    assert (await get("/v1/disclosures/MBC-0000-0000", disclosures=disclosures))[0] == 404
    assert (await get("/v1/disclosures/..%2f", disclosures=disclosures))[0] == 404
    bad = {"authorization": "Bearer bad"}
    assert (await get("/v1/disclosures/MBC-7F3K-Q2XD", headers=bad, disclosures=disclosures))[0] == 401
    assert len(asked) == 2


async def test_models_need_a_key() -> None:
    assert (await get("/v1/models", headers={"authorization": "Bearer bad"}))[0] == 401


async def test_models_in_the_shape_that_anthropics_clients_know() -> None:
    version = {"anthropic-version": "2023-06-01", "authorization": "", "x-api-key": "good"}
    model = {
        "type": "model",
        "id": "council-chat",
        "display_name": "Council chat",
        "created_at": "2025-06-15T15:06:40Z",
        "lifecycle": "active",
    }
    status, _, body = await get("/v1/models", headers=version)
    ends = {"has_more": False, "first_id": "council-chat", "last_id": "council-chat"}
    assert (status, json.loads(body)) == (200, {"data": [model], **ends})
    status, _, body = await get("/v1/models/council-chat", headers=version)
    assert (status, json.loads(body)) == (200, model)


def test_limits_are_sane() -> None:
    with pytest.raises(ValueError, match="in_flight"):
        Limits(in_flight=0)
