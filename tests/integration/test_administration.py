"""What administrators do, against a running gateway: suspend, revoke, contest, look up, verify."""

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.support.capture import Capture, Reply
from tests.support.gateway import Gateway

PLAIN = "Please suggest three ways to word a notice about the new recycling days."
HIDDEN = "Please reword: the bins\u200b\u200d\u200b are l\u200bate on Tues\u200bday this w\u200beek."
SUSPENSION_LIMIT_S = 5.0


def connect(gateway: Gateway, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=gateway.base_url, api_key=key, max_retries=0)


@pytest.fixture
def client(gateway: Gateway, key: str) -> Iterator[openai.OpenAI]:
    with connect(gateway, key) as made:
        yield made


def ask(client: openai.OpenAI, text: str = PLAIN, **more: Any) -> Any:
    return client.chat.completions.create(
        model=more.pop("model", "council-assistant"), messages=[{"role": "user", "content": text}], **more
    )


def test_suspending_a_tool_cuts_open_streams_and_refuses_new_calls(
    gateway: Gateway, capture: Capture, client: openai.OpenAI
) -> None:
    capture.answer = lambda body: Reply(pieces=["word "] * 600, pause_s=0.05)
    stream = ask(client, stream=True)
    next(iter(stream))
    suspended = gateway.cli("register", "suspend", "council-assistant", "--reason", "drill")
    begun = time.monotonic()
    assert "suspended" in suspended.stdout
    try:
        with pytest.raises(openai.APIError, match="suspended"):
            for _ in stream:
                pass
        assert time.monotonic() - begun < SUSPENSION_LIMIT_S
        with pytest.raises(openai.APIStatusError, match="suspended"):
            ask(client)
    finally:
        gateway.cli("register", "resume", "council-assistant")
    capture.answer = lambda body: Reply(pieces=["fine"])
    deadline = time.monotonic() + SUSPENSION_LIMIT_S
    while time.monotonic() < deadline:
        try:
            ask(client)
            break
        except openai.APIStatusError:
            time.sleep(0.2)
    assert "fine" in ask(client).choices[0].message.content
    listed = gateway.cli("records", "search", "--outcome", "cut").stdout
    assert "council-assistant" in listed


def test_a_revoked_key_is_turned_away(gateway: Gateway, capture: Capture) -> None:
    key = gateway.key()
    with connect(gateway, key) as client:
        ask(client)
        gateway.cli("keys", "revoke", key.split("_")[1])
        time.sleep(2.2)  # a worker remembers a key for two seconds
        with pytest.raises(openai.AuthenticationError):
            ask(client)
    listed = gateway.cli("keys", "list").stdout
    assert "revoked" in listed
    assert key not in listed
    with sqlite3.connect(gateway.database) as database:
        acts = database.execute("SELECT body FROM leaf WHERE kind = 'admin'").fetchall()
    database.close()
    mine = {leaf["act"]: leaf for (body,) in acts if (leaf := json.loads(body))["subject"] == key.split("_")[1]}
    made, revoked = mine["key_add"], mine["key_revoke"]
    assert made["actor"] == revoked["actor"] != ""  # who did it, as a keyed digest


def test_a_contested_finding_goes_through_with_its_reason_on_record(
    gateway: Gateway, capture: Capture, client: openai.OpenAI
) -> None:
    with pytest.raises(openai.BadRequestError, match="hidden characters or encoding") as refused:
        ask(client, HIDDEN)
    body: Any = refused.value.body
    assert "HIDDEN_TEXT" in str(body["refusal"]["contest"])
    contest = {"X-AI-Contest": "HIDDEN_TEXT", "X-AI-Contest-Reason": "pasted from a PDF"}
    assert ask(client, HIDDEN, extra_headers=contest).choices[0].message.content
    assert len(capture.received) == 1


