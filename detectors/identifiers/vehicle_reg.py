# ruff: noqa: E501  patterns and word lists read better unbroken
"""Vehicle registrations: the current form stands by itself, older and foreign forms need the text to speak of a vehicle."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, PRODUCT, Identifier, edge, list_head, same_sentence, words
from detectors.identifiers.postcode import AREAS
from detectors.view import Hit, View, tail

_EDGE = edge()
_CURRENT = re.compile(
    rf"[A-HJ-PR-Y]{_EDGE}[A-HJ-PR-Y](?P<odd>[ \-.\n]?)(?P<age>[0-9OIl]{{2}})(?P<gap>[ \-.\n·–]{{0,3}})(?P<last>[A-HJ-PR-Z0]{{3}})(?![A-Za-z0-9])"
)
_CURRENT_LOWER = re.compile(rf"[a-hj-pr-y]{_EDGE}[a-hj-pr-y][ ]?\d{{2}}[ \-]?[a-hj-pr-z]{{3}}(?![A-Za-z0-9])")
_OLDER = re.compile(
    rf"[A-Z0-9]{_EDGE}(?:(?<=[A-HJ-NP-TV-Y])[ ]?\d{{1,3}}[ ]?[A-Z]{{3}}|(?<=[A-Z])[A-Z]{{2}}[ ]?\d{{1,4}}[A-HJ-NP-TV-Y]|(?<=[A-Z])[A-Z]{{0,2}}[ ]?\d{{1,4}}|(?<=\d)\d{{0,3}}[ ]?[A-Z]{{1,3}})(?![A-Za-z0-9]|\.\d)"
)
_ELSEWHERE = re.compile(
    rf"[A-Z0-9]{_EDGE}(?=[A-Z0-9 \-]{{0,7}}\d)(?=[A-Z0-9 \-]{{0,7}}[A-Z]|(?<=[A-Z]))(?:[A-Z0-9]{{0,4}}(?:[ \-][A-Z0-9]{{1,5}}){{1,2}}|[A-Z0-9]{{4,7}})(?![A-Za-z0-9]|\.\d|/\d)"
)
_PLATE = words(
    "plates?", "(?<!vat )(?<!land )reg(?:istration)?", "vrm", "vrn", "kennzeichen", "kenteken", "rejestracyjn\\w+", "rejestracja", "[iî]nmatriculare", "immatricul\\w+", "matr[ií]cula", "targa", "rendsz[aá]m", "index",
    "number plate", "registered", "targat[ao]", "blach\\w*", "numer rejestracyjny", "véhicule", "fahrzeug", "pojazd",
)  # fmt: skip
_ABROAD = words(
    "(?:french|dutch|german|polish|romanian|irish|bulgarian|lithuanian|latvian|estonian|spanish|italian|belgian|hungarian|slovak|czech|ukrainian|portuguese|swiss|austrian|danish|swedish|norwegian|foreign|diplomatic|consular|embassy|eu)"
    "(?:[ -]registered)?[ ](?:\\w+[ ])?(?:car|van|lorry|truck|bus|coach|vehicle|trailer|cab|dacia|motorbike|taxi)", "[a-z]+-registered \\w+", "cab unit", "tractor unit", "hgv",
)  # fmt: skip
_HINTS = (
    "plate", "reg ", "reg:", "reg.", "registr", "registered", "vrm", "vrn", "kennz", "kentek", "rejest", "matric", "immat", "targa", "rendsz", "index", "fahrz", "pojazd", "véhic",
    "french", "dutch", "german", "polish", "romanian", "irish", "bulgarian", "lithuanian", "latvian", "estonian", "spanish", "italian", "belgian", "hungarian", "slovak", "czech",
    "ukrainian", "portuguese", "swiss", "austrian", "danish", "swedish", "norwegian", "foreign", "diplomat", "consul", "embassy", "eu ", "unit", "hgv",
)  # fmt: skip
_VEHICLE = words(
    "(?<!vat )(?<!land )reg(?! \\d)", "veh", "registration", "registered keeper", "vehic[l1i]es?", "gate logs?", "anpr", "vrm", "vrn", "plates?(?! glass)", "number plate", "car(?! ?parks?)", "van(?! hire)", "lorry", "truck", "motorbike", "bike(?! (?:racks?|lane|shed))", "moped", "scooter",
    "hearse", "limousine", "campervan", "motorhome", "caravan", "horsebox", "ambulance", "pick-?up", "kit car", "quad ?bike", "tractor", "digger", "coach(?! (?:trip|station|hire))",
    "cab", "taxi(?! (?:rank|licen))", "trailer", "low-?loaders?", "keeper", "drives", "driving", "drove", "parked", "parking(?! (?:zone|bay|space|permit|area|fees?))", "pcn", "penalty charge", "clamp\\w*", "tow(?:ed)?", "dvla", "mot", "untaxed", "abandoned", "diplomatic", "hatchback", "estate car", "saloon", "automobil\\w*", "voiture", "samoch[oó]d", "ma[sșş]in[aăi]\\w*", "coche", "macchina", "auto", "saab", "prius", "leaf", "lexus", "jeep", "subaru", "mitsubishi", "rover", "porsche", "bentley", "vectra", "zafira", "insignia", "micra", "kuga", "tiguan", "ibiza", "aygo", "sportage", "vivaro", "berlingo", "minibus",
    "ford", "vauxhall", "astra", "corsa", "fiesta", "focus", "mondeo", "golf", "polo", "passat", "vw", "bmw", "audi", "mercedes", "toyota", "yaris", "nissan", "qashqai", "juke", "peugeot", "renault", "clio", "citroen", "kia", "hyundai", "skoda", "octavia", "seat", "transit", "honda", "civic", "volvo", "fiat", "mini", "tesla", "dacia", "mazda", "suzuki", "jaguar", "land rover", "range rover", "sprinter",
)  # fmt: skip
_ROADS = re.compile(
    r"[ABM]\d{1,4}|(?:DM|LP|SP|HP|PO|NE|CP|EN|H|E|SS|ST|DC|TQ|KS|FY|PM|CO|EPC|IP|ISO|BS)[ ]?\d{1,4}|[A-Z]{2,3}[ ]?(?:19|20)\d\d|(?:19|20)\d\d[ ]?[A-Z]{1,3}|\d{1,4}[ ]?(?:AM|PM|MM|CM|KM|KG|MPH|CC|HP|GB|MB|BHP|ST|ND|RD|TH|V|W|KW|A|M|T)"
)
_NO_PLATE = re.compile(
    r"(?:XL|MAC|LEAFLET|PH|TB|RCV|FLT|KM|PS|PIN|PUK|MIN|MAX|TAB|PCN|FPN|ET|BMW|AUDI|VW|FORD|REG|PARA|TO|OR|AND|AT|IN|OF|ON|BY|FOR|NO|VAT|GB|UK|EU|Q[1-4]|P\d\d|FORM|TYPE|VAN|BUS|CAR|BAY|LEVEL|ZONE|LOT|UNIT|ITEM|VERS?|BOX|KEY|MAP|CAP|CODE|FIG|WK|WEEK|DAY|TEL|EXT|ROOM|RM|FLAT|PLOT|MAPL|SMP|SSP|SPL|FTE|CEO|CAD|RAL|ENQ|ASB|FOI|EIR|SAR|DPA|KCC|MBC|SBC|BST|GMT|MOT|PAS|SWP|HC|IC)[ ]?\d{1,4}|"
    r"\d{1,4}[ ]?(?:CAM|XL|TO|OR|AND|AT|IN|OF|ON|BY|FOR|ET\d?|PCN|FPN|MAPL|FTE|C|F|K|X|LTR|PCS|NO|VAT|GMT|BST|UTC|HRS?|MINS?|SECS?|KPH|DB|HZ|MHZ|LB|OZ|FT|SQM|M2|PPM)|"
    r"[A-Z]{4}[ ](?:19|20)\d\d",
)
"""What has a plate's form and is said of other things."""
_SENTENCE = re.compile(
    r"(?:at|in|on|to|by|of|or|so|us|we|be|he|me|do|go|am|as|an|my|no|up)[ ]\d\d[ ](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mph|kph|kmh|mpg|min|sec|hrs|day|yrs|yds|men|lads|kids|per|and|for|the|was|are|had|has|but|not|off|cars|vans|new|old|big|of)",
    re.IGNORECASE,
)
"""Words around a number: "parked on 12 may", "at 30 mph"."""
_AFTER = re.compile(
    r"[ ]?\)?,?[ ]?\(?(?:parked|cherished|private plate|is (?:my|his|her|the|their) (?:car|van|bike|vehicle)|(?:is |was )?an? (?:private|cherished|personal(?:ised)?|number) (?:plate|reg)|on the drive|(?:car|van|lorry|bike|vehicle)\b)",
    re.IGNORECASE,
)
_RULES = re.compile(r"[ ](?:[A-Z][A-Za-z]+[ ])?(?:Regs|Regulations?|Rules)\b")
"""A number of regulations and the short name of what they are of: "reg 33 HB Regs 2006"."""
_IRISH = re.compile(
    r"[0-9](?<![A-Za-z0-9£./\-].)\d{1,2}[ \-](?:CE|CN|CW|C|DL|D|G|KE|KK|KY|LD|LH|LK|LM|LS|L|MH|MN|MO|OY|RN|SO|TN|TS|T|WH|WX|WW|WD|W)[ \-]\d{1,6}(?![A-Za-z0-9]|[.\-]\d)"
)
"""Ireland: year, county, number."""
_GERMAN = re.compile(r"(?<![A-Za-z0-9\-/])[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ ]\d{1,4}[EH]?(?![A-Za-z0-9]|[.\-/]\d)")
"""Germany: district, letters, number."""
_MIXED_FIRST = re.compile(r"[A-Z]{1,3}\d{1,3}[ ][A-Z]{3}(?=[ ][A-Z]+$)")
_TICKET = words("ticket(?:ed)?", "wardens?")
_PREFIXED = re.compile(r"[A-HJ-NP-TV-Y][ ]?\d{1,3}[ ]?[A-Z]{3}")
_BESIDE = 60
"""How far behind another plate one of the form before 2001 stands for a second vehicle."""
_LEAST = 4
"""Characters of the shortest plate that a word for a vehicle is enough for, and one more for older forms."""
_HEADER = words("vrm", "vrn", "reg", "registration", "vehicle", "plate")
_CELL = re.compile(r"(?=\S*\d|\w+ \w*\d)[A-Za-z0-9]{2,4}[ ]?[A-Za-z0-9]{2,4}")


