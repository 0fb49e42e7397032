"""What a capturing upstream answers in Anthropic's own dialect."""

import base64
import json
import struct
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


def responses_text(body: Body) -> str:
    """The text of the last item of a Responses call."""
    given = body["input"]
    given = given if isinstance(given, str) else given[-1]
    if isinstance(given, str):
        return given
    content = given.get("content") or given.get("output") or ""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def response(body: Body, pieces: Sequence[str], tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A whole response."""
    output: list[dict[str, Any]] = []
    if pieces:
        part = {"type": "output_text", "text": "".join(pieces), "annotations": []}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        output.append(message)
    output += [
        {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": call["id"], **call["function"]}
        for call in tools
    ]
    return {
        "id": "resp_capture",
        "object": "response",
        "created_at": 1_760_000_000,
        "status": "completed",
        "model": body["model"],
        "output": output,
        "usage": {"input_tokens": 10, "output_tokens": 12, "total_tokens": 22},
    }


def response_frames(body: Body, pieces: Sequence[str], tools: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    """The same response as an event stream."""
    whole = response(body, pieces, tools)
    yield _frame("response.created", response={**whole, "status": "in_progress", "output": [], "usage": None})
    for index, item in enumerate(whole["output"]):
        where = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "message":
            yield _frame("response.output_item.added", output_index=index, item={**item, "content": []})
            empty = {"type": "output_text", "text": "", "annotations": []}
            yield _frame("response.content_part.added", content_index=0, part=empty, **where)
            for piece in pieces:
                yield _frame("response.output_text.delta", content_index=0, delta=piece, **where)
            yield _frame("response.output_text.done", content_index=0, text="".join(pieces), **where)
        else:
            yield _frame("response.output_item.added", output_index=index, item={**item, "arguments": ""})
            yield _frame("response.function_call_arguments.delta", delta=item["arguments"], **where)
            yield _frame("response.function_call_arguments.done", arguments=item["arguments"], **where)
        yield _frame("response.output_item.done", output_index=index, item=item)
    yield _frame("response.completed", response=whole)


def embeddings(body: Body) -> dict[str, Any]:
    """Two numbers for each input; where asked, as the base 64 of little-endian floats of 32 bits."""
    given = body["input"] if isinstance(body["input"], list) else [body["input"]]
    rows: list[Any] = [[0.5, float(index)] for index in range(len(given))]
    if body.get("encoding_format") == "base64":
        rows = [base64.b64encode(struct.pack("<2f", *row)).decode() for row in rows]
    data = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]
    return {"object": "list", "model": body["model"], "data": data, "usage": {"prompt_tokens": 2, "total_tokens": 2}}


def moderation(body: Body) -> dict[str, Any]:
    """A verdict."""
    row = {"flagged": False, "categories": {"violence": False}, "category_scores": {"violence": 0.01}}
    return {"id": "modr-1", "model": body["model"], "results": [row]}
