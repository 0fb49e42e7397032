"""Ollama's API to a provider that speaks chat completions, and back. Ollama itself is such a provider."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.dialects import media
from gateway.dialects.bridge import CHAT, BridgedDecoder, arguments, cannot
from gateway.model.dialect import Decoder
from gateway.model.event import Head

_OPTIONS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "stop": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""Options that a chat completion has too; the others only tune how a local model runs, and are left out."""
_LEFT_OUT: Final = frozenset(
    {"model", "messages", "prompt", "system", "images", "stream", "options", "tools", "format", "think", "keep_alive",
     "logprobs", "top_logprobs", "metadata"}
)  # fmt: skip
"""Fields that are said in another way, or only tune the answer."""
_EFFORTS: Final = {"low": "low", "medium": "medium", "high": "high", "max": "high"}


class OllamaBridge:
    """Says a call of `/api/chat` or `/api/generate` as a chat completion."""

    to = CHAT

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The chat completion. Raises BadRequest for what it has no form for."""
        for key, value in body.items():
            if key not in _LEFT_OUT and value not in (None, False, "", [], {}):
                raise cannot(f"'{key}'" if key in ("suffix", "raw", "template") else "a field of this request")
        said: dict[str, Any] = {"model": body["model"], "messages": list(_messages(body))}
        if body.get("stream") is not False:
            said |= {"stream": True, "stream_options": {"include_usage": True}}
        options = body.get("options")
        if isinstance(options, Mapping):
            said |= {name: options[key] for key, name in _OPTIONS.items() if options.get(key) is not None}
            wanted = options.get("num_predict")
            if isinstance(wanted, int) and wanted > 0:
                said["max_completion_tokens"] = wanted
        if body.get("tools"):
            said["tools"] = [_tool(tool) for tool in body["tools"]]
        if isinstance(body.get("think"), str) and body["think"] in _EFFORTS:
            said["reasoning_effort"] = _EFFORTS[body["think"]]
        return {**said, **_form(body.get("format"))}

    def decoder(self, inner: Decoder) -> Decoder:
        """A decoder over that of the chat completion."""
        return OllamaDecoder(inner)


class OllamaDecoder(BridgedDecoder):
    """Reads a chat completion for a caller who speaks Ollama."""

    reasons: Mapping[str, str] = {"tool_calls": "stop", "function_call": "stop", "content_filter": "stop"}
    counts: Mapping[str, tuple[str, ...]] = {
        "prompt_eval_count": ("prompt_tokens",),
        "eval_count": ("completion_tokens",),
    }

    def head(self, head: Head) -> Head:
        """The caller's head."""
        return Head({name: head.fields.get(name) for name in ("model", "created")}, head.headers)


def _messages(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if body.get("system"):
        yield {"role": "system", "content": body["system"]}
    if "messages" not in body:
        yield {"role": "user", "content": _content(body.get("prompt"), body.get("images"))}
        return
    waiting: list[tuple[str, str]] = []
    """The calls of functions that have no result yet: name and id."""
    for turn, message in enumerate(body["messages"]):
        if message.get("role") == "tool":
            yield {"role": "tool", "tool_call_id": _answered(message, waiting), "content": message.get("content") or ""}
            continue
        said = {"role": message.get("role"), "content": _content(message.get("content"), message.get("images"))}
        calls = [
            _call(call, f"call_{turn:04d}{index:04d}") for index, call in enumerate(message.get("tool_calls") or ())
        ]
        waiting += [(call["function"]["name"], call["id"]) for call in calls]
        yield {**said, "tool_calls": calls} if calls else said


def _content(text: Any, images: Any) -> Any:
    """A text, or a text with its pictures."""
    if not images:
        return text or ""
    if not isinstance(images, list):
        raise cannot("pictures that are no list")
    parts = [{"type": "text", "text": text}] if text else []
    return [*parts, *map(_picture, images)]


def _picture(image: Any) -> dict[str, Any]:
    """A picture, or the words that stand in its place."""
    if isinstance(image, Mapping) and image.get("type") == "text":
        return {"type": "text", "text": str(image.get("text") or "")}
    kind = media.signature(image) if isinstance(image, str) else ""
    if not kind.startswith("image/"):
        raise cannot("a picture of this kind")
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{image}"}}


def _call(call: Any, fallback: str) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping):
        raise cannot("a call of a function without its name", "/messages")
    said = {"name": function.get("name"), "arguments": arguments(function.get("arguments") or {})}
    return {"id": call.get("id") or fallback, "type": "function", "function": said}


def _answered(message: Mapping[str, Any], waiting: list[tuple[str, str]]) -> str:
    """The id of the call that a result answers: as it says, else the first one of its name, else the first."""
    wanted, name = message.get("tool_call_id"), message.get("tool_name") or message.get("name")
    for of_name in (True, False):
        for each in waiting:
            if wanted == each[1] or (wanted is None and (each[0] == name or not (of_name and name))):
                waiting.remove(each)
                return each[1]
    raise cannot("a function's result without its call", "/messages")


def _tool(tool: Any) -> dict[str, Any]:
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if not isinstance(function, Mapping) or tool.get("type", "function") != "function":
        raise cannot("a tool that is no function", "/tools")
    return {"type": "function", "function": {key: value for key, value in function.items() if value is not None}}


def _form(form: Any) -> dict[str, Any]:
    if form == "json":
        return {"response_format": {"type": "json_object"}}
    if isinstance(form, Mapping) and form:
        return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": form}}}
    return {}
