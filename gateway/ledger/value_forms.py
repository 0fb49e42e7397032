"""Normal forms of identifiers, so that two spellings of one number meet."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from gateway.ledger.place_forms import postcode_form
from gateway.model.dates import parse_date
from gateway.model.folding import fold

Form = tuple[str, str]

_COUNTRY_CODE = re.compile(r"^(?:\+|00)44(?:\(0\))?0?|^44(?=0?[1-9]\d{8,9}$)0?")
_ABROAD = re.compile(r"^00(?=[1-9])")
_EXTENSION = re.compile(r"(?<=\d)(?:extension|extn|ext|x)\d{1,6}$")
_WORDS = re.compile(r"[^\W_]+")
_CONFUSED = str.maketrans("oil", "011")


def _compact(value: str) -> str:
    return "".join(c for c in fold(value) if c.isalnum())


def _digits(value: str) -> str:
    return "".join(str(unicodedata.decimal(c)) for c in value if c.isdecimal()) or _compact(value)


def _nino(value: str) -> str:
    """Without its suffix letter, which is often left out and tells nobody apart."""
    compact = _compact(value)
    return compact[:8] if len(compact) == 9 and compact[2:8].isdecimal() else compact


def _phone(value: str) -> str:
    compact = "".join(c for c in fold(value) if c.isalnum() or c in "+()")
    compact = _ABROAD.sub("+", _EXTENSION.sub("", compact))
    number = "".join(c for c in _COUNTRY_CODE.sub("0", compact) if c.isalnum())
    return f"0{number}" if len(number) == 10 and number[0] != "0" and number.isdecimal() else number


def _day(value: str) -> str:
    day = parse_date(value)
    return day.isoformat() if day else " ".join(_WORDS.findall(fold(value)))


def _registration(value: str) -> str:
    """A plate is read by eye: O and 0, I and 1 are one."""
    return _compact(value).translate(_CONFUSED)


def _email(value: str) -> str:
    return "".join(fold(value).removeprefix("mailto:").split()).strip("<>.,;")


def _handle(value: str) -> str:
    return "".join(fold(value).split()).lstrip("@")


def _licence(value: str) -> str:
    """The driver number; the two digits of the issue may stand behind it."""
    return _compact(value)[:16]


def _address_on_the_net(value: str) -> str:
    with suppress(ValueError):
        return str(ipaddress.ip_address(value.strip().strip("[]")))
    return _compact(value)


_FORMS: Mapping[str, Callable[[str], str]] = {
    "NINO": _nino,
    "NHS_NUMBER": _digits,
    "EMAIL": _email,
    "PHONE": _phone,
    "POSTCODE": postcode_form,
    "DATE_OF_BIRTH": _day,
    "PASSPORT": _compact,
    "DRIVING_LICENCE": _licence,
    "VEHICLE_REG": _registration,
    "BANK_ACCOUNT": _digits,
    "SORT_CODE": _digits,
    "IBAN": _compact,
    "PAYMENT_CARD": _digits,
    "UTR": _digits,
    "UPN": _compact,
    "UPRN": _digits,
    "CASE_REF": _compact,
    "USERNAME": _handle,
    "IP_ADDRESS": _address_on_the_net,
    "MAC_ADDRESS": _compact,
    "PURPOSE": lambda value: value.strip(),
    "CALL_CASE_REF": _compact,
}
"""By label; the last two are what a caller says about the call itself."""

_ALIKE = frozenset(
    re.findall(
        r"\w+",
        "NINO NHS_NUMBER PASSPORT DRIVING_LICENCE BANK_ACCOUNT SORT_CODE PAYMENT_CARD UTR UPN UPRN CASE_REF PHONE",
    )
)
"""Numbers that detection may take for one another: a search for one looks under each of these labels."""

VALUE_LABELS = frozenset(_FORMS)


def value_form(label: str, value: str) -> Form | None:
    """The normal form of an identifier; None for a label that has none or a value without letters and digits."""
    make = _FORMS.get(label)
    form = make(value) if make else ""
    return (label, form) if form else None


def wanted_values(label: str, value: str) -> Iterator[Form]:
    """What a search for an identifier looks for. With letters in it, it is looked for with them under other labels: the
    digits of a National Insurance number alone are somebody's sort code."""
    lettered = any(c.isalpha() for c in value)
    for other in (label, *sorted(_ALIKE - {label})) if label in _ALIKE else (label,):
        if lettered and other != label and _FORMS[other] is _digits:
            continue
        form = value_form(other, value)
        if form:
            yield form
