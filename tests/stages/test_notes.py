"""The note's wording: what a template may say, and what it may not."""

import pytest

from gateway.stages.notes import DEFAULT_TEMPLATE, Notes
from tests.support.stages import NOTE, NOTES, REF


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("AI wrote it all. {controller}.", "{ref}"),
        ("AI wrote it all. {ref} {ref} {controller}", "once each"),
        ("AI wrote it all. {controller.x} {ref}", "once each"),
        ("AI wrote it all. {controller!r} {ref}", "once each"),
        ("AI wrote it all. {controller} {ref} {x}", "once each"),
        ("AI wrote it all. {controller} {ref", "braces"),
        ("{controller} used AI. {ref}", "begin"),
        ("Written by a machine. {controller} {ref}", "AI"),
        ("AI wrote it all.\n{controller} {ref}", "one paragraph"),
        ("AI wrote <b>it all</b>. {controller} {ref}", "markup"),
        ("AI wrote it all" + "x" * 400 + ". {controller} {ref}", "at most 400"),
        ("AI wrote this; it contains no personal data. {controller} {ref}", "personal data"),
        ("AI wrote this, checked by an officer. {controller} {ref}", "a check"),
    ],
)
def test_templates_that_can_not_be_true_or_used(template: str, says: str) -> None:
    with pytest.raises(ValueError, match="swale") as caught:
        Notes({"swale": ("Swale Borough Council", template)})
    assert says in str(caught.value)


def test_the_default_wording() -> None:
    assert (
        NOTES.render("maidstone", REF)
        == NOTE
        == DEFAULT_TEMPLATE.format(controller="Maidstone Borough Council", ref=REF)
    )
    with pytest.raises(ValueError, match="name is empty"):
        Notes({"swale": (" ", None)})
