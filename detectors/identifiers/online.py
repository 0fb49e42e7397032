# ruff: noqa: E501  patterns and word lists read better unbroken
"""What identifies somebody or their device online: user names and handles, IP addresses, MAC addresses."""

import ipaddress
import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import PRODUCT, Identifier, words
from detectors.view import Hit, View

_HANDLE = re.compile(r"(?<![\w@./+\-=])@(?P<value>[A-Za-z][A-Za-z0-9_.]{2,29})(?<!\.)(?![\w/(@]|:(?![ ])|\.\w)")
_COUNCIL = re.compile(
    r".*(?:council|borough|gov|police|official|nhs|news|agency|rescue|highways|wildlife|foodbank|metoffice|bbc|itv|southernwater|water|railway|trains?$|buses?$|arriva|stagecoach|museum|theatre|library|charity|trust$|society|slackbot|bot$|messenger$|meridian).*|(?:rspca|rspb|rnli|rospa|nspcc|lbc|sky|channel4|age_?uk|citizensadvice|sussed|swcare)|[a-z]+(?:bc|mbc|dc|cc)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?:media|import|property|override|param|returns?|charset|staticmethod|classmethod|dataclass|app|pytest|types|example|keyframes|supports|deprecated|todo|here|everyone|channel|all|gov|autowired|component|test|inject|font|layer|page|author|since|reboot|daily|weekly|monthly|hourly|yearly|annually|midnight|case|note|version|see|link|throws|type|private|public|static|bean|entity|service|controller|repository|value|column|table|id|data|valid|notnull|nullable|include|extend|mixin|use|forward|lru_cache|cached_property|functools|contextmanager|abstractmethod|overload|final|mock|patch|parametrize|fixture|router|route|get|post|put|delete|click|task)(?:\..*)?",
    re.IGNORECASE,
)
_NETWORK = r"(?:snapchat|snap|insta(?:gram)?|tik ?tok|twitter|x\.com|facebook|fb|discord|telegram|whatsapp|xbox(?: live)?|psn|ps[345]|playstation|roblox|steam|twitch|reddit|youtube|nextdoor|linkedin|grindr|tinder|onlyfans|kik|signal)"
_CALLED = folded(
    rf"(?<![a-z])(?:(?:{_NETWORK})(?:'s)?[ :,]{{1,2}}(?:profile|page|as|name|handle|account|user(?:name)?|id|tag)?[ :]{{0,2}}(?:is |called |as )?|(?:user[ _]?names?|user[ _]?ids?|user(?=[\"']?[ ]?[:=])|login(?: name| id)?|log-?in|handle|(?:burner|fake|second|other|new|old|private) account|screen ?name|gamer ?tag|logon|samaccountname|windows login|network id|uid|(?:ad|domain|network|windows) (?:account|user))[\"']?[ ]?(?:is|was|=|:|:=)?[ ]?)"
    r"[\"'`]?@?(?P<value>(?=[A-Za-z0-9._\-]*[A-Za-z])(?:[A-Za-z0-9]{2,20}#\d{4}|[A-Za-z0-9_][A-Za-z0-9._\-]{2,29}))(?![\w@\\/(])"
)
_PLAIN = folded(
    r"(?<![a-z])(?:(?:github|gitlab|teams|slack|twitter|insta(?:gram)?) (?:handle|name|user)|user[ _]?name|user[ _]?id|user(?=[\"']?[ ]?[:=])|login(?: name| id)?|logon|samaccountname|log(?:ged)? ?(?:in|on) as|signed in as|(?:windows|network|domain|ad) (?:login|logon|user|account|id))[\"']?[ ]?(?:is |was |=|:|:=|as )?[ ]?[\"'`]?"
    r"(?P<value>[a-z][a-z0-9._\-]{3,24})(?=[\"'`.,;)\]}]?(?:\s*$|[\"'`.,;)\]}]|\n|\s+(?:and|but|can't|cannot|is locked)\b))"
)
NOT_A_USER = re.compile(
    r"(?:admin(?:istrator)?|root|postgres|sa|test|user|users|guest|system|service|string|none|null|true|false|required|optional|unique|page|pages|form|details|failed|failure|failures|fails|screen|here|error|errors|issues?|problems?|buttons?|names?|ids?|"
    r"process|prompt|locked|expired|attempts?|credentials?|below|above|email|e-mail|access|times?|policy|policies|settings|policies|session|help|reset|again|today|works?|text|varchar|char|int|integer|password|pass|and|the|this|that|not|your|email address|unknown|blank|empty|field|admins|manager|accounts?|default|example|krbtgt|forge|sqladmin|dbadmin|\w+_(?:ro|rw|app|user|svc|link|api)|(?:svc|app|sa|api|sys|sql|db)[_\-]\w+|[\w\-]+-(?:notify|bot|svc|api)|changeme|theirs|ours|mine|demo|what|who|why|how|succeeded|doesn|didn|won|can|property|billing|elections|permits|apps?|web|www-data|nobody|ubuntu|foo|bar|baz|me|you|he|she|it|they|we)",
    re.IGNORECASE,
)
_KEYED_HINTS = (
    "agent",
    "author",
    "owner",
    "assign",
    "by=",
    'by"',
    "operator",
    "ssh ",
    "scp ",
    "sftp ",
    "audit:",
    "officer_id",
    "sam=",
)
_PLAIN_HINTS = (
    "username", "user name", "user_name", "userid", "user id", "user_id", "user:", "user =", "user=", "user\"", "user'", "user :", "login", "logon", "logged", "log in as", "signed in", "samaccount",
    "windows ", "network ", "domain ", "ad account", "ad user", "ad id", "handle", "github", "gitlab",
)  # fmt: skip
_GOES_BY_HINTS = (
    "goes by",
    "known as",
    "aka ",
    "called",
    " uses ",
    "on xbox",
    "on snap",
    "on insta",
    "on tik",
    "on discord",
    "on roblox",
    "on steam",
    "on psn",
    "on facebook",
    "on fb",
    "on twitter",
    "on reddit",
    "on twitch",
)
_KEYED = folded(
    r"(?<![a-z])(?:agent|author|owner|assignee|assigned_?to|(?:created|updated|modified|logged|opened|closed)_?by|operator|officer_id|sam)[\"']?[ ]?[:=][ ]?(?:[\"'](?P<quoted>[a-z][a-z0-9._\-]{3,24})[\"']|(?<==)(?P<value>[a-z][a-z0-9._\-]{3,24})(?=\s|$|[,;&]))"
    r"|(?<![\w/])(?:ssh|scp|sftp)[ ](?:-\S+[ ])*(?P<shell>[a-z][\w.\-]{1,30})(?=@)"
    r"|\baudit:[ ](?P<audit>[a-z][a-z0-9._\-]{3,24})(?=[ ](?:viewed|opened|edited|deleted|changed|exported|printed|updated|accessed|logged))"
)
_GOES_BY = folded(
    rf"(?<![a-z])(?:goes by|known as|aka|called|is|uses)[ ][\"']?(?P<value>[A-Za-z0-9][A-Za-z0-9._\-]{{2,29}})[\"']?[ ](?:on|in)[ ](?:{_NETWORK})(?![a-z])"
    rf"|(?<![a-z])on[ ](?:{_NETWORK})[ ,]{{1,2}}(?:she|he|they|i)(?:'s|[ ]is|'m|[ ]am|'re|[ ]are)[ ]@?(?P<there>[A-Za-z0-9][A-Za-z0-9._\-]{{2,29}})"
)
_PROFILE = folded(
    r"(?<![a-z0-9.])(?:www\.|m\.)?(?:t\.me|facebook\.com|fb\.com|instagram\.com|twitter\.com|x\.com|tiktok\.com|snapchat\.com/add|youtube\.com|linkedin\.com/in|reddit\.com/u(?:ser)?|github\.com|threads\.net|onlyfans\.com|twitch\.tv)/(?P<value>@?[a-z0-9][a-z0-9._\-]{2,39})(?![\w/])"
    r"|(?<![\w/])(?P<reddit>u/[a-z0-9_\-]{3,20})(?![\w/])"
)
_PUBLIC_PAGE = re.compile(
    r"@?(?:groups?|pages?|events?|watch|share|sharer?(?:\.php)?|hashtag|search|home|login|help|about|channel|playlist|explore|p|reel|stories|intent|org|orgs|u/automoderator|.*(?:council|borough|gov|official|police|nhs|news|charity|museum|theatre|library|bbc).*)",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(?<![\w\\:/.])[A-Za-z][A-Za-z0-9\-]{1,14}\\{1,2}[A-Za-z][A-Za-z0-9._\-]{2,24}(?![\w\\])")
_DOMAIN_CONTEXT = words(
    "login",
    "log(?:ged)? ?in",
    "logon",
    "account",
    "user",
    "username",
    "locked",
    "sign(?:ed)? in",
    "password",
    "network",
    "windows",
    "ad",
    "unlock",
    "profile",
)
_HANDLE_SHAPE = re.compile(r"(?=.*(?:\d|_|\.\w|-\w))[\w.\-]+(?:#\d{4})?|[a-z]+[A-Z]\w*")
_ADDED = folded(
    r"(?<![a-z])(?:add|follow|message|msg|dm)[ ](?:me|us|him|her)[ :,]{1,2}(?:(?:on|at|as|@)[ ](?:[a-z]{2,12}[ :,]{1,2})?)?(?P<value>[a-z0-9][a-z0-9_]*(?:[._][a-z0-9_]+)+|[a-z]{3,20}\d{2,6})(?![\w@]|\.\w)"
    r"|(?<![a-z])(?:(?:create|alter|drop)[ ](?:user|login|role)[ ](?:if (?:not )?exists[ ])?|(?:grant|revoke)[ ][^\n;]{1,80}?[ ](?:to|from)[ ])[\"'`\[]?(?P<sql>[a-z][a-z0-9_.\-]{2,30})(?=[\"'`\]]?(?:@|[ ](?:identified|with|password)\b|;|\s*$))"
    r"|[ ]-u[ ][\"']?(?P<curl>[a-z][\w.\-]{2,39})(?=:[^\s/])"
)
_CMDLET = re.compile(
    r"[ ]-(?:Identity|Mailbox|User|UserName|SamAccountName|Members?|Login|Trustee|Owner|Manager|Delegate)[ ](?P<quote>[\"']?)(?P<value>[a-z][a-z0-9._\-]{3,24})(?P=quote)(?=[\s|;)]|$)"
)
"""Whom a PowerShell command is about."""
_ADDED_HINTS = ("add ", "follow ", "mess", "msg", "dm ", "grant ", "revoke ", "create ", "alter ", "drop ", " -u ")
"""A handle that somebody offers, and whom a database or a command lets in."""
_SPOKEN = folded(
    r"(?<![a-z])(?:user ?name|log-?[ ]?in(?: name| id)?|user ?id)[ ](?:is[ ])?(?P<value>[a-z0-9]+(?:,?[ ][a-z]+){0,2}?(?:,?[ ](?:(?:dot|underscore|hyphen|dash|point)[ ][a-z0-9]+|with an?[ ][a-z](?![a-z])|zero|oh|one|two|three|four|five|six|seven|eight|nine|\d+)){1,6})(?![\w@])"
)
_LOGGED = re.compile(
    r"(?:^|\n)[ ]?\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,6})?Z?\]?[ ]{1,3}(?P<value>[a-z][a-z0-9._\-]{2,20})[ ]{1,3}(?=(?:VIEW|READ|OPEN|EDIT|EXPORT|UPDATE|DELETE|CREATE|INSERT|SELECT|PRINT|SEARCH|LOGIN|LOGOUT|LOGON|LOGOFF|CHANGE|AMEND|APPROVE|SEND)[A-Z]*\b)"
)
"""A line of an audit log: when, who, what."""
_SERVED = re.compile(
    r"(?:^|\n)[0-9a-fA-F.:]{7,39}[ ]\S+[ ](?P<value>(?:[A-Za-z][A-Za-z0-9\-]{0,14}\\{1,2})?[a-z][\w.\-@]{2,40})[ ]\[\d{1,2}/[A-Z][a-z]{2}/\d{4}:"
)
"""A line of a web server's log (Common Log Format): the address, who is said to call, who is logged in, when."""
_COMMITTED = re.compile(
    r"(?:^|\n)[*|\\/ ]{0,8}[0-9a-f]{7,12}[ ](?P<value>[a-z][a-z0-9._\-]{2,24})[ ]<(?!no-?reply)[^\s<>@]{1,40}@"
)
"""A line of a version control's log: the change, who made it, their address."""
_LETTER_FIRST = re.compile(r"[a-z]\b|\w+,?[ ](?:dot|underscore|hyphen|dash|point|with)\b", re.IGNORECASE)
_CALL = re.compile(r"[\w.]*\(")
_USER_HEADER = words("user ?name", "user id", "login", "handle")
_CELL = re.compile(r"[\w.\-@]{3,40}")
_DEFANGED = re.compile(r"(?<![\w.\-/])(?:\d{1,3}\[\.\]){3}\d{1,3}(?![\w.])")
_IN_A_LOG = re.compile(r"(?<=[a-z]/)(?:\d{1,3}\.){3}\d{1,3}(?=:\d{2,5}\b)")
_IPV4 = re.compile(r"(?<![\w.\-/])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d|-\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::|[0-9A-Fa-f]{1,4})(?::?[0-9A-Fa-f]{1,4}){0,6}(?![\w:])")
_SOMEBODYS = re.compile(
    r"(?<![a-z])(?:users?|laptops?|log(?:ged|in|on)|clients?|src|sessions?|vpn|wi-?fi|leases?|dhcp|devices?|pcs?|phones?|"
    r"tablets?|accounts?|browser|visitors?|run by|mac|staff|worker|somebody|whose|who|his|her|my)(?![a-z])",
    re.IGNORECASE,
)
"""Words of a text in which a private address may lead to somebody; elsewhere it is a boiler's or a printer's."""
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
    "src",
    "remote",
    "addr",
    "workstation",
    "last ?logon ?from",
    "network address",
    "lease",
    "remoted (?:on )?to",
    "last seen",
    "assigned",
)
_DEVICE = re.compile(r"[ ]?[,;][ ]?MAC\b")
_ADDRESSED = words(
    "ip", "ips", "ip addr(?:ess)?", "logged in", "login from", "signed in", "from", "src", "source", "remote"
)
_MAC = re.compile(
    r"(?<![\w:\-.])(?:[0-9A-Fa-f]{2}(?P<gap>[:\-.]))(?:[0-9A-Fa-f]{2}(?P=gap)){4}[0-9A-Fa-f]{2}(?![\w:\-]|\.\w)"
)
_MASK = re.compile(r"(?:0|127|255)\.|.*\.0\.0(?:\.0)?$")
_PRODUCT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9+#.]*[ ]$")
_VERSION = re.compile(r"(?<![\w.])v?\d{1,3}\.\d{1,3}(?:\.\d{1,5}){0,3}(?:[+\-]\d+)?(?![\w%]|\.\d)")
_VERSIONS_NEAR = 80
_THUMBPRINT = words("thumbprint", "fingerprint", "sha-?\\d{1,3}", "checksum", "digest", "hash")
_RELEASES = words(
    "versions?",
    "firmware",
    "kernel",
    "build",
    "release",
    "modem",
    "controller",
    "client",
    "server",
    "java",
    "driver",
    "agent",
    "patch(?:ed)?",
    "upgraded?",
)
_SMALL = 32
"""An address whose every figure is this small, behind a word for software, is a version."""
_RULE = words("subnet", "cidr", "mask", "netmask", "gateway", "dns", "listen", "bind", "localhost")


