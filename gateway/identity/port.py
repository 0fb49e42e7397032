"""What the pipeline asks of the identity room."""

from typing import Protocol

from gateway.model.call import Credentials
from gateway.model.caller import Caller


class Identity(Protocol):
    """Authenticates a caller from headers alone."""

    async def authenticate(self, credentials: Credentials) -> Caller:
        """The caller. Raises Unauthenticated (one message for every cause), TooManyRequests, Unavailable."""
        ...
