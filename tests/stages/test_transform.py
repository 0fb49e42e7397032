"""Transform: what leaves, what restores it, what the record keeps."""

import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Finding
from detectors.labels import LABELS
from detectors.presidio import anonymise
from gateway.dialects.openai_chat import OpenAIChat
from gateway.model.decision import Operator
from gateway.model.errors import Refused, Unavailable
from gateway.model.part import Part
from gateway.stages.inspection import Inspection
from gateway.stages.spans import replace as own_replace
from gateway.stages.transform import Transformer, transform
from tests.support.stages import CALLER, TOOL, TRANSFORMER, call_of, decided, found, sent

TOKEN = r"[A-Z_]+_[0-9A-HJKMNP-TV-Z]{8}"


def operators(**named: Operator) -> Mapping[str, Operator]:
    return named


def test_each_operator() -> None:
    call = call_of("Jo Lee, born 30 April 1990, ME15 6YL, QQ123456C, asthma, 10.0.0.1")
    decision = decided(
        operators(
            PERSON="pseudonymise",
            DATE_OF_BIRTH="generalise",
            POSTCODE="generalise",
            NINO="mask",
            HEALTH="allow",
            IP_ADDRESS="generalise",
        )
    )
    outgoing, restorer = sent(
        call,
        decision,
        ("Jo Lee", "PERSON"),
        ("30 April 1990", "DATE_OF_BIRTH"),
        ("ME15 6YL", "POSTCODE"),
        ("QQ123456C", "NINO"),
        ("asthma", "HEALTH"),
        ("10.0.0.1", "IP_ADDRESS"),
    )
    (text,) = outgoing.sent
    assert re.fullmatch(
        r"PERSON_\w{8}, born \[aged 30 to 39\], ME15, \[removed: National Insurance number\], asthma, "
        r"\[removed: IP address\]",
        text,
    )
    assert outgoing.body == {"/messages/0/content": text}
    assert outgoing.kept == (call.parts[0].text,)
    assert outgoing.counts == {
        "DATE_OF_BIRTH": 1, "HEALTH": 1, "IP_ADDRESS": 1, "NINO": 1, "PERSON": 1, "POSTCODE": 1,
    }  # fmt: skip
    assert restorer.whole(text).startswith("Jo Lee, born [aged")


def test_one_value_one_token_in_parts_turns_and_workers() -> None:
    call = call_of("NI QQ123456C", "and qq 12 34 56 c", "QQ123456C again")
    first, _ = sent(call, None, ("QQ123456C", "NINO"), ("qq 12 34 56 c", "NINO"))
    tokens = set(re.findall(TOKEN, " ".join(first.sent)))
    assert len(tokens) == 1
    worker = Transformer(b"k" * 32, TRANSFORMER.dialects, LABELS)
    cut = call_of("QQ123456C again")
    second, _ = transform(cut, CALLER, TOOL, found(cut, ("QQ123456C", "NINO")), decided(), worker)
    assert set(re.findall(TOKEN, second.sent[0])) == tokens


def test_a_restored_answer_sent_back_gets_the_same_token() -> None:
    call = call_of("Write to Siobhan O'Connor.")
    first, restorer = sent(call, None, ("Siobhan O'Connor", "PERSON"))
    (token,) = re.findall(TOKEN, first.sent[0])
    answer = restorer.whole(f"Dear {token},")
    later = call_of("Write to Siobhan O'Connor.", Part("/messages/1/content", "assistant", answer, turn=1), "Shorter.")
    second, _ = sent(later, None, ("Siobhan O'Connor", "PERSON"))
    assert second.sent == (f"Write to {token}.", f"Dear {token},", "Shorter.")


def test_callers_controllers_and_tools_have_different_tokens() -> None:
    call = call_of("Jo Lee")
    made = {
        sent(call, None, ("Jo Lee", "PERSON"), caller=caller, tool=tool)[0].sent
        for caller in (CALLER, replace(CALLER, actor="actor-2"), replace(CALLER, controller="swale"))
        for tool in (TOOL, replace(TOOL, id="other"))
    }
    assert len(made) == 6


def test_short_forms_share_the_token_of_the_full_name() -> None:
    call = call_of("Mr Smith called. John Smith's rent is due. John was polite.")
    outgoing, restorer = sent(call, None, ("John Smith's", "PERSON"), ("Mr Smith", "PERSON"), ("John", "PERSON"))
    assert len(set(re.findall(TOKEN, outgoing.sent[0]))) == 1
    assert re.fullmatch(rf"Mr {TOKEN} called. {TOKEN}'s rent is due. {TOKEN} was polite.", outgoing.sent[0])
    assert restorer.whole(outgoing.sent[0]) == "Mr John Smith called. John Smith's rent is due. John Smith was polite."


