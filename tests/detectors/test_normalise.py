import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.normalise import normalise

ODD = st.text(
    alphabet=st.sampled_from(
        "abJ1 .%&#;\\ux0123456789\u200b\u200d\u202e\u00ad\u00a0ＪоΑé\u0301’–\U0001f3f4\U000e0041\U000e007f\U0001d400٣"
    ),
    max_size=60,
)


@given(st.one_of(ODD, st.text(max_size=80)))
def test_every_character_maps_into_the_original(text: str) -> None:
    normal = normalise(text)
    last = 0
    for index in range(len(normal.text)):
        start, end = normal.original(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last or end >= last
        last = start
    for start, end in normal.hiding:
        assert 0 <= start < end <= len(text)


def test_plain_ascii_is_returned_as_it_is() -> None:
    text = "Mrs Patel rang about 14 Sandling Road."
    assert normalise(text).text is text
    assert normalise(text).starts is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Q\u200bQ12\u200b3456\u2060C", "QQ123456C"),
        ("\uff2a\uff4f\uff48\uff4e", "John"),
        ("\U0001d409\U0001d428\U0001d421\U0001d427", "John"),
        ("J\u043ehn Sm\u0456th", "John Smith"),
        ("J&#111;hn &amp; Jo", "John & Jo"),
        ("J%6Fhn", "John"),
        ("\\u004b\\u0065zia", "Kezia"),
        ("&#38;#74;ohn", "John"),
        ("07700\u00a0900\u2009123", "07700 900 123"),
        ("O\u2019Connor", "O'Connor"),
        ("oh seven seven double oh nine oh oh one two three", "07700900123"),
        ("Ame\u0301lie", "Amélie"),
        ("\u0660\u0667\u0667", "077"),
        ("\U000e004a\U000e006f", "Jo"),
        ("he was d.e.a.l.i.n.g. from S.i.x.t.y. Bell Row.", "he was dealing from Sixty Bell Row."),
        ("caller P.e.a.r.l. .B.o.w.y.e.r, on m-e-t-h-a-d-o-n-e", "caller Pearl Bowyer, on methadone"),
    ],
)
def test_encodings_are_undone(text: str, plain: str) -> None:
    assert normalise(text).text == plain


@pytest.mark.parametrize(
    "text",
    [
        "a\u00a0lone space",
        "soft\u00adhyphen",
        "\ufeffa byte order mark",
        "emoji \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "می\u200cخواهم",
        "Δt of 5 μg",
        "Москва",
        "one or two things",
    ],
)
def test_innocent_writing_hides_nothing(text: str) -> None:
    assert normalise(text).hiding == ()


def test_initials_options_and_short_forms_stay_as_they_are() -> None:
    text = "e.g. a.k.a. the U.N.I.T.E. rep, o.n.o., x.y.z., tick a-b-c-d-e or self.a.b.c.d"
    assert normalise(text).text == text


@pytest.mark.parametrize(
    "text",
    ["pay \u202e321\u202c now", "hello\U000e0049\U000e0067nore", "J\u043ehn", "i\u200bg\u200bn\u200bo\u200br\u200be"],
)
def test_hiding_is_seen(text: str) -> None:
    assert normalise(text).hiding


def test_an_emoji_flag_is_no_hidden_text() -> None:
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    assert normalise(f"up {scotland} here").hiding == ()


def test_the_commas_of_an_eastern_sentence_conceal_nothing() -> None:
    text = "他刚做完手术，需要安静（请勿打扰）"
    assert normalise(text).altered == ()
    for hidden in ("jo＠example．com", "ＪＯ", "他０７７００ 900123"):
        assert normalise(hidden).altered


def test_counting_is_not_a_spelled_number() -> None:
    assert normalise("one, two, three, four, five").text == "one, two, three, four, five"


def test_base64_that_is_not_writing_is_left_alone() -> None:
    text = base64.b64encode(bytes(range(200))).decode()
    assert normalise(text).text == text
