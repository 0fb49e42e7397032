"""The shipped rules and register, and ways of spoiling them."""

from datetime import date
from functools import cache

from detectors.labels import LABELS
from policies.compile import compile_policy, default_register_path, default_rules_dir, load_policy
from policies.engine import Policy
from policies.source import ConfigError, Problem, parse_yaml

TODAY = date(2026, 11, 24)
CLASSES = {name: str(label.data_class) for name, label in LABELS.items()}
REGISTER_TEXT = default_register_path().read_text(encoding="utf-8")
RULE_TEXTS = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted(default_rules_dir().glob("*.yaml"))
    if not path.name.endswith(".cases.yaml")
}


@cache
def shipped_policy() -> Policy:
    """The shipped policy on a day when everything in the example holds."""
    return load_policy(default_rules_dir(), default_register_path(), CLASSES, TODAY)


def compiled(*, register: str = REGISTER_TEXT, rules: dict[str, str] | None = None, today: date = TODAY) -> Policy:
    """A policy from texts; rule files not given are as shipped."""
    texts = {**RULE_TEXTS, **(rules or {})}
    sources = [parse_yaml(text, name) for name, text in texts.items() if text]
    return compile_policy(sources, parse_yaml(register, "register.yaml"), CLASSES, today)


def with_change(text: str, old: str, new: str) -> str:
    """The text with one passage replaced; the passage must be there exactly once."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


def register_with(old: str, new: str) -> str:
    """The shipped register with one passage replaced."""
    return with_change(REGISTER_TEXT, old, new)


def problems(
    *, register: str = REGISTER_TEXT, rules: dict[str, str] | None = None, today: date = TODAY
) -> list[Problem]:
    """What is wrong with a policy; empty where it compiles."""
    try:
        compiled(register=register, rules=rules, today=today)
    except ConfigError as error:
        return list(error.problems)
    return []


def line_of(text: str, passage: str) -> int:
    """The line (from 1) on which a passage first stands."""
    return text[: text.index(passage)].count("\n") + 1