def test_two_people_of_one_surname_stay_two() -> None:
    """Known from peers: two people shared a placeholder and the wrong name came back."""
    call = call_of("John Smith and Jane Smith. Mr Smith pays.")
    outgoing, restorer = sent(call, None, ("John Smith", "PERSON"), ("Jane Smith", "PERSON"), ("Mr Smith", "PERSON"))
    assert len(set(re.findall(TOKEN, outgoing.sent[0]))) == 3
    assert restorer.whole(outgoing.sent[0]) == "John Smith and Jane Smith. Mr Smith pays."


def test_anonymised_and_restored_is_the_same_text() -> None:
    """Known from peers: restoring what was masked did not give the original."""
    values = [(f"QQ{n:06d}C", "NINO") for n in range(100, 140)]
    text = " | ".join(value for value, _ in values)
    outgoing, restorer = sent(call_of(text), None, *values)
    assert not any(value in outgoing.sent[0] for value, _ in values)
    assert restorer.whole(outgoing.sent[0]) == text


def test_what_is_found_once_is_replaced_everywhere() -> None:
    text = "From: Osian Rees. Later OSIAN and Osian Rees met at Osian Reese House."
    call = call_of(text, "Osian Rees again, and AB-12345/6 too")
    seen = Inspection(
        ((Finding(6, 16, "PERSON", 1.0, "t", "1"),), (Finding(22, 32, "CASE_REF", 1.0, "t", "1"),)),
    )
    outgoing, _ = transform(call, CALLER, TOOL, seen, decided(), TRANSFORMER)
    (token,) = set(re.findall(r"PERSON_\w{8}", " ".join(outgoing.sent)))
    assert outgoing.sent[0] == f"From: {token}. Later OSIAN and {token} met at Osian Reese House."
    assert outgoing.sent[1].startswith(f"{token} again")
    assert outgoing.counts == {"CASE_REF": 1, "PERSON": 1}


def test_initials_are_repeated_and_small_words_are_not() -> None:
    call = call_of("TJ rang. TJ is An Nguyen's son. An aunt came.")
    seen = Inspection(((Finding(0, 2, "PERSON", 1.0, "t", "1"), Finding(15, 17, "PERSON", 0.4, "t", "1")),))
    outgoing, _ = transform(call, CALLER, TOOL, seen, decided(), TRANSFORMER)
    assert "TJ" not in outgoing.sent[0]
    assert outgoing.sent[0].endswith("An aunt came.")


def test_tool_definitions_have_their_own_column() -> None:
    definition = Part("/tools/0/description", "definition", "Example: Al Fox", turn=-1)
    call = call_of("Jo Lee", definition)
    decision = decided(definition_operators={"PERSON": "allow"})
    outgoing, _ = sent(call, decision, ("Jo Lee", "PERSON"), ("Al Fox", "PERSON"))
    assert "Jo Lee" not in outgoing.sent[0]
    assert outgoing.sent[1] == "Example: Al Fox"
    with pytest.raises(Refused) as caught:
        sent(call, decided(definition_operators={}), ("Jo Lee", "PERSON"), ("Al Fox", "PERSON"))
    assert [p.where for p in caught.value.passages] == ["in a tool definition"]


def test_a_definition_does_not_tell_whom_a_pseudonym_stands_for() -> None:
    choice = Part("/tools/0/enum/0", "definition", "Jo Lee", turn=-1)
    words = Part("/tools/0/description", "definition", "Lee Valley: not Jo Lee, nor Al Fox", turn=-1)
    decision = decided(definition_operators={"PERSON": "allow"})
    outgoing, restorer = sent(call_of("Write to Jo Lee", choice, words), decision, ("Jo Lee", "PERSON"))
    token = outgoing.sent[0].removeprefix("Write to ")
    assert outgoing.sent[1:] == (token, f"Lee Valley: not {token}, nor Al Fox")
    assert restorer.whole(token) == "Jo Lee"


