"""Rule files and register in, one policy out. Whatever is wrong with them is said here, with file and line."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from pathlib import Path
from string import Formatter
from typing import get_args

from policies.decision import Operator
from policies.engine import ContentRule, Gate, Policy, Test, cell
from policies.facts import COLUMNS, GENERIC_WORDS, TIERS, DataClass
from policies.register.check import attention, check_register
from policies.register.model import Register
from policies.rulefile import ContentEntry, PermitEntry, RuleFile, When
from policies.source import ConfigError, Place, Problem, Source, did_you_mean, load_yaml, parse

ENGINE_VERSION = 2
"""Part of the policy hash: raise it when the same rules would decide differently."""

CLASSES: tuple[str, ...] = get_args(DataClass)
NEVER_CONTESTABLE = frozenset({"special_category", "criminal_offence", "child", "secret"})
_MUST_HOLD: Mapping[str, frozenset[str]] = {
    "state": frozenset({"pilot", "live"}),
    "approval": frozenset({"approved"}),
    "assessment": frozenset({"valid"}),
    "verification": frozenset({"valid"}),
}
"""What every permit rule must ask for: policy 5.2, 6.1 and 7.5 leave no choice."""

_File = tuple[RuleFile, Source]


def default_rules_dir() -> Path:
    """The shipped Mid-Kent rules."""
    return Path(__file__).resolve().parent / "rules"


def default_register_path() -> Path:
    """The shipped example register."""
    return Path(__file__).resolve().parent / "register" / "mid-kent.yaml"


def load_policy(rules_dir: Path, register_path: Path, labels: Mapping[str, str], today: date) -> Policy:
    """Read, check and compile rules and register.

    `labels` maps every label name to its data class. `today` is used only to find signatures dated in the future
    and what needs attention soon. Raises ConfigError with every mistake found.
    """
    return compile_policy(load_rules(rules_dir), load_yaml(register_path), labels, today)


def load_rules(rules_dir: Path) -> list[Source]:
    """Every rule file of a folder (`*.yaml`, worked cases apart). Raises ConfigError where there is none."""
    paths = [path for path in sorted(rules_dir.glob("*.yaml")) if not path.name.endswith(".cases.yaml")]
    if not paths:
        raise ConfigError([Problem(str(rules_dir), 0, "no rule files (*.yaml) are in this folder")])
    return [load_yaml(path) for path in paths]


def compile_policy(rules: Iterable[Source], register: Source, labels: Mapping[str, str], today: date) -> Policy:
    """Compile sources already read. Raises ConfigError."""
    for name, kind in labels.items():
        if kind not in CLASSES:
            raise ConfigError([Problem("labels", 0, f"the label '{name}' has the unknown data class '{kind}'")])
    problems: list[Problem] = []
    files: list[_File] = []
    entries: Register | None = None
    for source in rules:
        try:
            files.append((parse(RuleFile, source), source))
        except ConfigError as error:
            problems += error.problems
    try:
        entries = parse(Register, register)
        problems += check_register(entries, register, labels, today)
    except ConfigError as error:
        problems += error.problems
    files.sort(key=lambda file: file[0].order)
    kinds = _kinds(files, labels)
    problems += [problem for file in files for problem in _check_file(file, labels, kinds)]
    problems += _check_identities(files)
    if problems or entries is None:
        raise ConfigError(problems)
    policy = Policy(
        hash=_hash(files, entries, labels),
        register=entries,
        labels=dict(labels),
        refuse=tuple(_gate(rule, rule.when) for file, _ in files for rule in file.refuse),
        permit=tuple(_gate(rule, rule.when) for file, _ in files for rule in file.permit),
        duty=tuple(_gate(rule, rule.when) for file, _ in files for rule in file.duty),
        content=_content(files, labels),
        attention=tuple(attention(entries, register, today)),
    )
    holes = list(_holes(policy, files))
    if holes:
        raise ConfigError(holes)
    return policy


def _gate(rule: object, when: When) -> Gate:
    """A gate from any kind of gate entry: what an entry does not have stays empty."""
    return Gate(
        id=getattr(rule, "id", ""),
        clause=getattr(rule, "clause", ""),
        when=tests(when),
        reason=getattr(rule, "reason", ""),
        advice=getattr(rule, "advice", ""),
        notice=getattr(rule, "notice", ""),
        obligations=tuple(getattr(rule, "obligations", ())),
    )


def tests(when: When) -> tuple[Test, ...]:
    """The conditions of a `when:` that were given."""
    given = when.model_dump(mode="json", exclude_none=True)
    return tuple(
        (name, frozenset(values if isinstance(values, list) else [str(values).lower()]))
        for name, values in given.items()
    )


def _content(files: list[_File], labels: Mapping[str, str]) -> tuple[ContentRule, ...]:
    entries = [rule for file, _ in files for rule in file.content]
    return tuple(
        ContentRule(
            id=rule.id,
            clause=rule.clause,
            reason=rule.reason,
            advice=rule.advice,
            notice=rule.notice,
            position=position,
            tiers=frozenset(rule.tier),
            columns=frozenset(rule.column),
            assessed=rule.assessed,
            assessed_as=rule.assessed_as,
            operators=_spell_out(rule.operators, labels),
            unreadable={str(kind): how for kind, how in rule.unreadable.items()},
            contestable=frozenset(name for name in labels if {name, labels[name]} & set(rule.contestable)),
            offer_clean=rule.offer_clean,
        )
        for position, rule in enumerate(entries)
    )


def _spell_out(operators: Mapping[str, Operator], labels: Mapping[str, str]) -> dict[str, Operator]:
    """Operators label by label. A label's own entry stands over its data class's."""
    return {
        name: operators[name] if name in operators else operators[kind]
        for name, kind in labels.items()
        if name in operators or kind in operators
    }


def _kinds(files: list[_File], labels: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The data classes that a label counts as: its own, and each that a rule assesses it as (a pupil number: child)."""
    rules = [rule for file, _ in files for rule in file.content]
    return {
        label: frozenset(
            [kind]
            + [
                labels.get(rule.assessed_as, rule.assessed_as)
                for rule in rules
                if rule.assessed_as and (label in rule.operators or kind in rule.operators)
            ]
        )
        for label, kind in labels.items()
    }


