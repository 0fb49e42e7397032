"""What can go wrong while detecting. No message ever holds text that was inspected."""


class DetectionError(Exception):
    """Base of every error of this room."""


class ConfigError(DetectionError):
    """The configuration can't be used. The message names file, line and fix."""


class DetectorError(DetectionError):
    """A recogniser or the model failed: nothing may be said about the text, so the caller must refuse it.

    `kind` names what failed (a recogniser's name), fit for a metric label.
    """

    def __init__(self, kind: str, why: str = "failed") -> None:
        super().__init__(f"the recogniser {kind} {why}")
        self.kind = kind


class BudgetExceededError(DetectionError):
    """The text needs more work than one call may cost. `what` names the measure that ran out."""

    def __init__(self, what: str, limit: float) -> None:
        super().__init__(f"inspection needs more than {limit:,.0f} {what}")
        self.what = what
        self.limit = limit


BudgetExceeded = BudgetExceededError
