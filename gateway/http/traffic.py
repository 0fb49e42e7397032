"""How many calls are running, and when the last of them has ended."""

import asyncio


class Traffic:
    """Counts the calls of one worker, up to `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def running(self) -> int:
        """Calls at this moment."""
        return self._running

    def enter(self) -> bool:
        """Take a place; False where there is none left."""
        if self._running >= self._limit:
            return False
        self._running += 1
        self._idle.clear()
        return True

    def leave(self) -> None:
        """Give the place back."""
        self._running -= 1
        if not self._running:
            self._idle.set()

    async def idle(self, seconds: float) -> bool:
        """Wait until no call is running, `seconds` at most; whether that was reached."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True
