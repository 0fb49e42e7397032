"""What is left of what the encoder saw."""

from detectors.names.decode import Seen
from detectors.names.tidy import tidied


def kept(text: str, label: str = "PERSON", score: float = 0.9) -> list[str]:
    """What is left of a span that covers all of `text`."""
    return [text[start:end] for start, end, _, _ in tidied(text, Seen(0, len(text), label, score))]


def seen_in(marked: str, label: str = "PERSON") -> list[tuple[str, str]]:
    """The candidates for what stands in guillemets."""
    start = marked.index("«")
    text = marked.replace("«", "").replace("»", "")
    end = marked.index("»") - 1
    return [(text[low:high], made) for low, high, made, _ in tidied(text, Seen(start, end, label, 0.9))]
