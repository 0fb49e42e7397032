# ruff: noqa: E501  patterns and word lists read better unbroken
"""Secrets: keys and tokens by their form, passwords and codes by what the text calls them, private keys whole.

A place-holder (`<PASSWORD>`, `${DB_PASSWORD}`, `****`) is not a secret.
"""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import Identifier, is_for_trial
from detectors.view import Hit, View

_FORMS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_\-]{20,64}"
    r"|xox[abeprs]-[A-Za-z0-9\-]{10,250}|https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,80}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,128}|sk-(?:ant-|proj-|or-)?[A-Za-z0-9_\-]{20,200}"
    r"|AIza[A-Za-z0-9_\-]{30,45}|ya29\.[A-Za-z0-9_\-]{20,400}|SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}"
    r"|hf_[A-Za-z0-9]{20,60}|npm_[A-Za-z0-9]{30,50}|pypi-[A-Za-z0-9_\-]{50,250}|dop_v1_[a-f0-9]{64}|shp(?:at|ss)_[a-f0-9]{32}"
    r"|eyJ[A-Za-z0-9_\-]{8,2000}\.[A-Za-z0-9_\-]{8,4000}\.?[A-Za-z0-9_\-]{0,1000}"
    r"|ag[wo]_[0-9a-z]{10}_[0-9A-Za-z]{49}"  # this gateway's own keys
    r"|DefaultEndpointsProtocol=[^\s\"'<>]{20,400}"
    r"|[A-Za-z0-9~_.\-]{3}8Q~[A-Za-z0-9~_.\-]{31,34}"
    r")(?![A-Za-z0-9])"
)
_WEBHOOK = re.compile(
    r"https?://(?:(?:[\w\-]{1,63}\.){0,4}(?:web)?hooks?\.[\w.\-]{3,80}|[\w.\-]{3,80}(?:/[\w.\-]{1,40}){0,3}/(?:api/)?(?:incoming-?)?(?:web)?hooks?)"
    r"(?:/[\w@.\-]{1,80}){0,5}/(?=[\w@\-]{0,80}(?:\d[A-Za-z]|[A-Za-z]\d))[\w@\-]{12,200}(?:/[\w@\-]{1,200}){0,4}",
    re.IGNORECASE,
)
"""Whoever has the address of a webhook can post there: its last part is the key."""
_SHOWN = re.compile(r"EXAMPLE(?:KEY)?$|x{8}|X{8}|0{10}|[_\-]placeholder$")
"""How handbooks end a key that opens nothing."""
_URL = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^\s/:@\"'<>]{0,80}:(?P<password>(?!\d{1,5}/)[^\s@\"'<>]{1,120})@[^\s\"'<>,;)]{1,300}"
)
_ORACLE = re.compile(r"jdbc:oracle:\w{2,6}:[^\s/@\"'<>]{1,60}/(?P<password>[^\s\"'<>]{1,120})@[^\s\"'<>,;]{1,200}")
"""A connection string with its user and password before the host."""
_DSN = re.compile(
    r"(?i:server|data source|host|driver|provider)=(?:[^\s\"'<>;=]{1,120};[ ]?[A-Za-z ]{2,30}=){1,12}(?:(?<=[Pp]wd=)|(?<=PWD=)|(?<=word=)|(?<=WORD=))(?P<password>[^\s\"'<>;]{3,120})"
)
"""A connection string of pairs that ends in its password."""
_SECURE = re.compile(r"ConvertTo-SecureString[ ](?:-String[ ])?(?P<quote>[\"'])(?P<value>[^\"'\n]{3,100})(?P=quote)")
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[A-Za-z0-9+/=\s\\,:.\-]){0,12000}(?:-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?"
)
_KEY = (
    r"(?:pass ?(?:word|code|phrase|wd|wrd)|passwd|pwd|pword|p/w|pw|secret|client[ _\-]?secret|api[ _\-]?key|apikey|access[ _\-]?key|secret[ _\-]?key|auth[ _\-]?token|access[ _\-]?token|"
    r"refresh[ _\-]?token|bearer|token|private[ _\-]?key|encryption[ _\-]?key|account[ _\-]?key|shared[ _\-]?access[ _\-]?key|connection[ _\-]?string|sas[ _\-]?token|webhook[ _\-]?secret|signing[ _\-]?key|license[ _\-]?key|wi-?fi (?:key|code)|wpa2? key|psk|sig|hasło|mot de passe|passwort|contraseña|wachtwoord|parola|senha)"
)
_ASSIGNED = folded(
    rf"(?<![A-Za-z])(?:[A-Za-z0-9]{{1,30}}[_.\-]){{0,4}}{_KEY}(?:[_.\-][A-Za-z0-9]{{1,12}})?[\"'`*]{{0,2}}[ \t]{{0,24}}(?:=>|:=|==?|:)[ \t]{{0,4}}(?P<value>\"[^\"\n]{{3,200}}\"|'[^'\n]{{3,200}}'|`[^`\n]{{3,200}}`|[^\s\"'`,;<>|(){{}}\[\]]{{3,200}})"
)
_SPOKEN = folded(
    rf"(?<![A-Za-z])(?:{_KEY})(?:'s|s)?[ ](?:(?:for|to|on)[ ][^.\n:]{{1,40}}?[ ])?(?:is|was|are|has been (?:set|changed|reset) to|set to|now|reset to|changed to|will be):?[ ](?:now[ ]|still[ ]|just[ ]|set to[ ])?(?P<value>[\"'“‘]?[^\s\"'“”‘’,;]{{4,80}})"
)
_BARE = folded(
    r"(?<![A-Za-z])(?:pass ?word|passwd|pword|pwd|pw|passcode|passphrase|p/w)[ ](?P<value>(?=\S*\d)(?=\S*[A-Za-z])[^\s,;]{6,60})"
)
_PASS_HINTS = (
    "passw", "pass w", "pass p", "pass:", "pass=", "pass :", "pass =", "pass\"", "pass'", "passp", "passc", "pword", "pwd", "pw", " -u ", "memorable", "security answer", "security word", "secret word", "secret answer",
    "safe word", "safeword", "safe-word", "code word", "codeword", "code-word", "recovery ", "backup key", "backup code", "activation", "bitlocker", "product key", "product code", "temp=", "temp:", "temp =", "temp is", "temporary", "mysql", "identified by", "_key=",
)  # fmt: skip
_PASS = folded(
    r"(?<![A-Za-z])pass[\"']?[ ]?[:=][ ]?[\"']?(?P<value>(?=[^\s\"',;]*\d)(?=[^\s\"',;]*[A-Za-z])[^\s\"',;]{6,60})"
    r"|(?<![A-Za-z])(?:pass ?word|passcode|passphrase|pword|pwd|pw)(?:[ ][\-–][ ]|'s[ ]|[ ](?:back )?to[ ])(?P<dashed>(?=[^\s\"',;]*[\d!@#$%^&*])[^\s\"',;]{5,60})"
    r"|[ ]-u[ ][\"']?[\w.\-]{1,40}:(?P<user>[^\s\"',;]{4,80})"
    r"|(?<![A-Za-z])pass ?(?:word|phrase)[ ]?[:=][ ]?(?P<phrase>(?:(?!must|the|your|this|that|will|has|should|can|not|and|for|with|from|are|was)[a-z]{3,12}[ \-]){3,5}(?!must|the|your)[a-z]{3,12})(?=[.,;\"']?(?:\n|$))"
    r"|(?<![A-Za-z])(?:memorable (?:word|name|place|date|info(?:rmation)?)|security (?:answer|word)|secret (?:word|answer)|(?:safe|code)[ -]?word)(?:[^\n.:]{0,30}:|[ ]is|[ ]was)?[ ]?[:=]?[ ][\"'“‘]?(?P<word>[^\s\"'“”‘’,;.]{3,40})(?P<ends>[\"'”’]?(?:[.,;!?\n)]|$|[ ](?:oh|and|but|so|um|er|then)\b))?"
    r"|(?<![A-Za-z])temp(?:orary)?[ ]?(?:=|:|is)[ ]?(?P<temp>(?=[^\s\"',;]*\d)(?=[^\s\"',;]*[A-Za-z])[^\s\"',;]{8,60})"
    r"|(?<![A-Za-z])mysql\w*\b[^\n]{0,60}?[ ]-p(?P<shell>[^\s\"']{6,60})"
    r"|identified by[ ](?:values[ ])?[\"'](?P<sql>[^\s\"']{4,80})[\"']"
    r"|_key=[\"']?(?P<env>(?=[^\s\"']*\d)[A-Za-z0-9+/=_\-]{16,200})"
    r"|(?<![A-Za-z])(?:recovery|backup|activation|bitlocker|product)[ ](?:key|code)s?(?:[ ]is)?[ :=]{1,3}(?P<key>[A-Za-z0-9]{4,6}(?:-[A-Za-z0-9]{4,6}){1,8})"
)
_LOGIN = folded(
    r"(?<![A-Za-z])(?:login|log in|creds?|credentials|u/p|user/pass)(?![a-z])[ ]?(?:is|are|:|=)?[ ]?(?P<user>[\w.@\-]{3,60})[ ]?/[ ]?(?P<value>[^\s,;]{5,60})"
)
_CODES = folded(
    r"(?<![A-Za-z])(?<!gas )(?:(?:key ?safe|door|gate|alarm|safe|lock ?box|padlock|voicemail|barrier|duress|puk|pac|mfa|2fa|otp|screen ?lock)(?:[ ](?:entry|door|key))?[ ]?(?:code|pin|number|combination|combo)?|(?:entry|access|security|unlock|pass|login)(?:[ ](?:entry|door|key))?[ ]?(?:code|pin|combination|combo))(?:'s)?[ ]?(?:is|=|:|no\.?)?[ ]?(?P<value>[A-Z#*]?\d{4,8}[A-Z#*]?|\d(?:[ \-]\d){3,7}|\d\d(?:-\d\d){1,3})(?![\w/]|[.\-]\d|[ ]\d{3})"
    r"|(?<![A-Za-z])(?:pin|otp|one[ -]time (?:pass)?(?:code|word)|verification code|security code(?: on the back)?|cvv2?|cvc)[ ]?(?:no\.?|number|code)?[ ]?(?:is|was|=|:)?[ ]?(?P<pin>\d{3}[ \-]\d{3,4}(?![ ]\d)|\d{3,8}|\d(?:[ \-]\d){3,7})(?![\w/]|[.\-]\d)"
)
_KEYED = folded(
    r"(?<![A-Za-z])[\"']?(?:[a-z0-9]{1,20}[_\-]){0,3}(?:(?:door|gate|alarm|safe|entry|access|keypad|key_?safe|lock|padlock|voicemail|reader|fob|card|sim|puk|duress|unlock|security|reset|otp|entrance|room|store|depot|panel)_?(?:pin|code|combo|combination)|pin(?:_?(?:code|number|no))?|passcode)[\"']{0,2}[ ]?[:=][ ]?[\"']?"
    r"(?P<value>[A-Z#*]?\d{4,8}[A-Z#*]?)(?![\w/]|[.\-]\d)"
)
"""A code under its key in JSON or the like."""
_TOLD = re.compile(
    r"\b(?:code|combination|combo|pin|padlock|alarm|keypad)\b[^\n]{0,48}\n(?:\[[^\]\n]{1,24}\][ ]?)?[^\n:]{1,24}:[ ]"
    r"(?:it's[ ]|its[ ]|try[ ])?(?P<value>[A-Z#*]?\d{4,6}[A-Z#*]?)(?![\w/]|[.,\-:]\d|[ ]\d)",
    re.IGNORECASE,
)
"""Somebody asks for a code, and the next line of the chat gives it."""
_ROOM = re.compile(
    r"\b(?:room|rm|suite|building|block|store|shed|hut|toilets?|cupboard|lift|garage|porch|depot|office|cabin|hall)\b[^\n.;]{0,16}"
    r"[ (]code[ :]{1,2}(?P<value>(?=[A-Z]{0,2}\d{3})[A-Z\d]{4,7}[#*]?)(?![\w/]|[.\-]\d|[ ]\d)",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"\bauth\s?=\s?\([ ]?[\"'][^\"'\n]{1,80}[\"'],[ ]?(?P<quote>[\"'])(?P<value>(?:(?!(?P=quote))[^\n]){4,100})(?P=quote)"
)
"""A user and a password side by side in code."""
_ROOT = re.compile(
    r"\b(?:root|administrator|admin|sysadmin|sa)(?:[ ](?:password|login))?(?:[ ](?:is|was)|'s)?[ ](?:still|now|set to|just)?[ ]?\"(?P<value>[^\"\n]{6,60})\"",
    re.IGNORECASE,
)
_SHOWN_CODES = ("123", "1234", "12345", "123456")
"""What a manual's example has for a code."""
_HINTED = (
    (_PAIR, ("auth",), 0.9),
    (_ROOT, ('"',), 0.8),
    (_TOLD, ("\n",), 0.8),
    (_ROOM, ("code",), 0.8),
    (_KEYED, ("pin", "code", "comb"), 0.8),
)
"""Patterns with what a text must hold for them to be tried."""
_NO_CODES = ("0000", "00000", "000000", "1571")
"""What stands for any code, and the number of everybody's voicemail."""
_BEARER = re.compile(r"(?<![A-Za-z])(?:Bearer|Basic)[ ]+(?P<value>[A-Za-z0-9+/_.~\-]{12,2000}={0,2})")
PLACEHOLDER = re.compile(
    r"replace[_\-](?:me|this|it|with|at|before|in|on|by)(?:[_\-].*)?|insert[_\-][\w\-]*here|[\w\-]*(?:key|token|secret|password|value|hex|goes|yours?)[_\-]here|@@.*@@|@microsoft\.keyvault\(.*|[a-z0-9/+=_\-]{8,}example(?:key)?\.?|.*(?:[_\-]placeholder|replace-me)\.?|.*-example-.*|!vault|values?|yourpassword|base32secrethere.*|"
    r"(?:change|replace|insert|enter|fill|put|set|add|fix|todo|tbd)[ _\-]?(?:me|this|it|in|with|here|your|value|later)(?:[ _\-].*)?|[<\[{(%$].*|.*\$\{.*|.*\{\{.*|[*x•.#_\-?]+|(?:your|my|the|an?|some|this)[_\- ].*|(?:os\.|process\.|env\.|config\.|settings\.|self\.|args\.|request\.|getenv|input|secrets\.|vault|keyvault).*|"
    r"\?.*|//.*|///.*|/(?:run|etc|var|mnt|opt|srv|home)/.*|.*\*{3}.*|.*redacted.*|example.*|.*[●•].*|(?:get|read|fetch|load|generate|convertto|random)[_\-]?(?:secret|host|password|token|key|securestring|env)\w*(?:\..*)?|random_password\..*|[\w\-]+(?:\.[\w\-]+)*\.(?:result|value|arn|id|secret_string|plaintext)|(?:var|local|data|module|each|this|params|options|config|props|ctx|app|cfg|conf)\..*|@[A-Za-z]+\.[A-Za-z]+|my(?:password|secret|key|token)|sk_test_x+|pk\.x+|.*x{6,}.*|(?:insecure|dummy|fake|sample)[_\-].*|(?:dev|test)[_\-](?:only|key|secret|password|token|value).*|minioadmin|guest|live|team|see|generate[_\-]?me|postgres|(?:await|new|function|const|none|null|true|false|undefined|empty|string|str|pass|required|optional|redacted|hidden|secret|password|passw0rd\?|changeme|example|placeholder|todo|tbc|tbd|n/a|xxx+|reset|expired|wrong|correct|incorrect|not|same|different|protected|forgotten|ask|type|change|choose|pk|too|needed|on|in|the|a|an|very|now|being|only|stored|sent|never|always|safe|secure|weak|strong|important|shared|invalid|valid|unknown|available|case-sensitive|sensitive|confidential|good|ok|okay|blank|set|due|about|there|here|it|what|when|where|how|why|policy|manager|managers|field|box)[.!?:]?",
    re.IGNORECASE,
)


