"""What the encoder saw, made fit to act on: roles are cut from names, places and firms are dropped, children marked."""

import re
from collections.abc import Iterator

from detectors.identifiers.age import CHILD_BELOW, years
from detectors.labels import LABELS, SAID
from detectors.names import edges
from detectors.names.classes import NUMBERED
from detectors.names.decode import Seen
from detectors.names.known import KNOWN_ALONE, KNOWN_WHOLE
from detectors.names.lexicon import BRANDS, PLACES, SHOPS
from detectors.names.namesakes import is_namesake
from detectors.names.numbers import counts, ends_another, numbered
from detectors.names.opened import around, secret, within_bare_uuid, yielding

_ROLE = re.compile(
    r"(?:(?:mr|mrs|ms|miss|mx|dr|prof|cllr|councillor|rev|revd|sir|dame|pc|pcso|dc|di|dci|sgt|insp|maj|capt|"
    r"lt(?:[ ]col)?|hhj|h\.e\.|mme|herr|frau|pan|pani|"
    r"reisepass|ausweis|"
    r"son|daughter|mum|mam|mother|dad|father|brother|sister|aunt|auntie|aunty|uncle|cousin|nephew|niece|wife|husband|"
    r"partner|neighbour|tenant|lodger|landlord|landlady|applicant|claimant|complainant|client|patient|pupil|carer|"
    r"officer|nurse|warden|ranger|clerk|treasurer|treas|secretary|sec|chair|foreman|driver|matron|chaplain|pastor|imam|"
    r"rabbi|attn|fao|re|cc|bcc|via|dear|hi|hello|hiya|thanks|regards|from|to|n\.b|p\.s|żona|mąż|syn|córka|soția|soțul|"
    r"fiul|domnul|doamna|señor|señora|monsieur|madame|je[ ]soussignée?|captain|major|colonel|sergeant|inspector|"
    r"sohn|tochter|mutter|vater|bruder|schwester|fils|fille|mère|père|frère|sœur|hijo|hija|madre|padre|hermano|"
    r"hermana|filho|filha|annwyl|cofion|szanown[aey]|drogi|dragă|stimat[eă]|querid[ao]|chère|"
    r"hr)\b[.:,]?[ ]+)+(?=\S)",
    re.IGNORECASE,
)
_ALSO_SURNAMES = re.compile(
    r"(?:nurse|warden|ranger|clerk|foreman|driver|chaplain|pastor|captain|major|sergeant|son),[ ]+[^\s,]+",
    re.IGNORECASE,
)
"""Whoever is listed by a surname that is an office too: "Driver, Minnie"."""
_STREET = r"roads?|rd|streets?|avenue|ave|close|crescent|cres|terrace|gardens|gdns|mews|parade|wharf|estate"
_NAMED_AFTER = (
    r"roundabout|bypass|school|academy|primary|grammar|college|university|hospital|surgery|station|cathedral|abbey|"
    r"museum|theatre|library|council|borough|ltd|limited|plc|llp|inc|solicitors|motors|tyres|homes|trust|foundation|"
    r"society|hotel|inn|arms|act|regulations|case|test|principle|memorial|cup|award|prize|disease|syndrome|law"
)
_ENDS_AS_PLACE = re.compile(rf"[ ](?:(?P<street>{_STREET})|{_NAMED_AFTER})\W*$", re.IGNORECASE)
_GOES_ON_AS_PLACE = re.compile(
    rf"(?P<whose>['’]?s)?[ ](?:(?:and|&)[ ](?:sons?|co|partners)|"
    rf"(?P<street>{_STREET})(?![ ](?:brackets?|quotes?)\b)|{_NAMED_AFTER})\b",
    re.IGNORECASE,
)
"""But signs are closed as well: "open brackets Curtis close brackets"."""
_BETWEEN = re.compile(r"[\n\r\t|;]+|[ ]{4,}|[ ](?:[–—/]|-{1,2})[ ]")
_NOTE = re.compile(
    r"\W*(?:P\.?P?\.?S|N\.?B|R\.?S\.?V\.?P|no-?reply|"
    r"[a-z] for [a-z]{3,10}|علیکم|عليكم|"  # a letter that is spelt; peace be upon you
    r"tues?|weds?|thurs?|fri|sat|feb|apr|jul|aug|sept?|oct|nov|dec)\W*",  # Jan, Jun and Sun are people too
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"NINO|NHS|IMEI|UPRN|UPN|UTR|DOB|SSID|IBAN|MPAN|PCN|VRM|VIN|PESEL|AI|IO|RO|HV|IRO|IDVA|EHO|LADO|CPN|PCSO|SEND?C[Oo]|LA|ILIKE|"
    r"[Ss]pk ?\d|[Oo]p ?\d"
)
"""What a number or an officer is called by, in capitals, is nobody's name; nor is the number of a voice."""
_PRONOUNS = frozenset(["me", "you", "him", "them", "us", "we", "they", "she", "he", "it", "mine", "yours", "theirs"])
_DOTTED = re.compile(r"[a-z]{1,20}\.[a-z]{2,20}\d{0,4}|[a-z]{2,20}\.[a-z]")
"""What somebody signs in as: "g.orpin"."""
_TITLES_ALONE = re.compile(
    r"(?:(?:mr|mrs|ms|mx|dr|prof|cllr|rev|revd|pc|pcso|sgt|insp|maj|capt|lt|col|hhj|h\.e|mme|mlle|messrs)\b"
    r"\.?[ ]?){1,3}",
    re.IGNORECASE,
)
_FIRM = re.compile(
    r"(?:^|[ ])(?:&|and)[ ](?:sons?|daughters?|co|partners|company)\b|^(?:banca|banco|banque|sparkasse)[ ]",
    re.IGNORECASE,
)
_MASK = re.compile(r"[AN]{6,}|A{4,}|N{4,}|[Xx]{3,}|(?i:test[ ]test\w*|testy[ ]\w+)")
"""The form of a number, and who programs are tried with."""

