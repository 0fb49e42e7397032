"""Settings of request cases: second readers, leave to open, the council's nation, days that holidays lists do not
know."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

if TYPE_CHECKING:
    from gateway.records.cases.calendar import Calendar
    from gateway.records.cases.desk import Policy
    from gateway.records.cases.exemptions import Exemptions

Nation = Literal["ENG", "WLS", "SCT", "NIR"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OneOffDay(_Strict):
    """A holiday proclaimed late, or one moved away. The gateway has the published lists; these are edits of them."""

    day: date
    change: Literal["holiday", "working"]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
    """Shown wherever a due date is explained."""
    nations: tuple[Nation, ...] = Field(default=("ENG", "WLS", "SCT", "NIR"), min_length=1)
    """Where it is one. For FOI and EIR one nation is enough; for a month's end the council's own counts."""


class CaseSettings(_Strict):
    """How this council works its cases."""

    second_reader: bool = True
    """Another officer confirms every decision before an answer can go out."""
    second_person: bool = True
    """Another person gives leave before sealed content is opened."""
    independent_second: bool = True
    """Neither was appointed by the officer with whom they agree."""
    approval_days: int = Field(default=7, ge=1, le=31)
    """How long such leave lasts unless the person who gives it says otherwise."""
    nation: Nation = "ENG"
    """Where the council is: whose holidays move the end of a month (subject access)."""
    one_off_days: tuple[OneOffDay, ...] = ()
    exemptions: Path | None = None
    """A YAML file with grounds for withholding beside those that are shipped."""

    @model_validator(mode="after")
    def _days(self) -> Self:
        days = [each.day for each in self.one_off_days]
        if len(set(days)) != len(days):
            raise ValueError("one_off_days names a day twice; give each day one line")
        return self

    def calendar(self) -> "Calendar":
        """The working days in force."""
        from gateway.records.cases.calendar import Calendar, OneOff

        days = (OneOff(each.day, each.change, each.reason, each.nations) for each in self.one_off_days)
        return Calendar(days, nation=self.nation)

    def policy(self) -> "Policy":
        """Who has to agree to what."""
        from gateway.records.cases.desk import Policy

        return Policy(self.second_reader, self.second_person, self.approval_days, self.independent_second)

    def grounds(self) -> "Exemptions":
        """The grounds for withholding. Raises ExemptionError."""
        from gateway.records.cases.exemptions import load, shipped

        return shipped() if self.exemptions is None else load(self.exemptions)
