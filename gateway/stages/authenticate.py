"""Who calls. Before this nothing is kept of a request but a count."""

from gateway.identity.port import Identity
from gateway.model.call import Credentials
from gateway.model.caller import Caller
from gateway.model.errors import GatewayError
from gateway.telemetry import metrics


async def authenticate(credentials: Credentials, identity: Identity) -> Caller:
    """The caller behind the headers. Raises Unauthenticated, TooManyRequests, Unavailable; each is counted."""
    try:
        return await identity.authenticate(credentials)
    except GatewayError as error:
        metrics.refused_early(str(getattr(error, "reason", error.code)))
        raise