def _find_username(view: View) -> Iterator[Hit]:
    for match in view.matches(_HANDLE):
        if (
            not _CODE.fullmatch(match["value"])
            and not _COUNCIL.fullmatch(match["value"])
            and not re.match(r"\s*(?:def|class)\b", view.after(match.end(), 12))
        ):
            yield Hit(match.start(), match.end(), "USERNAME", 0.8)
    for match in view.matches(_CALLED):
        start, end = match.span("value")
        value = view.text[start:end].rstrip(".-")
        if value.startswith("_") and view.text[start - 1 : start].isalnum():
            continue  # the rest of a longer word: "login_password"
        if _HANDLE_SHAPE.fullmatch(value) and not _CALL.match(view.text, start + len(value)):
            yield Hit(start, start + len(value), "USERNAME", 0.8)
    yield from _plainly(view)
    yield from _profiles(view)
    for start, end in view.cells_under(_USER_HEADER):
        if _CELL.fullmatch(view.text, start, end):
            yield Hit(start, end, "USERNAME", 0.8)


def _plainly(view: View) -> Iterator[Hit]:
    """User names that look like words, where the text calls them user names."""
    small = view.small
    for pattern, hints in ((_PLAIN, _PLAIN_HINTS), (_GOES_BY, _GOES_BY_HINTS)):
        if not any(hint in small for hint in hints):
            continue
        for match in view.matches(pattern):
            group = match.lastgroup or "value"
            value = view.text[slice(*match.span(group))].rstrip(".-")
            if _CALL.match(view.text, match.end(group)):
                continue  # code: "const user = faker.person.fullName()"
            if not NOT_A_USER.fullmatch(value) and (pattern is _PLAIN or _HANDLE_SHAPE.fullmatch(value)):
                yield Hit(
                    match.start(group), match.start(group) + len(value), "USERNAME", _SURE if group == "there" else 0.75
                )
    for match in view.matches(_ADDED) if any(hint in small for hint in _ADDED_HINTS) else ():
        group = match.lastgroup or "value"
        if not NOT_A_USER.fullmatch(match[group]) and not _PUBLIC_PAGE.fullmatch(match[group]):
            yield Hit(*match.span(group), "USERNAME", _SURE)
    for match in view.matches(_CMDLET) if " -" in view.text else ():
        if not NOT_A_USER.fullmatch(match["value"]):
            yield Hit(*match.span("value"), "USERNAME", _SURE)
    yield from _made_of_names(view)
    yield from _told(view)
    marked = "=" in small or '":' in small or "audit:" in small or "ssh " in small
    for match in view.matches(_KEYED) if marked and any(hint in small for hint in _KEYED_HINTS) else ():
        group = match.lastgroup or "value"
        value = view.text[slice(*match.span(group))]
        if value.islower() and not NOT_A_USER.fullmatch(value):
            yield Hit(*match.span(group), "USERNAME", 0.7)


