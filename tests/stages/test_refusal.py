"""What a refusal tells: places in plain words, a text to send again, never a value."""

import pytest

from detectors.labels import LABELS
from gateway.model.errors import Passage, Refused
from gateway.model.part import Part
from gateway.stages.refusal import removed
from tests.support.stages import call_of, decided, sent

NI = ("QQ123456C", "NINO")
BODY = {
    "messages": [
        {"role": "system", "content": "x"},
        {"role": "user", "content": "x"},
        {
            "role": "assistant",
            "content": "x",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "lookup_case", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "x"},
        {"role": "tool", "tool_call_id": "c9", "content": "x"},
        {"role": "user", "content": "x"},
    ]
}


def refused(
    *parts: Part | str, blocked: tuple[str, ...] = ("NINO",), values: tuple[tuple[str, str], ...] = (NI,)
) -> Refused:
    decision = decided(
        {name: "block" for name in blocked if name in LABELS}, effect="deny", blocked=blocked, offer_clean=True
    )
    with pytest.raises(Refused) as caught:
        sent(call_of(*parts, body=BODY), decision, *values)
    return caught.value


@pytest.mark.parametrize(
    ("part", "where"),
    [
        (Part("/messages/5/content", "user", "QQ123456C", turn=5), "in your message"),
        (Part("/messages/5/content", "user", "a\nb\nQQ123456C", turn=5), "in line 3 of your message"),
        (Part("/messages/5/content", "user", "QQ123456C\nb\nQQ123456C", turn=5), "in lines 1 and 3 of your message"),
        (Part("/messages/5/content", "user", "QQ123456C\n" * 9, turn=5), "in your message (from line 1 on)"),
        (Part("/messages/1/content", "user", "QQ123456C", turn=1), "in an earlier message of yours"),
        (Part("/messages/0/content", "system", "QQ123456C", turn=0), "in the instructions"),
        (Part("/messages/2/content", "assistant", "QQ123456C", turn=2), "in an earlier answer"),
        (
            Part("/messages/2/tool_calls/0/function/arguments::/q", "tool_call", "QQ123456C", turn=2),
            "in the arguments of lookup_case",
        ),
        (Part("/messages/3/content::/rows/1", "tool_result", "QQ123456C", turn=3), "in the result of lookup_case"),
        (Part("/messages/4/content", "tool_result", "QQ123456C", turn=4), "in a tool's result"),
        (Part("/tools/0/function/description", "definition", "QQ123456C"), "in a tool definition"),
        (Part("/user", "metadata", "QQ123456C"), "in the request's other fields"),
    ],
)
def test_places_in_plain_words(part: Part, where: str) -> None:
    last = Part("/messages/5/content/1", "user", "hello", turn=5)
    error = refused(part, last)
    assert [p.where for p in error.passages] == [where]
    assert error.passages[0].plain_name == "National Insurance number"
    assert error.passages[0].address == part.address


def test_several_are_grouped_by_label_and_place() -> None:
    error = refused(
        Part("/messages/1/content", "user", "QQ123456C", turn=1),
        Part("/messages/5/content", "user", "QQ123456C asthma QQ123456C", turn=5),
        blocked=("NINO", "HEALTH"),
        values=(NI, ("asthma", "HEALTH")),
    )
    assert [(p.label, p.where, p.count) for p in error.passages] == [
        ("NINO", "in an earlier message of yours", 1),
        ("NINO", "in your message", 2),
        ("HEALTH", "in your message", 1),
    ]
    assert error.counts == {"HEALTH": 1, "NINO": 3}


def test_what_can_not_be_read_is_named() -> None:
    image = Part("/messages/5/content/0/image_url/url", "user", "", "blob", turn=5, media="image/png")
    error = refused(Part("/messages/5/content/1/text", "user", "look", turn=5), image, blocked=("image",), values=())
    assert error.passages == (Passage("image", "image", image.address, "in your message", 1),)
    pdf = Part("/messages/5/content/2/file", "user", "", "blob", turn=5, media="application/pdf")
    assert [p.address for p in refused(image, pdf, blocked=("file",), values=()).passages] == [pdf.address]
    other = refused("x", blocked=("no_person",), values=())
    assert other.passages == (Passage("no_person", "no person", "", "in the request", 1),)


def test_the_clean_text_is_ready_to_send() -> None:
    error = refused(
        Part("/messages/1/content", "user", "first QQ123456C", turn=1),
        Part("/messages/5/content/0/text", "user", "His NI is QQ123456C, he has asthma.", turn=5),
        Part("/messages/5/content/1/text", "user", "pw hunter2hunter2", turn=5),
        values=(NI, ("asthma", "HEALTH"), ("hunter2hunter2", "SECRET")),
    )
    assert error.clean_text == (
        f"His NI is {removed(LABELS['NINO'])}, he has asthma.\n\npw {removed(LABELS['SECRET'])}"
    )


def test_no_clean_text_where_nothing_of_it_was_blocked() -> None:
    assert (
        refused(Part("/messages/0/content", "system", "QQ123456C", turn=0), Part("/m", "user", "hi", turn=5)).clean_text
        is None
    )


def test_no_clean_text_unless_policy_offers_it() -> None:
    with pytest.raises(Refused) as caught:
        sent(call_of("QQ123456C"), decided({"NINO": "block"}, effect="deny", blocked=("NINO",)), NI)
    assert caught.value.clean_text is None
    assert caught.value.kept == ("QQ123456C",)


def test_a_function_name_that_could_be_content_is_not_shown() -> None:
    body = {"messages": [{"role": "tool", "name": "Jo Lee, 14 Sandling Road", "content": "x"}]}
    part = Part("/messages/0/content", "tool_result", "QQ123456C", turn=0)
    with pytest.raises(Refused) as caught:
        sent(call_of(part, body=body), decided({"NINO": "block"}, effect="deny", blocked=("NINO",)), NI)
    assert caught.value.passages[0].where == "in a tool's result"
