"""Recall: find the call's conversation, and put a reference where a refused message is sent again as history."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.ledger.port import Entry
from gateway.model.call import Call
from gateway.model.caller import Tool

WITHHELD = "[This message was withheld by the council's AI gateway. Record {ref}.]"


async def recall(call: Call, tool: Tool, entry: Entry) -> Call:
    """`call` with every earlier text that this actor had refused replaced by its record's reference, so that
    the conversation can go on. Raises Unavailable where the ledger can't be asked."""
    refused = await entry.recall(call, tool)
    return withheld(call, refused) if refused else call


def withheld(call: Call, refused: Mapping[str, str]) -> Call:
    """`call` with the texts and blobs at the given addresses replaced by words; other addresses are left alone."""
    words = {address: WITHHELD.format(ref=ref) for address, ref in refused.items()}
    edits = {p.address: words[p.address] for p in call.parts if p.kind in ("text", "blob") and p.address in words}
    parts = tuple(
        replace(part, text=edits[part.address], kind="text", media="") if part.address in edits else part
        for part in call.parts
    )
    return replace(call, parts=parts, edits={**call.edits, **edits})
