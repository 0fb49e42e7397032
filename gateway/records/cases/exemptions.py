"""The grounds for withholding: shipped as data, added to by a council's own file, checked before use."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, cast

import yaml

from gateway.model.case import CaseKind, Exemption
from gateway.records.cases.errors import CaseError

Law = Literal["FOIA", "EIR", "DPA"]
_LAWS: Final[tuple[Law, ...]] = ("FOIA", "EIR", "DPA")
_KNOWN: Final = {"code", "name", "test", "partly", "emissions"}
_CODE: Final = re.compile(r"^(FOIA|EIR|DPA) [A-Za-z0-9.() -]{2,40}$")
LAWS_OF: Final[Mapping[CaseKind, tuple[Law, ...]]] = {
    CaseKind.FOI: ("FOIA",),
    CaseKind.EIR: ("EIR",),
    CaseKind.SAR: ("DPA",),
}
"""The law under which each kind withholds; other kinds (a review, the ICO's case) may cite any."""
EMISSIONS: Final = (
    "Information on emissions can't be withheld on this ground (EIR reg.12(9)): state that this is no such information."
)


class ExemptionError(ValueError):
    """A file of grounds that can't be used; names file and entry."""


class Exemptions:
    """Grounds by code."""

    def __init__(
        self, entries: Iterable[Exemption], hints: Mapping[str, str], not_for_emissions: frozenset[str]
    ) -> None:
        self._by_code = {each.code: each for each in entries}
        self._hints = dict(hints)
        self._emissions = not_for_emissions

    def __iter__(self) -> Any:
        return iter(self._by_code.values())

    def of(self, kind: CaseKind) -> tuple[Exemption, ...]:
        """Those that a case of this kind can cite."""
        laws = LAWS_OF.get(kind, _LAWS)
        return tuple(each for each in self._by_code.values() if each.law in laws)

    def hint(self, code: str) -> str:
        """What an officer should know before citing it; empty where there is nothing particular."""
        hints = [self._hints.get(code, ""), EMISSIONS if code in self._emissions else ""]
        return " ".join(each for each in hints if each)

    def require(self, kind: CaseKind, code: str) -> Exemption:
        """The ground of that code. Raises CaseError where there is none, or where it is another law's."""
        found = self._by_code.get(code)
        if found is None:
            raise CaseError(
                "There is no such ground for withholding. Write it as the list does: FOIA s.40(2), EIR reg.12(5)(e), "
                "DPA Sch.2 para.16."
            )
        laws = LAWS_OF.get(kind, _LAWS)
        if found.law not in laws:
            raise CaseError(
                f"{code} can't be cited in a case of kind {kind.value}: it withholds under {' or '.join(laws)}."
            )
        return found


@cache
def shipped() -> Exemptions:
    """The grounds that come with the gateway."""
    return load()


def load(*additions: Path) -> Exemptions:
    """The shipped grounds, with a council's own. An addition can't redefine a code. Raises ExemptionError."""
    text = files("gateway.records.cases").joinpath("exemptions.yaml").read_text("utf-8")
    sources = [("exemptions.yaml", text), *((str(path), path.read_text("utf-8")) for path in additions)]
    entries: dict[str, Exemption] = {}
    hints: dict[str, str] = {}
    emissions: set[str] = set()
    for name, source in sources:
        for law, each in _entries(name, source):
            found = _exemption(name, law, each)
            if found.code in entries:
                raise ExemptionError(f"{name}: {found.code} is there already")
            entries[found.code] = found
            hints[found.code] = str(each.get("partly", ""))
            if law == "EIR" and each.get("emissions") is False:
                emissions.add(found.code)
    return Exemptions(entries.values(), hints, frozenset(emissions))


def _entries(name: str, source: str) -> Iterable[tuple[Law, Mapping[str, Any]]]:
    try:
        read = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise ExemptionError(f"{name}: it is not YAML") from error
    if not isinstance(read, Mapping) or not set(read) <= set(_LAWS):
        raise ExemptionError(f"{name}: give lists under {', '.join(_LAWS)}")
    for law, listed in read.items():
        if not isinstance(listed, list):
            raise ExemptionError(f"{name}: under {law} there should be a list")
        for each in listed:
            yield cast("Law", law), each


def _exemption(name: str, law: Law, each: Any) -> Exemption:
    if not isinstance(each, Mapping) or not {"code", "name", "test"} <= set(each) or set(each) - _KNOWN:
        raise ExemptionError(
            f"{name}: under {law} each entry needs code, name and test, and may have partly, emissions"
        )
    code, test = str(each["code"]), each["test"]
    if not _CODE.match(code) or not code.startswith(law + " "):
        raise ExemptionError(f"{name}: under {law} a code looks like `{law} s.40(2)`")
    if not isinstance(test, bool) or not str(each["name"]).strip():
        raise ExemptionError(f"{name}: {code}: test is true or false, and the name may not be empty")
    return Exemption(code, law, str(each["name"]), test)