def test_numbers_and_keys() -> None:
    call = call_of(
        Part("/a/nino#key", "tool_result", "Jo Lee", "key"),
        Part("/a/2#key", "tool_result", "JO LEE", "key"),
        Part("/a/3#key", "tool_result", "other", "key"),
        Part("/a/4", "tool_result", "7700900123", "number"),
    )
    outgoing, restorer = sent(call, None, ("Jo Lee", "PERSON"), ("JO LEE", "PERSON"), ("7700900123", "PHONE"))
    assert len(set(outgoing.sent)) == 4
    assert outgoing.sent[1] == f"{outgoing.sent[0]} (2)"
    assert restorer.whole(outgoing.sent[3]) == "7700900123"


def test_edits_already_due_are_kept() -> None:
    call = replace(call_of("Jo Lee", "x"), edits={"/messages/1/content": "y", "/messages/0/content": "Jo Lee"})
    outgoing, _ = sent(call, None, ("Jo Lee", "PERSON"))
    assert outgoing.body["/messages/1/content"] == "y"
    assert outgoing.body["/messages/0/content"] == outgoing.sent[0]


@pytest.mark.parametrize("effect", ["allow", "transform"])
@pytest.mark.parametrize("column", [{}, {"NINO": "block"}, {"PERSON": "allow"}])
def test_a_label_without_treatment_is_refused(effect: str, column: Mapping[str, Operator]) -> None:
    with pytest.raises(Refused) as caught:
        sent(call_of("my QQ123456C"), decided(column, effect=effect), ("QQ123456C", "NINO"))
    refused = caught.value
    assert refused.decision.effect == "deny"
    assert refused.decision.blocked == ("NINO",)
    assert refused.counts == {"NINO": 1}
    assert refused.clean_text == "my [removed: National Insurance number]"
    assert "QQ123456C" not in f"{refused} {refused.message} {refused.passages}"


def test_secrets_are_never_kept_nor_given_a_token() -> None:
    call = call_of("the key is hunter2hunter2", "again: hunter2hunter2, not xhunter2hunter2x")
    seen = Inspection(((Finding(11, 25, "SECRET", 1.0, "t", "1"),), ()))
    for operator in ("pseudonymise", "mask", "generalise"):
        outgoing, restorer = transform(call, CALLER, TOOL, seen, decided({"SECRET": operator}), TRANSFORMER)
        assert not restorer.values
        for text in (*outgoing.sent, *outgoing.kept):
            assert not re.search(r"\bhunter2hunter2\b", text)
    with pytest.raises(Refused) as caught:
        transform(call, CALLER, TOOL, seen, decided(effect="deny", blocked=("SECRET",)), TRANSFORMER)
    assert not any(re.search(r"\bhunter2hunter2\b", text) for text in caught.value.kept)


def test_an_unknown_label_is_refused() -> None:
    call = call_of("my QQ123456C")
    seen = Inspection(((Finding(3, 12, "SHOE_SIZE", 1.0, "t", "1"),),))
    with pytest.raises(Refused) as caught:
        transform(call, CALLER, TOOL, seen, decided(), TRANSFORMER)
    assert "SHOE_SIZE" in caught.value.message


def test_in_a_real_body_numbers_become_strings_and_keys_are_renamed() -> None:
    dialect = OpenAIChat()
    result = {"Jo Lee": {"tel": 7700900123, "flats": [1, 2]}, "notes": '{"for": "Jo Lee"}', "n": 1.50}
    body = {
        "model": "assistant",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Who is Jo Lee?"}]},
            {"role": "tool", "tool_call_id": "c1", "content": json.dumps(result)},
        ],
        "x_vendor": {"keep": [True, None, "Jo Lee"]},
    }
    call = dialect.read(body, {})
    transformer = replace(TRANSFORMER, dialects={dialect.name: dialect})
    seen = found(call, ("Jo Lee", "PERSON"), ("7700900123", "PHONE"))
    outgoing, restorer = transform(call, CALLER, TOOL, seen, decided(), transformer)
    raw = json.dumps(outgoing.body)
    assert "Jo Lee" not in raw
    assert "7700900123" not in raw
    person, phone = sorted(restorer.values)
    read = json.loads(outgoing.body["messages"][1]["content"])
    assert read[person] == {"tel": phone, "flats": [1, 2]}
    assert json.loads(read["notes"]) == {"for": person}
    assert outgoing.body["x_vendor"] == {"keep": [True, None, person]}
    assert restorer.values == {person: "Jo Lee", phone: "7700900123"}
    answer = json.dumps({"who": person, "tel": phone})
    assert json.loads(restorer.arguments("lookup_case", answer)) == {"who": "Jo Lee", "tel": "7700900123"}


