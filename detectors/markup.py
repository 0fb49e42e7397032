"""Signs of Markdown and tags of HTML that only say how words look: pasted with them, they glue to names and numbers.

Only signs and bare tags are undone. A tag with anything else in it stays, since what stands there goes out too.
"""

import re
from collections.abc import Iterator

_EMPHASIS = re.compile(
    r"(?<![\w*])(?P<bold>\*\*)(?=[^\s*])[^*\n]{1,300}?(?<=[^\s*])(?P<bolded>\*\*)(?![\w*])"
    r"|(?<![\w_/@.])(?P<line>__?)(?=[^\s_])[^_\n]{1,300}?(?<=[^\s_])(?P<lined>__?)(?![\w_/@])"
    r"|(?<![\w~])(?P<struck>~~)(?=[^\s~])[^~\n]{1,300}?(?<=[^\s~])(?P<strike>~~)(?![\w~])"
)
_PAIRS = (("bold", "bolded"), ("line", "lined"), ("struck", "strike"))
_TAG = re.compile(
    r"<(?P<close>/?)(?:b|strong|i|em|u|s|span|small|mark|font|a|code|label|tbody|thead"
    r"|(?P<cell>td|th)|(?P<block>p|div|li|ul|ol|tr|h[1-6]|table|blockquote)|(?P<line>br))[ ]?/?>",
    re.IGNORECASE,
)


def emphasis(text: str) -> Iterator[tuple[int, int, str]]:
    """The signs around words in bold, in italics or struck out: "**Ann Dunk**", "_07700 900123_"."""
    for found in _EMPHASIS.finditer(text):
        for opening, closing in _PAIRS:
            if found[opening] is not None and found[opening] == found[closing]:
                yield *found.span(opening), ""
                yield *found.span(closing), ""


def tags(text: str) -> Iterator[tuple[int, int, str]]:
    """Bare tags: those within a line go, the end of a cell is a tab and that of a paragraph or a row is a line's."""
    for tag in _TAG.finditer(text):
        shown = ""
        if tag["cell"] and tag["close"]:
            shown = "\t"
        elif (tag["line"] or (tag["block"] and tag["close"])) and text[tag.end() : tag.end() + 1] not in ("\n", "\r"):
            shown = "\n"
        yield *tag.span(), shown