_PATTERNED = frozenset(
    {
        "CASE_REF",
        "USERNAME",
        "SECRET",
        "DATE_OF_BIRTH",
        "AGE",
        "CONFIDENTIAL",
        "LEGAL_PRIVILEGE",
    }
)
"""Labels that patterns find too: where a pattern is sure of another label, or of more, it is to win."""
_PSEUDONYM = re.compile(
    rf"(?<![A-Za-z0-9_])(?:{'|'.join(LABELS)})_(?=[0-9]*[A-Z])[0-9A-HJKMNP-TV-Z]{{8}}(?![A-Za-z0-9_])"
)
"""A pseudonym of the gateway's: it stands for somebody and is nobody, and no secret either.

Only the model's guess goes. Patterns still look inside, and eight figures are no pseudonym here, as a caller can
write a real value in this shape (`BANK_ACCOUNT_12345678`): pseudonyms are no `own_references` of the suite's.
"""
_LONGEST = max(map(len, LABELS)) + 9
_EDGES = " \n\r\t,;:"
"""What stands beside a name and is none of it."""


def _within_pseudonym(text: str, start: int, end: int) -> bool:
    """Whether a span is a pseudonym or part of one: the model often sees the end of it alone."""
    return around(_PSEUDONYM, text, start, end, _LONGEST) is not None


def tidied(text: str, seen: Seen) -> Iterator[tuple[int, int, str, float]]:
    """The candidates that a span makes; none for what can't be of its label."""
    start, end, score = seen.start, seen.end, seen.score
    if _is_no_ones(text, seen):
        return
    if seen.label != "PERSON" and seen.label not in SAID and "\t" in text[start:end]:
        for low, high in _cells(text, start, end, seen.label):
            yield from tidied(text, seen._replace(start=low, end=high))
        return
    if seen.label == "SECRET":
        yield from secret(text, start, end, score)
        return
    if seen.label in _PATTERNED | NUMBERED:
        score = yielding(score)
    if seen.label in NUMBERED:
        yield from numbered(text, start, end, seen.label, score)
        return
    if seen.label == "PERSON":
        yield from _person(text, start, end, score)
        return
    start, end = _trimmed(text, seen)
    yield start, end, seen.label, score
    if seen.label == "AGE":
        age = years(text[start:end])
        if age is not None and age < CHILD_BELOW:
            yield start, end, "CHILD", score


def _person(text: str, start: int, end: int, score: float) -> Iterator[tuple[int, int, str, float]]:
    people = (each for part in _apart(text, start, end) for each in edges.apart(text, *part))
    for low, high in people:
        if _TITLES_ALONE.fullmatch(text, low, high) and text[low:high] != "Col":
            continue
        role = _ROLE.match(text, low, high)
        begin = role.end() if role is not None and _ALSO_SURNAMES.fullmatch(text, low, high) is None else low
        begin, high = edges.person(text, begin, high)
        if _DOTTED.fullmatch(text, begin, high):
            yield begin, high, "USERNAME", score
        elif edges.is_initial(text, begin, high, score) or _is_a_person(text, begin, high):
            yield begin, high, "PERSON", score