def _find(view: View) -> Iterator[Hit]:
    current: list[tuple[int, int]] = []
    for match in view.matches(_CURRENT):
        score = _current(view, match)
        if score:
            current.append(match.span())
            yield Hit(match.start(), match.end(), "VEHICLE_REG", score)
    for abroad in (_IRISH, _GERMAN):
        for match in view.matches(abroad):
            near = f"{same_sentence(view.before(match.start(), 28))} {view.after(match.end(), 24)}"
            if _VEHICLE.search(near) and not EXAMPLE.search(near):
                current.append(match.span())
                yield Hit(match.start(), match.end(), "VEHICLE_REG", 0.85)
    yield from _elsewhere(view, current)
    yield from _spoken_of(view, current)
    for start, end in view.cells_under(_HEADER):
        if _CELL.fullmatch(view.text, start, end):
            yield Hit(start, end, "VEHICLE_REG", 0.85)


def _spoken_of(view: View, current: list[tuple[int, int]]) -> Iterator[Hit]:
    """Older forms, and small letters, where the text speaks of a vehicle."""
    for pattern, score in ((_CURRENT_LOWER, 0.75), (_OLDER, 0.7)):
        for match in view.matches(pattern):
            if pattern is _OLDER and (_ROADS.fullmatch(match.group()) or _NO_PLATE.fullmatch(match.group())):
                continue
            if pattern is _CURRENT_LOWER and _SENTENCE.fullmatch(match.group()):
                continue
            size = len(re.sub(r"\W", "", match.group()))
            if size < _LEAST:
                continue
            before, after = view.before(match.start(), 28), view.after(match.end(), 24)
            if size == _LEAST and pattern is _OLDER and not _PLATE.search(before):
                continue  # "van F104": a number of the fleet
            if EXAMPLE.search(same_sentence(before)) or EXAMPLE.search(after) or _RULES.match(after):
                continue
            beside = pattern is _OLDER and any(0 < match.start() - end < _BESIDE for _, end in current)
            if (
                (beside and _PREFIXED.fullmatch(match.group()))
                or (_VEHICLE.search(before) and not PRODUCT.search(tail(before, 16)))
                or _AFTER.match(after)
            ):
                yield Hit(match.start(), match.end(), "VEHICLE_REG", score)


