"""The scanner of places reads a growing text as it reads the whole, and finds its way out again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.stages.places import Places

PIECES = st.lists(
    st.sampled_from(
        [
            "<", ">", "a", " ", "\n", "\n\n", '"', "'", "=", "/", "](", ")", "(", "]: ", "[^1", "url(", "\\", "```",
            "~~~", "<style", "</style", "<script", "</script", "https://", "x.y/", "- ", "é", "mailto:", "\u00a0",
        ]
    ),
    max_size=20,
)  # fmt: skip


def closed(text: str, size: int = 0) -> bool:
    places = Places()
    for start in range(0, len(text), size or max(1, len(text))):
        places.feed(text[start : start + (size or len(text))])
        if size:
            places.closed()
    return places.closed()


@settings(deadline=None)
@given(PIECES, st.integers(1, 9))
def test_asking_on_the_way_changes_nothing(pieces: list[str], size: int) -> None:
    text = "".join(pieces)
    assert closed(text, size) == closed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a < b and c > d ",
        "<5 years, ",
        "<p>",
        "<a href='x'>",
        '<a title="a>b">',
        "<!-- x -->",
        "[a](b) ",
        "[a](<b c>) ",
        "[a](b (c)) ",
        '[a](b "c)d") ',
        "[a]: b\n",
        "[a]:\n b\n",
        "[a](b\n\n",
        "</p>",
        "<script>x</script> ",
        "<style></STYLE> ",
        "https://x.y/z ",
        "```\n",
        "a ``` b",
        "`x` ",
        "either/or",
        "Tel:",
        "f(",
        "the image (",
        "=IMAGE(a)\n",
        "e.g. ",
    ],
)
def test_open_places(text: str) -> None:
    assert not closed(text)


@pytest.mark.parametrize(
    "text",
    [
        "<",
        "<a",
        "<a ",
        "</a",
        "<a b",
        "<a b=",
        "<a b= ",
        '<a b="',
        '<a b=">',
        "<a b='\n\n\n",
        "<a b=c",
        "<a/",
        "<!",
        "<?x",
        "[a](",
        "[a](b",
        "[a](b (c)",
        "[a](<b",
        "[a](<b\nc",
        r"[a](b\)",
        '[a](b "c)',
        "[a]: ",
        "[a]:\n",
        "[a]: b c",
        "url(",
        "=IMAGE(a) ",
        "<script>",
        "<style>a",
        "<form action=https://evil.example><p>",
        "<textarea name=a>",
        "a//b",
        "www.x",
        "x.y/",
        "x.y:",
        "a@",
        "javascript:",
        "```",
        "  > ```a",
        "x" * 5000,
    ],
)
def test_closed_places(text: str) -> None:
    assert closed(text)


def test_alone_in_brackets() -> None:
    places = Places()
    places.feed("write to <")
    assert places.closed()
    assert not places.closed(alone_in_brackets=True)
    places.feed("a <")
    assert places.closed(alone_in_brackets=True)


def test_too_many_targets_close_the_paragraph() -> None:
    assert closed("[a](" * 50)
    assert closed("[a](" * 50 + "\n")
    assert not closed("[a](" * 50 + "\n\n")


def test_in_json_a_quotation_mark_ends_an_address() -> None:
    places = Places(json=True)
    places.feed('{"url":"https://x.y/","name":"')
    assert not places.closed()
    places.feed("see https://x.y/?q=\\")
    places.closed()
    places.feed('"')
    assert places.closed()
    places.feed('","')
    assert not places.closed()
    assert closed('{"url":"https://x.y/","name":"')