def _told(view: View) -> Iterator[Hit]:
    """Of the lines of audit logs, and spelled out on the telephone."""
    small = view.small
    for pattern, hint, score in ((_LOGGED, ":", 0.8), (_SERVED, "[", _SURE), (_COMMITTED, "<", _SURE)):
        for match in view.matches(pattern) if hint in small else ():
            if not NOT_A_USER.fullmatch(match["value"]):
                yield Hit(*match.span("value"), "USERNAME", score)
    for match in view.matches(_SPOKEN) if "user" in small or "log" in small else ():
        if _LETTER_FIRST.match(match["value"]):
            yield Hit(*match.span("value"), "USERNAME", 0.75)


def _made_of_names(view: View) -> Iterator[Hit]:
    """A word in small letters beside a name, made of it: "Torquil Menzies-Aboah (tmenziesab)"."""
    for start, end in view.people:
        beside = _BESIDE_A_NAME.match(view.text, end) if view.first <= start < view.last else None
        if beside is None:
            continue
        value = beside["value"]
        names = [name.lower() for name in re.findall(r"[^\W\d_]{4,}", view.text[start:end])]
        if value not in names and any(name[:4] in value for name in names):
            yield Hit(*beside.span("value"), "USERNAME", _SURE)


_BESIDE_A_NAME = re.compile(
    r"[ ]?\([ ]?(?:(?i:user(?: ?name)?|login|id)[ :]{1,2})?(?P<value>[a-z][a-z0-9._\-]{3,24})(?=[ ]?[),;])"
)
_SURE = 0.98
"""More than a model's guess that it is a name."""