def _current(view: View, match: re.Match[str]) -> float:
    age = match["age"].replace("O", "0").replace("I", "1").replace("l", "1")
    before = view.before(match.start(), 40)
    vehicle = (
        _VEHICLE.search(before) is not None
        or _TICKET.search(before) is not None
        or _AFTER.match(view.after(match.end(), 24)) is not None
    )
    if not ("01" <= age <= "30" or "51" <= age <= "80"):
        return 0.0
    if EXAMPLE.search(view.after(match.end(), 24)):
        return 0.0
    if len(set(match["last"])) == 1 or _SENTENCE.fullmatch(match.group()):
        return 0.0  # "XXX" stands for any letters
    if "0" in match["last"] and (not vehicle or match["last"][1:].isdigit() or match.group()[:2] in AREAS):
        return 0.0  # a scanner's 0 for O; a postcode looks so too
    odd = match["odd"] or match["gap"] not in ("", " ", "-") or not match["age"].isdigit()
    if not vehicle and (odd or EXAMPLE.search(tail(before, 24)) or PRODUCT.search(tail(before, 24))):
        return 0.0
    head = list_head(view.text, match.start())
    if not vehicle and head < match.start() and PRODUCT.search(same_sentence(view.before(head, 80))):
        return 0.0
    return 0.95 if vehicle else 0.8


def _elsewhere(view: View, known: list[tuple[int, int]]) -> Iterator[Hit]:
    """Foreign and diplomatic forms, behind a word for a plate or a vehicle from abroad."""
    small = view.small
    if not any(hint in small for hint in _HINTS):
        return
    for match in view.matches(_ELSEWHERE):
        value = match.group()
        compact = re.sub(r"\W", "", value)
        figures = sum(c.isdigit() for c in compact)
        if not 4 <= len(compact) <= 9 or figures < 2 or figures == len(compact) or _ROADS.fullmatch(value):
            continue
        if _NO_PLATE.fullmatch(value):
            continue
        after = view.after(match.end(), 24)
        if EXAMPLE.search(after) or _RULES.match(after) or any(s < match.end() and match.start() < e for s, e in known):
            continue
        if _PLATE.search(view.before(match.start(), 18)) or _ABROAD.search(view.before(match.start(), 36)):
            glued = _MIXED_FIRST.match(value)  # "K1 ABC PCN": a word in capitals follows
            yield Hit(match.start(), match.start() + glued.end() if glued else match.end(), "VEHICLE_REG", 0.8)


IDENTIFIER = Identifier("vehicle_reg", ("VEHICLE_REG",), _find)
