# ruff: noqa: E501  word lists read better unbroken
"""Lists of parts, stock and machines: their codes have the forms of people's numbers, and the word that says so
stands once, far above them. Where a text is of goods and of nobody, only what it calls a person's number is one."""

from collections.abc import Sequence

from detectors.identifiers.base import words
from detectors.overlap import Candidate

_GOODS = words(
    "parts?[ ]lists?", "part[ ]no(?:s|\\.)?", "part[ ]numbers?", "spare parts", "stock[ ]codes?", "serial(?:[ ]no)?s?", "serial[ ]numbers?", "pat[ -]test(?:s|ed|ing)?", "toners?", "gaskets?", "hinges?", "nozzles?", "valves?", "filters?", "pumps?", "seals?", "bearings?", "blades?", "clutch", "starter", "tyres?",
    "lamps?", "fleet[ ]no(?:s|\\.)?", "skus?", "barcodes?", "re-?order", "minimum[ ]stock", "lead[ ]times?", "drums?", "cartridges?", "printers?", "kettle", "boilers?", "key[ ]switch", "cables?", "brackets?", "washers?", "bolts?", "screws?", "hoses?", "belts?", "fuses?", "isbn", "shelf[ ]?marks?", "accession", "warehouse",
    "delivery[ ]notes?", "pallets?", "crates?", "tail[ ]lift", "sweepers?", "rcv", "mowers?", "chainsaws?", "brush", "adblue", "downtime", "luminaires?", "ballasts?", "castings?", "couplings?", "flanges?", "sprockets?", "solenoids?", "sensors?", "thermostats?", "radiators?", "hydrants?",
)  # fmt: skip
_SOMEBODY = words(
    "he", "she", "his", "her", "hers", "him", "mum", "dad", "tenants?", "claimants?", "applicants?", "residents?", "customers?", "patients?", "pupils?", "child(?:ren)?", "mr", "mrs", "ms", "miss", "dob", "born", "drivers?", "keepers?", "owners?", "callers?", "lives", "my",
)  # fmt: skip
_CALLED = {
    "NINO": words("ni", "nino", "n\\.i\\.", "national insurance", "nat ins"),
    "NHS_NUMBER": words("nhs"),
    "POSTCODE": words("post ?codes?", "address", "deliver(?:y|ed)?", "at"),
    "VEHICLE_REG": words("reg", "regs", "registrations?", "plates?", "vrm", "vehicle"),
    "PAYMENT_CARD": words("cards?", "pan", "visa", "mastercard", "amex"),
    "CASE_REF": words("case", "claim", "account", "staff", "payroll", "tenancy", "complaint", "employee"),
    "PASSPORT": words("passports?"),
    "DRIVING_LICENCE": words("licen[cs]es?", "dvla"),
    "UPN": words("upn", "pupils?"),
    "UTR": words("utr", "tax"),
}
_LEAST = 2
"""Words for goods that differ, from which on a text is a list of them."""
_A_NAME = 0.75
_BEFORE = 32


def without_goods(candidates: Sequence[Candidate], text: str) -> list[Candidate]:
    """The candidates without the codes of goods, where the text is a list of those and speaks of nobody."""
    if not any(c.label in _CALLED for c in candidates) or not _is_of_goods(candidates, text):
        return list(candidates)
    return [c for c in candidates if c.label not in _CALLED or _is_called(c, text)]


def _is_of_goods(candidates: Sequence[Candidate], text: str) -> bool:
    if any(c.label == "PERSON" and c.score >= _A_NAME for c in candidates) or _SOMEBODY.search(text):
        return False
    kinds: set[str] = set()
    for match in _GOODS.finditer(text):
        kinds.add(match.group().lower().rstrip("s"))
        if len(kinds) >= _LEAST:
            return True
    return False


def _is_called(candidate: Candidate, text: str) -> bool:
    return _CALLED[candidate.label].search(text[max(0, candidate.start - _BEFORE) : candidate.start]) is not None
