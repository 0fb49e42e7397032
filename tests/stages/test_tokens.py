"""Pseudonyms: what makes two values one, what a scope is, and which bent spellings are still read."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.stages.tokens import ALPHABET, PARTIAL, Matcher, normalise, scope_key, token

KEY = scope_key(b"s" * 32, "maidstone", "actor", "tool")


@settings(deadline=None)
@given(st.sampled_from(["PERSON", "DATE_OF_BIRTH", "NINO"]), st.text(max_size=40))
def test_a_token_is_a_label_and_eight_digits(label: str, value: str) -> None:
    made = token(KEY, label, value)
    assert re.fullmatch(rf"{label}_[{ALPHABET}]{{8}}", made)
    assert made == token(scope_key(b"s" * 32, "maidstone", "actor", "tool"), label, value)


def test_the_scope_is_controller_caller_and_tool() -> None:
    scopes = [
        ("maidstone", "actor", "tool"),
        ("swale", "actor", "tool"),
        ("maidstone", "other", "tool"),
        ("maidstone", "actor", "another"),
        ("maidstoneactor", "", "tool"),
        ("maidstone", "acto", "rtool"),
    ]
    made = {token(scope_key(b"s" * 32, *scope), "PERSON", "john smith") for scope in scopes}
    made.add(token(scope_key(b"t" * 32, *scopes[0]), "PERSON", "john smith"))
    assert len(made) == len(scopes) + 1


def test_the_label_is_part_of_what_is_digested() -> None:
    assert token(KEY, "NINO", "x")[-8:] != token(KEY, "UTR", "x")[-8:]


@pytest.mark.parametrize(
    ("label", "one", "other"),
    [
        ("NINO", "QQ 12 34 56 C", "qq123456c"),
        ("NHS_NUMBER", "999 000 0018", "999-000-0018"),
        ("PHONE", "07700 900123", "+44 7700 900123"),
        ("PHONE", "07700 900123", "0044 (0)7700-900123"),
        ("PHONE", "07700 900123", "7700900123"),
        ("EMAIL", "Jo.Bloggs@Example.org", "jo.bloggs@example.org "),
        ("POSTCODE", "me14 1aa", "ME141AA"),
        ("DATE_OF_BIRTH", "30 April 1990", "30/04/1990"),
        ("DATE_OF_BIRTH", "30th Apr 1990", "1990-04-30"),
        ("ADDRESS", "14 Sandling Road, Maidstone", "14 SANDLING ROAD\nMAIDSTONE"),
        ("PERSON", "José  Núñez", "JOSE NUNEZ"),
        ("IBAN", "GB33 BUKB 2020 1555 5555 55", "gb33bukb20201555555555"),
        ("CASE_REF", "ＨＢ２２０４８１７", "HB2204817"),
    ],
)
def test_spellings_of_one_value(label: str, one: str, other: str) -> None:
    assert normalise(label, one) == normalise(label, other)


@pytest.mark.parametrize(
    ("label", "one", "other"),
    [
        ("EMAIL", "a.b@example.org", "ab@example.org"),
        ("IP_ADDRESS", "10.1.11.1", "10.11.1.1"),
        ("ADDRESS", "1 14 Road", "11 4 Road"),
        ("DATE_OF_BIRTH", "03/04/1990", "04/03/1990"),
        ("PHONE", "07700 900123", "07700 900124"),
    ],
)
def test_different_values_stay_apart(label: str, one: str, other: str) -> None:
    assert normalise(label, one) != normalise(label, other)


def test_punctuation_alone_is_a_value() -> None:
    assert normalise("NINO", "--") == "--"


BENT = [
    "PERSON_K7QD2M80",
    "person_k7qd2m80",
    "Person_K7qd2m8O",
    r"PERSON\_K7QD2M80",
    "PERSON&#95;K7QD2M80",
    "PERSON&#x5F;K7QD2M80",
    "PERSON&lowbar;K7QD2M80",
    "PERSON K7QD2M80",
    "PERSON-K7QD2M80",
    "PERSON\u2011K7QD2M80",
    "PERSON\u00a0K7QD2M80",
    "PERSON&nbsp;K7QD2M80",
    "PERSON\u200b_K7QD2M80",
    "PERSON__K7QD2M80",
    "PERS0N_K7QD2M8o",
    "PERSONK7QD2M80",
    "**PERSON**_K7QD2M80"[2:],
]


@pytest.mark.parametrize("written", BENT)
def test_bent_tokens_are_read(written: str) -> None:
    assert Matcher(["PERSON"]).match(written + ".", 0) == (len(written), "PERSON_K7QD2M80")


@pytest.mark.parametrize("written", BENT)
def test_every_beginning_of_a_token_is_awaited(written: str) -> None:
    matcher = Matcher(["PERSON"])
    for end in range(1, len(written)):
        assert matcher.match(written[:end], 0) is PARTIAL


def test_labels_of_several_words() -> None:
    matcher = Matcher(["DATE_OF_BIRTH", "PERSON"])
    for written in (
        "DATE_OF_BIRTH_K7QD2M80",
        "Date of birth K7QD2M80",
        r"DATE\_OF\_BIRTH\_K7QD2M80",
        "DateOfBirth-K7QD2M80",
    ):
        assert matcher.match(written, 0) == (len(written), "DATE_OF_BIRTH_K7QD2M80")


def test_look_alike_digits_are_read_as_meant() -> None:
    assert Matcher(["PERSON"]).match("PERSON_iIlLoO00", 0) == (15, "PERSON_11110000")


@pytest.mark.parametrize(
    "other", ["PERSON_K7QD2M8", "PERSON_K7QD2M8U", "PERSONAL", "PERSON. K7QD2M80", "PERSON_K7QD-2M80"]
)
def test_what_is_no_token(other: str) -> None:
    assert Matcher(["PERSON"]).match(other + " and so on", 0) is None


@settings(deadline=None)
@given(st.text(alphabet="PERSONperson_\\&#95;K7 -x*", max_size=40))
def test_a_decision_never_changes_as_text_grows(text: str) -> None:
    matcher = Matcher(["PERSON"])
    whole = matcher.match(text + " ....", 0)
    for end in range(len(text)):
        early = matcher.match(text[:end], 0)
        assert early is PARTIAL or early == whole
