# ruff: noqa: E501  patterns and word lists read better unbroken
"""Vehicle registrations: the current form stands by itself, older and foreign forms need the text to speak of a vehicle."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, PRODUCT, Identifier, words
from detectors.view import Hit, View

_CURRENT = re.compile(r"(?<![A-Za-z0-9])[A-HJ-PR-Y][A-HJ-PR-Y](?P<age>[0-9O]{2})[ \-]?[A-HJ-PR-Z]{3}(?![A-Za-z0-9])")
_CURRENT_LOWER = re.compile(r"(?<![A-Za-z0-9])[a-hj-pr-y]{2}\d{2}[ ]?[a-hj-pr-z]{3}(?![A-Za-z0-9])")
_OLDER = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-HJ-NP-TV-Y]\d{1,3}[ ]?[A-Z]{3}|[A-Z]{3}[ ]?\d{1,4}[A-HJ-NP-TV-Y]|[A-Z]{1,3}[ ]?\d{1,4}|\d{1,4}[ ]?[A-Z]{1,3})(?![A-Za-z0-9])"
)
_FOREIGN = re.compile(
    r"(?<![a-z])(?:plates?|reg(?:istration)?(?: (?:no|number|mark|plate))?|vrm|véhicule|kenteken|index|number plate|immatricul\w+)[.:]?[ ](?:is |was |no |number )?"
    r"(?P<value>(?=[A-Z0-9 \-]*\d)(?=[A-Z0-9 \-]*[A-Z])[A-Z0-9]{1,4}(?:[ \-][A-Z0-9]{1,4}){1,2}|(?=[A-Z]*\d)[A-Z0-9]{5,8})(?![A-Za-z0-9])"
)
_VEHICLE = words(
    "reg", "registration", "registered keeper", "vehicles?", "vrm", "vrn", "plates?", "number plate", "car", "van", "lorry", "truck", "motorbike", "bike", "moped", "scooter",
    "cab", "taxi", "trailer", "low-?loaders?", "keeper", "drives", "driving", "drove", "parked", "parking", "pcn", "penalty charge", "clamp\\w*", "tow(?:ed)?", "dvla", "mot",
    "ford", "vauxhall", "astra", "corsa", "fiesta", "focus", "golf", "polo", "vw", "bmw", "audi", "mercedes", "toyota", "nissan", "peugeot", "renault", "citroen", "kia", "hyundai", "skoda", "transit", "honda", "volvo", "fiat", "mini", "tesla", "land rover", "range rover",
)  # fmt: skip
_ROADS = re.compile(r"[ABM]\d{1,4}|(?:DM|LP|SP|HP|PO|NE|CP|EN|H|E|SS|ST|DC)[ ]?\d{1,3}")

_HEADER = words("vrm", "vrn", "reg", "registration", "vehicle", "plate")
_CELL = re.compile(r"(?=\S*\d|\w+ \w*\d)[A-Za-z0-9]{2,4}[ ]?[A-Za-z0-9]{2,4}")


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_CURRENT):
        age = match["age"].replace("O", "0")
        before = view.before(match.start(), 40)
        vehicle = _VEHICLE.search(before) is not None
        if not ("01" <= age <= "30" or "51" <= age <= "80"):
            continue
        if not vehicle and (EXAMPLE.search(before[-24:]) or PRODUCT.search(before[-24:])):
            continue
        yield Hit(match.start(), match.end(), "VEHICLE_REG", 0.95 if vehicle else 0.8)
    for pattern, score in ((_CURRENT_LOWER, 0.75), (_OLDER, 0.7)):
        for match in view.matches(pattern):
            if _ROADS.fullmatch(match.group()) or len(re.sub(r"\W", "", match.group())) < 4:
                continue
            before, after = view.before(match.start(), 28), view.after(match.end(), 12)
            if (_VEHICLE.search(before) and not PRODUCT.search(before[-16:])) or re.match(
                r"[ ]?\)?[ ]?(?:parked|is my car|on the drive)", after
            ):
                yield Hit(match.start(), match.end(), "VEHICLE_REG", score)
    for match in view.matches(_FOREIGN):
        yield Hit(*match.span("value"), "VEHICLE_REG", 0.8)
    for start, end in view.cells_under(_HEADER):
        if _CELL.fullmatch(view.text, start, end):
            yield Hit(start, end, "VEHICLE_REG", 0.85)


IDENTIFIER = Identifier("vehicle_reg", ("VEHICLE_REG",), _find)