def _cells(text: str, start: int, end: int, label: str) -> Iterator[tuple[int, int]]:
    """The cells of a span that runs over several of a sheet's, but for those that can't be of its label."""
    worded = label in ("ADDRESS", "USERNAME", "CONFIDENTIAL", "LEGAL_PRIVILEGE")
    for cell in _CELL.finditer(text, start, end):
        told = any(c.islower() if worded else c.isdigit() for c in cell.group())
        if told and (worded or _DAY.match(text, cell.start()) is None):
            yield cell.span()


_CELL = re.compile(r"[^\t\n]+")
_DAY = re.compile(r"\s*\d{1,2}[/.]\d{1,2}(?![\w/.])")


def _is_no_ones(text: str, seen: Seen) -> bool:
    if _within_pseudonym(text, seen.start, seen.end):
        return True
    if seen.label == "SECRET" and within_bare_uuid(text, seen.start, seen.end):
        return True
    if seen.label == "USERNAME":
        return _HOST.fullmatch(text, seen.start, seen.end) is not None or _NO_ONE.match(text, seen.start) is not None
    if seen.label == "CONFIDENTIAL":
        return _LIFTED.search(text, seen.start, seen.end) is not None
    if seen.label == "DATE_OF_BIRTH":
        return _SUM.fullmatch(text, seen.start, seen.end) is not None
    if seen.label in NUMBERED | {"CASE_REF"} and any(no(text, seen.start, seen.end) for no in (counts, ends_another)):
        return True
    if seen.label in ("CASE_REF", "SECRET") and _COUNT_OF.search(text[max(0, seen.start - 10) : seen.end]):
        return True
    if seen.label == "ADDRESS":
        return any(no.fullmatch(text, seen.start, seen.end) for no in (_BARE_TYPE, _WELSH_DAY))
    return seen.label in SAID and _is_a_choice(text, seen.start)


def _is_a_choice(text: str, start: int) -> bool:
    """Whether a place lies in a list of what may be chosen: a schema's `enum` says nothing of anybody."""
    return _CHOICES.search(text, max(0, start - _CHOICES_BEFORE), start) is not None


_NO_ONE = re.compile(r"(?:no|do-?not)-?reply", re.IGNORECASE)
"""A mailbox that nobody reads."""
_LIFTED = re.compile(r"\b(?:lifted|no longer|ended|expired|declassified)\b", re.IGNORECASE)
"""What was confidential once."""
_SUM = re.compile(r"£?\d{1,3}(?:,?\d{3})*\.\d{2}|\d{3,6}\.\d{2}")
"""Pounds and pence."""
_LIFE = re.compile(r"(?P<born>[^\n]{4,24}(?:19|20)\d\d)[ ]?[–—-][ ]?[^\n]{4,24}(?:19|20)\d\d")
"""Of the two days on a stone the first is of birth."""
_COUNT_OF = re.compile(r"\b\d{1,3}[ ]of[ ]\d{1,9}$")
"""One of so many: "number 3 of 572"."""
_BARE_TYPE = re.compile(
    r"(?:view|road|street|lane|close|drive|way|court|place|square|terrace|gardens?|hill|green|park|row|walk|house|lodge|"
    r"yard|field|gate|home|flat|room|plot|pitch|unit)s?",
    re.IGNORECASE,
)  # fmt: skip
"""A word for a kind of street or building alone is nobody's address."""
_WELSH_DAY = re.compile(
    r"\d{1,2}[ ](?:ionawr|chwefror|mawrth|ebrill|mai|mehefin|gorffennaf|awst|medi|hydref|tachwedd|rhagfyr)\W*",
    re.IGNORECASE,
)
"""What looks like a house and its street to whoever has no Welsh."""
_CHOICES = re.compile(r"[\"']?(?:enum|choices|options|values|oneOf)[\"']?\s?[:=(]\s?[\[({][^\])}]*$")
_CHOICES_BEFORE = 300


_SETTING = re.compile(
    r"_(?:[A-Z0-9]+_)*(?:LDAP|DB|SQL|API|URL|URI|HOST|PORT|USER|PW|PWD|PASS\w*|TOKEN|SECRET|KEY|BIND|ENV|SMTP)\b"
)
"""The rest of a setting's name: "PARIS_LDAP_BIND"."""


