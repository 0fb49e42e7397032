"""One error for every reason why a caller is not known: what differs is only what we count."""

from gateway.model.errors import Unauthenticated

MESSAGE = "This request needs a valid gateway key. Check the key, or ask your administrators for a new one."


class KeyRejected(Unauthenticated):
    """Says the same to the caller whatever was wrong; `reason` is a code for metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(MESSAGE)
        self.reason = reason
