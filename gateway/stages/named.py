"""What detection found in each part, by label and value: what the blind index is made from. Never a secret."""

from collections.abc import Iterable, Mapping, Sequence

from detectors.finding import Finding
from detectors.labels import DataClass, Label
from gateway.model.part import Part
from gateway.stages import people

Named = tuple[tuple[str, str], ...]
_JOIN = "/join"


def named(
    parts: Sequence[Part], findings: Sequence[Iterable[Finding]], labels: Mapping[str, Label]
) -> tuple[Named, ...]:
    """For each part the values found in it, in the order of the text. An identifier that is split over two parts counts
    whole, in the first of them."""
    ordered = [sorted(found, key=lambda each: (each.start, -each.end)) for found in findings]
    told: list[Named] = []
    for index, (part, found) in enumerate(zip(parts, ordered, strict=True)):
        behind = ordered[index + 1] if index + 1 < len(parts) else []
        values = []
        for each in found:
            label = labels.get(each.label)
            if label is None or label.data_class is DataClass.SECRET:
                continue
            value = value_of(part.text, each)
            if each.detector.endswith(_JOIN) and not part.text[each.end :].strip():
                rest = next((f for f in behind if f.detector.endswith(_JOIN) and f.label == each.label), None)
                value += parts[index + 1].text[rest.start : rest.end] if rest else ""
            values.append((each.label, value))
        told.append(tuple(dict.fromkeys(values)))
    return tuple(told)


def value_of(text: str, finding: Finding) -> str:
    """The words of a finding; a name without its title."""
    start, end = finding.start, finding.end
    if finding.label == "PERSON":
        start, end = people.trim(text, start, end)
    return text[start:end]
