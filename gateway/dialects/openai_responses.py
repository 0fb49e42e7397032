"""OpenAI Responses: items in, items out.

What the provider would keep for later (`previous_response_id`, `conversation`, stored prompts, background runs) is
refused: the gateway sees and records whole conversations, so the earlier turns come with each call.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.dialects import asked, blocks, claims, explain, hosted, knobs, media
from gateway.dialects.base import Lens
from gateway.dialects.lens import Walker
from gateway.dialects.openai_responses_bridge import ResponsesBridge
from gateway.dialects.openai_responses_decoder import ResponsesDecoder
from gateway.dialects.openai_responses_encoder import ResponsesEncoder, collect
from gateway.dialects.openai_responses_shape import BODY, ITEM, KINDS, ROLES
from gateway.dialects.reply import fresh_id
from gateway.model.call import Call
from gateway.model.dialect import Bridge
from gateway.model.errors import BadRequest, Refused
from gateway.model.event import Event
from gateway.model.knob import Knobs
from gateway.model.part import Role

MAX_ITEMS: Final = 20_000

_SETTINGS: Final = (
    "temperature", "top_p", "max_output_tokens", "max_tool_calls", "top_logprobs", "parallel_tool_calls",
    "service_tier", "store", "truncation",
)  # fmt: skip
_KEPT: Final = {
    "previous_response_id": "This gateway doesn't let the provider keep conversations: send the earlier turns in "
    "'input' instead of 'previous_response_id'.",
    "conversation": "This gateway doesn't let the provider keep conversations: send the earlier turns in 'input'.",
    "prompt": "A prompt that is stored with the provider can't be checked here: send its words as 'instructions'.",
    "background": "A call that runs on in the background can't be recorded here: leave 'background' out.",
}
"""Fields that stand for content which isn't in the call, and what to do instead."""
_BLOCK: Final = re.compile(
    r"(/input/\d+/(?:content|outputs?|summary)/\d+)"
    r"(?:/image_url(?:/url)?|/file_(?:data|url|id)|/input_audio/data)?"
)
_ITEM: Final = re.compile(r"(/input/\d+)/(?:result|output)")


class OpenAIResponses(Lens):
    """The lens over `POST /v1/responses`."""

    name = "openai_responses"
    knobs: Knobs = knobs.RESPONSES
    unread = (_BLOCK, _ITEM)

    def __init__(self) -> None:
        self.bridge: Bridge | None = ResponsesBridge()

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. Raises BadRequest naming the field."""
        rest, claimed = claims.take(body, headers)
        _check(rest)
        walker = Walker()
        for key, value in rest.items():
            if key == "input" and isinstance(value, list):
                for turn, item in enumerate(value):
                    _item(item, f"/input/{turn}", turn, walker)
            elif key == "input":
                walker.value({key: value}, BODY, "", "user", 0)
            else:
                walker.value({key: value}, BODY, "", "metadata")
        return Call(
            dialect=self.name,
            model=asked.model_of(rest),
            stream=asked.flag(rest, "stream"),
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

    def decoder(self, call: Call) -> ResponsesDecoder:
        """A decoder for the reply to `call`."""
        return ResponsesDecoder(call)

    def encoder(self, call: Call) -> ResponsesEncoder:
        """An encoder for a streamed reply to `call`."""
        return ResponsesEncoder(call)

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body from guarded events."""
        return collect(call, events)

    def refusal(self, call: Call, error: Refused) -> list[Event]:
        """The refusal as an answer of the assistant, for chat windows that hide errors."""
        head = {"id": fresh_id("resp_refused", "_"), "model": call.model}
        return explain.message(head, "/output/0/content/0/text", "content_filter", error)

    def home(self, body: Mapping[str, Any], address: str) -> str | None:
        """The part, or the item, that holds what can't be read. A function's result that is a text is replaced as it
        stands, so that its item stays the answer to its call."""
        if address.endswith("/output") and not isinstance(blocks.at(body, address), dict):
            return None
        return super().home(body, address)

    def words(self, place: str, words: str) -> dict[str, Any]:
        """A part of text; in place of a whole item a message."""
        if place.count("/") == 2:
            return {"type": "message", "role": "user", "content": words}
        return {"type": "input_text", "text": words}


def _check(body: Mapping[str, Any]) -> None:
    """What the gateway itself relies on; the rest is the provider's to check."""
    given = body.get("input")
    if not isinstance(given, str | list) or given == []:
        raise BadRequest("'input' must be a text or a list with at least one item.", param="/input")
    if len(given) > MAX_ITEMS and isinstance(given, list):
        raise BadRequest(f"'input' may hold {MAX_ITEMS} items at most.", param="/input")
    for name, message in _KEPT.items():
        if body.get(name) not in (None, False):
            raise BadRequest(message, param=f"/{name}", code="kept_by_provider")
    for index, item in enumerate(given if isinstance(given, list) else ()):
        if isinstance(item, dict) and item.get("type") == "item_reference":
            raise BadRequest(
                "An item that is only referred to can't be checked here: send the item itself.",
                param=f"/input/{index}",
                code="kept_by_provider",
            )


def _item(item: Any, address: str, turn: int, walker: Walker) -> None:
    role = _role(item)
    walker.value(item, ITEM, address, role, turn)
    if not isinstance(item, dict):
        return
    if isinstance(item.get("output"), dict) and (found := _unread(item["output"])):
        walker.blob(item["output"], f"{address}/output", role, turn, found)
    for name in ("content", "output", "outputs", "summary"):
        parts = item.get(name)
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            found = _unread(part) if isinstance(part, dict) else ""
            if found:
                walker.blob(part, f"{address}/{name}/{index}", role, turn, found)


def _role(item: Any) -> Role:
    if not isinstance(item, dict):
        return "user"
    kind, speaker = item.get("type"), item.get("role")
    if isinstance(speaker, str):
        return ROLES.get(speaker, "user")
    return KINDS.get(kind, "user") if isinstance(kind, str) else "user"


_TABLED: Final = frozenset({"input_image", "input_file", "input_audio"})
_READ: Final = frozenset({"input_text", "output_text", "refusal", "summary_text", "reasoning_text"})


def _unread(part: Mapping[str, Any]) -> str:
    """The media of a part that the table gives no unreadable leaf of, empty where it is words alone."""
    kind = part.get("type")
    if isinstance(kind, str) and (kind in _TABLED or kind in _READ):
        return ""
    return media.of_part(part)


def _structured(body: Mapping[str, Any]) -> bool:
    """Whether the reply is for a machine, so that a visible note would break it."""
    text = body.get("text")
    form = text.get("format") if isinstance(text, dict) else None
    if isinstance(form, dict) and form.get("type") in ("json_object", "json_schema"):
        return True
    choice = body.get("tool_choice")
    if choice == "required":
        return True
    return isinstance(choice, dict) and (choice.get("type") != "allowed_tools" or choice.get("mode") == "required")


def _parameters(body: Mapping[str, Any]) -> dict[str, asked.Setting]:
    found: dict[str, asked.Setting] = {"n": 1, **asked.settings(body, _SETTINGS)}
    reasoning = body.get("reasoning")
    if isinstance(reasoning, dict) and isinstance(reasoning.get("effort"), str):
        found["reasoning_effort"] = reasoning["effort"][:40]
    tools = body.get("tools")
    if isinstance(tools, list):
        found["tools"] = len(tools)
    return found