def _find(view: View) -> Iterator[Hit]:
    yield from _formed(view)
    yield from _named(view)


def _formed(view: View) -> Iterator[Hit]:
    """Keys by their form, and connection strings with a password in them."""
    for match in view.matches(_FORMS):
        if not _SHOWN.search(match.group()):
            yield Hit(match.start(), match.end(), "SECRET", 0.97)
    for match in view.matches(_WEBHOOK) if "hook" in view.small else ():
        if not _SHOWN.search(match.group()):
            yield Hit(match.start(), match.end(), "SECRET", 0.9)
    for pattern in (_URL, _ORACLE, _DSN):
        for match in view.matches(pattern):
            if not PLACEHOLDER.fullmatch(match["password"]):
                yield Hit(match.start(), match.end(), "SECRET", 0.97)


def _named(view: View) -> Iterator[Hit]:
    """What the text calls a password, a key or a code."""
    for pattern, score in (
        (_ASSIGNED, 0.9),
        (_SPOKEN, 0.8),
        (_BARE, 0.8),
        (_LOGIN, 0.85),
        (_BEARER, 0.9),
        (_SECURE, 0.95),
    ):
        for match in view.matches(pattern):
            yield from _value(view, *match.span("value"), score, spoken=pattern is _SPOKEN)
    small = view.small
    for pattern, hints, score in _HINTED:
        for match in view.matches(pattern) if any(hint in small for hint in hints) else ():
            if match["value"] not in _NO_CODES:
                yield from _value(view, *match.span("value"), score)
    for match in view.matches(_PASS) if any(hint in small for hint in _PASS_HINTS) else ():
        group = "word" if match["word"] else match.lastgroup or "value"
        start, end = match.span(group)
        if (
            group != "word"
            or match["ends"] is not None
            or any(c.isupper() or c.isdigit() for c in view.text[start:end])
        ):
            yield from _value(view, start, end, 0.8)
    for match in view.matches(_CODES):
        group = "value" if match["value"] else "pin"
        if match[group] in _NO_CODES or (
            match[group] in _SHOWN_CODES and is_for_trial(view.before(match.start(), 160))
        ):
            continue
        if not re.match(
            r"[ ]?(?:people|times|hours|pounds|days|per\b|mm\b|cm\b|clear\b|wide\b|high\b)", view.after(match.end(), 10)
        ):
            yield Hit(*match.span(group), "SECRET", 0.8)


