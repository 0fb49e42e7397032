"""The only file of the gateway that imports Presidio: its registry, its recogniser classes, its anonymizer.

`detectors/evaluate/stock.py` imports it too, to compare with; nothing else may.

Every recogniser of ours is a Presidio `EntityRecognizer` in a Presidio registry, so that a council adds its own
the Presidio way. Presidio's traps are off: its analyzer engine is not used (its context enhancer needs a lemmatiser
and lets a checksum overrule context), its recognisers with network look-ups are not loaded, its loggers, which can
print matched text, are silenced, and a pattern that times out is an error, not a skipped pattern.
"""

import importlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from presidio_analyzer import (
    EntityRecognizer,
    LocalRecognizer,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig
from presidio_anonymizer.entities import RecognizerResult as Replaced

from detectors.errors import ConfigError, DetectorError
from detectors.identifiers.base import Identifier
from detectors.labels import LABELS
from detectors.timed import TimedPattern
from detectors.view import Hit, View

CONTEXT_GAIN = 0.35
CONTEXT_LEAST = 0.4
"""What a context word near a match adds, and the least score it then has: Presidio's own defaults."""

_LOGGERS = ("presidio-analyzer", "presidio-anonymizer", "decision_process")


def silence() -> None:
    """Keep Presidio's loggers from writing anything: at debug level they print text that was matched."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)


silence()


class Recogniser(LocalRecognizer):
    """One of our identifiers, as Presidio sees it. `look` is the direct way in, without Presidio's result objects."""

    def __init__(self, identifier: Identifier) -> None:
        self.identifier = identifier
        self.name: str = identifier.name
        super().__init__(supported_entities=list(identifier.labels), name=identifier.name)

    def load(self) -> None:
        """Nothing to load: patterns are compiled on import."""

    def look(self, view: View) -> Iterable[Hit]:
        """The candidates in a view, context weighed."""
        return self.identifier.find(view)

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        """Presidio's interface: results for the wanted entities in a bare text."""
        return [
            RecognizerResult(hit.label, hit.start, hit.end, hit.score)
            for hit in self.look(View(text))
            if not entities or hit.label in entities
        ]


class CustomRecogniser:
    """A council's own Presidio recogniser, held to our rules: its label is ours, its failures are errors."""

    def __init__(self, recogniser: EntityRecognizer, labels: Sequence[str]) -> None:
        untyped: Any = recogniser  # Presidio's attributes have no types
        self.name = f"council/{untyped.name}"
        self.recogniser = recogniser
        self.labels = tuple(labels)
        self._analyse = untyped.analyze
        self._context = _context_pattern(untyped.context)

    def look(self, view: View) -> Iterator[Hit]:
        """The recogniser's results in a view, raised by its context words as Presidio would."""
        for result in self._analyse(view.text, list(self.labels), None):
            label = result.entity_type
            if label not in self.labels:
                raise DetectorError(self.name, "gave a label that it did not announce")
            if not 0 <= result.start < result.end <= len(view.text):
                raise DetectorError(self.name, "gave a span outside the text")
            if view.first <= result.start < view.last and result.score > 0:
                yield Hit(result.start, result.end, label, self._weigh(view, result))

    def _weigh(self, view: View, result: RecognizerResult) -> float:
        score = float(result.score)
        if self._context is None:
            return min(score, 1.0)
        around = f"{view.before(result.start, 60)} {view.after(result.end, 30)}"
        if self._context.search(around):
            score = max(score + CONTEXT_GAIN, CONTEXT_LEAST)
        return min(score, 1.0)


def _context_pattern(terms: Sequence[str] | None) -> re.Pattern[str] | None:
    if not terms:
        return None
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(t) for t in terms) + r")", re.IGNORECASE)


def custom(definition: Mapping[str, Any]) -> CustomRecogniser:
    """A recogniser from configuration: Presidio's own YAML keys, or `class: module:Name`. Raises ConfigError.

    `label` (or Presidio's `supported_entity`) names one of our labels.
    """
    keys = {k: v for k, v in definition.items() if v is not None}
    label = keys.pop("label", None) or keys.pop("supported_entity", None)
    if label not in LABELS:
        raise ConfigError(f"recogniser {keys.get('name')!r} names an unknown label {label!r}")
    keys.pop("supported_entity", None)
    path = keys.pop("class", None)
    try:
        if path is not None:
            recogniser = _from_class(str(path), label, keys)
        else:
            recogniser = PatternRecognizer.from_dict({**keys, "supported_entity": label})
    except ConfigError:
        raise
    except Exception as error:  # a council's own code may fail in any way
        raise ConfigError(f"recogniser {keys.get('name')!r} can't be made: {error}") from error
    return adopt(recogniser, label)


def adopt(recogniser: EntityRecognizer, label: str) -> CustomRecogniser:
    """A Presidio recogniser object held to our rules; its patterns are made strict about time."""
    untyped: Any = recogniser
    if isinstance(recogniser, PatternRecognizer):
        flags = untyped.global_regex_flags or 0
        for pattern in untyped.patterns:
            pattern.compiled_with_flags = flags
            pattern.compiled_regex = TimedPattern(pattern.regex, f"council/{untyped.name}", flags=flags)
    if label not in untyped.supported_entities:
        raise ConfigError(f"recogniser {untyped.name!r} does not announce the label {label}")
    return CustomRecogniser(recogniser, [label])


def _from_class(path: str, label: str, options: Mapping[str, Any]) -> EntityRecognizer:
    module, _, name = path.partition(":")
    made = getattr(importlib.import_module(module), name, None)
    if not (isinstance(made, type) and issubclass(made, EntityRecognizer)):
        raise ConfigError(f"{path} is not a Presidio EntityRecognizer; write it as `package.module:ClassName`")
    arguments = {k: v for k, v in options.items() if k not in ("patterns", "deny_list") or v}
    if issubclass(made, PatternRecognizer):
        arguments.setdefault("supported_entity", label)
    else:
        arguments.setdefault("supported_entities", [label])
    return made(**arguments)


def registry(identifiers: Iterable[Identifier], customs: Iterable[CustomRecogniser]) -> RecognizerRegistry:
    """Every recogniser of a suite in one Presidio registry."""
    recognisers: list[EntityRecognizer] = [Recogniser(identifier) for identifier in identifiers]
    recognisers.extend(own.recogniser for own in customs)
    return RecognizerRegistry(recognizers=recognisers, supported_languages=["en"])


_anonymizer = AnonymizerEngine()  # type: ignore[no-untyped-call]


def anonymise(text: str, replacements: Iterable[tuple[int, int, str]]) -> str:
    """`text` with each span replaced as already decided. Spans are offsets and may not overlap (ValueError).

    Presidio's anonymizer does the work. Each span has an entity type of its own, so that neighbours are never
    merged, and an empty replacement removes the span instead of leaving Presidio's default mark.
    """
    ordered = sorted(replacements)
    results: list[Replaced] = []
    operators: dict[str, OperatorConfig] = {}
    reached = 0
    for index, (start, end, new) in enumerate(ordered):
        if not reached <= start < end <= len(text):
            raise ValueError("replacements must lie in the text and apart from each other")
        reached = end
        kind = f"SPAN_{index}"
        results.append(Replaced(entity_type=kind, start=start, end=end, score=1.0))
        operators[kind] = OperatorConfig("replace", {"new_value": new}) if new else OperatorConfig("redact")
    if not results:
        return text
    return str(_anonymizer.anonymize(text, results, operators).text)
