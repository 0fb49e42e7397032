"""What the blind index is made from: found values of request and reply, never a secret."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from detectors.finding import Finding
from detectors.labels import LABELS
from gateway.model.errors import Refused
from gateway.model.event import Event, Finished
from gateway.model.part import Part
from gateway.stages.guard import guard
from gateway.stages.named import named
from gateway.stages.restore import Restorer
from tests.support.stages import Detector, call_of, decided, prose, sent, stream

NAME, SECRET, NINO = ("Siobhan O'Connor", "PERSON"), ("hunter2", "SECRET"), ("QQ123456C", "NINO")


def test_values_in_order_without_secrets_titles_or_unknown_labels() -> None:
    text = "Mrs Siobhan O'Connor's NI is QQ123456C, password hunter2, size 9."
    found = [
        Finding(text.index("QQ"), text.index(","), "NINO", 1.0, "test", "1"),
        Finding(0, text.index(" NI"), "PERSON", 1.0, "test", "1"),
        Finding(text.index("hunter2"), text.index(", size"), "SECRET", 1.0, "test", "1"),
        Finding(text.index("size"), text.index("."), "SHOE_SIZE", 1.0, "test", "1"),
    ]
    part = Part("/m/0", "user", text)
    assert named([part], [found], LABELS) == ((("PERSON", "Siobhan O'Connor"), ("NINO", "QQ123456C")),)


def test_an_identifier_split_over_two_parts_counts_whole() -> None:
    parts = [
        Part("/m/0", "user", "NI QQ 12 34 "),
        Part("/m/1", "user", "56 C please"),
        Part("/m/2", "user", "Nothing."),
    ]
    found = [
        [Finding(3, 11, "NINO", 1.0, "nino/join", "1")],
        [Finding(0, 4, "NINO", 1.0, "nino/join", "1")],
        [],
    ]
    assert named(parts, found, LABELS) == ((("NINO", "QQ 12 3456 C"),), (("NINO", "56 C"),), ())


def test_a_repetition_that_detection_missed_counts() -> None:
    call = call_of("Siobhan O'Connor called.", "Ring Siobhan O'Connor.")
    inspected = Detector([NAME])
    outgoing, _ = sent(call, None, NAME)
    assert outgoing.named == ((("PERSON", "Siobhan O'Connor"),),) * 2
    from gateway.stages.inspection import Inspection
    from gateway.stages.transform import transform
    from tests.support.stages import CALLER, TOOL, TRANSFORMER

    once = Inspection((inspected.inspect(call.parts[0].text), ()))
    outgoing, _ = transform(call, CALLER, TOOL, once, decided(), TRANSFORMER)
    assert outgoing.named == ((("PERSON", "Siobhan O'Connor"),),) * 2


def test_a_refusal_carries_them_for_schedules_that_keep_what_is_refused() -> None:
    with pytest.raises(Refused) as raised:
        sent(call_of("QQ123456C and hunter2"), decided(effect="deny"), NINO, SECRET)
    assert raised.value.named == ((("NINO", "QQ123456C"),),)
    assert "QQ123456C" not in repr(raised.value)


async def _last(source: AsyncIterator[Event]) -> Event:
    return [event async for event in source][-1]


async def test_what_is_new_in_a_reply() -> None:
    events = stream(*prose(["Dr Siobhan O'Connor has QQ123456C, hunter2."]))
    decision = replace(decided(reply="flag"))
    last = await _last(guard(events, Restorer("maidstone"), decision, Detector([NAME, NINO, SECRET])))
    assert isinstance(last, Finished)
    assert sorted(last.named) == [("NINO", "QQ123456C"), ("PERSON", "Siobhan O'Connor")]
    assert "QQ123456C" not in repr(last)
