"""A recogniser as a council would write it, the Presidio way."""

from typing import Any

from presidio_analyzer import EntityRecognizer, RecognizerResult


class PermitRecogniser(EntityRecognizer):
    """Finds PERM- numbers."""

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Every PERM- number."""
        start = text.find("PERM-")
        return [] if start < 0 else [RecognizerResult("CASE_REF", start, start + 7, 0.8)]


class ChattyRecogniser(PermitRecogniser):
    """Fails with the text in its message."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Fail, but not on the suite's warm-up."""
        if "Example" in text:
            return []
        raise ValueError(f"can't parse {text}")


class StrayRecogniser(PermitRecogniser):
    """Gives spans outside the text."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """A span that is too long."""
        return [] if "Example" in text else [RecognizerResult("CASE_REF", 0, len(text) + 5, 0.8)]
