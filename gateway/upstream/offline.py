"""A demo model that needs no network. It is no AI and says so in every reply.

It is deterministic: the same request gives the same reply, so tests and first steps can rely on it. It
speaks of the placeholders that it was given (`PERSON_K7QD2M8X`), so that one can see what left the council
and how the reply is restored. It can call a tool, answer in JSON, stream, give several choices and count words.
"""

import asyncio
import base64
import hashlib
import json
import re
import struct
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

from gateway.model.caller import Deployment
from gateway.upstream import failures
from gateway.upstream.port import Reply, Stream, Whole

MODEL_LABEL: Final = "offline demo model (no AI)"
SPEAKS: Final = frozenset({"openai_chat", "openai_embeddings", "openai_images"})
CREATED: Final = 1_767_225_600
"""A fixed time (1 January 2026, Unix seconds): the reply must not depend on the clock."""

PICTURE_SIDE: Final = 64
"""Pixels."""

_PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]*_[0-9A-HJKMNP-TV-Z]{8,}\b")
_WORD = re.compile(r"\S+")
_PIECE = re.compile(r"\s*\S+|\s+")


class OfflineUpstream:
    """Answers chat completions, embeddings and pictures by itself. `pace_s` is the pause before each streamed piece."""

    def __init__(self, *, pace_s: float = 0.0) -> None:
        self._pace_s = pace_s

    @property
    def speaks(self) -> frozenset[str]:
        """See `Upstream.speaks`."""
        return SPEAKS

    async def send(self, dialect: str, body: Mapping[str, Any], deployment: Deployment) -> Reply:
        """See `Upstream.send`."""
        if dialect == "openai_embeddings":
            return Whole(_embeddings(body, deployment))
        if dialect == "openai_images":
            return Whole(_pictures(body))
        if dialect != "openai_chat":
            raise failures.failure(failures.MISCONFIGURED)
        answer = _Answer(body, deployment)
        if body.get("stream"):
            return Stream(self._paced(answer.chunks()))
        return Whole(answer.whole())

    async def close(self) -> None:
        """Nothing is held open."""

    async def _paced(self, chunks: Iterator[dict[str, Any]]) -> AsyncIterator[Mapping[str, Any]]:
        for chunk in chunks:
            if self._pace_s:
                await asyncio.sleep(self._pace_s)
            yield chunk


class _Answer:
    """One reply, whole or as chunks: both come from the same choices."""

    def __init__(self, body: Mapping[str, Any], deployment: Deployment) -> None:
        self._body = body
        self._model = str(body.get("model") or deployment.model)
        texts = list(_texts(body))
        seed = json.dumps(body, sort_keys=True, default=str).encode()
        self._id = "chatcmpl-offline-" + hashlib.sha256(seed).hexdigest()[:24]
        count = body.get("n")
        count = min(count, 128) if isinstance(count, int) and count > 0 else 1
        self._choices = [_choice(body, texts, index, self._id) for index in range(count)]
        read = sum(len(_WORD.findall(text)) for text in texts)
        written = sum(len(_WORD.findall(str(choice["message"]))) for choice in self._choices)
        self._usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}

    def whole(self) -> dict[str, Any]:
        """A `chat.completion` object."""
        return {**self._head("chat.completion"), "choices": self._choices, "usage": self._usage}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """The same reply as `chat.completion.chunk` objects."""
        head = self._head("chat.completion.chunk")
        for choice in self._choices:
            for delta in _deltas(choice["message"]):
                yield {**head, "choices": [_chunk(choice["index"], delta, None)]}
            yield {**head, "choices": [_chunk(choice["index"], {}, choice["finish_reason"])]}
        if _object(self._body.get("stream_options")).get("include_usage"):
            yield {**head, "choices": [], "usage": self._usage}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": CREATED,
            "model": self._model,
            "system_fingerprint": "offline",
        }


