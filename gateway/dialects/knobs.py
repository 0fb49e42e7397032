"""Where each dialect has the parameters that policy may limit, from the providers' API references."""

from math import inf
from typing import Final

from gateway.model.knob import Knob, Knobs

MOST_TOKENS: Final = 1_000_000

_TOP_P: Final = Knob(("top_p",), 1, None)
_TEMPERATURE: Final = Knob(("temperature",), 2, 1)


def _tokens(*fields: str, unset: float = inf) -> Knob:
    return Knob(fields, MOST_TOKENS, unset, whole=True)


CHAT: Final[Knobs] = {
    "temperature": _TEMPERATURE,
    "top_p": _TOP_P,
    "max_output_tokens": _tokens("max_completion_tokens", "max_tokens"),
}
COMPLETIONS: Final[Knobs] = {
    "temperature": _TEMPERATURE,
    "top_p": _TOP_P,
    "max_output_tokens": _tokens("max_tokens", unset=16),
}
RESPONSES: Final[Knobs] = {
    "temperature": _TEMPERATURE,
    "top_p": _TOP_P,
    "max_output_tokens": _tokens("max_output_tokens"),
}
ANTHROPIC: Final[Knobs] = {
    "temperature": Knob(("temperature",), 1, 1),
    "top_p": _TOP_P,
    "max_output_tokens": _tokens("max_tokens"),
}
OLLAMA: Final[Knobs] = {
    "temperature": Knob(("temperature",), 2, 1, within="options"),
    "top_p": Knob(("top_p",), 1, None, within="options"),
    "max_output_tokens": Knob(("num_predict",), MOST_TOKENS, inf, whole=True, within="options", endless=True),
}
NONE: Final[Knobs] = {}
"""For what has no words in its answer."""