_FEDERATED = re.compile(r"(?<![\w.@])@[A-Za-z0-9_.\-]{1,40}@(?:[a-z0-9\-]{1,40}\.){1,4}[a-z]{2,24}(?![\w@])")
"""An account of the networks that speak ActivityPub, with its server: "@jo@social.example"."""


def _profiles(view: View) -> Iterator[Hit]:
    for match in view.matches(_FEDERATED) if "@" in view.text else ():
        yield Hit(match.start(), match.end(), "USERNAME", _SURE)
    if "/" in view.text:
        for match in view.matches(_PROFILE):
            group = "reddit" if match["reddit"] else "value"
            if not _PUBLIC_PAGE.fullmatch(match[group]):
                yield Hit(*match.span(group), "USERNAME", 0.8)
    if "\\" in view.text:
        for match in view.matches(_DOMAIN):
            if _DOMAIN_CONTEXT.search(view.before(match.start(), 30)) or _DOMAIN_CONTEXT.search(
                view.after(match.end(), 20)
            ):
                yield Hit(match.start(), match.end(), "USERNAME", 0.8)


def _find_ip(view: View) -> Iterator[Hit]:
    for pattern in (_DEFANGED, _IN_A_LOG):
        for match in view.matches(pattern):
            yield Hit(match.start(), match.end(), "IP_ADDRESS", 0.85)
    for match in view.matches(_IPV4):
        text = match.group()
        if any(len(o) > 1 and o[0] == "0" for o in text.split(".")) or _MASK.match(text):
            continue
        before = view.before(match.start(), 28)
        context = _IP_CONTEXT.search(before) is not None or _DEVICE.match(view.after(match.end(), 12)) is not None
        if (
            (PRODUCT.search(before) and not context)
            or _RULE.search(before)
            or (view.after(match.end(), 3).startswith("/") and not view.after(match.end(), 4).startswith("/32"))
        ):
            continue
        score = _ip_score(view, text, context=context)
        small = all(int(part) <= _SMALL for part in text.split(".")[:2])
        if small and not _ADDRESSED.search(before) and _RELEASES.search(view.before(match.start(), _VERSIONS_NEAR)):
            continue
        if score and (context or not _is_a_version(view, match)):
            yield Hit(match.start(), match.end(), "IP_ADDRESS", score)
    for match in view.matches(_IPV6):
        try:
            address = ipaddress.IPv6Address(match.group())
        except ValueError:
            continue
        if address.is_loopback or address.is_unspecified or match.group().count(":") < 3:
            continue
        if _THUMBPRINT.search(view.before(match.start(), 40)):
            continue
        yield Hit(match.start(), match.end(), "IP_ADDRESS", 0.8)


