"""What a caller says about its own call, in headers or in the body's `metadata`: purpose, case, contest.

The headers are `X-AI-Purpose`, `X-AI-Case-Ref`, `X-AI-Contest` (labels, comma separated) and
`X-AI-Contest-Reason`. For clients that can't send headers the same stand in `metadata` as `ai_purpose`,
`ai_case_ref`, `ai_contest` and `ai_contest_reason`; they are taken out of what goes upstream. A header wins.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.model.call import Contest
from gateway.model.errors import BadRequest

NAMES: Final = ("ai_purpose", "ai_case_ref", "ai_contest", "ai_contest_reason")
MAX_CASE_REF: Final = 100
MAX_REASON: Final = 2000

_PURPOSE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LABEL = re.compile(r"[A-Z][A-Z_]{1,39}")


@dataclass(frozen=True, slots=True)
class Claims:
    """`case_ref` and the contest's reason are content: sealed, never logged."""

    purpose: str | None = None
    case_ref: str | None = field(default=None, repr=False)
    contest: Contest | None = None


def take(body: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[dict[str, Any], Claims]:
    """The body without our own fields, and the claims. Raises BadRequest, which never repeats the value."""
    given: dict[str, Any] = {}
    rest = dict(body)
    metadata = body.get("metadata")
    if isinstance(metadata, dict) and not metadata.keys().isdisjoint(NAMES):
        given = {name: metadata[name] for name in NAMES if name in metadata}
        rest["metadata"] = {key: value for key, value in metadata.items() if key not in NAMES}
        if not rest["metadata"]:
            del rest["metadata"]
    found = {name: _text(name, given, headers) for name in NAMES}
    purpose, case_ref = found["ai_purpose"], found["ai_case_ref"]
    if purpose is not None:
        purpose = purpose.lower()
        if not _PURPOSE.fullmatch(purpose):
            raise _bad("ai_purpose", "must be a purpose's short name: small letters, digits and hyphens")
    if case_ref is not None and len(case_ref) > MAX_CASE_REF:
        raise _bad("ai_case_ref", f"may have {MAX_CASE_REF} characters at most")
    return rest, Claims(purpose, case_ref, _contest(found["ai_contest"], found["ai_contest_reason"]))


def _contest(labels: str | None, reason: str | None) -> Contest | None:
    if labels is None and reason is None:
        return None
    if labels is None:
        raise _bad("ai_contest_reason", "came without the labels that it is about; name them in X-AI-Contest")
    if reason is None:
        raise _bad("ai_contest", "needs a reason for the record; give it in X-AI-Contest-Reason")
    if len(reason) > MAX_REASON:
        raise _bad("ai_contest_reason", f"may have {MAX_REASON} characters at most")
    named = frozenset(label.strip().upper() for label in labels.split(",") if label.strip())
    if not named or not all(_LABEL.fullmatch(label) for label in named):
        raise _bad("ai_contest", "must be labels as the refusal names them, separated by commas")
    return Contest(named, reason)


def _text(name: str, given: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    value: Any = headers.get("x-" + name.replace("_", "-"))
    if value is not None:
        value = _utf8(value)
    elif (value := given.get(name)) is None:
        return None
    if isinstance(value, list) and name == "ai_contest" and all(isinstance(label, str) for label in value):
        value = ",".join(value)
    if not isinstance(value, str):
        raise _bad(name, "must be text")
    return value.strip() or None


def _utf8(value: str) -> str:
    """A header's text: sent as UTF-8 by most clients, though HTTP reads it as Latin-1 (RFC 9110 s.5.5)."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _bad(name: str, problem: str) -> BadRequest:
    header = "X-" + "-".join("AI" if word == "ai" else word.title() for word in name.split("_"))
    return BadRequest(f"{header} (or {name} in metadata) {problem}.", param=f"/metadata/{name}")
