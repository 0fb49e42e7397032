# ruff: noqa: E501  patterns and word lists read better unbroken
"""Secrets that prose gives away: codes of doors, alarms and safes, wireless keys, passwords in quotes or spelled out,
and a user name with the password beside it."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import EXAMPLE, Identifier, words
from detectors.identifiers.online import NOT_A_USER
from detectors.identifiers.secret import PLACEHOLDER
from detectors.view import Hit, View

_END = r"(?![\w/]|[.\-]\d)"
_LOCK = folded(
    rf"(?<![a-z])(?:door|gate|room|store|cupboard|shed|lock|entrance|keypad|barrier|office)s?\b[^\n.;]{{0,40}}?(?:is|code|:|=|[\-–])[ ]{{0,2}}(?P<value>c?[xyz]{{1,2}}\d{{3,4}}[xyz]?|c?\d{{4}}[xyz]){_END}"
)
_BUTTONS = re.compile(r"\d{3}[xyz]|[xyz]\d{3}")
"""Push-button locks have the keys X, Y, Z and C beside the figures."""
_ALARM = folded(
    rf"(?<![a-z])(?:alarm|keypad|burglar|intruder)\b[^\n.;]{{0,40}}?[:=][ ]?(?P<value>[#*]?\d{{4,6}}[#*]?|\d(?:[ \-]\d){{3,5}}){_END}(?![ ](?:model|version|edition|upgrade|install\w*|review|audit|contract|system|panel)\b)"
)
_BOLT = folded(
    rf"(?<![a-z])(?:padlock|keypad|key ?safe|lock ?box|strong ?box)s?\b[^\n.;]{{0,40}}?[ ](?:is|was|=)[ ](?P<told>#?\d{{4,6}}[#*]?|\d(?:[ \-]\d){{3,5}}){_END}"
    rf"|(?<![a-z])(?:press|enter|type|dial|key in|punch in|tap in)[ ](?:in[ ])?(?P<pressed>[#*]?\d{{4,6}}[#*]){_END}"
)
_TURN = r"(?:(?:anti-?|counter-?)?clockwise|left|right)[ ](?:to[ ])?\d{1,2}"
_ABROAD = folded(
    r"(?<![a-z])(?:kod (?:do )?(?:domofonu|drzwi|bramy|klatki)|c[oó]digo de (?:la )?(?:puerta|entrada|alarma)|code (?:d'entrée|d'acc[eè]s|de la porte|de l'alarme)|"
    rf"cod(?:ul)? (?:de )?(?:intrare|interfon|alarmă|acces)|kapı (?:kodu|şifresi)|durų kodas|código da porta)[ :=]{{1,3}}(?:to |jest |es |est |e |este )?(?P<value>[#*]?(?=[a-z]{{0,2}}\d)[a-z\d]{{3,8}}[#*]?){_END}"
)
"""Codes of doors in the languages most often met in Kent."""
_DIAL = folded(rf"(?<![a-z])(?P<value>{_TURN}(?:[ ,;]{{1,2}}(?:then[ ])?{_TURN}){{2,5}})(?!\d)")
_DIALLED = words("safe(?:'?s)?", "combinations?", "combos?", "padlocks?", "locks?", "dials?", "strong ?room")
_WIRELESS = folded(
    r"(?<![a-z])(?:wi-?fi|wireless|hotspot|ssid|guest network)\b(?:"
    r"[^\n]{0,60}?(?<![a-z])(?:key|pass(?:word|phrase|code)?|pw|pwd)(?:[ ]?[:=][ ]?|[ ]is[ ])(?P<told>[^\s\"“”',;]{6,63})"
    r"|[^\n]{0,60}?(?<![a-z])(?:key|pass(?:word|phrase|code)?|pw|pwd)[ ](?P<beside>(?=[^\s\"“”',;]*\d|[a-z]+-[a-z]+-[a-z])[^\s\"“”',;]{8,63})"
    r"|[^\n\"“]{0,60}?(?<![a-z])(?:key|pass\w*|code|changes?|changed|today|now|currently|(?:this )?(?:week|month)|is|log ?in)\b[^\n\"“]{0,20}?[\"“](?P<quoted>(?=[^\s\"”]*[\d\-_])[^\s\"”]{8,63})[\"”])"
)
_OPENER = r"(?:mfa|2fa|otp|backup|recovery|door|gate|alarm|entry|access|security|safe|key ?safe|one[ \-]time|verification|reset|unlock)[ ](?:backup[ ])?(?:code|number|pin)s?|pin|pass ?(?:word|code|phrase)|pw"
_REPLY = r"\d{4}[ \-]?\d{2,4}|\d{4,8}|(?=[^\s,;]*\d)(?=[^\s,;]*[a-z])[^\s,;]{5,40}"
_ANSWERED = folded(
    rf"(?<![a-z])(?:{_OPENER})\b[^\n?]{{0,24}}\?[ ]?\n(?:\[[^\]\n]{{1,12}}\][ ]?)?[^\n:]{{1,24}}:[ ](?:(?:it's|it is|yes|yeah|er|um|oh|try)[ ,.]{{1,2}}){{0,2}}(?P<value>{_REPLY})(?:,?[ ]or[ ](?P<other>{_REPLY}))?"
)
_QUOTED = folded(
    r"(?<![a-z])pass ?(?:word|code|phrase)s?(?![\"'\w])(?P<between>[^\n\"“]{0,100}?)[\"“](?P<value>(?=[^\s\"”]*\d)[^\s\"”]{5,60})[\"”]"
)
_ONE_OF = folded(
    r"(?<![a-z])passwords\b[^\n]{0,200}?\bone(?:'s|[ ]is)[ ][\"“]?(?P<value>(?=[^\s\"”,;]*\d)(?=[^\s\"”,;]*[a-z])[^\s\"”,;]{6,40})"
)
_SPELT = folded(
    r"(?<![a-z])pass ?(?:word|code|phrase)\b[^\n]{0,80}?(?<![a-z])(?:capital|upper ?case|lower ?case)[ ](?P<value>[^\n]{5,120}?)(?=[ ,]{1,2}(?:all one word|no spaces|all together))"
)
_TALKED = re.compile(
    r"(?<![A-Za-z])(?:[Pp]ass ?word|[Pp]w|[Pp]wd)\b[^\n]{0,80}\n(?:[^\n]{0,60}\n)?(?:\[[^\]\n]{1,12}\][ ])?[^\n:]{1,24}:[ ]"
    r"(?P<value>(?=\S{0,40}[a-z])(?=\S{0,40}[A-Z])(?=\S{0,40}\d)\S{8,40})(?=\n|$|[ ](?:so|now|i think|again|lol|x)\b|[.,][ ])"
    r"(?:(?:[ ]so)?[ ]now[ ](?P<other>(?=\S{0,40}\d)\S{8,40}))?"
)
"""What is answered, a line or two on, where a password was spoken of."""
_ROTATED = folded(
    r"(?<![a-z])(?:key|token|secret|credentials?)[ ](?:rotated|reset|changed|reissued|issued|regenerated|updated|renewed)(?:[ ]to)?:?[ ]"
    r"(?P<value>(?=[^\s,;]{0,40}\d)(?=[^\s,;]{0,40}[a-z])[^\s,;\"']{10,120})"
)
_SHOWN = re.compile(
    r"\be\.?g\b|such as|\b(?:like|example|avoid|never|don't|page|says|said|errors?|message|field|button|screen|policy|form|link)\b",
    re.IGNORECASE,
)
"""What says that the words in quotes are an example, or what a screen shows."""

_SYMBOL = r"!#$%&*+^~"
_PAIR = re.compile(
    rf"(?<![\w@./\\:=])(?P<user>(?:(?<=[–:\-][ ])[a-z]{{3,12}}[ ])?[A-Za-z][\w.\-]{{1,30}})(?P<gap>[ ]/[ ]|[ ](?:and|with|then|[–\-])[ ]|,[ ](?:and[ ])?)"
    rf"(?P<password>(?=[^\s/]{{0,40}}[a-z])(?=[^\s/]{{0,40}}[A-Z])(?=[^\s/]{{0,40}}\d)(?=[^\s/]{{0,40}}[{_SYMBOL}])[\w{_SYMBOL}.\-@?=]{{8,40}})(?![\w/({{])"
)
"""Upper and lower case, a figure and a sign in one word: nothing else is written so beside a user name."""
_LOGGING_IN = words(
    "log-?ins?",
    "log(?:ged|s)? in(?:to)?",
    "usernames?",
    "sign-?in",
    "credentials",
    "creds",
    "portal",
    "account",
    "password",
    "desk \\d[\\d.]*",
    "wi-?fi box",
    "router",
    "site",
)
_SIDE_BY_SIDE = re.compile(
    r"(?<![\w@./\\:=])(?P<user>[a-z][a-z0-9._\-]{3,24})[ ]/[ ](?P<password>(?=[^\s/]{0,40}[A-Z0-9])(?=[^\s/]{0,40}[!#$%&*+^~.\-_@\d])[^\s/\"'“”,;]{6,40})(?![\w/({])"
)
"""A user name in small letters and a password of mixed signs, where the text speaks of logging in."""
_HANDLE = re.compile(r"(?=.*(?:\d|_|\.\w))[\w.\-]+")

_PROSE: tuple[tuple[re.Pattern[str], tuple[str, ...], float], ...] = (
    (_LOCK, ("door", "gate", "room", "store", "cupboard", "shed", "lock", "entrance", "pad", "barrier", "office"), 0.8),
    (_ALARM, ("alarm", "keypad", "burglar", "intruder"), 0.8),
    (_BOLT, ("padlock", "keypad", "safe", "box", "#", "*"), 0.8),
    (_ABROAD, ("kod", "cód", "cod ", "codul", "code d"), 0.8),
    (_WIRELESS, ("wifi", "wi-fi", "wireless", "hotspot", "ssid", "guest network"), 0.8),
    (_ANSWERED, ("?\n", "? \n"), 0.8),
    (_QUOTED, ("pass",), 0.75),
    (_ONE_OF, ("passwords",), 0.8),
    (_TALKED, ("password", "pass word", "pw"), 0.8),
    (_ROTATED, ("key ", "token ", "secret ", "credential"), 0.8),
    (_SPELT, ("capital", "upper", "lower"), 0.75),
)
"""Each pattern with what a text must hold for it to be tried."""


def _find(view: View) -> Iterator[Hit]:
    small = view.small
    for pattern, hints, score in _PROSE:
        if not any(hint in small for hint in hints) or (pattern is _LOCK and _BUTTONS.search(small) is None):
            continue
        for match in view.matches(pattern):
            if pattern is _QUOTED and _SHOWN.search(match["between"]):
                continue
            for group in pattern.groupindex:
                if group != "between" and match[group]:
                    yield from _value(view, *match.span(group), score)
    for match in view.matches(_DIAL) if "left" in small or "clockwise" in small else ():
        if _DIALLED.search(view.before(match.start(), 60)):
            yield Hit(*match.span("value"), "SECRET", 0.8)
    yield from _pairs(view)


def _value(view: View, start: int, end: int, score: float) -> Iterator[Hit]:
    while end > start and view.text[end - 1] in ".,:)'":
        end -= 1
    if end - start >= 4 and not PLACEHOLDER.fullmatch(view.text, start, end):
        yield Hit(start, end, "SECRET", score)


def _pairs(view: View) -> Iterator[Hit]:
    for match in view.matches(_SIDE_BY_SIDE) if " / " in view.text else ():
        password = match["password"].rstrip(".?")
        if _LOGGING_IN.search(view.before(match.start(), 80)) and not NOT_A_USER.fullmatch(match["user"]):
            yield Hit(*match.span("user"), "USERNAME", 0.75)
            yield Hit(match.start("password"), match.start("password") + len(password), "SECRET", 0.8)
    if not any(sign in view.text for sign in _SYMBOL):
        return
    for match in view.matches(_PAIR):
        slashed = "/" in match["gap"]
        password = match["password"].rstrip(".?")
        if (not slashed and not _HANDLE.fullmatch(match["user"])) or EXAMPLE.search(view.before(match.start(), 24)):
            continue
        if "passw" in match["user"].lower():
            continue  # "don't use Password1, Qwerty123! or the like"
        if re.search(r"\w=[^&]*&", password):
            continue  # a query string
        if not NOT_A_USER.fullmatch(match["user"]):
            yield Hit(*match.span("user"), "USERNAME", 0.8)
        start = match.start("password")
        yield Hit(start, start + len(password), "SECRET", 0.85)


IDENTIFIER = Identifier("code", ("SECRET", "USERNAME"), _find)