def _value(view: View, start: int, end: int, score: float, *, spoken: bool = False) -> Iterator[Hit]:
    while start < end and view.text[start] in "\"'`“‘":
        start += 1
    closing = "\"'`”’,;:.)" if spoken else "\"'`”’,;:"
    while end > start and view.text[end - 1] in closing:
        end -= 1
    value = view.text[start:end]
    if (
        len(value) < 3
        or PLACEHOLDER.fullmatch(value)
        or _SPEECH.match(view.text, start)
        or _SETTING.search(view.text, max(0, start - 40), start)
    ):
        return
    if spoken and not re.search(r"[\d_!@#$%^&*]|[a-z][A-Z]|\w-\w", value):
        return
    yield Hit(start, end, "SECRET", score)


_SPEECH = re.compile(r"(?:i|you|s?he|it|we|they|that|there|who|what|let)['’](?:s|re|ve|ll|d|m)\b", re.IGNORECASE)
"""Speech begins so: "PW: She's new here" is what somebody of these initials says."""
_SETTING = re.compile(
    r"(?:pass|pwd|secret|token|key|phrase|code)[a-z]*[_\-](?:ttl|hint|policy|length|expiry|expires|lifetime|timeout|url|uri|endpoint|file|path|name|type|format|field|header|count|max|min|"
    r"min[_\-]length|max[_\-]length|required|enabled|rotation|days|attempts|regex|algorithm|provider|label|placeholder)[\"']?[ ]?[:=]{1,2}[ ]?[\"']?$",
    re.IGNORECASE,
)
"""A setting about a secret is none: `token_ttl = 3600`, `passphrase_hint = "..."`."""
_BODY = re.compile(r"KEY(?: BLOCK)?-----[\s\\nr:,]*[A-Za-z0-9+/=]{16}")


def _find_whole(view: View) -> Iterator[Hit]:
    if "PRIVATE KEY" in view.text:
        for match in view.matches(_PEM):
            if _BODY.search(match.group()) is None:
                continue  # the lines around a key, without the key
            yield Hit(match.start(), match.end(), "SECRET", 0.99)


IDENTIFIER = Identifier("secret", ("SECRET",), _find, joins=True)
PRIVATE_KEY = Identifier("private_key", ("SECRET",), _find_whole, whole=True)
