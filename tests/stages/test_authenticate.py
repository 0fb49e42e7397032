"""Authentication as a stage: a refusal before it leaves a count, nothing else."""

from typing import Any

import pytest

from gateway.identity.rejection import KeyRejected
from gateway.model.call import Credentials
from gateway.model.caller import Caller
from gateway.model.errors import GatewayError, TooManyRequests, Unavailable
from gateway.stages.authenticate import authenticate
from gateway.telemetry import metrics

CALLER = Caller("swale", "k", "person", "a", "canary@example.org", True, "officer", "housing", "drafting")
CREDENTIALS = Credentials("agw_canary", {"authorization": "canary"}, "192.0.2.1")


class Answers:
    def __init__(self, answer: Caller | GatewayError) -> None:
        self.answer = answer

    async def authenticate(self, credentials: Credentials) -> Caller:
        assert credentials is CREDENTIALS
        if isinstance(self.answer, GatewayError):
            raise self.answer
        return self.answer


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    seen: list[Any] = []
    monkeypatch.setattr(metrics, "refused_early", seen.append)
    return seen


async def test_a_caller_passes(counted: list[Any]) -> None:
    assert await authenticate(CREDENTIALS, Answers(CALLER)) is CALLER
    assert counted == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyRejected("expired_key"), "expired_key"),
        (TooManyRequests("slow down"), "rate_limited"),
        (TooManyRequests("slow down", code="too_many_failures"), "too_many_failures"),
        (Unavailable("store"), "unavailable"),
    ],
)
async def test_a_refusal_is_counted_by_its_reason(counted: list[Any], error: GatewayError, reason: str) -> None:
    with pytest.raises(type(error)) as caught:
        await authenticate(CREDENTIALS, Answers(error))
    assert caught.value is error
    assert counted == [reason]
