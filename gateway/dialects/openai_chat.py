"""OpenAI Chat Completions, the dialect most staff tools speak."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway.dialects import asked, claims, explain, hosted, knobs, media, openai_error
from gateway.dialects.base import Lens
from gateway.dialects.lens import Walker
from gateway.dialects.openai_chat_decoder import ChatDecoder
from gateway.dialects.openai_chat_encoder import ChatEncoder, collect
from gateway.dialects.openai_chat_shape import BODY, MESSAGE, ROLES
from gateway.model.call import Call
from gateway.model.errors import BadRequest, Refused
from gateway.model.event import Event
from gateway.model.knob import Knobs
from gateway.model.part import Part, Role

MAX_CHOICES: Final = 128

_SETTINGS: Final = (
    "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty",
    "seed", "logprobs", "top_logprobs", "reasoning_effort", "verbosity", "service_tier", "store",
    "parallel_tool_calls",
)  # fmt: skip


_BLOCK: Final = re.compile(
    r"(/messages/\d+/content/\d+)(?:/image_url(?:/url)?|/input_audio/data|/file/file_(?:data|id))?"
)
_HANDLE: Final = re.compile(r"[^\W\d_]+(?:[_-][^\W\d_]+)+")


class OpenAIChat(Lens):
    """The lens over `POST /v1/chat/completions`."""

    name = "openai_chat"
    knobs: Knobs = knobs.CHAT
    bridge = None
    unread = (_BLOCK,)

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. `headers` have lower-case names. Raises BadRequest naming the field."""
        rest, claimed = claims.take(body, headers)
        model, messages = asked.model_of(rest), asked.messages_of(rest)
        choices, stream = asked.count(rest, "n", MAX_CHOICES), asked.flag(rest, "stream")
        _text_only(rest)
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

    def decoder(self, call: Call) -> ChatDecoder:
        """A decoder for the reply to `call`."""
        return ChatDecoder(call)

    def encoder(self, call: Call) -> ChatEncoder:
        """An encoder for a streamed reply to `call`."""
        return ChatEncoder(call)

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body from guarded events."""
        return collect(call, events)

    def refusal(self, call: Call, error: Refused) -> list[Event]:
        """The refusal as an answer of the assistant, for chat windows that hide errors."""
        head = {"model": call.model, **openai_error.opening("chatcmpl-refused")}
        return explain.message(head, "/choices/0/message/content", "content_filter", error)


def _text_only(body: Mapping[str, Any]) -> None:
    """See that the answer is asked for in text. Raises BadRequest."""
    modalities = body.get("modalities")
    if body.get("audio") or (isinstance(modalities, list) and any(item != "text" for item in modalities)):
        raise BadRequest(
            "This gateway answers in text only: speech can't be checked on its way back. Take 'modalities' and "
            "'audio' out.",
            param="/modalities",
            code="modality_not_offered",
        )


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


def _parameters(body: Mapping[str, Any], choices: int) -> dict[str, asked.Setting]:
    found: dict[str, asked.Setting] = {"n": choices, **asked.settings(body, _SETTINGS)}
    for name, key in (("tools", "tools"), ("functions", "tools")):
        offered = body.get(name)
        if isinstance(offered, list):
            found[key] = int(found.get(key, 0)) + len(offered)
    return found