def _is_a_branch(name: str) -> bool:
    """Whether it is a brand and where, as a receipt is headed: "SHELL BAPCHILD"."""
    first, _, rest = name.partition(" ")
    return first in SHOPS and rest in PLACES


def _is_something_else(text: str, start: int, end: int) -> bool:
    """Whether the context says that it is a town, a firm that tenders, a car or a wireless network."""
    if text[end : end + 1] == ";" and _TENDERING.search(text, max(0, start - _LIST_BEFORE), start):
        return _FIRM_AMONG.search(text, max(0, start - _LIST_BEFORE), end + _LIST_BEFORE) is not None
    if _POSTCODE_LINE.match(text, end) and _STREET_LINE.search(text, max(0, start - _BEFORE), start):
        return True
    if " " in text[start:end]:
        return False
    before = text[max(0, start - _BEFORE) : start]
    if _BIRTHPLACE.search(before) or (_STREET_BEFORE.search(before) and _POSTCODE_BEHIND.match(text, end)):
        return True
    if _OWNED.search(before) and _PLATED.match(text, end):
        return True
    if _NETWORK.search(before):
        return True
    if text[end : end + 1] not in ("\n", ""):
        return False
    return _DEPARTMENT.search(text, max(0, start - 2 * _BEFORE), start) is not None


_BIRTHPLACE = re.compile(
    r"\b(?:né[ ]?\(?e?\)?[ ](?:le[ ][^,\n]{6,24}[ ])?à|born[ ](?:on[ ][^,\n]{5,24}[ ])?in|"
    r"urodzon[ya][ ](?:[^,\n]{5,24}[ ])?w|nat[oa][ ](?:il[ ][^,\n]{5,24}[ ])?a|"
    r"geboren[ ](?:am[ ][^,\n]{5,24}[ ])?in|nacid[oa][ ](?:el[ ][^,\n]{5,24}[ ])?en|"
    r"n[ăa]scut[ăa]?[ ](?:la[ ][^,\n]{5,24}[ ])?[îi]n)[ ]$",
    re.IGNORECASE,
)
_STREET_BEFORE = re.compile(
    r"\d[A-Za-z]?[ ][A-Z][^\n,]*\b(?i:road|rd|street|st|avenue|ave|close|crescent|terrace|gardens|mews|row|lane|drive|"
    r"way|place|court|hill|walk|view|grove|park|square|passage)\.?,[ ]$"
)
_POSTCODE_BEHIND = re.compile(r",?[ ][A-Z]{1,2}\d[A-Z\d]?[ ]\d[A-Z]{2}\b")
"""A town stands between street and postcode."""
_POSTCODE_LINE = re.compile(r",?[ ]?\n[ ]*[A-Z]{1,2}\d[A-Z\d]?[ ]{0,2}\d[A-Z]{2}\b")
_STREET_LINE = re.compile(r"(?<!\d)\d{1,4}[A-Za-z]?[ ][A-Z][^\n]*\n[ ]*$")
"""A town stands between the line with the number and the postcode."""
_DEPARTMENT = re.compile(
    r"\n[A-Z]\S+[ ][A-Z]\S+[ ]*\n[^\n]*\b(?:Care|Services|Council|Housing|Planning|Team|Centre|Department),[ ]$"
    r"|\b(?:Services|Council|Housing|Planning|Department),[ ][A-Z][a-z]+[ ]&[ ]$"
)
"""Below whoever signs, the department and where it is; or the council's double name."""
_BEFORE = 40
_LIST_BEFORE = 300
_TENDERING = re.compile(r"\b(?:tenders?|bids|bidders|quotes|quotations|suppliers)\b[^\n]*[:;][ ]$", re.IGNORECASE)
_FIRM_AMONG = re.compile(r"\b(?:ltd|limited|plc|llp|group)\b|[ ]&[ ](?:sons|co|partners)\b", re.IGNORECASE)
_OWNED = re.compile(r"\b(?:the|a|my|his|her|our|their|your)[ ]$", re.IGNORECASE)
_PLATED = re.compile(
    r"(?:,|[ ]?\(|[ ]reg\.?)[ ]?(?:[A-Z]{2}\d{2}[ ]?[A-Z]{3}|[A-Z]\d{1,3}[ ]?[A-Z]{3}|[A-Z]{3}[ ]?\d{1,3}[A-Z])\b"
)
"""A car's plate stands behind its model: "the Fabia (PK66 DHV)"."""
_NETWORK = re.compile(r"(?<![A-Za-z])SSID[ ]?[:=]?[ \"']{1,2}$", re.IGNORECASE)


