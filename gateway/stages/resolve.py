"""Which tool a call reaches: the model name selects an entry of the register."""

import difflib
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from gateway.model.call import Call
from gateway.model.caller import Caller, Tool
from gateway.model.errors import BadRequest, NotOffered


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that a caller may use today, for `GET /v1/models`.

    `model` is the name to send; `created` the start of its approval in Unix seconds; `purposes` those for which
    the caller's service area may use it, the caller's own first.
    """

    model: str
    tool: str
    name: str
    description: str
    tier: str
    created: int
    purposes: tuple[str, ...]


class Register(Protocol):
    """The register of tools, as the pipeline asks it."""

    def resolve(self, caller: Caller, model: str) -> Tool:
        """The tool behind a model name, as it stands today for this caller's council, service and purpose.

        A tool that may not be used (retired, suspended, not approved for this use) is returned all the same: its
        `policy` makes `decide` refuse, so that the record names the tool and the rule. Raises NotOffered for a
        name that stands for no tool.
        """
        ...

    def models(self, caller: Caller) -> list[Offer]:
        """What this caller may use today, in the register's order."""
        ...

    def live(self, tool: Tool) -> AbstractAsyncContextManager[None]:
        """A context that is left with `Cut` as soon as the tool is suspended, also when it already is."""
        ...


def resolve(caller: Caller, call: Call, register: Register) -> Tool:
    """The tool that a call asks for, for the purpose of the call or else of the caller's key.

    Raises NotOffered with the nearest name that this caller may use; BadRequest for a purpose that the key was not
    made for. The name asked for is not repeated: it may be anything, a pasted key included.
    """
    purpose = call.purpose or caller.purpose
    if caller.purposes and purpose not in caller.purposes:
        raise BadRequest(
            f"Your key is not made for the purpose that this call names. It may be used for: "
            f"{', '.join(sorted(caller.purposes))}. For another purpose, ask your administrators for a key.",
            code="purpose_not_on_key",
        )
    try:
        return register.resolve(replace(caller, purpose=purpose), call.model)
    except NotOffered as error:
        offers = [offer.model for offer in register.models(caller)]
        raise NotOffered(_not_offered(call.model, offers), code=error.code) from None


def _not_offered(asked: str, offers: list[str]) -> str:
    """What to say: the nearest name if there is one, and what there is to choose from."""
    if not offers:
        return (
            "This gateway does not offer the model asked for, and no AI tool is approved for your service area yet. "
            "Ask the Information Governance team."
        )
    near = difflib.get_close_matches(asked.casefold(), [offer.casefold() for offer in offers], n=1, cutoff=0.6)
    nearest = next((offer for offer in offers if near and offer.casefold() == near[0]), None)
    hint = f" Did you mean {nearest}?" if nearest else ""
    return f"This gateway does not offer the model asked for.{hint} Models you may use: {', '.join(offers)}."
