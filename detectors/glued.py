"""Labels glued to their value, "tel07700900123" or "NINOAB123456C": where the space belongs that was left out.

Writing that has no spaces, as Chinese and Thai, glues whatever else stands in it: "电话是07700 900123".
"""

import re
from collections.abc import Iterator

from detectors.folding import lower, on_lower

_GLUED = on_lower(
    r"(?<![a-z0-9])(?:(?:tel|mob|mobile|phone|fax|call|ring|nino|ni|nhs|utr|upn|uprn|card|visa|pan|reg|vrm|vrn|plate|sort|"
    r"sortcode|sc|acc|acct|account|ac|post ?code|pc|passport|licence|license|dln|dob|iban|ref|claim|emp|pcn)"
    r"(?:no|num|number|code)?|no|number)"
    r"(?=\d{4}|[a-z]{1,2}\d{2}(?:\d{2}|[ ]?[a-z]{3}\b|[ ]?[a-z]{4}[ ]?\d)|[a-z]{1,2}\d{1,2}[ ]?\d[a-z]{2}\b"
    r"|[a-z]{5}\d{6}|\d\d?[\-–./ ]\d\d?[\-–./ ]\d\d)"
)

_UNSPACED = "[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_BETWEEN_SCRIPTS = re.compile(rf"(?<={_UNSPACED})(?=[A-Za-z0-9+])|(?<=[A-Za-z0-9])(?={_UNSPACED})")


def glued(text: str) -> Iterator[int]:
    """The places where a label ends and its value begins without a space."""
    if not text.isascii():
        for match in _BETWEEN_SCRIPTS.finditer(text):
            yield match.start()
    for match in _GLUED.finditer(lower(text)):
        yield match.end()
