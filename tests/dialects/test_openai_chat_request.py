"""Reading and writing chat requests: what is a part, whose words it is, and what is refused."""

import json
from typing import Any

import pytest

from gateway.dialects.openai_chat import OpenAIChat
from gateway.model.call import Call
from gateway.model.errors import BadRequest
from gateway.model.part import Part

CHAT = OpenAIChat()
JO = "jo@example.org"


def read(message: Any = "Hello", **more: Any) -> Call:
    messages = message if isinstance(message, list) else [{"role": "user", "content": message}]
    return CHAT.read({"model": "council-chat", "messages": messages, **more}, {})


def part(call: Call, address: str) -> Part:
    return next(part for part in call.parts if part.address == address)


def texts(call: Call) -> dict[str, str]:
    return {part.address: part.text for part in call.parts}


def test_a_plain_call_is_one_part() -> None:
    call = read("Dear Mrs Jones", temperature=0.2, n=2, stream=True, max_tokens=400)
    assert texts(call) == {"/messages/0/content": "Dear Mrs Jones"}
    assert (call.model, call.stream, call.choices, call.structured) == ("council-chat", True, 2, False)
    assert call.parameters["temperature"] == 0.2
    assert "Jones" not in repr(call) + repr(call.parts)


def test_every_message_is_inspected_not_only_the_last() -> None:
    """Peers read the last message only."""
    call = read(
        [
            {"role": role, "content": f"from {role}"}
            for role in ("system", "developer", "user", "assistant", "tool", "user")
        ]
    )
    assert [(p.role, p.turn) for p in call.parts] == [
        ("system", 0), ("system", 1), ("user", 2), ("assistant", 3), ("tool_result", 4), ("user", 5),
    ]  # fmt: skip


def test_a_role_that_is_none_is_read_like_any_text() -> None:
    call = read([{"role": "NHS 943 476 5919", "content": "x"}, {"content": "y"}, {"role": 9434765919, "content": "z"}])
    assert part(call, "/messages/0/role").text == "NHS 943 476 5919"
    assert part(call, "/messages/2/role").kind == "number"
    assert part(call, "/messages/1/content").role == "user"


def test_tool_calls_and_results_are_walked() -> None:
    arguments = {"tenant": {"nhsNumber": 9434765919, "date_of_birth": "3 May 1971"}, "note": 'said "hi"\nJo'}
    call = read(
        [
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "call_abcdefghijklmnop", "type": "function",
                 "function": {"name": "lookup", "arguments": json.dumps(arguments)}}]},
            {"role": "tool", "tool_call_id": "call_abcdefghijklmnop", "content": json.dumps([{"w": "Jo", "age": 7}])},
        ]
    )  # fmt: skip
    base = "/messages/0/tool_calls/0/function/arguments::"
    number = part(call, base + "/tenant/nhsNumber")
    assert (number.text, number.kind, number.role) == ("9434765919", "number", "tool_call")
    assert number.context.endswith("tenant nhs number")
    assert part(call, base + "/note").text == 'said "hi"\nJo'
    assert part(call, base + "/tenant/nhsNumber#key").kind == "key"
    assert part(call, "/messages/1/content::/0/age").role == "tool_result"
    assert not [address for address in texts(call) if address.endswith(("/id", "/tool_call_id"))]


def test_ids_that_are_not_random_are_read() -> None:
    call = read([{"role": "tool", "tool_call_id": "call_Jo Smith 9434765919", "content": "x"}])
    assert part(call, "/messages/0/tool_call_id").text == "call_Jo Smith 9434765919"


def test_definitions_have_a_role_of_their_own() -> None:
    schema = {
        "type": "object",
        "properties": {"type": {"type": "string", "enum": ["Jo Smith"]}, "NHS 943 476 5919": {"type": "kitten"}},
        "required": ["type"],
        "x-vendor": 1,
    }
    call = read(tools=[{"type": "function", "function": {"name": "f", "description": "d", "parameters": schema}}],
                response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}})  # fmt: skip
    found = [p for p in call.parts if p.turn == -1]
    assert {p.role for p in found} == {"definition"}
    said = {p.text for p in found}
    assert {"Jo Smith", "NHS 943 476 5919", "kitten", "x-vendor", "1", "f", "d", "n"} <= said
    assert not {"object", "string", "properties", "required"} & said


