"""What the bodies of several dialects have in common: the model, messages, flags, settings that policy may read."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.model.errors import BadRequest

MAX_MODEL: Final = 256
MAX_INPUTS: Final = 20_000
MAX_MESSAGES: Final = 20_000

Setting = float | int | str | bool


def model_of(body: Mapping[str, Any]) -> str:
    """The model named. Raises BadRequest."""
    model = body.get("model")
    if not isinstance(model, str) or not 0 < len(model) <= MAX_MODEL:
        raise BadRequest("'model' must name one of the models that GET /v1/models lists.", param="/model")
    return model


def messages_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages, each an object. Raises BadRequest."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest("'messages' must be a list with at least one message.", param="/messages")
    if len(messages) > MAX_MESSAGES:
        raise BadRequest(f"'messages' may hold {MAX_MESSAGES} messages at most.", param="/messages")
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise BadRequest("Each message must be an object with a role and content.", param=f"/messages/{index}")
    return messages


def flag(body: Mapping[str, Any], name: str) -> bool:
    """A flag, false where it is not given. Raises BadRequest."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f"'{name}' must be true or false.", param=f"/{name}")
    return bool(value)


def count(body: Mapping[str, Any], name: str, most: int) -> int:
    """A whole number from 1 to `most`, 1 where it is not given. Raises BadRequest."""
    value = body.get(name)
    if value is None:
        return 1
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise BadRequest(f"'{name}' must be a whole number from 1 to {most}.", param=f"/{name}")
    return value


def texts(body: Mapping[str, Any], name: str) -> None:
    """See that an input is a text or a list of texts. Raises BadRequest: numbers of tokens can't be inspected."""
    value = body.get(name)
    given = value if isinstance(value, list) else [value]
    if len(given) > MAX_INPUTS:
        raise BadRequest(f"'{name}' may hold {MAX_INPUTS} texts at most.", param=f"/{name}")
    if value == [] or not all(isinstance(text, str) for text in given):
        raise BadRequest(
            f"'{name}' must be a text or a list of texts. Token numbers can't be inspected here: send the text itself "
            "(in LangChain: check_embedding_ctx_length=False).",
            param=f"/{name}",
            code="tokens_not_readable",
        )


def settings(body: Mapping[str, Any], names: Iterable[str]) -> dict[str, Setting]:
    """The named settings that have a plain value."""
    found: dict[str, Setting] = {}
    for name in names:
        value = body.get(name)
        if isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 40):
            found[name] = value
    return found
