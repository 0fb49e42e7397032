"""Content that the provider would fetch or look up, in the corners of bodies where it is easily taken for words."""

from typing import Any

import pytest

from gateway.dialects.all import every
from gateway.model.errors import BadRequest

DIALECTS = {dialect.name: dialect for dialect in every()}
SOURCES: list[dict[str, Any]] = [
    {"type": "url", "url": "https://files.example/a.pdf"},
    {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
    {"type": "file", "file_id": "file_1"},
]


def claude(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": list(blocks)}]}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source["type"]))
def test_a_page_said_to_be_fetched(source: dict[str, Any]) -> None:
    dialect = DIALECTS["anthropic_messages"]
    fetched = {"type": "web_fetch_result", "url": "u", "content": {"type": "document", "source": source}}
    body = claude({"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_1", "content": fetched})
    call = dialect.read(body, {})
    (blob,) = [part for part in call.parts if part.kind == "blob"]
    assert (blob.address, blob.media) == ("/messages/0/content/0", "file")
    written = dialect.write(call.body, {blob.address: "[withheld]"})
    assert written["messages"][0]["content"] == [{"type": "text", "text": "[withheld]"}]


def test_a_page_fetched_as_text_is_words() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "Bins go out on Tuesday."}
    fetched = {"type": "web_fetch_result", "url": "u", "content": {"type": "document", "source": source}}
    body = claude({"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_1", "content": fetched})
    parts = DIALECTS["anthropic_messages"].read(body, {}).parts
    assert not [part for part in parts if part.kind == "blob"]
    assert source["data"] in {part.text for part in parts}


@pytest.mark.parametrize("name", ["anthropic_messages", "anthropic_count_tokens"])
def test_a_caller_does_not_choose_the_region(name: str) -> None:
    with pytest.raises(BadRequest, match="assessment") as caught:
        DIALECTS[name].read({**claude({"type": "text", "text": "x"}), "inference_geo": "us"}, {})
    assert (caught.value.code, caught.value.param) == ("region_not_offered", "/inference_geo")
    DIALECTS[name].read({**claude({"type": "text", "text": "x"}), "inference_geo": None}, {})


@pytest.mark.parametrize("seen", [{"image_url": "https://pictures.example/1.png"}, {"file_id": "file_1"}])
def test_a_screenshot(seen: dict[str, Any]) -> None:
    dialect = DIALECTS["openai_responses"]
    item = {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", **seen}}
    call = dialect.read({"model": "m", "input": [item]}, {})
    (blob,) = [part for part in call.parts if part.kind == "blob"]
    assert (blob.address, blob.media) == ("/input/0/output", "image")
    written = dialect.write(call.body, {blob.address: "[withheld]"})
    assert written["input"] == [{"type": "message", "role": "user", "content": "[withheld]"}]


def test_a_result_that_is_a_file_keeps_its_item() -> None:
    dialect = DIALECTS["openai_responses"]
    item = {"type": "function_call_output", "call_id": "c", "output": "data:image/png;base64,iVBORw0KGgo="}
    call = dialect.read({"model": "m", "input": [item]}, {})
    (blob,) = [part for part in call.parts if part.kind == "blob"]
    assert dialect.write(call.body, {blob.address: "[withheld]"})["input"] == [{**item, "output": "[withheld]"}]


def test_a_picture_that_code_drew() -> None:
    outputs = [{"type": "logs", "logs": "done"}, {"type": "image", "url": "https://pictures.example/1.png"}]
    item = {"type": "code_interpreter_call", "id": "ci_1", "code": "draw()", "container_id": "c", "outputs": outputs}
    dialect = DIALECTS["openai_responses"]
    call = dialect.read({"model": "m", "input": [item]}, {})
    (blob,) = [part for part in call.parts if part.kind == "blob"]
    assert (blob.address, blob.media) == ("/input/0/outputs/1", "image")
    written = dialect.write(call.body, {blob.address: "[withheld]"})
    assert written["input"][0]["outputs"] == [outputs[0], {"type": "input_text", "text": "[withheld]"}]
