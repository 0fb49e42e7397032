"""What is searched for, as it is sent to the records API: in a body, never in a URL."""

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.http.records.common import Body
from gateway.model.search import Query, Subject

Term = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
_WHEN = "A day or a time (UTC), such as 2026-11-24 or 2026-11-24T09:00:00Z."


class SubjectIn(Body):
    """A data subject to be found over originals, without opening them."""

    kind: Annotated[str, Field(max_length=40, description="A label: PERSON, NINO, EMAIL, ADDRESS ...")]
    value: Term
    fuzzy: Annotated[bool, Field(description="Look for variants of a name too.")] = True


class QueryIn(Body):
    """Everything that is given must fit. Subjects and people can be looked for within a case only."""

    words: Annotated[str, Field(max_length=500, description="Words, or a phrase in quotation marks.")] = ""
    subjects: Annotated[
        list[SubjectIn], Field(default_factory=list, max_length=20, description="All of them must occur.")
    ]
    people: Annotated[
        list[Term],
        Field(default_factory=list, max_length=20, description="Members of staff, by identity: any of them."),
    ]
    purpose: Annotated[str, Field(max_length=100)] = ""
    case_ref: Annotated[str, Field(max_length=100, description="The case reference that staff gave.")] = ""
    label: Annotated[str, Field(max_length=40, description="Only where this was found.")] = ""
    since: Annotated[str, Field(max_length=40, description=f"From then on. {_WHEN}")] = ""
    until: Annotated[str, Field(max_length=40, description=f"Before then. {_WHEN}")] = ""
    facts: Annotated[
        dict[str, Annotated[str, Field(max_length=128)]],
        Field(
            default_factory=dict,
            max_length=9,
            description="Exactly: outcome, tool, service, person_class, model, policy, rule ...",
        ),
    ]
    refs: Annotated[
        list[Term],
        Field(default_factory=list, max_length=100, description="Record references, such as a note's: any."),
    ]

    def query(self, controller: str) -> Query:
        """As the services take it."""
        return Query(
            controller=controller,
            words=self.words,
            subjects=tuple(Subject(each.kind.upper(), each.value, each.fuzzy) for each in self.subjects),
            people=tuple(self.people),
            purpose=self.purpose,
            case_ref=self.case_ref,
            label=self.label.upper(),
            since=self.since,
            until=self.until,
            facts=dict(self.facts),
            refs=tuple(self.refs),
        )
