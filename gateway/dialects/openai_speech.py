"""OpenAI's Speech: a text in, a voice that reads it out.

See https://platform.openai.com/docs/api-reference/audio/createSpeech. A pseudonym that has been spoken can't be
replaced again, so what policy would pseudonymise is masked here.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.dialects import openai_media, sounds
from gateway.dialects.base import WholeDecoder
from gateway.dialects.lens import Check, Shape, one_of, shape
from gateway.dialects.openai_media import FLAG, Media, numeric
from gateway.dialects.reply import broken
from gateway.model.call import Call
from gateway.model.errors import BadRequest
from gateway.model.event import Event, Finished, Head

VOICES: Final[Check] = one_of(
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin", "cedar"
)
STRUCTURAL: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/voice": VOICES,
    "/response_format": one_of(*sounds.TYPES),
    "/speed": numeric(0.25, 4),
    "/stream_format": one_of("audio"),
    "/stream": FLAG,
}
BODY: Final[Shape] = shape(
    structural=STRUCTURAL,
    roles={"/input": "user", "/instructions": "system"},
    prose=("/input", "/instructions"),
    known=("/voice/id", "/metadata"),
)


_SOUND: Final = "/data"


class OpenAISpeech(Media):
    """The lens over `POST /v1/audio/speech`."""

    name = "openai_speech"
    body = BODY
    said = frozenset({"input", "instructions"})
    settings = ("voice", "response_format", "speed")
    restorable = False

    def check(self, body: Mapping[str, Any]) -> None:
        """A text, and a format that can be checked."""
        openai_media.text(body, "input")
        openai_media.text(body, "instructions", optional=True)
        openai_media.files(body)
        if body.get("stream_format") not in (None, "audio"):
            raise BadRequest(
                "Speech comes whole here: leave 'stream_format' out.", param="/stream_format", code="not_streamed"
            )
        if _form(body) not in sounds.TYPES:
            raise BadRequest(f"'response_format' must be one of {', '.join(sounds.TYPES)}.", param="/response_format")

    def decoder(self, call: Call) -> "SpeechDecoder":
        """A decoder for the reply to `call`."""
        return SpeechDecoder(_form(call.body))

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply: the sound in base64, marked, and its media type. Raises ValueError where the events don't
        end in `Finished`."""
        head, texts, _ = openai_media.whole(events)
        body = {**head.fields, "data": texts[_SOUND]}
        if head.note:
            marked = sounds.marked(base64.b64decode(body["data"]), _form(call.body), head.note, head.ref)
            body["data"] = base64.b64encode(marked).decode("ascii")
        return body

    def payload(self, body: Mapping[str, Any]) -> tuple[bytes, str] | None:
        """The sound itself."""
        return base64.b64decode(body["data"]), body["content_type"]


def _form(body: Mapping[str, Any]) -> str:
    form = body.get("response_format")
    return "mp3" if form is None else str(form)


class SpeechDecoder(WholeDecoder):
    """Reads one reply in the format called `form`."""

    def __init__(self, form: str) -> None:
        self._form = form

    def read(self, body: Mapping[str, Any]) -> list[Event]:
        """The sound. Raises UpstreamFailed where it is not of that format."""
        data = body.get("data")
        try:
            sound = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
        except (binascii.Error, ValueError):
            sound = b""
        if not sounds.is_form(sound, self._form):
            raise broken("sound")
        media = sounds.TYPES[self._form]
        return [Head({"content_type": media}), *openai_media.run(_SOUND, "file", str(data), media), Finished()]
