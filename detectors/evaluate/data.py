"""Readers for labelled data: one JSON record a line, `{"id", "text", "spans": [{"start", "end", "label"}]}`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from detectors.errors import DetectionError

TO_OURS: Mapping[str, str] = {
    "PER": "PERSON",
    "Person": "PERSON",
    "person": "PERSON",
    "STREET_ADDRESS": "ADDRESS",
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "CREDIT_CARD": "PAYMENT_CARD",
    "IBAN_CODE": "IBAN",
    "UK_NINO": "NINO",
    "UK_NHS": "NHS_NUMBER",
    "UK_POSTCODE": "POSTCODE",
    "UK_PASSPORT": "PASSPORT",
    "UK_DRIVING_LICENCE": "DRIVING_LICENCE",
    "UK_VEHICLE_REGISTRATION": "VEHICLE_REG",
    "DRIVERS_LICENCE": "DRIVING_LICENCE",
    "DATE_OF_BIRTH": "DATE_OF_BIRTH",
}
"""What other data sets call our labels; a label that is not here keeps its name."""

LICENCES: Mapping[str, str] = {
    "council": "written for this project",
    "broad_twitter": "CC BY 4.0",
    "wnut17": "CC BY 4.0",
    "re3d": "mostly OGL v3",
    "tab": "MIT (one redistribution says CC BY-NC)",
    "uner_ewt": "CC BY-SA 4.0",
    "presidio_research": "MIT",
    "uk_identifier_unit": "MIT, Apache-2.0",
}
"""By the folder a file lies in."""


class DataError(DetectionError):
    """A line of a data file can't be read. Names the file and line, never the text."""


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is marked with `label`."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """One labelled text."""

    id: str
    text: str
    spans: tuple[Span, ...]


def read(path: Path) -> list[Document]:
    """Every document of a file. Raises DataError."""
    with path.open(encoding="utf-8") as lines:
        return list(parse(lines, path.name))


def parse(lines: Iterable[str], name: str) -> Iterator[Document]:
    """Documents from lines; blank lines are skipped. Other sets' labels become ours."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            text = record["text"]
            spans = tuple(
                Span(int(s["start"]), int(s["end"]), TO_OURS.get(s["label"], s["label"])) for s in record["spans"]
            )
            if not isinstance(text, str) or any(not 0 <= s.start < s.end <= len(text) for s in spans):
                raise ValueError("span")
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f'{name}:{number}: not a labelled record: each line needs "id", "text" and "spans" within the text'
            ) from error
        yield Document(str(record.get("id", number)), text, spans)


def licence(path: Path) -> str:
    """The licence of a known set, by its folder."""
    return LICENCES.get(path.resolve().parent.name, "not stated")
