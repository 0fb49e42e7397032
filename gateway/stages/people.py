"""Which names in a call are one person: "John Smith", "Mr Smith" and "John" share a token while that is unambiguous."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.model.folding import fold

_TITLES = {
    **dict.fromkeys(("mr", "master", "sir", "lord"), "m"),
    **dict.fromkeys(("mrs", "ms", "miss", "lady", "dame", "madam"), "f"),
    **dict.fromkeys(("mx", "dr", "doctor", "prof", "professor", "rev", "revd", "reverend", "cllr", "councillor"), ""),
    **dict.fromkeys(("pc", "wpc", "dc", "ds", "dci", "sgt", "sergeant", "judge", "imam", "rabbi", "hon"), ""),
}
_TITLE = "|".join(sorted(_TITLES, key=len, reverse=True))
_LEADING = re.compile(rf"(?:(?:{_TITLE})\b\.?\s*)+(?=\w)", re.IGNORECASE)
_BEFORE = re.compile(rf"(?<!\w)({_TITLE})\.?\s+\Z", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?:['’]s|['’])\Z", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:[-']\w+)*")


@dataclass(frozen=True, slots=True, repr=False)
class Mention:
    """A name without title: its folded words, and "m" or "f" where a title tells (else empty)."""

    words: tuple[str, ...]
    gender: str = ""


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without its titles and possessive: "Mr Smith's" is "Smith". Titles are left for the model to read."""
    value = text[start:end]
    title = _LEADING.match(value)
    first = start + title.end() if title else start
    possessive = _POSSESSIVE.search(text[first:end])
    last = first + possessive.start() if possessive else end
    return (first, last) if first < last else (start, end)


def mention(text: str, start: int, end: int) -> Mention:
    """The name at a trimmed span, its gender read from a title just before it. "Smith, John" is "John Smith"."""
    before = _BEFORE.search(text[max(0, start - 14) : start])
    gender = _TITLES[before[1].casefold()] if before else ""
    folded = fold(text[start:end])
    last, comma, first = folded.partition(",")
    if comma and "," not in first and 1 <= len(first.split()) <= 2:
        folded = f"{first} {last}"
    words = tuple(_WORD.findall(folded))
    return Mention(words or (folded.strip() or text[start:end],), gender)


def resolve(mentions: Iterable[Mention]) -> dict[Mention, str]:
    """Each mention's key: that of the one full name it can be short for, else its own.

    The result depends on the set of mentions alone, not on their order. A neutral name whose title would fit
    two people, or a title that contradicts another, keeps a key of its own.
    """
    distinct = sorted(
        set(mentions), key=lambda m: (len(m.words), sum(map(len, m.words)), m.gender, m.words), reverse=True
    )
    by_word: dict[str, list[Mention]] = defaultdict(list)
    for each in distinct:
        for word in set(each.words):
            by_word[word].append(each)
    covers = {each: [n for n in by_word[each.words[-1]] if _covers(n, each)] for each in distinct}
    roots = _roots(distinct, covers, frozenset())
    contradicted = _contradicted(roots)
    if contradicted:
        roots = _roots(distinct, covers, contradicted)
    genders: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for each in set(roots.values()):
        genders[each.words].add(each.gender)
    keys: dict[Mention, str] = {}
    for each, root in roots.items():
        shared = len(genders[root.words]) > 1 and root.gender
        keys[each] = " ".join(root.words) + (f" ({root.gender})" if shared else "")
    return keys


def _roots(
    distinct: list[Mention], covers: dict[Mention, list[Mention]], alone: frozenset[Mention]
) -> dict[Mention, Mention]:
    """The most specific mention that each one is short for. `distinct` runs from the most specific down."""
    roots: dict[Mention, Mention] = {}
    for each in distinct:
        above = set() if each in alone else {roots[n] for n in covers[each]}
        roots[each] = above.pop() if len(above) == 1 else each
    return roots


def _contradicted(roots: dict[Mention, Mention]) -> frozenset[Mention]:
    """The mentions with a title that share a person with one of another gender."""
    members: dict[Mention, list[Mention]] = defaultdict(list)
    for each, root in roots.items():
        members[root].append(each)
    return frozenset(
        each
        for root, group in members.items()
        if {"m", "f"} <= {m.gender for m in group}
        for each in group
        if each.gender and each != root
    )


def _covers(full: Mention, short: Mention) -> bool:
    """Can `short` be another way of naming `full`, and is it less specific?"""
    if full == short or (full.gender and short.gender and full.gender != short.gender):
        return False
    if full.words == short.words:
        return bool(full.gender) and not short.gender
    if len(full.words) < 2 or len(short.words) > len(full.words):
        return False
    if len(short.words) == 1:
        word = short.words[0]
        return len(word) > 1 and (word == full.words[-1] or (not short.gender and word == full.words[0]))
    if short.words == full.words[-len(short.words) :]:
        return True
    return short.words[-1] == full.words[-1] and _within(short.words[:-1], full.words[:-1])


def _within(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Given names: the first agree, the rest of `short` follow in `full` in order; an initial agrees with a name."""
    position = 0
    for index, word in enumerate(short):
        while position < len(full) and not (full[position] == word or (len(word) == 1 and full[position][0] == word)):
            if index == 0:
                return False
            position += 1
        if position == len(full):
            return False
        position += 1
    return True
