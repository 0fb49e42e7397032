"""What a capturing upstream answers in Anthropic's own dialect."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Body = Mapping[str, Any]


def last_text(body: Body) -> str:
    """The text of the last message."""
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else " ".join(block.get("text", "") for block in content)


def message(body: Body, pieces: Sequence[str], tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A whole message."""
    content: list[dict[str, Any]] = [{"type": "text", "text": "".join(pieces)}] if pieces else []
    content += [
        {
            "type": "tool_use",
            "id": call["id"],
            "name": call["function"]["name"],
            "input": json.loads(call["function"]["arguments"]),
        }
        for call in tools
    ]
    return {
        "id": "msg_capture",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if tools else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 12},
    }


def frames(body: Body, pieces: Sequence[str], tools: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    """The same message as an event stream."""
    whole = message(body, pieces, tools)
    yield _frame("message_start", message={**whole, "content": [], "stop_reason": None})
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
            begun: dict[str, Any] = {"type": "text", "text": ""}
        else:
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
            begun = {**block, "input": {}}
        yield _frame("content_block_start", index=index, content_block=begun)
        yield _frame("ping")
        for delta in deltas:
            yield _frame("content_block_delta", index=index, delta=delta)
        yield _frame("content_block_stop", index=index)
    ending = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield _frame("message_delta", delta=ending, usage={"output_tokens": 12})
    yield _frame("message_stop")


def _frame(kind: str, **more: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()
