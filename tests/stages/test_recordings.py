"""Recordings in the stage that reads files."""

import base64
from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.documents.document import Document, Unreadable
from gateway.model.call import Call
from gateway.model.caller import Tool
from gateway.model.part import Part
from gateway.stages.documents import Documents
from tests.support.stages import TOOL

SOUND = base64.b64encode(b"RIFF and so on").decode()


class Deaf:
    """A reader that says of everything that it is a recording."""

    async def read(self, data: bytes, media: str, name: str = "") -> Document:
        raise Unreadable("audio")

    async def cover(self, data: bytes, boxes: Sequence[tuple[int, int, int, int]]) -> bytes:
        raise NotImplementedError


class Ear:
    def __init__(self) -> None:
        self.heard = 0

    async def hear(self, data: bytes, media: str) -> Document:
        self.heard += 1
        return Document("The bins are late.", "sound recording", 1, ("heard_by_machine",))


def call(*, as_words: bool = True) -> Call:
    part = Part("/sound", "user", SOUND, "blob", media="audio")
    return Call("plain", "m", False, {"sound": SOUND}, (part,), as_words=as_words)


def tool(recordings: str) -> Tool:
    return replace(TOOL, files="text", pictures="text", recordings=recordings)  # type: ignore[arg-type]


async def test_what_one_tool_takes_another_may_not() -> None:
    """What was heard is remembered, but not for a tool that takes no recordings."""
    ear = Ear()
    documents = Documents(Deaf(), ear)
    (words,) = (await documents.read(call(), tool("text"))).parts
    assert (words.kind, words.text) == ("text", "[Text of an attached file: sound recording]\nThe bins are late.")
    (refused,) = (await documents.read(call(), tool("refuse"))).parts
    assert (refused.kind, refused.why) == ("blob", "This tool does not take recordings.")
    whole = await documents.read(call(as_words=False), tool("heard"))
    assert whole.heard == {"/sound": SOUND}
    assert (whole.parts[0].kind, whole.parts[0].text, whole.edits) == ("text", "The bins are late.", {})
    assert ear.heard == 1


@pytest.mark.parametrize("recordings", ["text", "heard", "refuse"])
async def test_without_a_recogniser_nothing_is_heard(recordings: str) -> None:
    (part,) = (await Documents(Deaf()).read(call(), tool(recordings))).parts
    assert part.kind == "blob"
    assert "can't be checked" in part.why


async def test_its_text_is_not_sent_where_the_call_is_about_it() -> None:
    (part,) = (await Documents(Deaf(), Ear()).read(call(as_words=False), tool("text"))).parts
    assert part.kind == "blob"
    assert "about the file itself" in part.why
