"""What every dialect does alike, and what those do alike whose replies have no words or come whole."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from gateway.dialects import blocks, openai_error
from gateway.dialects.reply import broken, failed_reply
from gateway.model.errors import BadRequest, GatewayError, Refused
from gateway.model.event import Event


class Lens:
    """The lens's way back, and errors in OpenAI's envelope."""

    unread: ClassVar[tuple[re.Pattern[str], ...]] = ()
    """The addresses of parts that can't be read; the first group is the content block that holds them."""

    def write(self, body: Mapping[str, Any], edits: Mapping[str, str]) -> dict[str, Any]:
        """A new body with the leaves at the given addresses replaced; an image, a sound or a file that is replaced by
        words becomes a block of text. Raises LookupError for an address that the body does not have."""
        return blocks.write(body, edits, lambda address: self.home(body, address), self.words)

    def repaint(self, body: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
        """A new body with the pictures at the given addresses replaced by those of data URLs."""
        return blocks.repaint(body, pictures)

    def home(self, body: Mapping[str, Any], address: str) -> str | None:
        """The content block of an unreadable part; None for any other part."""
        found = next(filter(None, (pattern.fullmatch(address) for pattern in self.unread)), None)
        return found[1] if found and isinstance(blocks.at(body, found[1]), dict) else None

    def words(self, place: str, words: str) -> dict[str, Any]:
        """The block for a place that says the given words."""
        return blocks.text_block(place, words)

    def error(self, error: GatewayError) -> tuple[int, dict[str, Any]]:
        """Status and body of an error before the first byte."""
        return error.status, openai_error.body(error)


class Wordless(Lens):
    """A dialect whose replies have no place for words of ours, and come whole."""

    def encoder(self, call: object) -> Any:
        """Never asked for: these replies are not streamed."""
        raise BadRequest("This kind of answer is not streamed.", param="/stream")

    def refusal(self, call: object, error: Refused) -> list[Event]:
        """Nothing: an empty reply would be taken for an answer, so a refusal is an error here."""
        return []


class WholeDecoder(ABC):
    """Reads replies that come whole; `read` says how."""

    @abstractmethod
    def read(self, body: Mapping[str, Any]) -> list[Event]:
        """A reply that is an object and no error, as events. Raises UpstreamFailed."""

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply. Raises UpstreamFailed."""
        if not isinstance(body, Mapping):
            raise broken("not an object")
        if body.get("error"):
            raise failed_reply(body["error"])
        return self.read(body)

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """There are none. Raises UpstreamFailed."""
        raise broken("a stream")

    def end(self) -> list[Event]:
        """There is none. Raises UpstreamFailed."""
        raise broken("a stream")
