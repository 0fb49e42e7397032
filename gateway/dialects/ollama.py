"""Ollama's API, which local tools and editors speak: `/api/chat` and `/api/generate`.

A call is always said to the provider as a chat completion (Ollama takes those as well), so that this is a lens over
the request and a way of writing replies. A stream is lines of JSON, and is what a caller gets who doesn't say.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from gateway.dialects import asked, blocks, claims, explain, hosted, knobs, lens, ollama_reply
from gateway.dialects.base import Lens
from gateway.dialects.lens import Shape, Walker
from gateway.dialects.ollama_bridge import OllamaBridge, OllamaDecoder
from gateway.dialects.ollama_reply import OllamaEncoder
from gateway.dialects.ollama_shape import CHAT_BODY, GENERATE_BODY, MESSAGE, ROLES
from gateway.dialects.openai_chat_decoder import ChatDecoder
from gateway.dialects.reply import broken
from gateway.model.call import Call
from gateway.model.dialect import Bridge, Decoder
from gateway.model.errors import BadRequest, GatewayError, Refused
from gateway.model.event import Event
from gateway.model.knob import Knobs
from gateway.model.part import Role

_LATEST: Final = ":latest"
"""What Ollama's clients put behind the name of a model that has no other tag."""
_SETTINGS: Final = ("temperature", "top_p", "top_k", "num_predict", "seed", "presence_penalty", "frequency_penalty")
_PICTURE: Final = re.compile(r"(?:/messages/\d+)?/images/\d+")
_HEAD: Final = "/choices/0/message/content"


class OllamaChat(Lens):
    """The lens over `POST /api/chat`."""

    name = "ollama_chat"
    knobs: Knobs = knobs.OLLAMA
    stream_type = "application/x-ndjson"
    body: Shape = CHAT_BODY
    flat = False

    def __init__(self) -> None:
        self.bridge: Bridge | None = OllamaBridge()

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. `headers` have lower-case names. Raises BadRequest naming the field."""
        rest, claimed = claims.take(body, headers)
        model = asked.model_of(rest)
        self.check(rest)
        walker = Walker()
        self.walk(rest, walker)
        form, options = rest.get("format"), rest.get("options")
        settings = asked.settings(options, _SETTINGS) if isinstance(options, Mapping) else {}
        tools = rest.get("tools")
        return Call(
            dialect=self.name,
            model=model.removesuffix(_LATEST),
            stream=rest.get("stream") is None or asked.flag(rest, "stream"),
            body=rest,
            parts=tuple(walker.parts),
            structured=form not in (None, ""),
            purpose=claimed.purpose,
            case_ref=claimed.case_ref,
            contest=claimed.contest,
            parameters={"n": 1, **settings, **({"tools": len(tools)} if isinstance(tools, list) else {})},
            hosted=hosted.features(rest),
            functions=hosted.functions(rest),
        )

    def check(self, body: Mapping[str, Any]) -> None:
        """What the gateway itself relies on. Raises BadRequest."""
        asked.messages_of(body)

    def walk(self, body: Mapping[str, Any], walker: Walker) -> None:
        """Collect the parts."""
        for key, value in body.items():
            if key != "messages":
                walker.value({key: value}, self.body, "", "metadata")
                continue
            for turn, message in enumerate(value):
                name = message.get("role")
                role: Role = ROLES.get(name, "user") if isinstance(name, str) else "user"
                walker.value(message, MESSAGE, f"/messages/{turn}", role, turn)

    def home(self, body: Mapping[str, Any], address: str) -> str | None:
        """The picture itself: it is a bare text in its list."""
        return address if _PICTURE.fullmatch(address) and isinstance(blocks.at(body, address), str) else None

    def repaint(self, body: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
        """A new body with the pictures at the given addresses replaced by those of data URLs, as bare base64."""
        return lens.write(body, {address: url.partition(",")[2] for address, url in pictures.items()})

    def decoder(self, call: Call) -> Decoder:
        """A decoder for a reply in this dialect."""
        return OllamaDecoder(_AsChat(ChatDecoder(call), flat=self.flat))

    def encoder(self, call: Call) -> OllamaEncoder:
        """An encoder for a streamed reply to `call`."""
        return OllamaEncoder(call, flat=self.flat)

    def silence(self, call: Call) -> bytes:
        """What may be sent while a stream has nothing to say."""
        return self.encoder(call).silence()

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body from guarded events."""
        return ollama_reply.collect(call, events, flat=self.flat)

    def error(self, error: GatewayError) -> tuple[int, dict[str, Any]]:
        """Status and body of an error before the first byte."""
        return error.status, ollama_reply.error_body(error)

    def refusal(self, call: Call, error: Refused) -> list[Event]:
        """The refusal as an answer of the assistant, for chat windows that hide errors."""
        return explain.message({"model": call.model}, _HEAD, "stop", error)


