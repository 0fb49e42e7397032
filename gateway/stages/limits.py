"""Limits: no parameter leaves above what policy lets this use have, and none that the model doesn't take.

Clause 5.5 of the AI policy: "When presented with the option, staff must prioritise accuracy over creativity". A higher
value is lowered; where nothing is asked for, temperature and the number of tokens are set, since providers' own
defaults are higher. Everything that leaves otherwise than it was asked for is told with both values.
"""

from collections.abc import Mapping
from typing import Any

from gateway.model.errors import BadRequest
from gateway.model.knob import Knob, Knobs, Limited, Limits, Number


def settle(
    asked: Mapping[str, Any],
    body: Mapping[str, Any],
    knobs: tuple[Knobs, Knobs],
    caps: Mapping[str, float],
    rejected: frozenset[str] = frozenset(),
) -> tuple[dict[str, Any], Limits]:
    """The body as it may leave, and the parameters in it that are not as asked for.

    `asked` is the caller's body, `body` the same as it is said to the provider; `knobs` are those of the caller's
    dialect and of the provider's. `caps` are the limits by parameter; `rejected` what the model doesn't take:
    parameters or single fields. Raises BadRequest where a limited parameter is no number.
    """
    own, spoken = knobs
    sent, limits = dict(body), dict[str, Limited]()
    for name, knob in spoken.items():
        before = _asked(asked, own[name], checked=name in caps) if name in own else None
        if name in caps:
            _cap(sent, knob, caps[name])
        _leave_out(sent, name, knob, rejected)
        after = max((value for value in _given(sent, knob).values() if _is_number(value)), default=None)
        if after != before:
            limits[name] = Limited(_spelled(before, knob), _spelled(after, knob))
    return sent, limits


def concession(blames: frozenset[str], body: Mapping[str, Any], knobs: Knobs, limits: Limits) -> frozenset[str]:
    """What to leave out of another attempt when the provider refused `body` and `blames` these: parameters that the
    caller didn't ask for in this way. Empty where the refusal is the caller's own affair.

    A count of tokens that the caller gave would have been refused without us as well. Where a model takes temperature
    or top_p but not both, the limited temperature stays.
    """
    changed = {name for name, limited in limits.items() if limited.sent is not None}
    if {"temperature", "top_p"} <= blames:
        return frozenset({"top_p"} if "temperature" in changed and body.get("top_p") is not None else ())
    found: set[str] = set()
    for name in changed:
        if name in knobs and not (knobs[name].whole and limits[name].asked is not None):
            found |= blames & {name, *_given(body, knobs[name])}
    return frozenset(found)


def header(limits: Limits) -> str:
    """What is told of them in the response: `temperature=0.3 (asked 1), top_p=0.9 (asked 1)`."""
    return ", ".join(f"{name}={limited}" for name, limited in limits.items())


def values(limits: Limits) -> dict[str, Number | None]:
    """The values that leave, None where the parameter is left out."""
    return {
        name: None if limited.sent is None else float(limited.sent) if "." in limited.sent else int(limited.sent)
        for name, limited in limits.items()
    }


def _given(body: Mapping[str, Any], knob: Knob) -> dict[str, Any]:
    holder = body.get(knob.within) if knob.within else body
    if not isinstance(holder, Mapping):
        return {}
    given = {field: holder[field] for field in knob.fields if holder.get(field) is not None}
    return {field: value for field, value in given.items() if not (knob.endless and _is_number(value) and value < 0)}


def _asked(body: Mapping[str, Any], knob: Knob, *, checked: bool) -> Number | None:
    """The value that the caller gave, the highest where it gave several; None for none. Raises BadRequest."""
    given = _given(body, knob)
    least = 1 if knob.whole else 0
    for field, value in given.items():
        if checked and not (_is_number(value) and value >= least and not (knob.whole and isinstance(value, float))):
            kind = "a whole number" if knob.whole else "a number"
            message = f"'{field}' must be {kind}, {least} or more: it is limited for this use."
            raise BadRequest(message, param=f"/{field}")
    return max((value for value in given.values() if _is_number(value)), default=None)


def _cap(body: dict[str, Any], knob: Knob, cap: Number) -> None:
    """Lower every field of a parameter, or set its usual one where there is none and providers would take more."""
    cap = min(cap, knob.most)
    for field, value in _given(body, knob).items():
        body[field] = min(value, cap) if _is_number(value) else cap
    if not _given(body, knob) and knob.unset is not None and cap < knob.unset:
        body[knob.fields[0]] = cap


def _leave_out(body: dict[str, Any], name: str, knob: Knob, rejected: frozenset[str]) -> None:
    """Take out what the model rejects; a value whose field is rejected goes into another field that says the same."""
    kept = [] if name in rejected else [field for field in knob.fields if field not in rejected]
    for field in knob.fields:
        if field not in kept:
            value = body.pop(field, None)
            if kept and value is not None and body.get(kept[0]) is None:
                body[kept[0]] = value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spelled(value: Number | None, knob: Knob) -> str | None:
    """A value for the record. It is the caller's own: no more of its digits are kept than the parameter has use for."""
    if value is None:
        return None
    if value > knob.most:
        return f"above {knob.most}"
    if value < 0:
        return "below 0"
    return str(int(value)) if knob.whole else f"{value:.4f}".rstrip("0").rstrip(".")
