"""Labelled data: one JSON record a line, `{"id", "text", "spans": [{"start", "end", "label"}]}`, and what may be added.

A record may say its `kind` (or `genre`, `template_id`): what it is an example of. A span may say its `entity_id` and
`identifier_type`, as the Text Anonymization Benchmark does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
}
"""What other data sets, and stock Presidio, call our labels; a label that is not here keeps its name."""

_KIND = ("kind", "template_id", "genre")


class DataError(DetectionError):
    """A line of a data file can't be read. Names the file and line, never the text."""


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is marked with `label`. `entity` groups the mentions of one; `direct`: it identifies alone."""

    start: int
    end: int
    label: str
    entity: str = ""
    direct: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """One labelled text; `kind` is what it is an example of, where its set says so."""

    id: str
    text: str
    spans: tuple[Span, ...]
    kind: str = ""


def read(path: Path) -> list[Document]:
    """Every document of a file. Raises DataError."""
    try:
        with path.open(encoding="utf-8") as lines:
            return list(parse(lines, path.name))
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: not UTF-8: save it as UTF-8, one JSON record a line") from error


def parse(lines: Iterable[str], name: str) -> Iterator[Document]:
    """Documents from lines; blank lines are skipped. Other sets' labels become ours."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            text = record["text"]
            spans = tuple(_span(s) for s in record["spans"])
            if not isinstance(text, str) or any(not 0 <= s.start < s.end <= len(text) for s in spans):
                raise ValueError("span")
            kind = next((str(record[key]) for key in _KIND if key in record), "")
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f'{name}:{number}: not a labelled record: each line needs "id", "text" and "spans" within the text'
            ) from error
        yield Document(str(record.get("id", number)), text, spans, kind)


def _span(record: Mapping[str, Any]) -> Span:
    return Span(
        int(record["start"]),
        int(record["end"]),
        TO_OURS.get(record["label"], record["label"]),
        str(record.get("entity_id", "")),
        record.get("identifier_type") == "DIRECT",
    )
