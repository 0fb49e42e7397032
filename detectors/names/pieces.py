"""A text as the encoder reads it: word pieces with their places, the case they are written in, and windows.

Training and use share this file, so that the model sees in use what it saw in training.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

CASES = 4
"""How a word is written: 0 small letters or no letters, 1 begins with a capital, 2 all capitals, 3 mixed ("McKay")."""

LONGEST = 190
"""The most word pieces of a window, without its two end marks."""

_LAST_SIGN = 0x1FB00
"""Behind the last of the characters that Unicode calls signs, emoji among them."""
_SIGNS: dict[int, str] = {
    **{code: "~" for code in range(0xA1, _LAST_SIGN) if unicodedata.category(chr(code)) in ("So", "Sk")},
    **dict.fromkeys(map(ord, "☑☒✓✔✗✘"), "+"),
    **dict(zip(map(ord, "█→⇒➔−\u20e3"), "*>>>-~", strict=True)),
}
_BREAKS = {**_SIGNS, 0x0A: "¶", 0x0D: "¶", 0x09: "|"}
"""Line ends and tabs say much about names in lists and forms, and the tokeniser would drop them.

What stands for them, and for signs, must be punctuation to the tokeniser: with any other sign between them, words are
one word to it, the cells on both sides of a tab too, and an unknown one where it doesn't know the sign ("☑angina").
"""


@dataclass(frozen=True, slots=True)
class Pieces:
    """`ids[i]` stands for `text[starts[i]:ends[i]]`; `words[i]` is the number of its word; `cases[i]` is 0 to 3."""

    ids: list[int]
    starts: list[int]
    ends: list[int]
    words: list[int]
    cases: list[int]


def load_tokenizer(path: Path) -> Tokenizer:
    """The Rust tokeniser of a `tokenizer.json`, without padding, truncation or end marks."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def split(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Pieces]:
    """The pieces of each text."""
    encodings = tokenizer.encode_batch([text.translate(_BREAKS) for text in texts], add_special_tokens=False)
    made: list[Pieces] = []
    for text, encoding in zip(texts, encodings, strict=True):
        offsets = encoding.offsets
        words = [word if word is not None else -1 for word in encoding.word_ids]
        made.append(
            Pieces(
                encoding.ids,
                [start for start, _ in offsets],
                [end for _, end in offsets],
                words,
                _cases(text, offsets, words),
            )
        )
    return made


def _cases(text: str, offsets: Sequence[tuple[int, int]], words: Sequence[int]) -> list[int]:
    """The case of each piece's word."""
    cases: list[int] = []
    index, count = 0, len(offsets)
    while index < count:
        last = index
        while last + 1 < count and words[last + 1] == words[index]:
            last += 1
        case = _case(text[offsets[index][0] : offsets[last][1]])
        cases.extend([case] * (last - index + 1))
        index = last + 1
    return cases


def _case(word: str) -> int:
    if not word[:1].isupper():
        return 0 if word.islower() or word.upper() == word.lower() else 3
    if len(word) > 1 and word.isupper():
        return 2
    return 1 if word[1:].islower() or len(word) == 1 else 3


def windows(pieces: Pieces, longest: int = LONGEST, overlap: int = 24) -> list[tuple[int, int, int, int]]:
    """Windows `(first, last, from, to)` over pieces: `first:last` is read and what is seen in `from:to` counts.

    Neighbours overlap, so that nothing is read without what stands around it; cuts lie between words.
    """
    count = len(pieces.ids)
    if count <= longest:
        return [(0, count, 0, count)]
    made: list[tuple[int, int, int, int]] = []
    counted = 0
    while counted < count:
        first = max(0, counted - overlap // 2)
        first = _word_start(pieces, first, max(0, counted - longest // 2))
        last = min(count, first + longest)
        end = count
        if last < count:
            last = _word_start(pieces, last, counted + 1)
            end = _word_start(pieces, max(counted + 1, last - overlap // 2), counted + 1)
        made.append((first, last, counted, end))
        counted = end
    return made


def _word_start(pieces: Pieces, index: int, least: int) -> int:
    """The start of the word at `index`; `index` itself where that lies before `least`."""
    start = index
    while start > 0 and pieces.words[start] == pieces.words[start - 1]:
        start -= 1
    return start if start >= least else index