def test_a_collision_refuses_the_call() -> None:
    clash = replace(TRANSFORMER, digest=lambda _key, _message: b"\1\2\3\4\5" * 7)
    one = call_of("QQ123456C and qq 12 34 56 c")
    values = [("QQ123456C", "NINO"), ("qq 12 34 56 c", "NINO")]
    transform(one, CALLER, TOOL, found(one, *values), decided(), clash)
    two = call_of("QQ123456C and QQ123456D")
    with pytest.raises(Unavailable) as caught:
        transform(two, CALLER, TOOL, found(two, values[0], ("QQ123456D", "NINO")), decided(), clash)
    assert caught.value.code == "pseudonym_collision"
    assert "QQ" not in caught.value.message


@settings(deadline=None)
@given(st.text(alphabet="aé \n🎉<", min_size=1, max_size=30), st.sets(st.integers(0, 30), max_size=8), st.data())
def test_presidio_as_the_engine_gives_the_same(text: str, cuts: set[int], data: st.DataObject) -> None:
    edges = sorted(cut for cut in cuts if cut <= len(text))
    spans = [
        (a, b, data.draw(st.text(alphabet="X<é", max_size=3))) for a, b in zip(edges[::2], edges[1::2], strict=False)
    ]
    assert anonymise(text, spans) == own_replace(text, spans)


def test_presidio_may_be_the_engine() -> None:
    call = call_of("Jo Lee, QQ123456C and Jo Lee's son")
    values = [("Jo Lee", "PERSON"), ("QQ123456C", "NINO")]
    presidio = replace(TRANSFORMER, engine=anonymise)
    outgoing, _ = transform(call, CALLER, TOOL, found(call, *values), decided(), presidio)
    assert outgoing.sent == sent(call, None, *values)[0].sent


def test_a_short_key_is_refused_at_start_up() -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        Transformer(b"short", {}, LABELS)
    assert "kkk" not in repr(TRANSFORMER)


def test_a_broken_inspection_stops_the_call() -> None:
    call = call_of("Jo")
    with pytest.raises(Unavailable):
        transform(call, CALLER, TOOL, Inspection(((Finding(0, 9, "NINO", 1.0, "t", "1"),),)), decided(), TRANSFORMER)
    with pytest.raises(ValueError, match="shorter"):
        transform(call, CALLER, TOOL, Inspection(()), decided(), TRANSFORMER)


def test_a_long_history_is_transformed_quickly() -> None:
    pick = random.Random(1)
    people = [f"{pick.choice('ABCDEF')}nn{n} Fam{n}" for n in range(120)]
    turns = [
        " ".join(f"{pick.choice(people)} wrote about the damp in the kitchen." for _ in range(100)) for _ in range(24)
    ]
    call = call_of(*turns)
    inspection = found(call, *((p, "PERSON") for p in people))
    sent(call_of("x"))
    start = time.perf_counter()
    transform(call, CALLER, TOOL, inspection, decided(), TRANSFORMER)
    assert time.perf_counter() - start < 1.0


def test_a_short_call_is_transformed_in_a_fraction_of_a_millisecond() -> None:
    text = "Please write to Siobhan O'Connor (jo.bloggs@example.org) about QQ123456C. " * 4
    call = call_of(text)
    inspection = found(call, ("Siobhan O'Connor", "PERSON"), ("jo.bloggs@example.org", "EMAIL"), ("QQ123456C", "NINO"))
    times = []
    for _ in range(50):
        start = time.perf_counter()
        transform(call, CALLER, TOOL, inspection, decided(), TRANSFORMER)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.001


def test_where_nothing_can_be_put_back_a_pseudonym_is_a_mask() -> None:
    call = replace(call_of("Read to Jo Smith, born 1980", "Jo Smith"), restorable=False)
    outgoing, restorer = sent(call, decided({"PERSON": "pseudonymise"}), ("Jo Smith", "PERSON"))
    assert outgoing.sent == ("Read to [removed: person's name], born 1980", "[removed: person's name]")
    assert not outgoing.values
    assert not restorer.values


def test_what_looks_like_a_name_in_a_pictures_bytes_is_left_alone() -> None:
    blob = Part("/file/data", "user", "AAAA/Jo+BBBB", "blob", turn=0, media="image")
    call = call_of("Ask Jo", blob)
    inspection = Inspection((found(call, ("Jo", "PERSON")).findings[0], ()))  # inspection doesn't look into it either
    outgoing, restorer = transform(call, CALLER, TOOL, inspection, decided(), TRANSFORMER)
    assert outgoing.sent[0] != "Ask Jo"
    assert outgoing.sent[1] == blob.text
    assert "aaaa" not in restorer.request()
