"""Agents resend everything at each step: only what is new is inspected and sealed, in every dialect; a result that
was refused can be left behind."""

import json
import re
import sqlite3
import time
from typing import Any

import httpx
import pytest

from gateway.dialects.openai_chat import OpenAIChat
from tests.support.capture import Capture
from tests.support.gateway import Gateway

STEPS = 150
LONG = 3400
"""Steps whose history has more than 10,000 parts."""

Step = tuple[str, str, str]
Body = dict[str, Any]


def steps(count: int, what: str) -> list[Step]:
    """(call id, arguments, result) of each step of reading a list."""
    return [
        (
            f"call_{number:018d}",
            json.dumps({"page": number}),
            json.dumps({"row": number, "list": what}),
        )
        for number in range(count)
    ]


def chat(done: list[Step], *last: str) -> Body:
    messages: list[Body] = [{"role": "user", "content": "Read the list, page by page."}]
    for identity, arguments, result in done:
        function = {"name": "lookup_case", "arguments": arguments}
        call = {"id": identity, "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": identity, "content": result})
    return {"messages": [*messages, *({"role": "user", "content": text} for text in last)]}


def responses(done: list[Step], *last: str) -> Body:
    items: list[Body] = [{"role": "user", "content": "Read the list, page by page."}]
    for identity, arguments, result in done:
        items.append({"type": "function_call", "call_id": identity, "name": "lookup_case", "arguments": arguments})
        items.append({"type": "function_call_output", "call_id": identity, "output": result})
    return {"input": [*items, *({"role": "user", "content": text} for text in last)]}


def anthropic(done: list[Step], *last: str) -> Body:
    messages: list[Body] = [{"role": "user", "content": "Read the list, page by page."}]
    for identity, arguments, result in done:
        use = {"type": "tool_use", "id": identity, "name": "lookup_case", "input": json.loads(arguments)}
        messages.append({"role": "assistant", "content": [use]})
        answer = {"type": "tool_result", "tool_use_id": identity, "content": result}
        messages.append({"role": "user", "content": [answer]})
    return {"max_tokens": 50, "messages": [*messages, *({"role": "user", "content": text} for text in last)]}


DIALECTS = {"/chat/completions": chat, "/responses": responses, "/messages": anthropic}
every = pytest.mark.parametrize("path", DIALECTS)


def post(gateway: Gateway, key: str, path: str, body: Body) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    body = {"model": "council-assistant", **body}
    return httpx.post(gateway.base_url + path, json=body, headers=headers, timeout=100, trust_env=False)


def missed(gateway: Gateway) -> float:
    """Parts that were inspected since the gateway began."""
    found = re.search(rb'^aigw_inspection_cache_total\{result="miss"\} (\S+)', gateway.get("/metrics")[1], re.MULTILINE)
    assert found
    return float(found[1])


def sealed(gateway: Gateway) -> int:
    """Parts that were sealed since the gateway began."""
    with sqlite3.connect(f"file:{gateway.database}?mode=ro", uri=True) as database:
        count: int = database.execute("select count(*) from part").fetchone()[0]
    return count


@every
def test_a_step_costs_what_is_new(gateway: Gateway, key: str, capture: Capture, path: str) -> None:
    build = DIALECTS[path]
    assert post(gateway, key, path, build(steps(STEPS, path))).status_code == 200
    inspected, kept = missed(gateway), sealed(gateway)
    reply = post(gateway, key, path, build(steps(STEPS + 1, path)))
    assert reply.status_code == 200
    assert missed(gateway) - inspected <= 12, "only the new step's parts are inspected"
    assert sealed(gateway) - kept <= 24, "only the new step's parts are sealed"
    assert gateway.records(reply.headers["x-ai-record"])["outcome"] == "delivered"


@every
def test_a_refused_result_is_left_behind(gateway: Gateway, key: str, capture: Capture, path: str) -> None:
    build = DIALECTS[path]
    note = f"The tenant of {path} was convicted of burglary in 2019."
    told = ("call_aaaaaaaaaaaaaaaaaa", json.dumps({"page": path}), json.dumps({"note": note}))
    refused = post(gateway, key, path, build([told], "Summarise it."))
    assert refused.status_code == 400
    found = refused.json()["error"]["refusal"]["found"]
    assert [each["where"] for each in found] == ["in the result of lookup_case"]
    assert not capture.received
    reply = post(gateway, key, path, build([told], "Then leave that out."))
    assert reply.status_code == 200
    sent = capture.received[-1].decode()
    assert "convicted" not in sent
    assert refused.headers["x-ai-record"] in sent


def test_ten_thousand_parts_cost_what_they_weigh(gateway: Gateway, key: str, capture: Capture) -> None:
    """Four times the history is four times the work, and not sixteen: what is resent is looked up, nothing more."""

    def again(count: int) -> float:
        body = chat(steps(count, "long"))
        assert post(gateway, key, "/chat/completions", body).status_code == 200
        inspected, kept, began = missed(gateway), sealed(gateway), time.perf_counter()
        assert post(gateway, key, "/chat/completions", body).status_code == 200
        took = time.perf_counter() - began
        assert missed(gateway) - inspected <= 12
        assert sealed(gateway) - kept <= 24
        return took

    short, long = again(LONG // 4), again(LONG)
    parts = OpenAIChat().read({"model": "m", **chat(steps(LONG, "long"))}, {}).parts
    assert len(parts) >= 10_000
    assert long < 10 * short + 1, f"{short:.2f} s for a quarter, {long:.2f} s for the whole"
