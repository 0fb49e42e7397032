"""Anthropic Messages, which Claude's SDKs and coding tools speak."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.dialects import anthropic_error, asked, claims, explain, hosted, knobs, media
from gateway.dialects.anthropic_bridge import AnthropicBridge
from gateway.dialects.anthropic_decoder import AnthropicDecoder
from gateway.dialects.anthropic_encoder import AnthropicEncoder, collect
from gateway.dialects.anthropic_shape import (
    BLOCK,
    BLOCK_ROLES,
    BODY,
    MESSAGE,
    ROLES,
    SYSTEM_BLOCK,
    unread_source,
)
from gateway.dialects.base import Lens
from gateway.dialects.lens import Shape, Walker
from gateway.dialects.reply import fresh_id
from gateway.model.call import Call
from gateway.model.dialect import Bridge, Decoder
from gateway.model.errors import BadRequest, GatewayError, Refused
from gateway.model.event import Event
from gateway.model.knob import Knobs
from gateway.model.part import Role

_SETTINGS: Final = ("temperature", "top_p", "top_k", "max_tokens", "service_tier")
_BLOCK: Final = re.compile(
    r"((?:/messages/\d+/content|/system)/\d+(?:/(?:source/)?content/\d+){0,2})(?:/source/(?:data|url|file_id))?"
)


class AnthropicMessages(Lens):
    """The lens over `POST /v1/messages`."""

    name = "anthropic_messages"
    knobs: Knobs = knobs.ANTHROPIC
    unread = (_BLOCK,)

    def __init__(self) -> None:
        self.bridge: Bridge | None = AnthropicBridge()

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. `headers` have lower-case names. Raises BadRequest naming the field."""
        rest, claimed = claims.take(body, headers)
        model, messages, stream = asked.model_of(rest), asked.messages_of(rest), asked.flag(rest, "stream")
        _stays(rest)
        walker = Walker()
        for key, value in rest.items():
            if key == "messages":
                _messages(messages, walker)
            elif key == "system" and isinstance(value, list):
                _blocks(value, SYSTEM_BLOCK, "/system", "system", -1, walker)
            else:
                walker.value({key: value}, BODY, "", "metadata")
        return Call(
            dialect=self.name,
            model=model,
            stream=stream,
            body=rest,
            parts=tuple(walker.parts),
            structured=_structured(rest),
            purpose=claimed.purpose,
            case_ref=claimed.case_ref,
            contest=claimed.contest,
            parameters=_parameters(rest),
            hosted=hosted.features(rest),
            functions=hosted.functions(rest),
        )

    def decoder(self, call: Call) -> Decoder:
        """A decoder for the reply to `call`."""
        return AnthropicDecoder(call)

    def encoder(self, call: Call) -> AnthropicEncoder:
        """An encoder for a streamed reply to `call`."""
        return AnthropicEncoder(call)

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body from guarded events."""
        return collect(call, events)

    def error(self, error: GatewayError) -> tuple[int, dict[str, Any]]:
        """Status and body of an error before the first byte."""
        return error.status, anthropic_error.body(error)

    def refusal(self, call: Call, error: Refused) -> list[Event]:
        """The refusal as an answer of the assistant, for chat windows that hide errors."""
        head = {"id": fresh_id("msg_refused", "_"), "model": call.model}
        return explain.message(head, "/content/0/text", "refusal", error)


def _stays(body: Mapping[str, Any]) -> None:
    """See that the call doesn't choose where it is worked on: the register does. Raises BadRequest."""
    if body.get("inference_geo") is not None:
        raise BadRequest(
            "Where a model works is settled by the council's assessment of it: leave 'inference_geo' out.",
            param="/inference_geo",
            code="region_not_offered",
        )


def _messages(messages: list[dict[str, Any]], walker: Walker) -> None:
    for turn, message in enumerate(messages):
        name = message.get("role")
        role: Role = ROLES.get(name, "user") if isinstance(name, str) else "user"
        for key, value in message.items():
            if key == "content" and isinstance(value, list):
                _blocks(value, BLOCK, f"/messages/{turn}/content", role, turn, walker)
            else:
                walker.value({key: value}, MESSAGE, f"/messages/{turn}", role, turn)


def _blocks(content: list[Any], shape: Shape, address: str, role: Role, turn: int, walker: Walker) -> None:
    for index, block in enumerate(content):
        if isinstance(block, dict):
            _block(block, shape, f"{address}/{index}", role, turn, walker)
        else:
            walker.value(block, shape, f"{address}/{index}", role, turn)


def _block(block: dict[str, Any], shape: Shape, address: str, role: Role, turn: int, walker: Walker) -> None:
    """One content block, and the blocks in it: those of a tool's result, or of a document made of text."""
    kind = block.get("type")
    role = BLOCK_ROLES.get(kind, role) if isinstance(kind, str) else role
    unread = unread_source(block)
    before = len(walker.parts)
    for key, value in block.items():
        inner = shape.fields.get(key)
        if key == "content" and isinstance(value, list) and inner is not None and inner.each is not None:
            _blocks(value, inner.each, f"{address}/content", role, turn, walker)
        elif key == "source" and inner is not None and isinstance(value, dict):
            _source(value, unread or inner, f"{address}/source", role, turn, walker)
        else:
            walker.value({key: value}, shape, address, role, turn)
    if not any(part.kind == "blob" for part in walker.parts[before:]):
        found = _unread(block)
        if found:
            walker.blob(block, address, role, turn, found)


def _source(source: dict[str, Any], shape: Shape, address: str, role: Role, turn: int, walker: Walker) -> None:
    for key, value in source.items():
        inner = shape.fields.get(key)
        if key == "content" and isinstance(value, list) and inner is not None and inner.each is not None:
            _blocks(value, inner.each, f"{address}/content", role, turn, walker)
        else:
            walker.value({key: value}, shape, address, role, turn)


def _unread(block: Mapping[str, Any]) -> str:
    """The media of a block that the table gives no unreadable leaf of, empty where it is words alone."""
    kind = block.get("type")
    if kind == "container_upload" or _fetched(block):
        return "file"
    if isinstance(kind, str) and (kind in ("text", "thinking", "redacted_thinking") or kind in BLOCK_ROLES):
        return ""
    if isinstance(block.get("source"), dict) and kind in ("image", "document"):
        return ""
    return media.of_part(block)


def _fetched(block: Mapping[str, Any]) -> bool:
    """Whether a block holds, as its content or that one's, a block whose source can't be read (a fetched page)."""
    inner = block.get("content")
    while isinstance(inner, dict):
        if unread_source(inner) is not None:
            return True
        inner = inner.get("content")
    return False


def _structured(body: Mapping[str, Any]) -> bool:
    """Whether the reply is for a machine, so that a visible note would break it."""
    config = body.get("output_config")
    if body.get("output_format") is not None or (isinstance(config, dict) and config.get("format") is not None):
        return True
    choice = body.get("tool_choice")
    return isinstance(choice, dict) and choice.get("type") in ("any", "tool")


def _parameters(body: Mapping[str, Any]) -> dict[str, asked.Setting]:
    found: dict[str, asked.Setting] = {"n": 1, **asked.settings(body, _SETTINGS)}
    tools = body.get("tools")
    if isinstance(tools, list):
        found["tools"] = len(tools)
    return found
