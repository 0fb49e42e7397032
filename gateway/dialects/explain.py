"""A refusal in plain words and as data, the same in every dialect.

Most SDKs show their user the message and nothing else, so that the message alone must say what was found and
where, which clause stands against it, what to do, and what to quote. Values are never repeated.
"""

from collections.abc import Mapping
from typing import Any

from gateway.model.errors import GatewayError, Passage, Refused
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started

CONTEST = (
    "send it again with the headers X-AI-Contest: {labels} and X-AI-Contest-Reason: your reason "
    "(or ai_contest and ai_contest_reason in the body's metadata). Your reason goes on the record"
)


def sentences(error: GatewayError) -> str:
    """The error's message for a person: complete sentences, no content."""
    return " ".join(_paragraphs(error))


def _paragraphs(error: GatewayError) -> list[str]:
    """What was found and why that matters; what to do; what else is open; what to quote."""
    why, more = _stop(error.message), []
    if isinstance(error, Refused):
        decision = error.decision
        under = f"This is under {_clause(decision.clause)}." if decision.clause else ""
        why = " ".join(filter(None, ("Your request was not sent to the AI tool.", *_found(error), why, under)))
        if decision.advice:
            more.append(f"What to do: {_stop(decision.advice)}")
        labels = contestable(error)
        if labels:
            more.append(f"If this is a false alarm, {CONTEST.format(labels=','.join(labels))}.")
    if error.reference:
        more.append(f"The record of this is {error.reference}; quote it if you ask for help.")
    return [part for part in (why, *more) if part]


def answer(error: Refused) -> str:
    """The refusal as a chat message: the sentences, and the clean text where the rule lets it be offered."""
    said = "\n\n".join(_paragraphs(error))
    if error.clean_text is None:
        return said
    return f"{said}\n\nYour message with those passages removed, ready to send:\n\n{error.clean_text}"


def message(head: Mapping[str, Any], address: str, reason: str, error: Refused) -> list[Event]:
    """The refusal as a reply that says it, with the dialect's own head, address of text and reason for the end."""
    return [
        Head(head),
        Started(address, "text"),
        Delta(address, answer(error)),
        Ended(address),
        ChoiceEnded(0, reason),
        Finished(),
    ]


def details(error: Refused) -> dict[str, Any]:
    """The refusal as data, for programs. `found` names labels and places, never values."""
    decision, labels = error.decision, contestable(error)
    return {
        "record": error.reference,
        "rule": decision.rule,
        "clause": decision.clause,
        "reason": decision.reason,
        "what_to_do": decision.advice,
        "found": [
            {"label": p.label, "what": p.plain_name, "where": p.where, "count": p.count}
            | ({"why": p.why} if p.why else {})
            for p in error.passages  # no address: it holds the caller's object keys, which can be content
        ],
        "contest": {"labels": labels, "how": CONTEST.format(labels=",".join(labels))} if labels else None,
        "clean_text": error.clean_text,
        "policy": decision.policy_hash,
    }


def contestable(error: Refused) -> list[str]:
    """The labels that may be contested; none where something else stands in the way as well."""
    decision = error.decision
    blocked = set(decision.blocked)
    return sorted(blocked) if blocked and blocked <= decision.contestable else []


def _found(error: Refused) -> list[str]:
    if not error.passages:
        return []
    return ["Found: " + "; ".join(_passage(passage) for passage in error.passages) + "."]


def _passage(passage: Passage) -> str:
    times = f" ({passage.count} times)" if passage.count > 1 else ""
    why = f" ({passage.why.rstrip('.')})" if passage.why else ""
    return f"{passage.plain_name}{times} {passage.where}{why}".strip()


def _clause(clause: str) -> str:
    """`5.2` reads `clause 5.2 of the policy`; anything longer is a citation already."""
    return f"clause {clause} of the AI policy" if clause.replace(".", "").isdigit() else clause.rstrip(".")


def _stop(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else text + "."
