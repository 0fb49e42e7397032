"""YAML read strictly, and mistakes told with file, line and fix."""

import json
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

from policies import source
from policies.source import ConfigError, Mistake, Problem, did_you_mean, load_yaml, parse, parse_yaml


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    kind: Literal["offline", "direct"]
    """How it is reached. Anything else is a mistake."""
    since: date | None = None
    ports: list[int] = []

    @field_validator("ports")
    @classmethod
    def _sane(cls, ports: list[int]) -> list[int]:
        if len(ports) > 1 and ports[1] == 0:
            raise Mistake("the second port is 0", "Take it out.", at=(1,))
        return ports


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = "x"
    register_file: str | None = Field(default=None, alias="register")
    places: dict[str, Inner] = {}
    rows: list[Inner] = []
    either: Inner | None = None


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(Outer, parse_yaml(text, "council.yaml"))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae: a\n", "council.yaml:1: unknown key 'nmae'. Did you mean name?"),
        ("name: a\nregistr: b\n", "council.yaml:2: unknown key 'registr'. Did you mean register?"),
        (
            "places:\n  a:\n    kind: ofline\n",
            "council.yaml:3: unknown kind 'ofline'. Did you mean offline?",
        ),
        (
            "places:\n  a:\n    kind: zzz\n",
            "council.yaml:3: unknown kind 'zzz'. Use one of: offline, direct.",
        ),
        (
            "places:\n  a: {}\n",
            "council.yaml:2: 'kind' is missing from places.a. Add it: How it is reached.",
        ),
        (
            "rows:\n  - kind: direct\n  - kind: direct\n    sinse: 2026-01-01\n",
            "council.yaml:4: unknown key 'sinse'. Did you mean since?",
        ),
        (
            "either:\n  kind: direct\n  since: 1 May\n",
            "council.yaml:3: 'since' is not a date. Write it as year-month-day, such as 2026-04-30.",
        ),
        (
            "either:\n  kind: direct\n  ports:\n    - 1\n    - 0\n",
            "council.yaml:5: the second port is 0. Take it out.",
        ),
        ("places: []\n", "council.yaml:1: 'places' must be a mapping of keys to values."),
        ("rows: {}\n", "council.yaml:1: 'rows' must be a list."),
        ("name: 3\n", "council.yaml:1: 'name': must be a valid string. Put it in quotes."),
        ("- a\n", "council.yaml:1: 'the file' must be a mapping of keys to values."),
        ("either: {kind: direct, sinc: 1}\n", "council.yaml:1: unknown key 'sinc'. Did you mean since?"),
    ],
)
def test_a_mistake_names_file_line_and_fix(text: str, said: str) -> None:
    assert mistakes(text) == [said]


def test_every_mistake_is_told_in_the_order_of_lines() -> None:
    told = mistakes("nmae: a\nplaces:\n  a:\n    kind: ofline\n    sinse: x\n  b: {}\n")
    assert [line.split(":")[1] for line in told] == ["1", "4", "5", "6"]


def test_a_value_is_never_shown() -> None:
    """A settings file may hold what nobody should read in a log; only misspelt choices and keys are quoted."""
    [told] = mistakes("name: {a: hunter2}\n")
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' is here twice (first on line 1)"),
        ("a:\n  b: 1\n  b: 2\n", 3, "the key 'b' is here twice (first on line 2)"),
        ("a: &x 1\n", 1, "anchors and aliases"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases"),
        ("&k a: 1\n", 1, "anchors and aliases"),
        ("- &x [1]\n", 1, "anchors and aliases"),
        ("a: !!python/object:os.system {}\n", 1, "tags (!) are not read here"),
        ("a: !!str 3\n", 1, "tags (!) are not read here"),
        ("a: 1\n---\nb: 2\n", 2, "a second YAML document begins here"),
        ("<<: {a: 1}\n", 1, "merge keys"),
        ("? [a]\n: 1\n", 1, "a key must be a plain word"),
        ("a: 1\nb: [\n", 3, "this is not valid YAML"),
        ("a: b: c\n", 1, "this is not valid YAML"),
        ("a: \x07\n", 1, "this is not valid YAML"),
    ],
)
def test_what_is_not_in_the_subset_is_refused(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "f.yaml")
    [problem] = caught.value.problems
    assert problem.file == "f.yaml"
    assert problem.line == line
    assert problem.message.startswith(said)


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    rows += [f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    with pytest.raises(ConfigError, match="anchors and aliases"):
        parse_yaml("\n".join(rows), "bomb.yaml")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ConfigError, match="nested more than 32 deep"):
        parse_yaml("[" * 5000 + "]" * 5000, "deep.yaml")


