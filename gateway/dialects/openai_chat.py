"""OpenAI Chat Completions, the dialect most staff tools speak."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway.dialects import blocks, claims, explain, hosted, knobs, media, openai_error
from gateway.dialects.lens import Walker
from gateway.dialects.openai_chat_decoder import ChatDecoder
from gateway.dialects.openai_chat_encoder import ChatEncoder, collect
from gateway.dialects.openai_chat_shape import BODY, MESSAGE, ROLES
from gateway.model.call import Call
from gateway.model.errors import BadRequest, GatewayError, Refused
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started
from gateway.model.knob import Knobs
from gateway.model.part import Part, Role

MAX_MODEL: Final = 256
MAX_CHOICES: Final = 128
MAX_MESSAGES: Final = 20_000

_SETTINGS: Final = (
    "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty",
    "seed", "logprobs", "top_logprobs", "reasoning_effort", "verbosity", "service_tier", "store",
    "parallel_tool_calls",
)  # fmt: skip


_BLOCK: Final = re.compile(
    r"(/messages/\d+/content/\d+)(?:/image_url(?:/url)?|/input_audio/data|/file/file_(?:data|id))?"
)
_HANDLE: Final = re.compile(r"[^\W\d_]+(?:[_-][^\W\d_]+)+")


class OpenAIChat:
    """The lens over `POST /v1/chat/completions`."""

    name = "openai_chat"
    knobs: Knobs = knobs.CHAT
    bridge = None

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. `headers` have lower-case names. Raises BadRequest naming the field."""
        rest, claimed = claims.take(body, headers)
        model, messages, choices, stream = _checked(rest)
        walker = Walker()
        for key, value in rest.items():
            if key == "messages":
                _messages(messages, walker)
            else:
                walker.value({key: value}, BODY, "", "metadata")
        return Call(
            dialect=self.name,
            model=model,
            stream=stream,
            body=rest,
            parts=tuple(walker.parts),
            structured=_structured(rest),
            choices=choices,
            purpose=claimed.purpose,
            case_ref=claimed.case_ref,
            contest=claimed.contest,
            parameters=_parameters(rest, choices),
            hosted=hosted.features(rest),
            functions=hosted.functions(rest),
        )

    def write(self, body: Mapping[str, Any], edits: Mapping[str, str]) -> dict[str, Any]:
        """A new body with the leaves at the given addresses replaced. An image, a sound or a file that is replaced by
        words becomes a part of text."""

        def home(address: str) -> str | None:
            found = _BLOCK.fullmatch(address)
            return found[1] if found and isinstance(blocks.at(body, found[1]), dict) else None

        return blocks.write(body, edits, home, blocks.text_block)

    def repaint(self, body: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
        """A new body with the pictures at the given addresses replaced by those of data URLs."""
        return blocks.repaint(body, pictures)

    def decoder(self, call: Call) -> ChatDecoder:
        """A decoder for the reply to `call`."""
        return ChatDecoder(call)

    def encoder(self, call: Call) -> ChatEncoder:
        """An encoder for a streamed reply to `call`."""
        return ChatEncoder(call)

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body from guarded events."""
        return collect(call, events)

    def error(self, error: GatewayError) -> tuple[int, dict[str, Any]]:
        """Status and body of an error before the first byte."""
        return error.status, openai_error.body(error)

    def refusal(self, call: Call, error: Refused) -> list[Event]:
        """The refusal as an answer of the assistant, for chat windows that hide errors."""
        address = "/choices/0/message/content"
        fields: dict[str, Any] = {"model": call.model, **openai_error.opening("chatcmpl-refused")}
        return [
            Head(fields),
            Started(address, "text"),
            Delta(address, explain.answer(error)),
            Ended(address),
            ChoiceEnded(0, "content_filter"),
            Finished(),
        ]


def _checked(body: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]], int, bool]:
    """What the gateway itself relies on; the rest is the provider's to check."""
    model = body.get("model")
    if not isinstance(model, str) or not 0 < len(model) <= MAX_MODEL:
        raise BadRequest("'model' must name one of the models that GET /v1/models lists.", param="/model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest("'messages' must be a list with at least one message.", param="/messages")
    if len(messages) > MAX_MESSAGES:
        raise BadRequest(f"'messages' may hold {MAX_MESSAGES} messages at most.", param="/messages")
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise BadRequest("Each message must be an object with a role and content.", param=f"/messages/{index}")
    choices = body.get("n")
    if choices is None:
        choices = 1
    if isinstance(choices, bool) or not isinstance(choices, int) or not 1 <= choices <= MAX_CHOICES:
        raise BadRequest(f"'n' must be a whole number from 1 to {MAX_CHOICES}.", param="/n")
    stream = body.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise BadRequest("'stream' must be true or false.", param="/stream")
    modalities = body.get("modalities")
    if body.get("audio") or (isinstance(modalities, list) and any(item != "text" for item in modalities)):
        raise BadRequest(
            "This gateway answers in text only: speech can't be checked on its way back. Take 'modalities' and "
            "'audio' out.",
            param="/modalities",
            code="modality_not_offered",
        )
    return model, messages, choices, bool(stream)


def _messages(messages: list[dict[str, Any]], walker: Walker) -> None:
    for turn, message in enumerate(messages):
        name = message.get("role")
        role: Role = ROLES.get(name, "user") if isinstance(name, str) else "user"
        before = len(walker.parts)
        walker.value(message, MESSAGE, f"/messages/{turn}", role, turn)
        for index in range(before, len(walker.parts)):
            if walker.parts[index].address == f"/messages/{turn}/name":
                walker.parts[index] = _spaced(walker.parts[index])
        content = message.get("content")
        for index, part in enumerate(content if isinstance(content, list) else ()):
            found = media.of_part(part) if isinstance(part, dict) else ""
            if found:
                walker.blob(part, f"/messages/{turn}/content/{index}", role, turn, found)


def _spaced(part: Part) -> Part:
    """A speaker's name as it is read: the API allows no spaces in it, so that clients send `Jo_Smith`."""
    return replace(part, text=part.text.replace("_", " ")) if _HANDLE.fullmatch(part.text) else part


def _structured(body: Mapping[str, Any]) -> bool:
    """Whether the reply is for a machine, so that a visible note would break it."""
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") in ("json_object", "json_schema"):
        return True
    choice = body.get("tool_choice")
    if choice == "required" or isinstance(body.get("function_call"), dict):
        return True
    if not isinstance(choice, dict):
        return False
    allowed = choice.get("allowed_tools")
    return not isinstance(allowed, dict) or allowed.get("mode") == "required"


def _parameters(body: Mapping[str, Any], choices: int) -> dict[str, float | int | str | bool]:
    found: dict[str, float | int | str | bool] = {"n": choices}
    for name in _SETTINGS:
        value = body.get(name)
        if isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 40):
            found[name] = value
    for name, key in (("tools", "tools"), ("functions", "tools")):
        offered = body.get(name)
        if isinstance(offered, list):
            found[key] = int(found.get(key, 0)) + len(offered)
    return found