_HOST = re.compile(
    r"(?:[\w.]+-)+(?:prod|uat|test|dev|srv|vpn|sql|db|host)\d*|(?:srv|vpn|sql|db|host|node|web)-?\d+",
    re.IGNORECASE,
)
"""A machine's name is no user's."""


def _trimmed(text: str, seen: Seen) -> tuple[int, int]:
    """A span without the town behind an address, what asks for a marking, whom something is said of, and a day of
    death."""
    if seen.label == "ADDRESS":
        start, end = edges.address(text, seen.start, seen.end)
        return start, _without_town(text, start, end)
    if seen.label == "CONFIDENTIAL":
        return edges.marking(text, seen.start, seen.end)
    if seen.label == "USERNAME":
        return edges.user(text, seen.start, seen.end)
    if seen.label == "CASE_REF":
        return edges.reference(text, seen.start, seen.end)
    if seen.label == "DATE_OF_BIRTH":
        life = _LIFE.fullmatch(text, seen.start, seen.end)
        return seen.start, seen.end if life is None else life.end("born")
    if seen.label in SAID:
        return edges.statement(text, seen.start, seen.end)
    return seen.start, seen.end


def _without_town(text: str, start: int, end: int) -> int:
    """Where an address ends without the places of the district that stand behind its street."""
    while (cut := text.rfind(",", start, end)) > start and _are_places(text[cut + 1 : end]):
        if not any(c in ",0123456789" for c in text[start:cut]):
            return end  # a house without a number is found by its place
        end = cut
    if (cut := text.rfind(",", start, end)) > start and _POSTCODE_NEXT.match(text, end):
        town = text[cut + 1 : end].split()
        if len(town) <= 2 and not any(c.isdigit() for c in text[cut:end]) and any(c.isdigit() for c in text[start:cut]):
            end = cut
    return end


_POSTCODE_NEXT = re.compile(
    r"[ .,]{0,4}(?:(?i:post ?code|p/?c)[ :]{1,4}|\n[ ]*)[A-Z]{1,2}\d[A-Z\d]?[ ]{0,2}\d[A-Z]{2}\b"
)
"""Where a postcode comes next on a form or a line of its own, the post town stands right before it."""


def _are_places(words: str) -> bool:
    named = words.lower().split()
    return bool(named) and all(word in PLACES for word in named)


def _apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a span that a line end, a tab, a bar or a dash keeps apart; small-lettered ones only among such."""
    parts: list[tuple[int, int]] = []
    for piece in [*_BETWEEN.finditer(text, start, end), None]:
        stop = piece.start() if piece is not None else end
        words = text[start:stop]
        if words.strip(_EDGES):
            parts.append((start + len(words) - len(words.lstrip(_EDGES)), start + len(words.rstrip(_EDGES))))
        start = piece.end() if piece is not None else end
    written = any(text[low:high] != text[low:high].lower() for low, high in parts)
    return ((low, high) for low, high in parts if not written or text[low:high] != text[low:high].lower())


def _is_a_person(text: str, start: int, end: int) -> bool:
    return _can_be_a_person(text, start, end) and not _is_something_else(text, start, end)


def _can_be_a_person(text: str, start: int, end: int) -> bool:
    name = text[start:end]
    if sum(c.isalpha() for c in name) < 2 or any(no.fullmatch(name) for no in (_NOTE, _FIELD, _MASK)):
        return False
    if _SETTING.match(text, end) is not None or _is_a_branch(name.lower()):
        return False
    if _FIRM.search(name) or is_namesake(text, start, end):
        return False
    if edges.TITLED.search(text, max(0, start - 10), start):
        return True
    known = name.lower().removesuffix("'s")
    if known in _PRONOUNS:
        return False
    if known in KNOWN_ALONE or (" " in known and known in BRANDS | KNOWN_WHOLE):
        return False
    ending, following = _ENDS_AS_PLACE.search(name), _GOES_ON_AS_PLACE.match(text, end)
    if name.islower() or name.isupper():
        # Without capitals to tell "the Patel case" from the Patel Case, only a street is a street.
        return not any(m and m["street"] and not m.groupdict().get("whose") for m in (ending, following))
    return ending is None and (following is None or following.group().split()[-1].islower())