def test_scalars_are_what_they_look_like() -> None:
    text = (
        "a: true\nb: yes\nc: no\nd: 2026-01-02\ne: 010\nf: '3'\ng: 3\nh: 1.5\ni: ~\nj:\nk: 7.3\nl: 0x1f\n"
        "m: on\nn: |\n  3\no: -2e3\np: 00.5\nq: 1.5.2\n"
    )
    assert parse_yaml(text, "f").data == {
        "a": True,
        "b": "yes",
        "c": "no",
        "d": "2026-01-02",
        "e": "010",
        "f": "3",
        "g": 3,
        "h": 1.5,
        "i": None,
        "j": None,
        "k": 7.3,
        "l": "0x1f",
        "m": "on",
        "n": "3\n",
        "o": -2000.0,
        "p": "00.5",
        "q": "1.5.2",
    }


def test_an_empty_file_is_an_empty_mapping() -> None:
    assert parse_yaml("# nothing\n", "f").data == {}
    assert parse(Outer, parse_yaml("", "f")).name == "x"


def test_a_part_of_a_file_keeps_its_lines() -> None:
    read = parse_yaml("first:\n  x: 1\nsecond:\n  nmae: a\n", "f.yaml")
    with pytest.raises(ConfigError, match=r"f.yaml:4: unknown key 'nmae'"):
        parse(Outer, read, place=("second",))


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^none.yaml: the file can't be read \(No such file or directory\)\.$"):
        load_yaml(Path("none.yaml"))
    Path("latin.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"^latin.yaml:2: the text is not UTF-8\. Save the file as UTF-8\.$"):
        load_yaml(Path("latin.yaml"))
    Path("big.yaml").write_bytes(b"#" * (source.MAX_BYTES + 1))
    with pytest.raises(ConfigError, match=r"^big.yaml: the file is larger than 1024 KiB\. Split it\.$"):
        load_yaml(Path("big.yaml"))
    (tmp_path / "sub").mkdir()
    Path("sub/bom.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load_yaml(tmp_path / "sub" / "bom.yaml").file == "sub/bom.yaml"


def test_did_you_mean() -> None:
    assert did_you_mean("NHS_NUM", ["PHONE", "NHS_NUMBER"]) == "Did you mean NHS_NUMBER?"
    assert did_you_mean("nhs_number", ["NHS_NUMBER"]) == "Did you mean NHS_NUMBER?"
    assert did_you_mean("zzz", ["a", "b"]) == "Use one of: a, b."
    assert did_you_mean("zzz", []) == ""
    assert did_you_mean("zzz", [f"n{i}" for i in range(20)]).endswith("n11, ....")


def test_problems_read_well() -> None:
    problem = Problem("policies/register/mid-kent.yaml", 41, "unknown label 'NHS_NUM'", "Did you mean NHS_NUMBER?")
    said = "policies/register/mid-kent.yaml:41: unknown label 'NHS_NUM'. Did you mean NHS_NUMBER?"
    assert str(problem) == said
    assert str(ConfigError([problem, problem])) == f"{said}\n{said}"
    assert str(Problem("labels", 0, "none")) == "labels: none."


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(codec="ascii"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), PLAIN, max_size=4))
def test_json_is_read_as_itself(data: dict[str, object]) -> None:
    """YAML 1.2 holds JSON: whatever is quoted comes back as it went in."""
    assert parse_yaml(json.dumps(data), "f").data == data


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Total: plain values with a line for each, or a ConfigError; never another exception."""
    try:
        lines = list(parse_yaml(text, "f").lines.values())
    except ConfigError as error:
        lines = [problem.line for problem in error.problems]
    breaks = sum(text.count(mark) for mark in ("\n", "\r", "\x85", "\u2028", "\u2029"))
    assert all(1 <= line <= breaks + 2 for line in lines)
