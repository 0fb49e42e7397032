import base64
import random

from detectors.blobs import MOST_BLOBS, blobs


def test_writing_is_decoded_from_base64_and_hex() -> None:
    text = "Call Mrs Patel on 07700 900123"
    for blob in (
        base64.b64encode(text.encode()).decode(),
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
        text.encode().hex(),
        text.encode().hex(" "),
        "0x" + text.encode().hex(),
    ):
        [found] = blobs(f"see {blob} there")
        assert found.decoded == text
        assert found.start == 4


def test_random_bytes_and_ordinary_words_are_not_writing() -> None:
    random.seed(7)
    for _ in range(200):
        assert list(blobs(base64.b64encode(random.randbytes(60)).decode())) == []
    assert list(blobs("a-very-long-file-name-with-hyphens_and_underscores and 8f1e2c6a19d44f3c9b7051d2aa7e0c34")) == []


def test_their_number_is_bounded() -> None:
    blob = base64.b64encode(b"Call Mrs Patel on Monday").decode()
    assert len(list(blobs(f"{blob} " * (MOST_BLOBS * 2)))) == MOST_BLOBS