def test_what_cannot_be_read_is_a_blob() -> None:
    call = read(
        [
            {"role": "user", "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "data:image/PNG;base64,iVBO", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://files.example/jo.png"}},
                {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}},
                {"type": "file", "file": {"filename": "Jo Smith.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}},
            ]},
        ]
    )  # fmt: skip
    blobs = [p.media for p in call.parts if p.kind == "blob"]
    # The last as a leaf and, since no table names its form, as a part.
    assert blobs == ["image/png", "image", "audio", "file", "file", "video/mp4", "video"]
    assert part(call, "/messages/0/content/4/file/filename").kind == "text"
    assert part(call, "/messages/0/content/6/type").text == "video_url"


@pytest.mark.parametrize(
    "more",
    [
        {"user": JO},
        {"metadata": {"k": JO}},
        {"metadata": {JO: "v"}},
        {"stop": [JO]},
        {"stop": JO},
        {"vendor": {"deep": [JO]}},
        {JO: None},
        {"prediction": {"type": "content", "content": JO}},
        {"service_tier": JO},
        {"temperature": JO},
        {"logit_bias": {JO: 1}},
        {"prompt_cache_key": JO},
        {"safety_identifier": JO},
        {"web_search_options": {"user_location": {"approximate": {"city": JO}}}},
        {"tool_choice": {"type": "function", "function": {"name": JO}}},
        {"no-log": JO},
    ],
)
def test_nothing_passes_by_omission(more: dict[str, Any]) -> None:
    assert JO in {p.text for p in read(**more).parts}


def test_numbers_outside_their_range_are_read() -> None:
    call = read(temperature=9434765919, max_tokens=9434765919, seed=9434765919, n=1, top_p=0.5)
    assert {p.address for p in call.parts if p.kind == "number"} == {"/temperature", "/max_tokens", "/seed"}


def test_tables_are_read_with_their_headings() -> None:
    call = read(json.dumps([["Name", "NHS number"], ["Jo", "9434765919"], ["Al", 1]]))
    assert part(call, "/messages/0/content::/1/1").context == "NHS number"
    assert part(call, "/messages/0/content::/2/0").context == "Name"


def test_labels_beside_a_value_are_its_context() -> None:
    call = read(json.dumps({"fields": [{"label": "NHS number", "value": "9434765919"}]}))
    assert part(call, "/messages/0/content::/fields/0/value").context == "fields NHS number value"
    call = read(json.dumps(["NHS number", "9434765919"]))
    assert part(call, "/messages/0/content::/1").context == "NHS number"


def test_edits_are_escaped_at_each_level() -> None:
    inner = json.dumps({"who": "Jo", "n": 1.50})
    content = json.dumps({"payload": inner, "spelled": 1}, indent=2)
    call = read(content)
    base = "/messages/0/content::"
    edited = CHAT.write(call.body, {base + "/payload::/who": 'A "quoted"\\ name\n', base + "/spelled": "[removed]"})
    outer = json.loads(edited["messages"][0]["content"])
    assert outer["spelled"] == "[removed]"
    assert json.loads(outer["payload"]) == {"who": 'A "quoted"\\ name\n', "n": 1.5}
    assert '"n": 1.5' in outer["payload"]
    assert edited["messages"][0]["content"].startswith('{\n  "payload"')
    assert call.body["messages"][0]["content"] == content


