"""Every error a caller can meet, as one tree.

    GatewayError
    |- BadRequest            400  the body or a header can't be read
    |- Unauthenticated       401  no key, unknown key, expired or revoked
    |- NotOffered            404  a route or a model that this gateway does not serve
    |- Refused               400  policy says no; SDKs must not retry
    |- TooManyRequests       429  a limit, with Retry-After
    |- UpstreamFailed        502  the provider failed; nothing of its text is passed on unchecked
    |- UpstreamTimeout       504
    |- Cut                   403  the tool was suspended while the call ran
    |- Unavailable           503  detector, policy, store or clock failed: fail closed, with Retry-After

No message ever holds content: findings are named by label and place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.decision import Decision


class GatewayError(Exception):
    """Base. `message` is plain English for staff; `code` is stable and machine-readable."""

    status = 500
    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.retry_after_s = retry_after_s
        self.reference: str | None = None
        self.as_message = False
        """For a refusal: answer it as a message of the assistant (`Caller.refusal_as_message`), not as an error."""


class BadRequest(GatewayError):
    """The body, a header or a parameter can't be read. `param` is a JSON pointer where one is known."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message, code=code)
        self.param = param
        self.status = status


class Unauthenticated(GatewayError):
    """No usable key. The message is the same whichever part was wrong."""

    status = 401
    code = "invalid_api_key"


class NotOffered(GatewayError):
    """A route, dialect or model that this gateway does not serve."""

    status = 404
    code = "not_offered"


@dataclass(frozen=True, slots=True)
class Passage:
    """Where something was found, for a refusal: label and place, never the value. `why` says, for what could not be
    read, what is the matter with it."""

    label: str
    plain_name: str
    address: str
    where: str
    count: int
    why: str = ""


class Refused(GatewayError):
    """Policy refused the call. Carries the decision, what was found and, where allowed, a clean text.

    `withheld` are the addresses of every part that caused the refusal: what is replaced when it is resent as history.
    `counts` are findings by label for the record. `kept` are the texts of the call's parts with secret
    values removed, for controllers whose schedule keeps refused content, `named` the values found in each, by label and
    without secrets; none of it is ever shown or logged.
    """

    status = 400
    code = "refused_by_policy"

    def __init__(
        self,
        decision: Decision,
        passages: tuple[Passage, ...] = (),
        *,
        clean_text: str | None = None,
        counts: Mapping[str, int] | None = None,
        kept: tuple[str, ...] = (),
        withheld: frozenset[str] = frozenset(),
        named: tuple[tuple[tuple[str, str], ...], ...] = (),
    ) -> None:
        super().__init__(decision.reason)
        self.decision = decision
        self.passages = passages
        self.clean_text = clean_text
        self.counts = dict(counts or {})
        self.kept = kept
        self.withheld = withheld
        self.named = named


class TooManyRequests(GatewayError):
    """A rate or concurrency limit."""

    status = 429
    code = "rate_limited"


class UpstreamFailed(GatewayError):
    """The provider failed. `upstream_status` is its HTTP status, 0 when it could not be reached. `blames` are the
    parameters of the call (by name or field) that it does not take, where its error says so."""

    status = 502
    code = "upstream_failed"

    def __init__(self, message: str, *, upstream_status: int = 0, retryable: bool = False) -> None:
        super().__init__(message)
        self.upstream_status = upstream_status
        self.retryable = retryable
        self.blames: frozenset[str] = frozenset()


class UpstreamTimeout(UpstreamFailed):
    """The provider took too long to begin, or went quiet."""

    status = 504
    code = "upstream_timeout"


class Cut(GatewayError):
    """The tool was suspended while this call was running."""

    status = 403
    code = "tool_suspended"


class Unavailable(GatewayError):
    """Something we depend on failed; the call is refused rather than passed unchecked."""

    status = 503
    code = "unavailable"
