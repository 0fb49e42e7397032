"""Subtitles: the lines that are kept as they are hold times and numbers, and nothing that says anything."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects import subtitles

SRT = "1\r\n00:00:00,000 --> 00:00:02,500\r\nCall Margaret\r\n\r\n2\r\n00:00:02,500 --> 00:00:04,000\r\n2019\r\n"
VTT = (
    "WEBVTT\n\n00:00.000 --> 00:02.500\n<v Margaret>Hello\n\nNOTE by Jo\n\n1:00:02.500 --> 1:00:04.000 align:jo\nBye\n"
)


def texts(text: str, form: str) -> list[str]:
    return [line for line, is_text in subtitles.split(text, form) if is_text]


def test_subrip() -> None:
    assert texts(SRT, "srt") == ["Call Margaret\r", "2019\r"]
    assert texts("", "srt") == []


def test_webvtt() -> None:
    assert texts(VTT, "vtt") == ["<v Margaret>Hello", "NOTE by Jo", "1:00:02.500 --> 1:00:04.000 align:jo", "Bye"]


@pytest.mark.parametrize(("text", "form"), [("<html>", "vtt"), ("<html>", "srt"), ("Hello", "srt"), (SRT, "vtt")])
def test_what_is_no_subtitle(text: str, form: str) -> None:
    with pytest.raises(ValueError):
        subtitles.split(text, form)


@given(st.lists(st.one_of(st.text(max_size=12), st.sampled_from([*SRT.split("\n"), *VTT.split("\n")])), max_size=12))
def test_lines_put_together_are_the_text_and_what_is_not_text_says_nothing(lines: list[str]) -> None:
    text = "\n".join(["WEBVTT", *lines])
    found = subtitles.split(text, "vtt")
    assert "\n".join(line for line, _ in found) == text
    for line, is_text in found:
        assert is_text or re.fullmatch(r"\ufeff?WEBVTT|[\d:.,> \s-]*", line)