def test_keys_are_renamed_without_losing_a_field() -> None:
    call = read(metadata={"Jo Smith": 1, "Al Jones": 2, "X": 3})
    edits = {"/metadata/Jo Smith#key": "X", "/metadata/Al Jones#key": "X"}
    assert CHAT.write(call.body, edits)["metadata"] == {"X_2": 1, "X_3": 2, "X": 3}
    call = read('{"Jo Smith": 1, "Al Jones": 2, "X": 3}')
    base = "/messages/0/content::"
    edits = {base + "/Jo Smith#key": "X", base + "/Al Jones#key": "X"}
    assert json.loads(CHAT.write(call.body, edits)["messages"][0]["content"]) == {"X_2": 1, "X_3": 2, "X": 3}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        "{'a': 1}",
        '{"a": NaN}',
        "[1, 2",
        "{}",
        "[]",
        '["\\ud800"]',
        "[" * 70 + "]" * 70,
        '"plain"',
        "12",
    ],
)
def test_strings_that_are_no_clean_document_are_one_text(text: str) -> None:
    call = read(text)
    found = [p for p in call.parts if p.address.startswith("/messages/0/content")]
    if text == '["\\ud800"]':  # half a character can't be carried; the rest of the document can
        assert [p.text for p in found] == ["\ufffd"]
    else:
        assert [(p.address, p.text) for p in found] == [("/messages/0/content", text)]


def test_claims_are_taken_out_of_what_leaves() -> None:
    metadata = {
        "ai_purpose": "Letters",
        "ai_case_ref": "HB1",
        "ai_contest": ["person"],
        "ai_contest_reason": "A street",
    }
    call = read(metadata=metadata)
    assert "metadata" not in call.body
    assert (call.purpose, call.case_ref) == ("letters", "HB1")
    assert call.contest is not None
    assert (call.contest.labels, call.contest.reason) == (frozenset({"PERSON"}), "A street")
    assert "street" not in repr(call.contest)


def test_headers_win_over_metadata() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "metadata": {"ai_purpose": "a", "k": "v"}}
    call = CHAT.read(body, {"x-ai-purpose": "b", "x-ai-case-ref": "Caf\u00c3\u00a9"})
    assert (call.purpose, call.case_ref, call.body["metadata"]) == ("b", "Café", {"k": "v"})


@pytest.mark.parametrize(
    ("more", "structured"),
    [
        ({}, False),
        ({"response_format": {"type": "text"}}, False),
        ({"response_format": {"type": "json_object"}}, True),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}}, True),
        ({"tools": [], "tool_choice": "auto"}, False),
        ({"tool_choice": "required"}, True),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, True),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}}, False),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}}, True),
        ({"function_call": {"name": "f"}}, True),
    ],
)
def test_replies_for_machines_are_told_from_prose(more: dict[str, Any], structured: bool) -> None:
    assert read(**more).structured is structured


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "/model"),
        ({"model": ""}, "/model"),
        ({"model": 5}, "/model"),
        ({"model": "x" * 257}, "/model"),
        ({"messages": None}, "/messages"),
        ({"messages": []}, "/messages"),
        ({"messages": {}}, "/messages"),
        ({"messages": [{"role": "user"}, "Jo Smith"]}, "/messages/1"),
        ({"n": 0}, "/n"),
        ({"n": True}, "/n"),
        ({"n": "2"}, "/n"),
        ({"n": 1.0}, "/n"),
        ({"stream": "yes"}, "/stream"),
        ({"stream": 1}, "/stream"),
        ({"modalities": ["text", "audio"]}, "/modalities"),
        ({"audio": {"voice": "alloy"}}, "/modalities"),
        ({"metadata": {"ai_purpose": 5}}, "/metadata/ai_purpose"),
    ],
)
def test_what_is_refused(body: dict[str, Any], param: str) -> None:
    base = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    with pytest.raises(BadRequest) as caught:
        CHAT.read({**base, **body} if body else {}, {})
    assert caught.value.param == param
    assert "Jo Smith" not in caught.value.message


@pytest.mark.parametrize("more", [{"x": [1] * 200_001}, {"x" * 2000: {"y": 1}}, {"x": {"k" * 1100: {"l" * 1100: 1}}}])
def test_bodies_that_would_fill_the_memory_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        read(**more)
    assert caught.value.code == "too_many_values"


def test_nulls_stand_for_absent() -> None:
    call = read(n=None, stream=None, tools=None, metadata=None, response_format=None, tool_choice=None, stop=None)
    assert (call.choices, call.stream, call.structured) == (1, False, False)
    assert len(call.parts) == 1