class OllamaGenerate(OllamaChat):
    """The lens over `POST /api/generate`."""

    name = "ollama_generate"
    body = GENERATE_BODY
    flat = True

    def check(self, body: Mapping[str, Any]) -> None:
        """A prompt in words: the numbers of tokens in `context` can't be inspected. Raises BadRequest."""
        if not isinstance(body.get("prompt"), str):
            raise BadRequest("'prompt' must be a text.", param="/prompt")
        if body.get("context"):
            raise BadRequest(
                "'context' holds token numbers, which can't be inspected here: use /api/chat, and send the earlier "
                "messages themselves.",
                param="/context",
                code="tokens_not_readable",
            )

    def walk(self, body: Mapping[str, Any], walker: Walker) -> None:
        """Collect the parts."""
        for key, value in body.items():
            spoken = key in ("prompt", "suffix", "images")
            walker.value({key: value}, self.body, "", "metadata", 0 if spoken else -1)


class _AsChat:
    """Reads a reply in Ollama's form as a chat completion that says the same."""

    def __init__(self, inner: ChatDecoder, *, flat: bool) -> None:
        self._inner, self._flat = inner, flat
        self._calls = 0

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply. Raises UpstreamFailed."""
        return self._inner.whole(self._chat(body, "message"))

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """One line of a stream. Raises UpstreamFailed."""
        return self._inner.chunk(self._chat(data, "delta"))

    def end(self) -> list[Event]:
        """The stream has closed properly."""
        return self._inner.end()

    def _chat(self, body: Mapping[str, Any], part: str) -> dict[str, Any]:
        if not isinstance(body, Mapping):
            raise broken("not an object")
        if body.get("error"):
            return {"error": body["error"]}
        flat = {"content": body.get("response"), "thinking": body.get("thinking")}
        message = flat if self._flat else body.get("message")
        if not isinstance(message, Mapping):
            raise broken("a message")
        said = {key: message[key] for key in ("content", "thinking") if message.get(key)}
        ended = (body.get("done_reason") or "stop") if body.get("done") else None
        choice = {"index": 0, part: {**said, **self._called(message)}, "finish_reason": ended}
        counts = {"prompt_tokens": body.get("prompt_eval_count"), "completion_tokens": body.get("eval_count")}
        usage = {name: count for name, count in counts.items() if count is not None}
        whole = {"model": body.get("model"), "created": _seconds(body.get("created_at")), "choices": [choice]}
        return {**whole, "usage": usage} if usage else whole

    def _called(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The calls of functions, numbered: Ollama gives each whole, and not always an id."""
        calls = message.get("tool_calls") or []
        if not isinstance(calls, list) or not all(isinstance(call, Mapping) for call in calls):
            raise broken("tool_calls")
        first, self._calls = self._calls, self._calls + len(calls)
        numbered = [
            {**call, "type": "function", "index": index, "id": call.get("id") or f"call_{index}"}
            for index, call in enumerate(calls, first)
        ]
        return {"tool_calls": numbered} if numbered else {}


def _seconds(value: Any) -> int:
    """A time as seconds since 1970, 0 where it is none."""
    try:
        return int(datetime.fromisoformat(value).timestamp()) if isinstance(value, str) else 0
    except (ValueError, OverflowError):
        return 0
