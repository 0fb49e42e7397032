"""Replies as providers really send them, and as they should not."""

import json
from typing import Any

import pytest

from gateway.dialects.openai_chat import OpenAIChat
from gateway.dialects.reply import Surrogates, counts_of, mended
from gateway.model.errors import UpstreamFailed
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage

CHAT = OpenAIChat()
CONTENT = "/choices/0/message/content"


def call_of(**more: Any) -> Any:
    return CHAT.read({"model": "council-chat", "messages": [{"role": "user", "content": "x"}], **more}, {})


def chunk(delta: Any = None, reason: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": {} if delta is None else delta, "finish_reason": reason}
    return {"id": "chatcmpl-1", "created": 5, "model": "gpt-x", "choices": [choice], **more}


def streamed(*chunks: Any, **more: Any) -> list[Event]:
    decoder = CHAT.decoder(call_of(**more))
    events = [event for each in chunks for event in decoder.chunk(each)]
    return events + decoder.end()


def whole(message: Any, reason: str = "stop", **more: Any) -> list[Event]:
    body = {
        "id": "chatcmpl-1",
        "created": 5,
        "model": "gpt-x",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
    }
    return CHAT.decoder(call_of()).whole({**body, **more})


def said(events: list[Event], address: str = CONTENT) -> str:
    return "".join(e.text for e in events if isinstance(e, Delta) and e.address == address)


def everything(events: list[Event]) -> str:
    """All that could reach a client."""
    encoder = CHAT.encoder(call_of())
    return json.dumps(CHAT.collect(call_of(), events)) + b"".join(encoder.feed(e) for e in events).decode()


def test_log_probabilities_and_token_ids_are_left_out() -> None:
    """They are the answer again, in pieces that nothing restores or checks."""
    logprobs = {"content": [{"token": "Jo", "bytes": [74, 111], "logprob": -0.1, "top_logprobs": []}]}
    message = {"role": "assistant", "content": "x", "token_ids": [9, 434]}
    choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": "stop"}
    body = {"id": "c", "created": 5, "choices": [choice], "prompt_token_ids": [434]}
    events = CHAT.decoder(call_of(logprobs=True)).whole(body)
    assert isinstance(events[0], Head)
    assert events[0].headers == {"X-AI-Notice": "logprobs-left-out"}
    assert "Jo" not in everything(events)
    assert "434" not in everything(events)
    decoder = CHAT.decoder(call_of(logprobs=True))
    piece = chunk({"content": "x"})
    piece["choices"][0]["logprobs"] = logprobs
    assert "Jo" not in json.dumps([repr(event) for event in decoder.chunk(piece)])


def test_reasoning_is_a_run_of_its_own() -> None:
    for name in ("reasoning_content", "reasoning"):
        events = streamed(chunk({name: "Jo "}), chunk({name: "lives"}), chunk({"content": "Hi"}), chunk(reason="stop"))
        started = [e for e in events if isinstance(e, Started)]
        assert [(e.channel, e.address.rsplit("/", 1)[1]) for e in started] == [("reasoning", name), ("text", "content")]
        assert said(events, f"/choices/0/message/{name}") == "Jo lives"


def test_unknown_text_is_guarded_and_unknown_objects_too() -> None:
    message = {"content": "x", "vendor": "Jo", "citations": [{"title": "Jo", "n": 94345919}], "flag": True}
    events = whole(message, top=["Jo"])
    runs = {e.address: e for e in events if isinstance(e, Started)}
    assert runs["/choices/0/message/vendor"].channel == "reasoning"
    assert runs["/choices/0/message/citations"].channel == "arguments"
    assert runs["/choices/0/message/citations"].name == ""
    assert said(events, "/top") == '["Jo"]'
    body = CHAT.collect(call_of(), events)
    assert body["choices"][0]["message"]["citations"] == message["citations"]
    assert body["top"] == ["Jo"]


def test_empty_fields_come_back_without_leaving_a_text_on_the_record() -> None:
    """OpenAI's own replies have `annotations: []`."""
    message = {"content": "x", "annotations": [], "vendor": {}, "flag": True}
    events = whole(message)
    assert {e.address for e in events if isinstance(e, Delta)} == {CONTENT}
    body = CHAT.collect(call_of(), events)
    assert {k: body["choices"][0]["message"][k] for k in message} == message
    frames = b"".join(encoder.feed(e) for encoder in [CHAT.encoder(call_of())] for e in events)
    assert b'"annotations":[]' in frames


def test_a_guarded_field_that_is_no_json_any_more_is_left_out() -> None:
    events = whole({"content": "x", "citations": ["Jo"]})
    broken = [Delta(e.address, "{[removed") if isinstance(e, Delta) and "citations" in e.address else e for e in events]
    assert "citations" not in everything(broken)


def test_vendor_fields_are_passed_on_only_in_their_form() -> None:
    events = whole(
        {"content": "x"},
        id="Jo Smith, 3 May",
        model="gpt x",
        system_fingerprint="fp_1",
        created="Jo",
        service_tier="Jo Smith",
    )
    head = events[0]
    assert isinstance(head, Head)
    assert head.fields["id"].startswith("chatcmpl-")
    assert head.fields["model"] == "council-chat"
    assert head.fields["system_fingerprint"] == "fp_1"
    assert "Jo" not in json.dumps(head.fields)


def test_azures_first_chunk_has_no_choice() -> None:
    verdicts = {"hate": {"filtered": False, "severity": "safe"}, "note": {"severity": "Jo"}}
    first = {
        "id": "",
        "model": "",
        "choices": [],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": verdicts}],
    }
    later = chunk({"content": "x"})
    later["choices"][0]["content_filter_results"] = verdicts
    events = streamed(first, later, chunk(reason="stop"))
    head = events[0]
    assert isinstance(head, Head)
    assert head.fields["id"] == "chatcmpl-1"
    assert head.fields["prompt_filter_results"][0]["content_filter_results"]["hate"] == verdicts["hate"]
    ended = next(e for e in events if isinstance(e, ChoiceEnded))
    assert ended.fields["content_filter_results"]["hate"] == verdicts["hate"]
    assert "Jo" not in everything(events)


def test_tool_calls_in_pieces() -> None:
    events = streamed(
        chunk(
            {
                "tool_calls": [
                    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
                ]
            }
        ),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a'}}]}),
        chunk(
            {
                "tool_calls": [
                    {"index": 1, "id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}}
                ]
            }
        ),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '": 1}'}}]}),
        chunk(reason="tool_calls"),
    )
    calls = CHAT.collect(call_of(), events)["choices"][0]["message"]["tool_calls"]
    assert [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in calls] == [
        ("call_1", "f", '{"a": 1}'), ("call_2", "g", "{}"),
    ]  # fmt: skip


