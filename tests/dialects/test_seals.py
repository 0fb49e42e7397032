"""Providers' seals on pictures: left alone where they say that AI made it, and only there."""

import base64

import pytest

from gateway.dialects import pictures, seals
from gateway.dialects.openai_images import OpenAIImages
from gateway.model.event import Head
from tests.support.media import AI_MADE, manifest, picture, pixels, sealed, xmp_of

FORMS = ("png", "jpeg", "webp")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "term", ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia"]
)
def test_a_seal_that_says_ai(form: str, term: str) -> None:
    data = sealed(form, manifest(f"http://cv.iptc.org/newscodes/digitalsourcetype/{term}"))
    assert pixels(data) == pixels(picture(form))
    assert seals.says_ai(data)


def test_a_seal_in_many_segments() -> None:
    for piece in (7, 50, 3072, 3079, 3111):
        assert seals.says_ai(sealed("jpeg", manifest(), piece))


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_such_seal(form: str) -> None:
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/"
    for data in (
        picture(form),
        sealed(form, manifest(f"{source}digitalCapture")),
        sealed(form, manifest(f"{source}trainedAlgorithmicMediaNot")),
        sealed(form, manifest(kind=b"json")),
        sealed(form, AI_MADE.encode()),
        sealed(form, manifest(), more=b"words behind the picture"),
    ):
        assert not seals.says_ai(data)
        assert pictures.kind_of(data) == f"image/{form}"
    with pytest.raises(ValueError, match=r"cut short|end|broken"):
        seals.says_ai(picture(form)[:-3])


@pytest.mark.parametrize("form", FORMS)
def test_a_sealed_picture_is_handed_on_as_it_came(form: str) -> None:
    dialect = OpenAIImages()
    call = dialect.read({"model": "m", "prompt": "A bin", "n": 2}, {})
    rows = [{"b64_json": base64.b64encode(data).decode()} for data in (sealed(form, manifest()), picture(form))]
    events = dialect.decoder(call).whole({"data": rows})
    head = events[0]
    assert isinstance(head, Head)
    assert head.headers == {"X-AI-Notice": "provider-seal-kept"}
    noted = [Head(head.fields, {}, "AI helped write this.", "MBC-1"), *events[1:]]
    first, second = dialect.collect(call, noted)["data"]
    assert first == rows[0]
    assert AI_MADE in xmp_of(base64.b64decode(second["b64_json"]))