def test_an_app_key_without_a_person_is_refused_where_a_person_is_needed(gateway: Gateway, capture: Capture) -> None:
    with connect(gateway, gateway.key(kind="app", name="script")) as client:
        with pytest.raises(openai.BadRequestError, match=r"(?i)person"):
            ask(client)
        assert ask(client, model="council-internal").choices[0].message.content
    assert len(capture.received) == 1


def test_a_chat_interface_gets_refusals_as_messages(gateway: Gateway, capture: Capture) -> None:
    key = gateway.cli(
        *("keys", "create", "--quiet", "--controller", "swale", "--service", "housing", "--purpose", "correspondence"),
        *("--owner", "o@swale.example", "--refusal-as-message"),
    ).stdout.strip()
    text = "The tenant has been convicted of assault and has depression. Write to him."
    with connect(gateway, key) as client:
        reply = ask(client, text)
        assert reply.choices[0].finish_reason == "content_filter"
        assert re.search(r"SBC-[0-9A-Z]{4}-[0-9A-Z]{4}", reply.choices[0].message.content)
        chunks = [choice for chunk in ask(client, text, stream=True) for choice in chunk.choices]
        assert chunks[-1].finish_reason == "content_filter"
    assert capture.received == []


@pytest.mark.parametrize("model", ["retired-writer", "unassessed-transcriber"])
def test_a_tool_that_is_not_approved_is_refused_with_the_way_forward(
    gateway: Gateway, capture: Capture, client: openai.OpenAI, model: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, model=model)
    body: Any = refused.value.body
    assert body["refusal"]["clause"]
    assert body["refusal"]["what_to_do"]
    assert capture.received == []
    assert gateway.records(body["refusal"]["record"])["tool"] == model


def test_controllers_are_kept_apart(gateway: Gateway, capture: Capture, key: str) -> None:
    with connect(gateway, gateway.key(controller="swale")) as swale:
        reply = ask(swale).choices[0].message.content
    assert "Swale Borough Council is responsible" in reply
    reference = re.search(r"SBC-[0-9A-Z-]+", reply)
    assert reference
    assert gateway.get(f"/v1/disclosures/{reference[0]}", key)[0] == 404
    listed = gateway.cli("records", "search", "--controller", "maidstone").stdout
    assert reference[0] not in listed


def test_metrics_and_log_show_what_happened_and_no_content(
    gateway: Gateway, capture: Capture, client: openai.OpenAI
) -> None:
    ask(client, "Write to Margaret Okafor about her garden waste.")
    metrics = gateway.get("/metrics")[1].decode()
    assert re.search(r'aigw_calls_total\{.*controller="maidstone".*outcome="delivered".*\} [1-9]', metrics)
    assert re.search(r'aigw_findings_total\{controller="maidstone",label="PERSON"\} [1-9]', metrics)
    for text in (metrics, gateway.log.read_text()):
        assert "Okafor" not in text
        assert "garden" not in text


def test_a_changed_byte_makes_verify_fail_and_say_where(gateway: Gateway, capture: Capture) -> None:
    """Last: it leaves the database as an intruder would."""
    with connect(gateway, gateway.key()) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="council-assistant", messages=[{"role": "user", "content": PLAIN}]
        )
    ref = raw.headers["x-ai-record"]
    whole = gateway.cli("ledger", "verify")
    assert "The ledger is whole" in whole.stdout
    with sqlite3.connect(gateway.database) as database:
        (body,) = database.execute("SELECT body FROM leaf WHERE ref = ? AND kind = 'opened'", (ref,)).fetchone()
        changed = body.replace(b'"council-assistant"', b'"council-assistent"', 1)
        assert changed != body
    database.close()
    for written in (changed, changed.decode()):  # as bytes, and as the text that an SQL function makes of them
        with sqlite3.connect(gateway.database) as database:
            database.execute("UPDATE leaf SET body = ? WHERE ref = ? AND kind = 'opened'", (written, ref))
        database.close()
        broken = gateway.cli("ledger", "verify", check=False)
        assert broken.returncode == 1
        assert "leaf" in broken.stdout
        assert ref in broken.stdout
