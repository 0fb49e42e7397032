"""Streams of events that close what they read from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.model.event import Event


@asynccontextmanager
async def closing(events: AsyncIterator[Event]) -> AsyncIterator[AsyncIterator[Event]]:
    """Close `events` on the way out, so that a client that leaves ends the request upstream at once."""
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()