def _check_file(file: _File, labels: Mapping[str, str], kinds: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    entry, source = file
    for kind in ("refuse", "permit", "duty", "content"):
        for number, rule in enumerate(getattr(entry, kind)):
            at: Place = (kind, number)
            for key in ("reason", "advice", "notice"):
                yield from _check_sentence(source, (*at, key), getattr(rule, key, ""))
            if kind in ("refuse", "permit") and not tests(rule.when):
                yield source.problem(at, f"the rule '{rule.id}' has no condition", "Say when it holds, under when:.")
            if isinstance(rule, PermitEntry):
                yield from _check_permit(source, (*at, "when"), rule)
            if isinstance(rule, ContentEntry):
                yield from _check_content(source, at, rule, labels, kinds)


def _check_sentence(source: Source, at: Place, sentence: str) -> Iterator[Problem]:
    try:
        names = [name for _, name, _, _ in Formatter().parse(sentence) if name is not None]
    except ValueError:
        yield source.problem(at, "a brace is not closed", "Placeholders look like {tool}.")
        return
    for name in names:
        if name not in GENERIC_WORDS:
            yield source.problem(at, f"unknown placeholder '{{{name}}}'", did_you_mean(name, GENERIC_WORDS))


def _check_permit(source: Source, at: Place, rule: PermitEntry) -> Iterator[Problem]:
    given = dict(tests(rule.when))
    for name, allowed in _MUST_HOLD.items():
        if not given.get(name, frozenset({"?"})) <= allowed:
            wanted = ", ".join(sorted(allowed))
            message = f"the permit rule '{rule.id}' must ask for {name}: [{wanted}]"
            yield source.problem((*at, name), message, "The AI policy leaves no choice here (5.2, 6.1, 7.5).")
    if "public" in given.get("tier", TIERS) and given.get("acceptance") != frozenset({"valid"}):
        message = f"the permit rule '{rule.id}' lets public tools through without the SIRO's acceptance"
        yield source.problem(at, message, "Ask for acceptance: [valid] (policy 4.2, 7.3).")


def _check_content(
    source: Source, at: Place, rule: ContentEntry, labels: Mapping[str, str], kinds: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    for name in rule.operators:
        yield from _known(source, (*at, "operators", name), name, labels)
    if rule.assessed_as is not None:
        yield from _known(source, (*at, "assessed_as"), rule.assessed_as, labels)
        if rule.assessed is None:
            yield source.problem((*at, "assessed_as"), "assessed_as: says nothing without assessed:", "Add it.")
    operators = _spell_out(rule.operators, labels)
    for position, name in enumerate(rule.contestable):
        here: Place = (*at, "contestable", position)
        yield from _known(source, here, name, labels)
        for label in (label for label in labels if name in (label, labels[label])):
            if guarded := sorted(kinds[label] & NEVER_CONTESTABLE):
                kind = guarded[0].replace("_", " ")
                yield source.problem(here, f"{label} is {kind} data and can never be contested", "Take it out.")
            elif operators.get(label) != "block":
                message = f"{label} is contestable but this rule does not block it"
                yield source.problem(here, message, "Only what is blocked can be contested.")


def _known(source: Source, at: Place, name: str, labels: Mapping[str, str]) -> Iterator[Problem]:
    if name not in labels and name not in CLASSES:
        what, known = ("label", list(labels)) if name.isupper() else ("data class", list(CLASSES))
        yield source.problem(at, f"unknown {what} '{name}'", did_you_mean(name, known))


def _check_identities(files: list[_File]) -> Iterator[Problem]:
    """A rule id is a permanent tag: records cite it. The order of files decides which rule speaks first."""
    seen: dict[str, str] = {}
    orders: dict[int, str] = {}
    for file, source in files:
        if (other := orders.setdefault(file.order, source.file)) != source.file:
            yield source.problem(("order",), f"the order {file.order} is that of {other} too", "Choose another.")
        for kind in ("refuse", "permit", "duty", "content"):
            for number, rule in enumerate(getattr(file, kind)):
                place = str(source.problem((kind, number, "id"), "").line)
                here = f"{source.file}:{place}"
                if (first := seen.setdefault(rule.id, here)) != here:
                    message = f"the rule id '{rule.id}' is taken (at {first})"
                    yield source.problem((kind, number, "id"), message, "Records cite rules by id: choose another.")


def _holes(policy: Policy, files: list[_File]) -> Iterator[Problem]:
    """Labels for which some tier and scope has no operator, and secrets that are not blocked."""
    last = max((source for file, source in files if file.content), key=lambda source: source.file, default=files[-1][1])
    for tier in TIERS:
        for column in COLUMNS:
            for label in policy.labels:
                for covers in _scopes(policy, label):
                    made = cell(policy.content, tier, column, label, covers, policy.labels)
                    where = f"under tier {tier} in {column}" + (", assessed" if covers else ", not assessed")
                    if made is None:
                        fix = "Every label needs an operator: add it, or its data class, to a content rule."
                        yield Problem(last.file, 0, f"the label {label} has no operator {where}", fix)
                        break
                    if policy.labels[label] == "secret" and made.operator != "block":
                        yield Problem(last.file, 0, f"the secret label {label} is not blocked {where}", "Block it.")
                        break


def _scopes(policy: Policy, label: str) -> Iterator[frozenset[str]]:
    """Every scope that could make a difference to a label."""
    keys = {
        rule.assessed_as or label for rule in policy.content if label in rule.operators and rule.assessed is not None
    }
    for size in range(len(keys) + 1):
        for chosen in combinations(sorted(keys), size):
            yield frozenset(chosen)


def _hash(files: list[_File], register: Register, labels: Mapping[str, str]) -> str:
    """SHA-256 (hex) over canonical JSON: layout and comments don't count, content does."""
    content = {
        "engine": ENGINE_VERSION,
        "labels": dict(labels),
        "register": register.model_dump(mode="json"),
        "rules": [file.model_dump(mode="json") for file, _ in files],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