def _ip_score(view: View, address: str, *, context: bool) -> float:
    """How surely an address leads to somebody: a private one only where the text calls it so and speaks of somebody."""
    private = ipaddress.IPv4Address(address).is_private and not address.startswith(_DOCUMENTED)
    if not private:
        return 0.9 if context else 0.7
    return 0.6 if context and (view.people or _SOMEBODYS.search(view.text)) else 0.0


_DOCUMENTED = ("192.0.2.", "198.51.100.", "203.0.113.")
"""Kept for examples (RFC 5737), and used for real ones in them."""


def _is_a_version(view: View, match: re.Match[str]) -> bool:
    """Whether small figures stand right behind a product's name, among other versions: "TLS 1.2; ODBC 18.3.2.1"."""
    if any(len(part) > 2 for part in match.group().split(".")) or not _PRODUCT_NAME.search(view.before(match.start())):
        return False
    low, high = max(0, match.start() - _VERSIONS_NEAR), match.end() + _VERSIONS_NEAR
    others = (found for found in _VERSION.finditer(view.text, low, high) if found.start() != match.start())
    return next(others, None) is not None


_MAC_DOTTED = re.compile(r"(?<![\w.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?!\w|\.\w)")
_MAC_BARE = re.compile(r"(?<=mac )(?:is |addr(?:ess)?(?: is)? )?(?P<value>[0-9A-Fa-f]{12})(?!\w)", re.IGNORECASE)
_EVERYBODYS = re.compile(
    r"01[:\-]80[:\-]C2|33[:\-]33[:\-]|01[:\-]00[:\-]5E|FF[:\-]FF|.{8}[:\-]00[:\-]00[:\-]00", re.IGNORECASE
)
"""Addresses of groups, and a maker's number alone: no device has them."""


def _find_mac(view: View) -> Iterator[Hit]:
    for match in view.matches(_MAC_DOTTED):
        if any(c.isalpha() for c in match.group()) and len(set(match.group())) > 4:
            yield Hit(match.start(), match.end(), "MAC_ADDRESS", 0.85)
    for match in view.matches(_MAC_BARE) if "mac " in view.small else ():
        yield Hit(*match.span("value"), "MAC_ADDRESS", 0.85)
    for match in view.matches(_MAC):
        if match["gap"] == "." and not any(c.isalpha() for c in match.group()):
            continue  # a number in dotted pairs
        if len(set(match.group())) > 3 and not _EVERYBODYS.match(match.group()):
            yield Hit(match.start(), match.end(), "MAC_ADDRESS", 0.9)


USERNAME = Identifier("username", ("USERNAME",), _find_username)
IP_ADDRESS = Identifier("ip_address", ("IP_ADDRESS",), _find_ip)
MAC_ADDRESS = Identifier("mac_address", ("MAC_ADDRESS",), _find_mac)
