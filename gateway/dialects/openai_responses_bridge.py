"""OpenAI Responses to a provider that speaks chat completions, and back."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.dialects.bridge import CHAT, BridgedDecoder, arguments, cannot
from gateway.dialects.reply import fresh_id
from gateway.model.dialect import Decoder
from gateway.model.event import Head

_SAME: Final = (
    "model", "stream", "temperature", "top_p", "parallel_tool_calls", "user", "safety_identifier", "prompt_cache_key",
    "service_tier",
)  # fmt: skip
_LEFT_OUT: Final = frozenset(
    {"input", "instructions", "max_output_tokens", "tools", "tool_choice", "text", "reasoning", "store", "metadata",
     "include", "truncation", "stream_options", "top_logprobs", "prompt_cache_retention", "background",
     "previous_response_id", "conversation", "prompt", "max_tool_calls"}
)  # fmt: skip
"""Fields that are said in another way, only tune the answer, or are known to be empty here."""


class ResponsesBridge:
    """Says a Responses call as a chat completion."""

    to = CHAT

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The chat completion. Raises BadRequest for what it has no form for."""
        if any(key not in _SAME and key not in _LEFT_OUT for key in body):
            raise cannot("a field of this request that only OpenAI's own models know")
        said: dict[str, Any] = {key: body[key] for key in _SAME if body.get(key) is not None}
        said["messages"] = [*_system(body.get("instructions")), *_merged(_messages(body["input"]))]
        if body.get("stream"):
            said["stream_options"] = {"include_usage": True}
        if body.get("max_output_tokens") is not None:
            said["max_completion_tokens"] = body["max_output_tokens"]
        reasoning, text = body.get("reasoning"), body.get("text")
        if isinstance(reasoning, Mapping) and reasoning.get("effort"):
            said["reasoning_effort"] = reasoning["effort"]
        if isinstance(text, Mapping):
            said |= _form(text)
        if body.get("tools"):
            said["tools"] = [_tool(tool) for tool in body["tools"]]
            if body.get("tool_choice") is not None:
                said["tool_choice"] = _choice(body["tool_choice"])
        return said

    def decoder(self, inner: Decoder) -> Decoder:
        """A decoder over that of the chat completion."""
        return _Decoder(inner)


class _Decoder(BridgedDecoder):
    reasons: Mapping[str, str] = {
        "stop": "completed",
        "tool_calls": "completed",
        "function_call": "completed",
        "length": "max_output_tokens",
    }
    counts: Mapping[str, tuple[str, ...]] = {
        "input_tokens": ("prompt_tokens",),
        "output_tokens": ("completion_tokens",),
        "total_tokens": ("total_tokens",),
        "cached_tokens": ("prompt_tokens_details", "cached_tokens"),
        "reasoning_tokens": ("completion_tokens_details", "reasoning_tokens"),
    }

    def head(self, head: Head) -> Head:
        created = head.fields.get("created")
        fields = {"id": fresh_id("resp", "_"), "model": head.fields.get("model"), "created_at": created}
        return Head(fields, head.headers)


def _system(instructions: Any) -> Iterator[dict[str, Any]]:
    if isinstance(instructions, str) and instructions:
        yield {"role": "system", "content": instructions}


def _messages(given: Any) -> Iterator[dict[str, Any]]:
    if isinstance(given, str):
        yield {"role": "user", "content": given}
        return
    for item in given:
        if isinstance(item, str):
            yield {"role": "user", "content": item}
        elif not isinstance(item, Mapping):
            raise cannot("an item that is no object", "/input")
        elif item.get("type") not in ("reasoning", "compaction"):  # a model's own notes have no place there
            yield _message(item)