def _chunk(index: int, delta: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
    return {"index": index, "delta": dict(delta), "logprobs": None, "finish_reason": reason}


def _deltas(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A message as deltas, word by word; tool arguments in pieces of a few characters."""
    yield {"role": "assistant", "content": None if message["content"] is None else ""}
    for piece in _PIECE.findall(message["content"] or ""):
        yield {"content": piece}
    for index, call in enumerate(message.get("tool_calls", ())):
        function, arguments = call["function"], call["function"]["arguments"]
        yield {"tool_calls": [{"index": index, **call, "function": {"name": function["name"], "arguments": ""}}]}
        for start in range(0, len(arguments), 12):
            part = {"arguments": arguments[start : start + 12]}
            yield {"tool_calls": [{"index": index, "function": part}]}


def _choice(body: Mapping[str, Any], texts: list[str], index: int, seed: str) -> dict[str, Any]:
    placeholders = list(dict.fromkeys(match for text in texts for match in _PLACEHOLDER.findall(text)))
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    function = _forced_function(body)
    if function is not None:
        arguments = _sample(_object(function.get("parameters")), placeholders, 0)
        call_id = "call_" + hashlib.sha256(f"{seed}{index}".encode()).hexdigest()[:24]
        named = {"name": str(function.get("name", "")), "arguments": json.dumps(arguments, ensure_ascii=False)}
        message["tool_calls"] = [{"id": call_id, "type": "function", "function": named}]
        return {"index": index, "message": message, "logprobs": None, "finish_reason": "tool_calls"}
    message["content"] = _content(body, placeholders, index)
    return {"index": index, "message": message, "logprobs": None, "finish_reason": "stop"}


def _content(body: Mapping[str, Any], placeholders: list[str], index: int) -> str:
    form = _object(body.get("response_format"))
    kind = form.get("type")
    if kind == "json_schema":
        schema = _object(_object(form.get("json_schema")).get("schema"))
        return json.dumps(_sample(schema, placeholders, 0), ensure_ascii=False)
    if kind == "json_object":
        return json.dumps({"source": MODEL_LABEL, "placeholders": placeholders}, ensure_ascii=False)
    turns = sum(1 for message in _objects(body.get("messages")) if message.get("role") == "user")
    words = [f"This is the {MODEL_LABEL}; no AI has read your message."]
    if turns > 1:
        words.append(f"It is turn {turns} of our conversation.")
    if placeholders:
        words.append(
            "What reached me names " + _joined(placeholders) + "; your gateway put those in place of real details."
        )
        words.append(f"Dear {placeholders[0]}, thank you for getting in touch. We will reply within ten working days.")
    else:
        words.append("What reached me holds no placeholder, so nothing was replaced on the way.")
    if index:
        words.append(f"(Choice {index + 1}.)")
    return " ".join(words)


def _joined(names: list[str]) -> str:
    shown = names[:12]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]


def _forced_function(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The function to call: the one that `tool_choice` names, or the first where one is required.

    After a tool's result the model answers in words, so that an agent's loop comes to an end.
    """
    messages = _objects(body.get("messages"))
    if messages and messages[-1].get("role") == "tool":
        return None
    functions = [tool["function"] for tool in _objects(body.get("tools")) if isinstance(tool.get("function"), dict)]
    choice = body.get("tool_choice")
    if choice == "required":
        return functions[0] if functions else None
    if isinstance(choice, dict):
        name = _object(choice.get("function")).get("name")
        return next((function for function in functions if function.get("name") == name), None)
    return None


def _sample(schema: Mapping[str, Any], placeholders: list[str], depth: int) -> Any:
    """A value of a JSON schema; strings hold the placeholders, so that restoration in arguments shows."""
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if (kind == "object" or "properties" in schema) and depth < 8:
        properties = _object(schema.get("properties"))
        return {name: _sample(_object(inner), placeholders, depth + 1) for name, inner in properties.items()}
    if kind == "array" and depth < 8:
        return [_sample(_object(schema.get("items")), placeholders, depth + 1)]
    simple: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "null": None, "object": {}, "array": []}
    return simple.get(str(kind), " ".join(placeholders[:12]) or "offline demo")


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Every readable text of the messages."""
    for message in _objects(body.get("messages")):
        content = message.get("content")
        if isinstance(content, str):
            yield content
        for part in _objects(content):
            if isinstance(part.get("text"), str):
                yield part["text"]


def _object(value: Any) -> Mapping[str, Any]:
    """`value` where it is an object, else an empty one: a demo must not fall over an odd body."""
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects in `value`, where it is a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _embeddings(body: Mapping[str, Any], deployment: Deployment) -> dict[str, Any]:
    """Eight numbers for each input, from a hash: of the right form, without meaning."""
    given = body.get("input")
    inputs = given if isinstance(given, list) else [given]
    data = []
    for index, text in enumerate(inputs):
        digest = hashlib.sha256(json.dumps(text).encode()).digest()
        data.append({"object": "embedding", "index": index, "embedding": [(b - 127.5) / 127.5 for b in digest[:8]]})
    words = sum(len(_WORD.findall(str(text))) for text in inputs)
    usage = {"prompt_tokens": words, "total_tokens": words}
    return {"object": "list", "data": data, "model": str(body.get("model") or deployment.model), "usage": usage}


def _pictures(body: Mapping[str, Any]) -> dict[str, Any]:
    """Squares of one grey each: pictures in form, and nothing to see."""
    count = body.get("n")
    count = min(count, 10) if isinstance(count, int) and count > 0 else 1
    shades = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).digest()
    data = [{"b64_json": base64.b64encode(_square(shades[index])).decode("ascii")} for index in range(count)]
    return {"created": CREATED, "data": data}


def _square(shade: int) -> bytes:
    """A PNG (W3C, third edition) of one grey."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", PICTURE_SIDE, PICTURE_SIDE, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([shade]) * PICTURE_SIDE) * PICTURE_SIDE)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
