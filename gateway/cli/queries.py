"""What is searched for, as options of a command."""

from dataclasses import dataclass
from typing import Annotated, Final

import typer

from gateway.cli.render import USAGE, fail
from gateway.model.search import Query, Subject

_WHEN: Final = "(UTC): 2026-11-24 or 2026-11-24T09:00."
CASE_HELP: Final = """Search within a case. Everything that is given must fit; what is found is held at once.

Names that were replaced before they left are found by --subject over the sealed originals, without opening them.
Mind that other users of the machine can see a command's options, and that your shell may keep them.

Example: ai-gateway cases search SAR-MBC-2026-0001 --subject "PERSON=Margaret Okafor"
"""


Words = Annotated[str, typer.Option(help="Words of the redacted text, or a phrase in double quotes.")]
SubjectOption = Annotated[
    list[str] | None,
    typer.Option(help="A data subject's detail as KIND=VALUE, such as PERSON=Jo Reed or NINO=...; all must occur."),
]
Staff = Annotated[list[str] | None, typer.Option(help="A member of staff, by identity; any of those given.")]
Exact = Annotated[bool, typer.Option("--exact", help="No variants of names.")]
Label = Annotated[str, typer.Option(help="Only where this was found, such as HEALTH.")]
Since = Annotated[str, typer.Option(help=f"From then on {_WHEN}")]
Until = Annotated[str, typer.Option(help=f"Before then {_WHEN}")]
Service = Annotated[str, typer.Option(help="Only this service area.")]
Tool = Annotated[str, typer.Option(help="Only this tool.")]
Outcome = Annotated[str, typer.Option(help="Only with this outcome.")]
Purpose = Annotated[str, typer.Option(help="Only for this purpose.")]
CaseRef = Annotated[str, typer.Option(help="Only with this case reference of the staff's.")]
Ref = Annotated[list[str] | None, typer.Option(help="A record's reference, as on a document; any of those given.")]


@dataclass(frozen=True)
class Asked:
    """The options as they were given."""

    words: str
    subject: list[str]
    staff: list[str]
    exact: bool
    label: str
    since: str
    until: str
    service: str
    tool: str
    outcome: str
    purpose: str
    case_ref: str
    ref: list[str]

    def query(self, controller: str) -> Query:
        """As the services take it. Ends the command where nothing is asked for."""
        facts = {"service": self.service, "tool": self.tool, "outcome": self.outcome}
        query = Query(
            controller=controller,
            words=self.words,
            subjects=tuple(self._subject(each) for each in self.subject),
            people=tuple(self.staff),
            purpose=self.purpose,
            case_ref=self.case_ref,
            label=self.label.upper(),
            since=self.since,
            until=self.until,
            facts={name: value for name, value in facts.items() if value},
            refs=tuple(self.ref),
        )
        if query == Query(controller):
            raise fail("say what to look for", "--words, --subject, --staff, --since ... narrow a search.", USAGE)
        return query

    def _subject(self, given: str) -> Subject:
        kind, mark, value = given.partition("=")
        if not mark or not value.strip():
            raise fail("a data subject's detail is written as KIND=VALUE", 'PERSON="Margaret Okafor", NINO=...', USAGE)
        return Subject(kind.strip().upper(), value.strip(), fuzzy=not self.exact)
