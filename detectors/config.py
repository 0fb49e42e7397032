"""`config/detectors.yaml`: what a council may set about detection. Errors name file, line and fix."""

import datetime
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from detectors import budget, timed
from detectors.errors import ConfigError
from detectors.labels import LABELS


def _known_label(name: str) -> str:
    if name not in LABELS:
        raise ValueError(f"unknown label {name!r}; one of: {', '.join(LABELS)}")
    return name


def _sound_pattern(pattern: str) -> str:
    fault = timed.fault(pattern)
    if fault is not None:
        raise ValueError(fault)
    return pattern


LabelName = Annotated[str, AfterValidator(_known_label)]
PatternText = Annotated[str, AfterValidator(_sound_pattern)]
Score = Annotated[float, Field(ge=0.0, le=1.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Names(_Strict):
    """The model of names: an installed spaCy package or a folder, and its cache (units of text)."""

    model: str = "council-names"
    cache_units: int = Field(default=50_000, ge=1)


class Limits(_Strict):
    """The work one call may cost: new characters, candidates, and processor seconds as a backstop."""

    characters: int = Field(default=budget.CHARACTERS, ge=200_000)
    candidates: int = Field(default=budget.CANDIDATES, ge=1_000)
    cpu_seconds: float = Field(default=budget.CPU_SECONDS, ge=1)


class Allowed(_Strict):
    """A value that is not personal data at this controller, under one label, until somebody reviews it.

    Give `value` (compared without case and spacing; numbers by their digits) or `pattern` (must match all of it).
    """

    label: LabelName
    value: str | None = None
    pattern: PatternText | None = None
    reason: str = Field(min_length=3)
    owner: str = Field(min_length=2)
    review: datetime.date

    @field_validator("label")
    @classmethod
    def _may_be_allowed(cls, name: str) -> str:
        if LABELS[name].data_class.value in ("secret", "hidden"):
            raise ValueError(f"{name} can't be on an allow-list")
        return name

    @model_validator(mode="after")
    def _one_way(self) -> "Allowed":
        if (self.value is None) == (self.pattern is None):
            raise ValueError("give either `value` or `pattern`")
        return self


class CaseReference(_Strict):
    """A council's reference that leads to a person. `context` words, where given, must stand near it."""

    name: str = Field(min_length=2)
    pattern: PatternText
    controllers: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    score: Score = 0.85


class CustomPattern(_Strict):
    """One pattern of a recogniser, as in Presidio."""

    name: str = "pattern"
    regex: PatternText
    score: Score = 0.5


class CustomRecogniser(_Strict):
    """A recogniser of the council's own: Presidio's keys, `label` (or `supported_entity`) one of ours."""

    name: str = Field(min_length=2)
    label: LabelName = Field(alias="supported_entity")
    patterns: tuple[CustomPattern, ...] | None = None
    deny_list: tuple[str, ...] | None = None
    deny_list_score: Score | None = None
    context: tuple[str, ...] | None = None
    python: str | None = Field(default=None, alias="class", pattern=r"^[\w.]+:\w+$")

    @model_validator(mode="after")
    def _finds_something(self) -> "CustomRecogniser":
        if not (self.patterns or self.deny_list or self.python):
            raise ValueError("give `patterns`, a `deny_list` or `class: package.module:Name`")
        return self

    def definition(self) -> dict[str, Any]:
        """As `detectors.presidio.custom` takes it."""
        made = self.model_dump(exclude_none=True, exclude={"python"})
        if self.python is not None:
            made["class"] = self.python
        for key in ("patterns", "deny_list", "context"):
            if key in made:
                made[key] = list(made[key])
        return made


class SuiteConfig(_Strict):
    """Everything about detection that can be set."""

    names: Names = Names()
    limits: Limits = Limits()
    default_threshold: Score = 0.5
    thresholds: Mapping[LabelName, Score] = Field(default_factory=dict)
    case_references: tuple[CaseReference, ...] = ()
    allow_lists: Mapping[str, tuple[Allowed, ...]] = Field(default_factory=dict)
    recognisers: tuple[CustomRecogniser, ...] = ()
    own_references: tuple[PatternText, ...] = ()
    """References that the gateway itself gives: what lies wholly inside one is no finding."""

    def threshold(self, label: str) -> float:
        """The least score of a finding of `label`."""
        return self.thresholds.get(label, self.default_threshold)

    def digest(self) -> str:
        """A hash over all of it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def overdue(self, today: datetime.date) -> list[tuple[str, int, Allowed]]:
        """Allow-list entries whose review date has passed: controller, index in its list, entry."""
        return [
            (controller, index, entry)
            for controller, entries in self.allow_lists.items()
            for index, entry in enumerate(entries)
            if entry.review < today
        ]


def default_path() -> Path:
    """The shipped configuration: `config/` in a source tree, packaged beside the gateway in a wheel."""
    root = Path(__file__).resolve().parent.parent
    source = root / "config" / "detectors.yaml"
    return source if source.is_file() else root / "gateway" / "defaults" / "detectors.yaml"


def load_config(path: Path | str | None = None) -> SuiteConfig:
    """The configuration in a YAML file (the shipped one by default). Raises ConfigError with file, line and fix."""
    file = default_path() if path is None else Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file}: can't be read ({type(error).__name__}): check the path and its permissions"
        ) from error
    return parse_config(text, str(file))


def parse_config(text: str, name: str) -> SuiteConfig:
    """The configuration in YAML text; `name` is the file's, for messages."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise ConfigError(f"{name}:{line}: not valid YAML: {getattr(error, 'problem', 'unreadable')}") from error
    _no_duplicates(node, name)
    try:
        return SuiteConfig.model_validate(data)
    except ValidationError as error:
        lines = [f"{name}:{_line(node, e['loc'])}: {_where(e['loc'])}: {_fix(e)}" for e in error.errors()]
        raise ConfigError("\n".join(lines)) from None


def _fix(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown key: check its spelling or remove it"
    if error["type"] == "missing":
        return "is missing: add it"
    return str(error["msg"]).removeprefix("Value error, ")


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part != "[key]") or "the file"


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line of the deepest node on the way to `location`, from 1."""
    line = node.start_mark.line + 1 if node is not None else 1
    for part in location:
        step: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, step = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            step = node.value[part]
            line = step.start_mark.line + 1
        if step is None:
            break
        node = step
    return line


def _no_duplicates(node: yaml.Node | None, name: str) -> None:
    """YAML lets a later key replace an earlier one in silence; a threshold lost that way would weaken detection."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise ConfigError(f"{name}:{key.start_mark.line + 1}: {key.value}: given twice: remove one")
            seen.add(key.value)
            _no_duplicates(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _no_duplicates(item, name)


_SPACING = re.compile(r"[\s.,'\-()]+")


def allow_key(label: str, value: str) -> str:
    """How two spellings of one value are compared."""
    if label in ("PHONE", "BANK_ACCOUNT", "SORT_CODE", "UPRN"):
        figures = "".join(c for c in value if c.isdigit())
        return "0" + figures[2:].lstrip("0") if label == "PHONE" and figures.startswith("44") else figures
    return _SPACING.sub(" ", value).strip().casefold().replace(" ", "")
