"""Configuration files: YAML with a line number for every value, and mistakes a person can act on.

The only file that imports a YAML library here. The YAML read is a strict subset of YAML 1.2: one document
of mappings, lists and plain scalars. Anchors, aliases and tags are refused (they can make a small file
enormous), and so is a key written twice (the second would silently win). Only `true` and `false` are
booleans, and a date stays a string until a model asks for one.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

MAX_BYTES = 1_048_576
MAX_DEPTH = 32

Place = tuple[str | int, ...]
"""The way to a value: keys and list positions from the top of the file."""

Model = TypeVar("Model", bound=BaseModel)

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser where PyYAML was built with it
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*|(?=[eE])))([eE][-+]?[0-9]+)?")
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what it is, and what to do. `line` counts from 1; 0 means the whole file."""

    file: str
    line: int
    message: str
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}." + (f" {self.fix}" if self.fix else "")


class ConfigError(Exception):
    """A configuration that can't be used. `problems` names every mistake found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Mistake(ValueError):
    """Raised in a pydantic validator to say what is wrong, how to fix it and, below the validator, where."""

    def __init__(self, message: str, fix: str = "", at: Place = ()) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.at = at


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: `data` are plain values, `lines` the line of every key and list item by its place."""

    file: str
    data: Any
    lines: Mapping[Place, int] = field(repr=False)

    def line(self, place: Iterable[str | int]) -> int:
        """The line of the nearest thing that is in the file on the way to `place`.

        Steps that are not in the file are passed over: a key that is missing has its parent's line.
        """
        here: Place = ()
        for step in place:
            if (*here, step) in self.lines:
                here = (*here, step)
        return self.lines.get(here, 1)

    def problem(self, place: Iterable[str | int], message: str, fix: str = "") -> Problem:
        """A problem at a place in this file."""
        return Problem(self.file, self.line(place), message, fix)


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "Use one of") -> str:
    """A sentence that helps after an unknown word: the nearest known one, or the short list of all."""
    names = list(dict.fromkeys(known))
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    if near:
        return f"Did you mean {folded[near[0]]}?"
    if not names:
        return ""
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"{otherwise}: {shown}."


def load_yaml(path: Path) -> Source:
    """Read a YAML file. Raises ConfigError with file and line: missing, too large, not UTF-8, not the subset."""
    name = _shown(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            [Problem(name, 0, f"the file can't be read ({error.strerror or 'unknown reason'})")]
        ) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(name, 0, f"the file is larger than {MAX_BYTES // 1024} KiB", "Split it.")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(name, line, "the text is not UTF-8", "Save the file as UTF-8.")]) from error
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Source:
    """Read YAML text; `name` stands for the file in messages. Raises ConfigError."""
    return _Reader(name).read(text)


def parse(model: type[Model], source: Source, place: Place = ()) -> Model:
    """Validate a file, or what stands at `place` in it, as `model`. Raises ConfigError with every mistake."""
    data = source.data
    for step in place:
        data = data[step]
    try:
        return model.model_validate({} if data is None else data)
    except ValidationError as error:
        problems = [_explain(model, source, place, dict(detail)) for detail in error.errors(include_url=False)]
        raise ConfigError(sorted(set(problems), key=lambda problem: problem.line)) from None


def _shown(path: Path) -> str:
    """A path as a person would type it: relative where it lies below the working directory."""
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else str(path)