@pytest.mark.parametrize("index", [0, None])
def test_providers_without_indexes(index: int | None) -> None:
    """Some give every call index 0, or none: the id tells them apart."""
    where = {} if index is None else {"index": index}
    events = streamed(
        chunk({"tool_calls": [{**where, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}}]}),
        chunk({"tool_calls": [{**where, "id": "b", "function": {"name": "g", "arguments": '{"y": 2}'}}]}),
        chunk(reason="tool_calls"),
    )
    calls = CHAT.collect(call_of(), events)["choices"][0]["message"]["tool_calls"]
    assert [(c["id"], c["function"]["name"]) for c in calls] == [("a", "f"), ("b", "g")]


def test_arguments_that_are_an_object_become_text() -> None:
    events = whole(
        {"tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": "é"}}}]}
    )
    call = CHAT.collect(call_of(), events)["choices"][0]["message"]["tool_calls"][0]
    assert call["function"]["arguments"] == '{"x": "é"}'


def test_custom_tools_and_the_old_function_call() -> None:
    message = {"content": None, "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "f", "input": "go"}}]}
    assert CHAT.collect(call_of(), whole(message))["choices"][0]["message"]["tool_calls"] == message["tool_calls"]
    old = {"content": None, "function_call": {"name": "f", "arguments": "{}"}}
    events = streamed(
        chunk({"function_call": {"name": "f", "arguments": "{"}}),
        chunk({"function_call": {"arguments": "}"}}),
        chunk(reason="function_call"),
    )
    for found in (whole(old), events):
        assert CHAT.collect(call_of(), found)["choices"][0]["message"]["function_call"] == old["function_call"]
    frames = b"".join(CHAT.encoder(call_of()).feed(e) for e in events[:1])
    assert frames == b""


def test_extra_fields_of_a_tool_call_come_back() -> None:
    extra = {"google": {"thought_signature": "abc="}}
    piece = {
        "index": 0,
        "id": "a",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
        "extra_content": extra,
    }
    events = streamed(chunk({"tool_calls": [piece]}), chunk(reason="tool_calls"))
    assert CHAT.collect(call_of(), events)["choices"][0]["message"]["tool_calls"][0]["extra_content"] == extra
    encoder = CHAT.encoder(call_of())
    assert b'"extra_content":{"google"' in b"".join(encoder.feed(e) for e in events)


def test_content_in_blocks_is_text() -> None:
    assert said(whole({"content": [{"type": "text", "text": "Dear "}, {"type": "text", "text": "Jo"}]})) == "Dear Jo"


def test_usage_is_numbers() -> None:
    usage = {"prompt_tokens": 1, "total_tokens": 2, "details": {"cached": 0, "note": "Jo"}, "note": "Jo"}
    events = streamed(chunk({"content": "x"}), chunk(reason="stop", usage=usage))
    assert next(e for e in events if isinstance(e, Usage)).fields == {
        "prompt_tokens": 1, "total_tokens": 2, "details": {"cached": 0},
    }  # fmt: skip
    assert counts_of("Jo") is ...


def test_characters_cut_in_two_are_joined() -> None:
    events = streamed(chunk({"content": "a\ud83d"}), chunk({"content": "\ude00b\ud83d"}), chunk(reason="stop"))
    assert said(events) == "a\U0001f600b\ufffd"
    assert mended("\ud83d\ude00 \ud83d") == "\U0001f600 \ufffd"
    halves = Surrogates()
    assert halves.push("\ude00") + halves.end() == "\ufffd"


def test_whole_replies_may_lack_a_finish_reason() -> None:
    assert isinstance(whole({"content": "x"}, None)[-1], Finished)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        {"error": {"message": "NHS 943 476 5919", "code": 429}},
        {"error": "NHS 943 476 5919"},
        {"choices": "NHS 943 476 5919"},
        {"choices": ["NHS 943 476 5919"]},
        chunk("NHS 943 476 5919"),
        chunk({"tool_calls": "NHS 943 476 5919"}),
        chunk({"tool_calls": ["NHS 943 476 5919"]}),
        chunk({"tool_calls": [{"index": -1}]}),
        chunk({"tool_calls": [{"index": 0, "function": "943"}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": "943 476 5919"}}]}),
        chunk({"function_call": "943 476 5919"}),
        chunk({"content": "x"}, index=-1),
        chunk({"content": "x"}, index=10_000),
        chunk({"content": "x"}, index=True),
    ],
)
def test_what_is_not_of_the_form_is_a_failure_without_its_text(bad: Any) -> None:
    decoder = CHAT.decoder(call_of())
    decoder.chunk(chunk({"content": "Dear "}))
    with pytest.raises(UpstreamFailed) as caught:
        decoder.chunk(bad)
    assert "943" not in caught.value.message
    assert "943" not in repr(caught.value)


def test_an_error_chunk_says_its_status() -> None:
    with pytest.raises(UpstreamFailed) as caught:
        streamed({"error": {"message": "x", "code": 429}})
    assert caught.value.upstream_status == 429


def test_text_after_the_end_is_a_failure() -> None:
    for address in ({"content": "more"}, {"reasoning": "more"}):
        with pytest.raises(UpstreamFailed):
            streamed(chunk({"content": "x"}), chunk(reason="stop"), chunk(address))
    streamed(chunk({"content": "x"}), chunk(reason="stop"), chunk({"content": ""}), chunk({"role": "assistant"}))


@pytest.mark.parametrize("chunks", [[], [chunk({"content": "Dear"})], [{"choices": []}]])
def test_a_stream_that_ends_early_is_a_failure(chunks: list[Any]) -> None:
    with pytest.raises(UpstreamFailed):
        streamed(*chunks)


def test_too_many_tool_calls_are_a_failure() -> None:
    with pytest.raises(UpstreamFailed):
        whole({"tool_calls": [{"id": str(n), "function": {"name": "f"}} for n in range(513)]})


def test_usage_is_streamed_only_where_it_was_asked_for() -> None:
    chunks = [chunk({"content": "x"}), chunk(reason="stop"), {"choices": [], "usage": {"total_tokens": 2}}]
    for options, expected in ((None, False), ({"include_usage": False}, False), ({"include_usage": True}, True)):
        call = call_of(stream=True, stream_options=options)
        encoder = CHAT.encoder(call)
        frames = b"".join(encoder.feed(event) for event in streamed(*chunks))
        assert (b'"usage":{"total_tokens":2}' in frames) is expected
        assert frames.endswith(b"data: [DONE]\n\n")


def test_every_event_of_a_run_is_closed() -> None:
    events = streamed(chunk({"content": "x", "refusal": "y"}), chunk(reason="stop"))
    assert [e.address for e in events if isinstance(e, Started)] == [e.address for e in events if isinstance(e, Ended)]


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [70, 5_000])
def test_a_bottomless_field_is_a_failure(levels: int) -> None:
    """What can't be written again would break the stream in the middle."""
    deep = _deep(levels)
    for delta in ({"z": deep}, {"content": deep}, {"tool_calls": [{"function": {"name": "f", "arguments": deep}}]}):
        with pytest.raises(UpstreamFailed, match="nested too deep"):
            streamed(chunk(delta))
