"""Ollama's API: what each place of a request body is.

From https://github.com/ollama/ollama/blob/main/docs/api.md. As in every dialect, what the tables don't name is
inspected, keys included.
"""

from typing import Final

from gateway.dialects.lens import SCHEMA_KEYS, SCHEMA_TYPE, Check, Shape, inside, matching, one_of, shape, within
from gateway.model.part import Role

ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool_result",
}
"""Whose words a message holds."""

_COUNT: Final = within(-2, 1_000_000)
_COMMON: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/format/type": SCHEMA_TYPE,
    "/think": one_of("low", "medium", "high", "max"),
    "/keep_alive": lambda value: matching(r"-?[0-9]{1,5}(\.[0-9]{1,3})?(ms|s|m|h)?")(str(value)),
    "/top_logprobs": within(0, 20),
    "/options/temperature": within(0, 2),
    "/options/top_p": within(0, 1),
    "/options/min_p": within(0, 1),
    "/options/typical_p": within(0, 1),
    "/options/tfs_z": within(0, 10),
    "/options/top_k": within(-1, 1000),
    "/options/seed": within(-1, 9999),
    "/options/num_predict": _COUNT,
    "/options/num_ctx": _COUNT,
    "/options/num_keep": _COUNT,
    "/options/repeat_last_n": _COUNT,
    "/options/repeat_penalty": within(0, 2),
    "/options/presence_penalty": within(-2, 2),
    "/options/frequency_penalty": within(-2, 2),
    "/options/mirostat": within(0, 2),
    "/options/mirostat_tau": within(0, 100),
    "/options/mirostat_eta": within(0, 1),
}
_KNOWN: Final = (
    "/stream", "/logprobs", "/options/stop", "/options/stop/*", "/options/penalize_newline", "/metadata",
)  # fmt: skip
_PICTURE: Final[dict[str, Check]] = {"/type": one_of("text")}
"""Words in a picture's place, as our own writing of a body leaves them."""

CHAT_STRUCTURAL: Final[dict[str, Check]] = {
    **_COMMON,
    "/messages/*/role": one_of(*ROLES),
    "/messages/*/tool_calls/*/id": matching(r"call_[A-Za-z0-9]{8,64}"),
    "/messages/*/tool_calls/*/type": one_of("function"),
    "/messages/*/tool_calls/*/function/index": within(0, 999),
    "/messages/*/tool_call_id": matching(r"call_[A-Za-z0-9]{8,64}"),
    "/messages/*/images/*/type": _PICTURE["/type"],
    "/tools/*/type": one_of("function"),
    "/tools/*/function/parameters/type": SCHEMA_TYPE,
}
CHAT_BODY: Final[Shape] = shape(
    structural=CHAT_STRUCTURAL,
    roles={"/messages/*/tool_calls": "tool_call", "/tools": "definition", "/format": "definition"},
    prose=("/messages/*/content", "/messages/*/thinking", "/messages/*/images/*/text"),
    known=(
        *_KNOWN,
        "/messages/*/tool_name",
        "/messages/*/tool_calls/*/function/name",
        "/messages/*/tool_calls/*/function/arguments",
        "/tools/*/function/name",
        "/tools/*/function/description",
    ),
    recursive=dict.fromkeys(("/tools/*/function/parameters", "/format"), SCHEMA_KEYS),
    blobs={"/messages/*/images/*": "image", "/messages/*/images": "image"},
)
MESSAGE: Final[Shape] = inside(CHAT_BODY, "messages", "*")

GENERATE_STRUCTURAL: Final[dict[str, Check]] = {**_COMMON, "/images/*/type": _PICTURE["/type"]}
GENERATE_BODY: Final[Shape] = shape(
    structural=GENERATE_STRUCTURAL,
    roles={
        "/prompt": "user",
        "/suffix": "user",
        "/images": "user",
        "/system": "system",
        "/template": "system",
        "/format": "definition",
    },
    prose=("/prompt", "/suffix", "/system", "/template", "/images/*/text"),
    known=(*_KNOWN, "/raw"),
    recursive={"/format": SCHEMA_KEYS},
    blobs={"/images/*": "image", "/images": "image"},
)
