"""Authentication: who gets in, what they are told, and what it costs to find out."""

import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.identity import service as module
from gateway.identity.keys import create_key, digest
from gateway.identity.limits import Rate
from gateway.identity.rejection import MESSAGE, KeyRejected
from gateway.identity.service import CACHE_S, IdentityService, Limits, secret_of
from gateway.identity.users import PinnedProxy, TokenIssuer
from gateway.model.call import Credentials
from gateway.model.errors import TooManyRequests, Unauthenticated, Unavailable
from gateway.telemetry import metrics
from tests.identity.memory import MemoryKeys
from tests.identity.test_keys import BASE, PEPPER
from tests.identity.test_users import CLAIMS, JWKS, NOW, SECRET, signed

WIDE = Limits(calls=Rate(6000, 1000), failures=Rate(6000, 1000))


class Desk:
    """A service over a store in memory, with clocks that the test moves."""

    def __init__(self, limits: Limits = WIDE) -> None:
        self.keys = MemoryKeys()
        self.clock = 0.0
        self.service = IdentityService(
            self.keys,
            PEPPER,
            ["maidstone", "swale"],
            issuers=[TokenIssuer("sso", str(CLAIMS["iss"]), str(CLAIMS["aud"]), ("ES256",), JWKS)],
            proxies=[PinnedProxy("webui", ("10.0.0.0/24",), SECRET)],
            limits=limits,
            now=lambda: NOW + self.clock,
            clock=lambda: self.clock,
        )

    async def key(self, **more: Any) -> str:
        born = datetime.fromtimestamp(NOW - 60, UTC)
        shown, record = create_key(**{**BASE, "now": born, **more})
        await self.keys.add(record)
        return shown

    async def enter(self, secret: str | None, peer: str = "192.0.2.1", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.service.authenticate(Credentials(secret, named, peer))

    async def reason(self, secret: str | None, **headers: str) -> str:
        with pytest.raises(KeyRejected) as caught:
            await self.enter(secret, **headers)
        assert caught.value.message == MESSAGE
        assert caught.value.code == "invalid_api_key"
        assert caught.value.status == 401
        assert "bloggs" not in repr(caught.value) + str(vars(caught.value))
        return caught.value.reason


@pytest.fixture
def desk() -> Iterator[Desk]:
    metrics.declare(controllers=["maidstone", "swale"])
    yield Desk()
    metrics.declare()


async def test_a_person(desk: Desk) -> None:
    caller = await desk.enter(await desk.key(note_mode="sidecar", refusal_as_message=True))
    assert (caller.controller, caller.kind, caller.person_known) == ("swale", "person", True)
    assert caller.identity == "jo.bloggs@swale.example"
    assert (caller.service, caller.person_class) == ("housing", "officer")
    assert (caller.purpose, caller.purposes) == ("drafting", {"drafting", "summarising"})
    assert (caller.note_mode, caller.refusal_as_message) == ("sidecar", True)
    assert "bloggs" not in repr(caller)
    assert "bloggs" not in caller.actor


async def test_the_actor_is_one_person_at_one_controller(desk: Desk) -> None:
    one = await desk.enter(await desk.key())
    same = await desk.enter(await desk.key(owner="Jo.Bloggs@Swale.example "))
    elsewhere = await desk.enter(await desk.key(controller="maidstone"))
    other = await desk.enter(await desk.key(owner="sam@swale.example"))
    assert one.actor == same.actor
    assert len({one.actor, elsewhere.actor, other.actor}) == 3
    app = await desk.key(kind="app", token_issuer="sso")
    through = await desk.enter(app, x_ai_user_token=signed())
    assert through.actor == one.actor, "by whatever way the person comes"


async def test_an_app_and_its_users(desk: Desk) -> None:
    by_token = await desk.key(kind="app", token_issuer="sso")
    caller = await desk.enter(by_token, x_ai_user_token=signed())
    assert (caller.identity, caller.person_known) == ("jo.bloggs@swale.example", True)
    caller = await desk.enter(by_token)
    assert (caller.person_known, caller.identity) == (False, f"app:{caller.key_id}")
    caller = await desk.enter(by_token, peer="10.0.0.5", x_forwarded_email="a@b", x_ai_proxy_secret=SECRET)
    assert not caller.person_known, "a token key doesn't listen to proxies"
    assert await desk.reason(by_token, x_ai_user_token="forged") == "bad_user_token"

    by_proxy = await desk.key(kind="app", proxy="webui")
    caller = await desk.enter(by_proxy, peer="10.0.0.5", x_forwarded_email="a@b", x_ai_proxy_secret=SECRET)
    assert (caller.identity, caller.person_known) == ("a@b", True)
    assert await desk.reason(by_proxy, x_forwarded_email="a@b", x_ai_proxy_secret=SECRET) == "unpinned_proxy"

    alone = await desk.key(kind="app")
    caller = await desk.enter(alone, x_ai_user_token=signed(), x_forwarded_email="a@b")
    assert not caller.person_known
    assert await desk.reason(await desk.key(kind="app", proxy="gone")) == "unknown_issuer"


async def test_the_note_of_an_apps_own_task_goes_beside_the_reply(desk: Desk) -> None:
    app = await desk.key(kind="app", token_issuer="sso", refusal_as_message=True)
    for task in ("title_generation", "TASKS.TAGS_GENERATION"):
        caller = await desk.enter(app, x_ai_user_token=signed(), x_ai_task=task)
        assert (caller.note_mode, caller.refusal_as_message) == ("sidecar", False)
    for task in ("", "moa_response_generation", "anything"):
        caller = await desk.enter(app, x_ai_user_token=signed(), x_ai_task=task)
        assert (caller.note_mode, caller.refusal_as_message) == (None, True)
    assert (await desk.enter(app, x_ai_task="title_generation")).note_mode is None, "nobody is known to be behind it"
    assert (await desk.enter(await desk.key(), x_ai_task="title_generation")).note_mode is None, "it is no app"


async def test_a_person_key_carries_nobody_else(desk: Desk) -> None:
    caller = await desk.enter(await desk.key(), x_ai_user_token=signed(email="boss@swale.example"))
    assert caller.identity == "jo.bloggs@swale.example"


async def test_who_stays_out(desk: Desk) -> None:
    good = await desk.key()
    other = await desk.key()
    assert await desk.reason(None) == "no_key"
    assert await desk.reason("") == "no_key"
    assert await desk.reason("sk-something-else") == "malformed_key"
    assert await desk.reason(good[:-1] + ("0" if good[-1] != "0" else "1")) == "malformed_key"
    stranger, _ = create_key(**BASE)
    assert await desk.reason(stranger) == "unknown_key"
    forged, record = create_key(**BASE)
    desk.keys.records[record.id] = replace(record, digest=desk.keys.records[other.split("_")[1]].digest)
    assert await desk.reason(forged) == "unknown_key"
    assert await desk.reason(await desk.key(controller="ashford")) == "unknown_controller"
    assert await desk.reason(await desk.key(valid_for=timedelta(seconds=59))) == "expired_key"


async def test_expiry_bites_to_the_second(desk: Desk) -> None:
    shown = await desk.key(valid_for=timedelta(seconds=61))
    await desk.enter(shown)
    desk.clock = 1.0
    assert await desk.reason(shown) == "expired_key"


async def test_revocation_bites_within_the_cache_time(desk: Desk) -> None:
    shown = await desk.key()
    await desk.enter(shown)
    await desk.keys.revoke(shown.split("_")[1], datetime.fromtimestamp(NOW, UTC))
    desk.clock = CACHE_S
    assert await desk.reason(shown) == "revoked_key"
    assert CACHE_S <= 2


async def test_the_store_is_asked_once_in_a_while(desk: Desk) -> None:
    shown = await desk.key()
    stranger, _ = create_key(**BASE)
    for _ in range(3):
        await desk.enter(shown)
        await desk.reason(stranger)
    assert len(desk.keys.asked) == 2
    desk.clock = CACHE_S
    await desk.enter(shown)
    assert len(desk.keys.asked) == 3


async def test_the_cache_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CACHED", 5)
    for _ in range(20):
        await desk.reason(create_key(**BASE)[0])
    assert len(desk.service._cached) == 5


async def test_a_new_key_works_at_once_after_it_was_unknown(desk: Desk) -> None:
    shown, record = create_key(**{**BASE, "now": datetime.fromtimestamp(NOW, UTC)})
    assert await desk.reason(shown) == "unknown_key"
    await desk.keys.add(record)
    desk.clock = CACHE_S
    await desk.enter(shown)


async def test_every_key_takes_the_same_steps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known, unknown, wrong, revoked: one look-up, one digest, one constant-time comparison each."""
    steps: list[str] = []
    real_digest, real_compare = digest, hmac.compare_digest

    def spy_digest(shown: str, pepper: bytes) -> str:
        steps.append("digest")
        return real_digest(shown, pepper)

    def spy_compare(a: Any, b: Any) -> bool:
        steps.append(f"compare {len(a)} {len(b)}")
        return real_compare(a, b)

    monkeypatch.setattr(module, "digest", spy_digest)
    monkeypatch.setattr(hmac, "compare_digest", spy_compare)
    good, revoked = await desk.key(), await desk.key()
    await desk.keys.revoke(revoked.split("_")[1], datetime.fromtimestamp(NOW - 1, UTC))
    wrong, record = create_key(**BASE)
    desk.keys.records[record.id] = replace(record, digest="f" * 64)
    taken = []
    for shown in (good, create_key(**BASE)[0], wrong, revoked):
        steps.clear()
        before = len(desk.keys.asked)
        try:
            await desk.enter(shown)
        except Unauthenticated:
            steps.append("refused")
        taken.append([step for step in steps if step != "refused"] + [str(len(desk.keys.asked) - before)])
    assert taken == [["digest", "compare 64 64", "1"]] * 4


async def test_a_store_that_fails_lets_nobody_in(desk: Desk) -> None:
    shown = await desk.key()
    desk.keys.fault = OSError("canary: disk at /secret")
    with pytest.raises(Unavailable) as caught:
        await desk.enter(shown)
    assert "canary" not in str(caught.value)
    assert caught.value.retry_after_s
    desk.keys.fault = Unavailable("store down", retry_after_s=3)
    with pytest.raises(Unavailable, match="store down"):
        await desk.enter(shown)


async def test_calls_are_limited_by_key() -> None:
    desk = Desk(Limits(calls=Rate(60, 2)))
    shown, other = await desk.key(), await desk.key(rate_per_minute=60, burst=5)
    for _ in range(2):
        await desk.enter(shown)
    with pytest.raises(TooManyRequests) as caught:
        await desk.enter(shown)
    assert caught.value.retry_after_s == 1
    for _ in range(5):
        await desk.enter(other)
    with pytest.raises(TooManyRequests):
        await desk.enter(other)
    desk.clock = 1.0
    await desk.enter(shown)


async def test_failures_are_limited_by_peer_and_hold_up_nobody_else() -> None:
    desk = Desk(Limits(failures=Rate(6, 2)))
    shown = await desk.key()
    for _ in range(2):
        await desk.reason(None)
    with pytest.raises(TooManyRequests) as caught:
        await desk.enter(None)
    assert caught.value.code == "too_many_failures"
    assert caught.value.retry_after_s == 10
    await desk.enter(shown)
    with pytest.raises(Unauthenticated):
        await desk.enter(None, peer="192.0.2.2")


async def test_the_next_expiry_is_published(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, float] = {}
    monkeypatch.setattr(metrics, "key_expiry", told.__setitem__)
    await desk.key(valid_for=timedelta(days=30))
    await desk.key(valid_for=timedelta(days=2))
    await desk.key(valid_for=timedelta(seconds=1))
    gone = await desk.key(valid_for=timedelta(days=1))
    await desk.keys.revoke(gone.split("_")[1], datetime.fromtimestamp(NOW, UTC))
    await desk.service.publish_expiry()
    assert told["swale"] == timedelta(days=2).total_seconds() - 60
    assert told["maidstone"] == float("inf")


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({"authorization": "Bearer agw_x"}, "agw_x"),
        ({"authorization": "bearer  agw_x "}, "agw_x"),
        ({"x-api-key": "agw_x"}, "agw_x"),
        ({"authorization": "Bearer agw_x", "x-api-key": "agw_y"}, "agw_x"),
        ({"authorization": "Basic agw_x"}, None),
        ({"authorization": "Bearer"}, None),
        ({"authorization": "", "x-api-key": " "}, None),
        ({}, None),
    ],
)
async def test_where_the_key_stands(headers: dict[str, str], secret: str | None) -> None:
    assert secret_of(headers) == secret


async def test_headers_serve_where_no_secret_was_taken_out(desk: Desk) -> None:
    shown = await desk.key()
    caller = await desk.enter(None, authorization=f"Bearer {shown}")
    assert caller.key_id == shown.split("_")[1]


def test_a_short_pepper_does_not_start() -> None:
    with pytest.raises(ValueError, match="pepper"):
        IdentityService(MemoryKeys(), b"short", [])
