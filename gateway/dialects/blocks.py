"""Words in place of what can't be read: a whole content block replaced, in any dialect."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.dialects import lens
from gateway.dialects.pointer import keys_of

Home = Callable[[str], str | None]
"""For the address of an unreadable part: the address of the content block that holds it; None for any other part."""
Block = Callable[[str, str], dict[str, Any]]
"""A content block for the place at an address that says the given words."""


def write(body: Mapping[str, Any], edits: Mapping[str, str], home: Home, block: Block) -> dict[str, Any]:
    """A body with the leaves at the given addresses replaced; an edit of an image, a sound or a file makes its
    block one of text. Raises LookupError for an address that the body does not have."""
    homes = {address: place for address in edits if (place := home(address)) is not None}
    written = lens.write(body, {address: words for address, words in edits.items() if address not in homes})
    for address, place in homes.items():
        written = _put(written, keys_of(place), block(place, edits[address]))
    return written


def _put(value: Any, keys: list[str], block: dict[str, Any]) -> Any:
    """`value` with the element at `keys` replaced; what is beside the way is shared with the old one."""
    if not keys:
        return block
    key, *rest = keys
    if isinstance(value, dict) and key in value:
        return {**value, key: _put(value[key], rest, block)}
    if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
        changed = list(value)
        changed[int(key)] = _put(value[int(key)], rest, block)
        return changed
    raise LookupError("an edit for a block that the body does not have")


def repaint(body: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    """A body with pictures replaced by those of data URLs: as such, or as bare base64 with its media type beside it,
    as they were written before. Raises LookupError for an address where the body has no picture."""
    painted: Any = dict(body)
    for address, url in pictures.items():
        *path, leaf = keys_of(address)
        holder, old = at(painted, address.rpartition("/")[0]), at(painted, address)
        if not isinstance(old, str) or not isinstance(holder, Mapping):
            raise LookupError("a picture for a place where the body has none")
        head, _, data = url.partition(",")
        if old[:5].lower() == "data:":
            changed = {**holder, leaf: url}
        else:
            media = {"media_type": head[5:].partition(";")[0]} if "media_type" in holder else {}
            changed = {**holder, leaf: data, **media}
        painted = _put(painted, path, changed)
    return dict(painted)


def text_block(_place: str, words: str) -> dict[str, Any]:
    """A block of text, as chat completions and Anthropic write it."""
    return {"type": "text", "text": words}


def at(body: Any, address: str) -> Any:
    """What stands at an address, None where nothing does."""
    for key in keys_of(address):
        if isinstance(body, Mapping):
            body = body.get(key)
        elif isinstance(body, list) and key.isdecimal() and int(key) < len(body):
            body = body[int(key)]
        else:
            return None
    return body
