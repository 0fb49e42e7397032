"""Anthropic Messages to a provider that speaks chat completions (OpenAI, Azure, vLLM, Ollama), and back."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.dialects.bridge import CHAT, BridgedDecoder, arguments, cannot
from gateway.dialects.reply import fresh_id
from gateway.model.dialect import Decoder
from gateway.model.event import Head

_SAME: Final = ("model", "stream", "temperature", "top_p")
_LEFT_OUT: Final = frozenset(
    {"system", "messages", "metadata", "stop_sequences", "tools", "tool_choice", "top_k", "thinking", "cache_control",
     "output_config", "output_format", "service_tier", "max_tokens"}
)  # fmt: skip
"""Fields that are said in another way, or only tune the answer."""
_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none"}


class AnthropicBridge:
    """Says a Messages call as a chat completion."""

    to = CHAT

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The chat completion. Raises BadRequest for what it has no form for."""
        unknown = next((key for key in body if key not in _SAME and key not in _LEFT_OUT), None)
        if unknown is not None:
            raise cannot("a field of this request that only Anthropic's own models know")
        said: dict[str, Any] = {key: body[key] for key in _SAME if key in body}
        said["messages"] = [*_system(body.get("system")), *_messages(body.get("messages"))]
        if body.get("stream"):
            said["stream_options"] = {"include_usage": True}
        if body.get("max_tokens") is not None:
            said["max_completion_tokens"] = body["max_tokens"]
        if body.get("stop_sequences"):
            said["stop"] = body["stop_sequences"]
        metadata = body.get("metadata")
        if isinstance(metadata, Mapping) and isinstance(metadata.get("user_id"), str):
            said["user"] = metadata["user_id"]
        if body.get("tools"):
            said["tools"] = [_tool(tool) for tool in body["tools"]]
            said |= _choice(body.get("tool_choice"))
        schema = _schema(body)
        if schema is not None:
            wanted = {"name": "answer", "schema": schema, "strict": True}
            said["response_format"] = {"type": "json_schema", "json_schema": wanted}
        return said

    def decoder(self, inner: Decoder) -> Decoder:
        """A decoder over that of the chat completion."""
        return _Decoder(inner)


class _Decoder(BridgedDecoder):
    reasons: Mapping[str, str] = {
        "stop": "end_turn",
        "length": "max_tokens",
        "tool_calls": "tool_use",
        "function_call": "tool_use",
        "content_filter": "refusal",
    }
    counts: Mapping[str, tuple[str, ...]] = {
        "input_tokens": ("prompt_tokens",),
        "output_tokens": ("completion_tokens",),
        "cache_read_input_tokens": ("prompt_tokens_details", "cached_tokens"),
    }

    def head(self, head: Head) -> Head:
        return Head({"id": fresh_id("msg", "_"), "model": head.fields.get("model")}, head.headers)


def _system(system: Any) -> Iterator[dict[str, Any]]:
    if isinstance(system, str) and system:
        yield {"role": "system", "content": system}
    elif isinstance(system, list):
        yield {"role": "system", "content": "\n\n".join(_text(block) for block in system)}


def _text(block: Any) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, Mapping) and block.get("type") == "text" and isinstance(block.get("text"), str):
        return str(block["text"])
    raise cannot("a block other than text here")


def _messages(messages: Any) -> Iterator[dict[str, Any]]:
    for message in messages:
        content, role = message.get("content"), message.get("role")
        if role == "assistant":
            yield _assistant(content)
        elif isinstance(content, list):
            yield from _user(content)
        else:
            yield {"role": "system" if role == "system" else "user", "content": content}


def _assistant(content: Any) -> dict[str, Any]:
    if not isinstance(content, list):
        return {"role": "assistant", "content": content}
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    for block in content:
        kind = block.get("type") if isinstance(block, Mapping) else None
        if kind == "tool_use":
            function = {"name": block.get("name"), "arguments": arguments(block.get("input") or {})}
            calls.append({"id": block.get("id"), "type": "function", "function": function})
        elif kind not in ("thinking", "redacted_thinking"):  # a model's own earlier reasoning has no place there
            texts.append(_text(block))
    said: dict[str, Any] = {"role": "assistant", "content": "\n\n".join(texts) or None}
    return {**said, "tool_calls": calls} if calls else said


def _user(content: list[Any]) -> Iterator[dict[str, Any]]:
    """A user's blocks: the results of tools first, each a message of its own, then the rest."""
    parts: list[dict[str, Any]] = []
    for block in content:
        if isinstance(block, Mapping) and block.get("type") == "tool_result":
            yield {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": _result(block.get("content"))}
        else:
            parts += _part(block)
    if parts:
        plain = all(part["type"] == "text" for part in parts) and len(parts) == 1
        yield {"role": "user", "content": parts[0]["text"] if plain else parts}


def _result(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    texts = [part["text"] for block in content for part in _part(block) if part["type"] == "text"]
    if len(texts) != len(content):
        raise cannot("an image or a file in a tool's result")
    return "\n\n".join(texts)


def _part(block: Any) -> list[dict[str, Any]]:
    if not isinstance(block, Mapping):
        return [{"type": "text", "text": _text(block)}]
    kind, source = block.get("type"), block.get("source")
    if kind == "search_result":
        texts = [_text(inner) for inner in block.get("content") or ()]
        return [{"type": "text", "text": "\n".join([str(block.get("title") or ""), *texts]).strip()}]
    if kind not in ("image", "document") or not isinstance(source, Mapping):
        return [{"type": "text", "text": _text(block)}]
    if source.get("type") == "text":
        return [{"type": "text", "text": _document(block, str(source.get("data") or ""))}]
    if source.get("type") == "content":
        inner = source.get("content")
        if isinstance(inner, str):
            return [{"type": "text", "text": inner}]
        return [part for each in inner or () for part in _part(each)]
    if source.get("type") != "base64":
        raise cannot("an image or a file that is only named by an address; send its bytes")
    url = f"data:{source.get('media_type')};base64,{source.get('data')}"
    if kind == "image":
        return [{"type": "image_url", "image_url": {"url": url}}]
    return [{"type": "file", "file": {"filename": str(block.get("title") or "document.pdf"), "file_data": url}}]


def _document(block: Mapping[str, Any], text: str) -> str:
    heading = [str(block[key]) for key in ("title", "context") if block.get(key)]
    return "\n\n".join([*heading, text])


def _tool(tool: Any) -> dict[str, Any]:
    if not isinstance(tool, Mapping) or tool.get("type") not in (None, "custom"):
        raise cannot("a tool that only Anthropic's own models know")
    function = {"name": tool.get("name"), "parameters": tool.get("input_schema") or {"type": "object"}}
    if tool.get("description"):
        function["description"] = tool["description"]
    return {"type": "function", "function": function}


def _choice(choice: Any) -> dict[str, Any]:
    if not isinstance(choice, Mapping):
        return {}
    said: dict[str, Any] = {}
    if choice.get("type") == "tool":
        said["tool_choice"] = {"type": "function", "function": {"name": choice.get("name")}}
    elif choice.get("type") in _CHOICES:
        said["tool_choice"] = _CHOICES[choice["type"]]
    if choice.get("disable_parallel_tool_use") is True:
        said["parallel_tool_calls"] = False
    return said


def _schema(body: Mapping[str, Any]) -> Any:
    config = body.get("output_config")
    wanted = body.get("output_format") or (config.get("format") if isinstance(config, Mapping) else None)
    return wanted.get("schema") if isinstance(wanted, Mapping) else None
