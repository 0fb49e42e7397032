"""A stream of decoded objects that lets go of its connection however it is left."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any, Self


class Chunks(AsyncIterator[Mapping[str, Any]]):
    """Wraps a generator so that `aclose` releases the connection even when iteration never began.

    (Closing a generator that has not started does not run its `finally`.)
    """

    def __init__(self, source: AsyncGenerator[Mapping[str, Any], None], release: Callable[[], None]) -> None:
        self._source = source
        self._release = release
        self._begun = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Mapping[str, Any]:
        self._begun = True
        return await anext(self._source)

    async def aclose(self) -> None:
        """Stop reading and cancel the upstream's work. Closing twice does nothing."""
        if not self._begun:
            self._release()
        await self._source.aclose()
