"""What of a text was replaced before it left, and the same replacement done again on a reply.

The client's reply has its pseudonyms restored. For the searchable copy they are put back, so that what was
taken out of the request is not in clear beside it.
"""

import re
from collections.abc import Iterable, Mapping

_TOKEN = re.compile(r"\w+|\W")
_LOOK_AHEAD = 160
"""How many tokens (words, marks, blanks) one replacement may span before we give up."""
_IN_STEP = 4


class Unaligned(ValueError):
    """Where two texts run in step again was not found: no claim can be made about what was replaced."""


def replacements(kept: str, sent: str) -> list[tuple[str, str]]:
    """Pairs (original, replacement) in order of place. Raises Unaligned."""
    if kept == sent:
        return []
    before, after = _TOKEN.findall(kept), _TOKEN.findall(sent)
    pairs: list[tuple[str, str]] = []
    i = j = 0
    while i < len(before) or j < len(after):
        if i < len(before) and j < len(after) and before[i] == after[j]:
            i, j = i + 1, j + 1
            continue
        left, right = _step(before, after, i, j)
        pairs.append(("".join(before[i:left]), "".join(after[j:right])))
        i, j = left, right
    return pairs


def _step(before: list[str], after: list[str], i: int, j: int) -> tuple[int, int]:
    """The nearest places from which both run in step."""
    for distance in range(1, _LOOK_AHEAD):
        for skip in range(distance + 1):
            left, right = i + skip, j + distance - skip
            if left > len(before) or right > len(after):
                continue
            ahead = before[left : left + _IN_STEP]
            if ahead == after[right : right + _IN_STEP] and (
                len(ahead) == _IN_STEP or _both_end(before, after, left, right)
            ):
                return left, right
    if max(len(before) - i, len(after) - j) < _LOOK_AHEAD:
        return len(before), len(after)
    raise Unaligned("the texts do not run in step again")


def _both_end(before: list[str], after: list[str], left: int, right: int) -> bool:
    return len(before) - left == len(after) - right


class Redactor:
    """Puts pseudonyms back into a reply, given each with its value. When not `sure` that it has them all, it claims
    no text to be redacted."""

    def __init__(self, values: Iterable[tuple[str, str]] = (), *, sure: bool = True) -> None:
        """`values` are (value, pseudonym)."""
        self._sure = sure
        self._table = table = {value.strip().lower(): token.strip() for value, token in values if _telling(value)}
        names = sorted(table, key=len, reverse=True)
        self._pattern = re.compile("|".join(rf"(?<!\w){re.escape(n)}(?!\w)" for n in names), re.IGNORECASE)

    def also(self, values: Mapping[str, str]) -> "Redactor":
        """This redactor with more values, each with what stands for it."""
        return Redactor([*values.items(), *self._table.items()], sure=self._sure) if values else self

    def __call__(self, text: str) -> str | None:
        """The searchable form of a reply text; None where it can't be made safely, so that it is only sealed."""
        if not self._sure:
            return None
        if not self._table:
            return text
        return self._pattern.sub(lambda match: self._table.get(match.group().lower(), "[redacted]"), text)


def aligned(texts: Iterable[tuple[str, str]]) -> Redactor:
    """A redactor from (kept, sent) texts alone. Where two neighbouring values were replaced they can't be told apart:
    then it is not sure."""
    found: list[tuple[str, str]] = []
    for kept, sent in texts:
        try:
            pairs = replacements(kept, sent)
        except Unaligned:
            return Redactor(sure=False)
        if any(len(token.split()) > 1 for _, token in pairs):
            return Redactor(sure=False)
        found.extend(pairs)
    return Redactor(found)


def _telling(value: str) -> bool:
    return sum(character.isalnum() for character in value) >= 2
