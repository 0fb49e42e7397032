# ruff: noqa: E501  patterns and word lists read better unbroken
"""What identifies somebody or their device online: user names and handles, IP addresses, MAC addresses."""

import ipaddress
import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import PRODUCT, Identifier, words
from detectors.view import Hit, View

_HANDLE = re.compile(r"(?<![\w@./+\-=])@(?P<value>[A-Za-z][A-Za-z0-9_.]{2,29})(?<!\.)(?![\w/(@:])")
_CODE = re.compile(
    r"(?:media|import|property|override|param|returns?|charset|staticmethod|classmethod|dataclass|app|pytest|types|example|keyframes|supports|deprecated|todo|here|everyone|channel|all|gov|autowired|component|test|inject|font|layer|page)(?:\..*)?",
    re.IGNORECASE,
)
_NETWORK = r"(?:snapchat|snap|insta(?:gram)?|tik ?tok|twitter|x\.com|facebook|fb|discord|telegram|whatsapp|xbox(?: live)?|psn|playstation|roblox|steam|twitch|reddit|youtube|nextdoor|linkedin|grindr|tinder|onlyfans|kik|signal)"
_CALLED = folded(
    rf"(?<![a-z])(?:(?:{_NETWORK})[ ](?:as|name|handle|account|user(?:name)?|id|tag)?[ ]?(?:is |called |: ?|as )?|(?:user ?names?|user ?ids?|login(?: name)?|log-?in|handle|screen ?name|gamer ?tag|logon|samaccountname|windows login|network id|uid)[ ]?(?:is|was|=|:|:=)?[ ]?)"
    r"[\"'`]?@?(?P<value>(?=[A-Za-z0-9._\-]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9._\-]{2,29})(?![\w@])"
)
_HANDLE_SHAPE = re.compile(r"(?=.*(?:\d|_|\.\w|-\w))[\w.\-]+|[a-z]+[A-Z]\w*")
_USER_HEADER = words("user ?name", "user id", "login", "handle")
_CELL = re.compile(r"[\w.\-@]{3,40}")
_IPV4 = re.compile(r"(?<![\w.\-/])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d|-\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::|[0-9A-Fa-f]{1,4})(?::?[0-9A-Fa-f]{1,4}){0,6}(?![\w:])")
_IP_CONTEXT = words(
    "ip",
    "ip addr(?:ess)?",
    "ips",
    "logged in",
    "login from",
    "signed in",
    "client",
    "remote addr",
    "source ip",
    "from",
    "visitor",
    "device",
)
_MAC = re.compile(r"(?<![\w:\-])(?:[0-9A-Fa-f]{2}(?P<gap>[:\-]))(?:[0-9A-Fa-f]{2}(?P=gap)){4}[0-9A-Fa-f]{2}(?![\w:\-])")
_MASK = re.compile(r"(?:0|127|255)\.|.*\.0\.0(?:\.0)?$")
_RULE = words("subnet", "cidr", "mask", "netmask", "gateway", "dns", "listen", "bind", "localhost")


def _find_username(view: View) -> Iterator[Hit]:
    for match in view.matches(_HANDLE):
        if not _CODE.fullmatch(match["value"]) and not re.match(r"\s*(?:def|class)\b", view.after(match.end(), 12)):
            yield Hit(match.start(), match.end(), "USERNAME", 0.8)
    for match in view.matches(_CALLED):
        if _HANDLE_SHAPE.fullmatch(match["value"]):
            yield Hit(*match.span("value"), "USERNAME", 0.8)
    for start, end in view.cells_under(_USER_HEADER):
        if _CELL.fullmatch(view.text, start, end):
            yield Hit(start, end, "USERNAME", 0.8)


def _find_ip(view: View) -> Iterator[Hit]:
    for match in view.matches(_IPV4):
        text = match.group()
        if any(len(o) > 1 and o[0] == "0" for o in text.split(".")) or _MASK.match(text):
            continue
        before = view.before(match.start(), 28)
        context = _IP_CONTEXT.search(before) is not None
        if (
            (PRODUCT.search(before) and not context)
            or _RULE.search(before)
            or view.after(match.end(), 3).startswith("/")
        ):
            continue
        private = ipaddress.IPv4Address(text).is_private and not text.startswith(
            ("192.0.2.", "198.51.100.", "203.0.113.")
        )
        score = 0.9 if context and not private else 0.6 if context else 0.0 if private else 0.7
        if score:
            yield Hit(match.start(), match.end(), "IP_ADDRESS", score)
    for match in view.matches(_IPV6):
        try:
            address = ipaddress.IPv6Address(match.group())
        except ValueError:
            continue
        if address.is_loopback or address.is_unspecified or match.group().count(":") < 3:
            continue
        yield Hit(match.start(), match.end(), "IP_ADDRESS", 0.8)


def _find_mac(view: View) -> Iterator[Hit]:
    for match in view.matches(_MAC):
        if len(set(match.group())) > 3:
            yield Hit(match.start(), match.end(), "MAC_ADDRESS", 0.9)


USERNAME = Identifier("username", ("USERNAME",), _find_username)
IP_ADDRESS = Identifier("ip_address", ("IP_ADDRESS",), _find_ip)
MAC_ADDRESS = Identifier("mac_address", ("MAC_ADDRESS",), _find_mac)
