"""Recall puts a record's reference where a refused message comes back as history."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

import pytest

from gateway.model.call import Call
from gateway.model.caller import Deployment, Tool
from gateway.model.decision import Decision
from gateway.model.errors import Unavailable
from gateway.model.event import Event
from gateway.model.knob import Limits
from gateway.model.outgoing import Outgoing
from gateway.model.part import Part
from gateway.stages.recall import recall
from tests.support.ledger import TOOL, chat


class Remembering:
    """An entry that knows of refused addresses."""

    ref = "MBC-0000-0000"

    def __init__(self, refused: Mapping[str, str], failure: Exception | None = None) -> None:
        self.refused = refused
        self.failure = failure

    async def recall(self, call: Call, tool: Tool) -> Mapping[str, str]:
        if self.failure:
            raise self.failure
        return self.refused

    async def opened(self, tool: Tool, decision: Decision, outgoing: Outgoing) -> NoReturn:
        raise NotImplementedError

    async def attempt(self, deployment: Deployment, number: int, cause: str, limits: Limits) -> NoReturn:
        raise NotImplementedError

    async def delivered(self, event: Event) -> NoReturn:
        raise NotImplementedError


WITHHELD = "[This message was withheld by the council's AI gateway. Record MBC-7F3K-Q2XD.]"


async def test_nothing_refused_changes_nothing() -> None:
    call = chat("one", "two", "three")
    assert await recall(call, TOOL, Remembering({})) is call


async def test_a_refused_part_is_replaced_and_the_edit_is_due() -> None:
    call = replace(chat("one", "two", "three"), edits={"/messages/1/content": "two, unstamped"})
    changed = await recall(call, TOOL, Remembering({"/messages/0/content": "MBC-7F3K-Q2XD"}))
    assert [part.text for part in changed.parts] == [WITHHELD, "two", "three"]
    assert changed.edits == {"/messages/1/content": "two, unstamped", "/messages/0/content": WITHHELD}
    assert changed.body is call.body
    assert [part.address for part in changed.parts] == [part.address for part in call.parts]


async def test_an_image_is_replaced_by_words_and_a_key_is_left_alone() -> None:
    image = Part("/messages/0/content/1/image_url/url", "user", "data:", kind="blob", turn=0, media="image/png")
    key = Part("/messages/0/x#key", "user", "x", kind="key", turn=0)
    call = replace(chat("one", "two", "three"), parts=(image, key))
    refused = dict.fromkeys((image.address, key.address, "/nowhere"), "MBC-7F3K-Q2XD")
    changed = await recall(call, TOOL, Remembering(refused))
    assert [part.kind for part in changed.parts] == ["text", "key"]
    assert changed.parts[0].media == ""
    assert "MBC-7F3K-Q2XD" in changed.parts[0].text
    assert changed.edits == {image.address: changed.parts[0].text}


async def test_a_ledger_that_can_t_be_asked_stops_the_call() -> None:
    with pytest.raises(Unavailable):
        await recall(chat("one"), TOOL, Remembering({}, Unavailable("store")))
