"""The last search through a package: what it finds, in which disguise, and what it leaves alone."""

import html
import json

import pytest

from gateway.records.export.plain import sheet
from gateway.records.export.scan import Scanner
from gateway.records.export.values import Withheld, apart


def finds(value: str, name: str, data: bytes) -> bool:
    leaks = Scanner([Withheld("R00001", value)]).package({name: data})
    assert all(value not in str(leak) for leak in leaks)
    return bool(leaks)


@pytest.mark.parametrize(
    "text",
    [
        "to John Smith today", "to JOHN  SMITH today", "to john\n smith", "john.smith@example", "JohnSmith",
        "mr_john_smith_2",
        "Jo\u200bhn Smith", "Ｊｏｈｎ Smith", "J\u00f3hn Smith", "report-john-smith.docx", "xjohnsmithx",
    ],
)  # fmt: skip
def test_a_name_is_found_in_its_disguises(text: str) -> None:
    value = "John Smith"
    assert finds(value, "data/a.txt", text.encode())
    assert finds(value, "data/a.html", f"<p>{html.escape(text)}</p>".encode())
    assert finds(value, "data/a.json", json.dumps({"x": [{"y": text}]}).encode())
    assert finds(value, "data/a.jsonl", b'{"a":1}\n' + json.dumps([text]).encode() + b"\n")
    assert finds(value, "data/a.csv", sheet(("a", "b"), [("=1", text)]))


def test_escapes_tags_and_file_names_hide_nothing() -> None:
    assert finds("O'Brien & Daughters", "data/a.html", b"<p>O&#39;Brien &amp; <b>Daughters</b></p>")
    assert finds("José Núñez", "data/a.json", json.dumps({"José Núñez": 1}).encode())
    assert finds("Brown and Sons", "data/proofs/brown-and-sons.json", b"{}")
    assert finds("QQ 12 34 56 C", "bag-info.txt", b"External-Identifier: QQ123456C\n")
    assert finds("QQ123456C", "data/a.csv", sheet(("a",), [("NI QQ 12 34 56 C",)]))
    assert finds("07700 900123", "data/a.txt", b"tel 07700-900-123")


def test_what_only_looks_alike_is_left_alone() -> None:
    assert not finds("John Smith", "data/a.txt", b"John and the Smith family")
    assert not finds("Rose", "data/a.txt", b"rosemary, prose, roses")
    assert not finds("60-16-13", "data/a.txt", b"2026-01-16T13:04:05.601611Z")
    assert not finds("76", "data/a.txt", b"76")
    digests = b"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\n" * 40
    assert not finds("d0d6a", "data/a.txt", digests)


def test_a_whole_secret_that_looks_like_a_hash_is_found() -> None:
    secret = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd6"
    assert finds(secret, "data/a.txt", f"key={secret} end".encode())
    assert finds(secret, "data/a.txt", f"xx{secret}00".encode())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Brown", "see shared/housing/tenants/brown/complaints/2026"),
        ("John Smith", "https://files.example/housing/JohnSmith/letters/2026"),
        ("John Smith", "shared/housing/tenants/John/Smith/letters"),
        ("Pemberton", "C5/Housing/Pemberton/Letters/No1"),
    ],
)
def test_a_name_in_a_path_is_found(value: str, text: str) -> None:
    """A path of letters and slashes looks like base64."""
    assert finds(value, "data/release/records.csv", sheet(("a",), [(text,)]))
    assert finds(value, "bag-info.txt", f"External-Identifier: {text}\n".encode())
    assert Scanner([Withheld("R00001", value)]).find(text)


def test_an_accepted_line_may_stand_and_is_named_where_it_does() -> None:
    values = [Withheld("R00001", "council tax"), Withheld("R00002", "John Smith"), Withheld("R00003", "no")]
    scanner = Scanner(values, frozenset({"R00001", "R00099", "a pseudonym"}))
    assert scanner.find("nothing of the kind") == set()
    assert scanner.needed == set()
    assert scanner.find("council tax of John Smith, no, PERSON_K7QD2M8X") == {"R00002", "a pseudonym"}
    assert (scanner.needed, scanner.short) == ({"R00001"}, 1)


def test_a_pseudonym_that_was_left_is_found() -> None:
    assert Scanner([]).find("about PERSON_K7QD2M8X.") == {"a pseudonym"}


def test_the_place_of_a_leak_is_told() -> None:
    scanner = Scanner([Withheld("R00007", "John Smith")])
    leaks = scanner.package(
        {"data/a.csv": sheet(("a",), [("x",), ("John Smith",)]), "data/b.txt": b"x\ny\nJohn Smith\n"}
    )
    assert [str(leak) for leak in leaks] == [
        "data/a.csv, row 3: holds what is withheld at R00007",
        "data/b.txt, line 3: holds what is withheld at R00007",
    ]


@pytest.mark.parametrize(
    ("value", "replacement", "wanted"),
    [
        ("John Smith", "PERSON_K7QD2M8X", ["John Smith"]),
        ("John Smith of 12 High St", "PERSON_K7QD2M8X of ADDRESS_AB12CD34", ["John Smith", "12 High St"]),
        ("(John", "(PERSON_K7QD2M8X", ["John"]),
        ("1974", "the seventies", ["1974"]),
    ],
)
def test_values_behind_neighbouring_pseudonyms_are_told_apart(value: str, replacement: str, wanted: list[str]) -> None:
    assert set(wanted) <= {each for each, _ in apart(value, replacement)}