class _Reader:
    """Builds plain values from YAML events; one reader reads one text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {(): 1}
        self.events: Iterator[Any] = iter(())

    def read(self, text: str) -> Source:
        try:
            self.events = yaml.parse(text, Loader=_LOADER)
            next(self.events)  # the stream starts
            if isinstance(next(self.events), yaml.StreamEndEvent):
                return Source(self.name, {}, self.lines)
            data = self._value((), next(self.events))
            next(self.events)  # the document ends
            following = next(self.events)
        except yaml.YAMLError as error:
            marked = error if isinstance(error, yaml.MarkedYAMLError) else None
            mark = marked.problem_mark if marked is not None else None
            line = 1 if mark is None else mark.line + 1
            reason = (marked.problem if marked else None) or "a character that YAML does not allow"
            message = f"this is not valid YAML ({reason})"
            fix = "Check the indentation, the colons and the quotes near this line."
            raise ConfigError([Problem(self.name, line, message, fix)]) from None
        if not isinstance(following, yaml.StreamEndEvent):
            self._refuse(following, "a second YAML document begins here", "Keep one document a file.")
        return Source(self.name, data, self.lines)

    def _refuse(self, event: Any, message: str, fix: str = "") -> NoReturn:
        raise ConfigError([Problem(self.name, _line(event), message, fix)])

    def _value(self, place: Place, event: Any) -> Any:
        self._check(place, event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        return _plain(event.value) if event.implicit[0] else event.value

    def _check(self, place: Place, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            self._refuse(event, "anchors and aliases (& and *) are not read here", "Write the value out.")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(event, "tags (!) are not read here", "Write the plain value, in quotes where it is text.")
        if len(place) > MAX_DEPTH:
            self._refuse(event, f"the file is nested more than {MAX_DEPTH} deep")

    def _mapping(self, place: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._check(place, event)
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "a key must be a plain word")
            key = event.value
            line = _line(event)
            if key in data:
                first = self.lines[(*place, key)]
                self._refuse(event, f"the key '{key}' is here twice (first on line {first})", "Keep one of them.")
            if key == "<<" and event.implicit[0]:
                self._refuse(event, "merge keys (<<) are not read here", "Write the values out.")
            self.lines[(*place, key)] = line
            data[key] = self._value((*place, key), next(self.events))
        return data

    def _sequence(self, place: Place) -> list[Any]:
        data: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            self.lines[(*place, len(data))] = _line(event)
            data.append(self._value((*place, len(data)), event))
        return data


def _line(event: Any) -> int:
    """Where an event begins, counted from 1."""
    return int(event.start_mark.line) + 1


def _plain(text: str) -> Any:
    """A plain (unquoted) scalar: null, boolean, number or text. Dates, `yes` and `no` stay text."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text) and len(text) <= 20:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _explain(model: type[BaseModel], source: Source, base: Place, detail: dict[str, Any]) -> Problem:
    """One pydantic error as a problem. The value itself is shown only where it is a misspelt choice or key."""
    loc: Place = tuple(step for step in detail["loc"] if step != "[key]")
    kind: str = detail["type"]
    at = (*base, *loc)
    name = str(loc[-1]) if loc else "the file"
    if kind == "extra_forbidden":
        return source.problem(at, f"unknown key '{name}'", did_you_mean(name, fields_at(model, loc[:-1])))
    if kind == "missing":
        parent = ".".join(str(step) for step in at[:-1]) or "the file"
        return source.problem(at, f"'{name}' is missing from {parent}", _describe(model, loc))
    if kind in ("literal_error", "enum"):
        given, expected = str(detail["input"])[:80], str(detail["ctx"]["expected"])
        known = _QUOTED.findall(expected) or [expected]
        subject = next((str(step) for step in reversed(loc) if isinstance(step, str)), "value")
        return source.problem(at, f"unknown {subject.replace('_', ' ')} '{given}'", did_you_mean(given, known))
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, Mistake):
        return source.problem((*at, *cause.at), cause.message, cause.fix)
    if kind.startswith("date_"):
        return source.problem(at, f"'{name}' is not a date", "Write it as year-month-day, such as 2026-04-30.")
    if kind in ("model_type", "dict_type", "list_type", "tuple_type"):
        wanted = "a mapping of keys to values" if kind in ("model_type", "dict_type") else "a list"
        return source.problem(at, f"'{name}' must be {wanted}")
    fix = "Put it in quotes." if kind == "string_type" and isinstance(detail["input"], int | float) else ""
    message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be", 1)
    return source.problem(at, f"'{name}': {message[:1].lower()}{message[1:]}", fix)


def fields_at(model: type[BaseModel], loc: Place) -> list[str]:
    """The keys that a model knows at a place below it (aliases where it has them)."""
    return sorted({known for found in _models_at(model, loc) for known in _keys(found)})


def _keys(model: type[BaseModel]) -> dict[str, str]:
    return {info.alias or name: info.description or "" for name, info in model.model_fields.items()}


def _describe(model: type[BaseModel], loc: Place) -> str:
    """A hint for a missing key: the first sentence of its description."""
    for found in _models_at(model, loc[:-1]):
        words = _keys(found).get(str(loc[-1]), "").strip()
        if words:
            return "Add it: " + words.split(". ")[0].replace("\n", " ").rstrip(".") + "."
    return ""


def _models_at(model: type[BaseModel], loc: Place) -> list[type[BaseModel]]:
    """The models that stand at a place below `model`; several where the type is a union."""
    types: list[Any] = [model]
    for step in loc:
        types = [inner for outer in types for inner in _step(outer, step)]
    return [found for outer in types for found in _alternatives(outer) if _is_model(found)]


def _is_model(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, BaseModel)


def _alternatives(outer: Any) -> Iterator[Any]:
    """The plain types within unions and annotations."""
    origin = get_origin(outer)
    if origin is Annotated:
        yield from _alternatives(get_args(outer)[0])
    elif origin in (Union, UnionType):
        for inner in get_args(outer):
            yield from _alternatives(inner)
    else:
        yield outer


def _step(outer: Any, step: str | int) -> Iterator[Any]:
    """The types one step further into a type; the type itself where the step is pydantic's own (a union tag)."""
    for found in _alternatives(outer):
        if _is_model(found):
            fields = {info.alias or name: info.annotation for name, info in found.model_fields.items()}
            yield fields.get(str(step), found)
        elif get_origin(found) in (dict, Mapping) or getattr(get_origin(found), "__name__", "") == "Mapping":
            yield get_args(found)[1]
        elif isinstance(step, int) and get_args(found):
            yield get_args(found)[0]
