"""litellm as a client, by OpenAI's interfaces and by Anthropic's."""

import asyncio
from types import ModuleType
from typing import Any

import pytest

from tests.support.capture import Capture
from tests.support.gateway import Gateway

pytestmark = [
    # Of the package's own models, when they are first built.
    pytest.mark.filterwarnings("ignore:Item .* is using the `ReadOnly` qualifier"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]
ASKED = "Write to Margaret Okafor about her bins."
CRIME = "He was convicted of burglary in 2019. Write to him."
SAID = [{"role": "user", "content": ASKED}]


@pytest.fixture
def litellm(this_machine_only: None) -> ModuleType:
    """The package, imported where nothing can be reached."""
    import litellm as package

    package.telemetry = False
    return package


@pytest.fixture(params=["openai", "anthropic"])
def where(request: pytest.FixtureRequest, gateway: Gateway, key: str) -> dict[str, Any]:
    base = gateway.base_url if request.param == "openai" else gateway.base_url.removesuffix("/v1")
    return {"model": f"{request.param}/council-assistant", "api_base": base, "api_key": key, "num_retries": 0}


def test_whole_and_streamed(litellm: ModuleType, where: dict[str, Any], capture: Capture) -> None:
    whole = litellm.completion(**where, messages=SAID).choices[0].message.content
    pieces = litellm.completion(**where, messages=SAID, stream=True)
    for text in (whole, "".join(piece.choices[0].delta.content or "" for piece in pieces)):
        assert "Margaret Okafor" in text
        assert text.count("AI helped write this.") == 1
    assert b"Okafor" not in b"".join(capture.received)


async def test_asynchronously(litellm: ModuleType, where: dict[str, Any], capture: Capture) -> None:
    reply = await litellm.acompletion(**where, messages=SAID)
    assert "Margaret Okafor" in reply.choices[0].message.content
    await asyncio.sleep(0)


def test_a_refusal(litellm: ModuleType, where: dict[str, Any], capture: Capture) -> None:
    with pytest.raises(litellm.BadRequestError, match="clause"):
        litellm.completion(**where, messages=[{"role": "user", "content": CRIME}])
    assert not capture.received


def test_responses(litellm: ModuleType, gateway: Gateway, key: str, capture: Capture) -> None:
    where = {"model": "openai/council-assistant", "api_base": gateway.base_url, "api_key": key}
    reply = litellm.responses(**where, input=ASKED)
    assert "Margaret Okafor" in reply.output_text
    events = litellm.responses(**where, input=ASKED, stream=True)
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert "Margaret Okafor" in text
    assert b"Okafor" not in b"".join(capture.received)


def test_embedding(litellm: ModuleType, gateway: Gateway, key: str, capture: Capture) -> None:
    where = {"model": "openai/council-assistant", "api_base": gateway.base_url, "api_key": key}
    reply = litellm.embedding(**where, input=[ASKED, "Bins"])
    assert [row["embedding"] for row in reply.data] == [[0.5, 0.0], [0.5, 1.0]]
    assert b"Okafor" not in b"".join(capture.received)