def test_a_long_history_is_read_in_linear_time() -> None:
    """Counted, not timed: the parts of a twice as long history are twice as many, with addresses as short."""
    one = read([{"role": "tool", "content": json.dumps({"a": n, "b": "c"})} for n in range(500)])
    two = read([{"role": "tool", "content": json.dumps({"a": n, "b": "c"})} for n in range(1000)])
    assert len(two.parts) == 2 * len(one.parts)
    assert max(len(p.address) + len(p.context) for p in two.parts) < 60


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
UNREADABLE = {
    "an address in place of the object": ({"type": "image_url", "image_url": "https://files.example/a"}, "image"),
    "another API's image": ({"type": "input_image", "image_url": "https://files.example/a"}, "image"),
    "a source of bytes": ({"type": "image", "source": {"type": "base64", "data": PICTURE}}, "image"),
    "a video": ({"type": "video_url", "video_url": {"url": "https://files.example/a.mp4"}}, "video"),
    "a sound": ({"type": "audio_url", "audio_url": {"url": "https://files.example/a"}}, "audio"),
    "a document": ({"type": "document", "source": {"type": "url", "url": "https://files.example/a"}}, "file"),
    "a file that was uploaded": ({"type": "input_file", "file_id": "file-1"}, "file"),
    "no type at all": ({"video_url": {"url": "https://files.example/a"}}, "video"),
    "a type nobody knows": ({"type": "x", "y": [{"z": "s3://bucket/letter"}]}, "file"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_in_other_forms(name: str) -> None:
    item, media = UNREADABLE[name]
    call = read([{"role": "user", "content": [{"type": "text", "text": "Read this"}, item]}])
    blobs = [p for p in call.parts if p.kind == "blob"]
    assert media in {p.media.split("/")[0] for p in blobs}
    said = CHAT.write(call.body, {p.address: "[withheld]" for p in blobs})
    assert said["messages"][0]["content"][1] == {"type": "text", "text": "[withheld]"}


@pytest.mark.parametrize("field", ["content", "images"])
@pytest.mark.parametrize(
    "data", [PICTURE, "/9j/" + "4AAQSkZJRgABAQAAAQ" * 3, "JVBERi0xLjQKJeLjz9MK" * 3, "UEsDBBQABgAI" * 3]
)
def test_a_bare_file_is_known_by_how_it_begins(field: str, data: str) -> None:
    call = read([{"role": "tool", field: json.dumps({"scan": data})}])
    assert [p.kind for p in call.parts if p.text == data] == ["blob"]


@pytest.mark.parametrize(
    "text", ["/9j/ is how a JPEG begins", "UEsDB", "R0lGOD and so on, as base64 goes", "H4sIA!" * 9]
)
def test_words_that_begin_like_a_file_are_words(text: str) -> None:
    assert [p.kind for p in read([{"role": "user", "content": text}]).parts] == ["text"]


def test_addresses_in_what_is_words_are_words() -> None:
    block = {"type": "thinking", "thinking": "See https://files.example/a", "source": "https://files.example/a"}
    call = read([{"role": "assistant", "content": [block]}])
    assert not [p for p in call.parts if p.kind == "blob"]


def test_documents_in_documents_are_read_or_refused() -> None:
    text = json.dumps({"who": "Jo Smith"})
    for _ in range(7):
        text = json.dumps({"a": text})
    assert [p.text for p in read([{"role": "tool", "content": text}]).parts if p.kind == "text"] == ["Jo Smith"]
    for _ in range(2):
        text = json.dumps({"a": text})
    with pytest.raises(BadRequest, match="JSON in strings"):
        read([{"role": "tool", "content": text}])


def test_a_speakers_name_is_read_with_spaces() -> None:
    """The API allows no spaces in it; detection finds no name in `Jo_Smith`."""
    call = read(
        [{"role": "user", "name": "Jo_Smith", "content": "x"}, {"role": "user", "name": "user_1", "content": "x"}]
    )
    assert part(call, "/messages/0/name").text == "Jo Smith"
    assert part(call, "/messages/1/name").text == "user_1"
    assert CHAT.write(call.body, {})["messages"][0]["name"] == "Jo_Smith"
    assert CHAT.write(call.body, {"/messages/0/name": "PERSON_1"})["messages"][0]["name"] == "PERSON_1"