def _message(item: Mapping[str, Any]) -> dict[str, Any]:
    kind = item.get("type") or "message"
    if kind == "message":
        role = item.get("role")
        role = "system" if role in ("system", "developer") else role
        return {"role": role, "content": _content(item.get("content"), plain=role != "user")}
    if kind == "function_call":
        function = {"name": item.get("name"), "arguments": arguments(item.get("arguments") or "{}")}
        return _called(item, {"type": "function", "function": function})
    if kind == "custom_tool_call":
        return _called(item, {"type": "custom", "custom": {"name": item.get("name"), "input": item.get("input")}})
    if kind in ("function_call_output", "custom_tool_call_output"):
        content = _content(item.get("output"), plain=True)
        return {"role": "tool", "tool_call_id": item.get("call_id"), "content": content}
    raise cannot("an item of this kind", "/input")


def _called(item: Mapping[str, Any], call: Mapping[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [{"id": item.get("call_id"), **call}]}


def _merged(messages: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls of tools in the message of the assistant that they follow: one turn is one message there."""
    merged: list[dict[str, Any]] = []
    for message in messages:
        if message.get("tool_calls") and merged and merged[-1]["role"] == "assistant":
            calls = [*merged[-1].get("tool_calls", ()), *message["tool_calls"]]
            merged[-1] = {**merged[-1], "tool_calls": calls}
        else:
            merged.append(message)
    return merged


def _content(content: Any, *, plain: bool) -> Any:
    """Parts as chat completions have them; joined as one text where they take no other."""
    if not isinstance(content, list):
        return content
    parts = [_part(part) for part in content]
    if all(part["type"] == "text" for part in parts) and (plain or len(parts) == 1):
        return "".join(part["text"] for part in parts)
    if plain:
        raise cannot("an image or a file here", "/input")
    return parts


def _part(part: Any) -> dict[str, Any]:
    if not isinstance(part, Mapping):
        raise cannot("a part that is no object", "/input")
    kind = part.get("type")
    if kind in ("input_text", "output_text", "text"):
        return {"type": "text", "text": str(part.get("text") or "")}
    if kind == "refusal":
        return {"type": "text", "text": str(part.get("refusal") or "")}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        image = {"url": part["image_url"], **({"detail": part["detail"]} if part.get("detail") else {})}
        return {"type": "image_url", "image_url": image}
    if kind == "input_file" and isinstance(part.get("file_data"), str):
        name = {"filename": part["filename"]} if part.get("filename") else {}
        return {"type": "file", "file": {**name, "file_data": part["file_data"]}}
    if kind == "input_audio":
        return {"type": "input_audio", "input_audio": part.get("input_audio")}
    raise cannot("a part of this kind", "/input")


def _form(text: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if text.get("verbosity"):
        said["verbosity"] = text["verbosity"]
    form = text.get("format")
    if isinstance(form, Mapping) and form.get("type") == "json_schema":
        schema = {key: form[key] for key in ("name", "description", "schema", "strict") if form.get(key) is not None}
        said["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif isinstance(form, Mapping) and form.get("type") == "json_object":
        said["response_format"] = {"type": "json_object"}
    return said


def _tool(tool: Any) -> dict[str, Any]:
    kind = tool.get("type") if isinstance(tool, Mapping) else None
    if kind not in ("function", "custom"):
        raise cannot("a tool that only OpenAI's own models know", "/tools")
    return {"type": kind, kind: {key: value for key, value in tool.items() if key != "type" and value is not None}}


def _choice(choice: Any) -> Any:
    if not isinstance(choice, Mapping):
        return choice
    kind = choice.get("type")
    if kind == "allowed_tools":
        tools = [_named(tool) for tool in choice.get("tools") or ()]
        return {"type": kind, "allowed_tools": {"mode": choice.get("mode"), "tools": tools}}
    return _named(choice)


def _named(tool: Any) -> dict[str, Any]:
    kind = tool.get("type") if isinstance(tool, Mapping) else None
    if kind not in ("function", "custom"):
        raise cannot("a choice of a tool that only OpenAI's own models know", "/tool_choice")
    return {"type": kind, kind: {"name": tool.get("name")}}
