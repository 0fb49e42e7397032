"""Ways to hide a value from a machine, each a function from the value to how it would be written."""

import base64
import codecs
import html
from collections.abc import Callable

VALUES = (
    ("NINO", "my NI number is {}", "JG103759A"),
    ("PHONE", "ring me on {}", "07700 900123"),
    ("EMAIL", "write to {}", "jo.bloggs@example.org"),
    ("POSTCODE", "she lives at {}", "ME14 1AA"),
    ("NHS_NUMBER", "NHS number {}", "943 476 5919"),
    ("PAYMENT_CARD", "my card is {}", "4242 4242 4242 4242"),
    ("VEHICLE_REG", "car reg {}", "GN19 ABC"),
    ("IBAN", "IBAN {}", "GB33BUKB20201555555555"),
    ("SORT_CODE", "sort code {}", "20-15-55"),
    ("DATE_OF_BIRTH", "DOB {}", "03/05/1971"),
    ("UPN", "UPN {}", "A801200001001"),
    ("DRIVING_LICENCE", "licence {}", "MORGA657054SM9IJ"),
)

_CYRILLIC = str.maketrans("ABCEHKMOPTXaceopxy", "АВСЕНКМОРТХасеорху")
_SUPER = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")


def _wide(value: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def _mathematical(value: str) -> str:
    return "".join(
        chr(0x1D7CE + int(c)) if c.isdigit() else chr(0x1D400 + ord(c) - 65) if "A" <= c <= "Z" else c for c in value
    )


WAYS: dict[str, Callable[[str], str]] = {
    "zero width": "\u200b".join,
    "joiners": "\u2060".join,
    "soft hyphens": "\u00ad".join,
    "variation selectors": "\ufe0f".join,
    "bidi marks": lambda value: "\u202a" + "\u200e".join(value) + "\u202c",
    "tags": lambda value: "".join(chr(0xE0000 + ord(c)) for c in value),
    "look-alikes": lambda value: value.translate(_CYRILLIC),
    "full width": _wide,
    "mathematical": _mathematical,
    "superscript": lambda value: value.translate(_SUPER),
    "circled": lambda value: value.translate(_CIRCLED),
    "odd spaces": lambda value: value.replace(" ", "\u2009"),
    "combining": lambda value: "\u0336".join(value) + "\u0336",
    "decimal entities": lambda value: "".join(f"&#{ord(c)};" for c in value),
    "entities without end": lambda value: "".join(f"&#{ord(c)}" for c in value) + ";",
    "hex entities": lambda value: "".join(f"&#x{ord(c):x};" for c in value),
    "entities twice": lambda value: html.escape("".join(f"&#{ord(c)};" for c in value)),
    "percent": lambda value: "".join(f"%{ord(c):02X}" for c in value),
    "percent twice": lambda value: "".join(f"%25{ord(c):02X}" for c in value),
    "unicode escapes": lambda value: "".join(f"\\u{ord(c):04x}" for c in value),
    "json in json": lambda value: "".join(f"\\\\u{ord(c):04x}" for c in value),
    "byte escapes": lambda value: "".join(f"\\x{ord(c):02x}" for c in value),
    "octal escapes": lambda value: "".join(f"\\{ord(c):03o}" for c in value),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 of a sentence": lambda value: base64.b64encode(f"here it is: {value}, thanks".encode()).decode(),
    "base64 twice": lambda value: base64.b64encode(base64.b64encode(value.encode())).decode(),
    "base32": lambda value: base64.b32encode(value.encode()).decode(),
    "hex": lambda value: value.encode().hex(),
    "hex with spaces": lambda value: value.encode().hex(" "),
    "binary": lambda value: " ".join(f"{b:08b}" for b in value.encode()),
    "character codes": lambda value: " ".join(str(b) for b in value.encode()),
    "quoted-printable": lambda value: "".join(f"={b:02X}" for b in value.encode()),
    "spaced": lambda value: " ".join(value.replace(" ", "")),
    "wide spaced": lambda value: "  ".join(value.replace(" ", "")),
    "dashed": lambda value: "-".join(value.replace(" ", "").replace("-", "")),
    "dotted": lambda value: ".".join(value.replace(" ", "")) if "@" not in value else value.replace(".", " . "),
    "slashed": lambda value: (
        "/".join(value.replace(" ", "").replace("/", "").replace("-", "")) if "@" not in value else value
    ),
    "underscored": lambda value: "_".join(value.replace(" ", "")) if "@" not in value else value,
    "starred": lambda value: "*".join(value.replace(" ", "")),
    "line broken": lambda value: value[: len(value) // 2] + "\n" + value[len(value) // 2 :],
    "line by line": lambda value: "\n".join(value.replace(" ", "")),
    "in brackets": lambda value: "".join(f"[{c}]" for c in value.replace(" ", "")),
    "letters for digits": lambda value: value.replace("0", "O").replace("1", "l"),
    "reversed, announced": lambda value: value[::-1] + " (it is backwards)",
    "rot13, announced": lambda value: codecs.encode(value, "rot13") + " in ROT13",
}
"""Ways by name. An announcement lies outside what is hidden; see `written`."""


def written(way: str, value: str) -> tuple[str, str]:
    """The hidden value, and what is said of it afterwards."""
    made = WAYS[way](value)
    for said in (" (it is backwards)", " in ROT13"):
        if made.endswith(said):
            return made.removesuffix(said), said
    return made, ""


TOLD = (
    "Write it reversed: phone = [[PHONE:009 009 00770]]",
    "I'm going to reverse it. NI = [[NINO:A957301GJ]]",
    "backwards, his e-mail: [[EMAIL:gro.elpmaxe@sggolb.oj]]",
    "ring [[PHONE:321009 00770]] backwards",
    "His number in reverse is [[PHONE:321 009 00770]].",
    "mirror writing: [[POSTCODE:AA1 41EM]]",
    "NI is [[NINO:NY 12 34 56 A]] but don't tell",
    "reg [[VEHICLE_REG:golf november one nine alpha bravo charlie]]",
    "NI: [[NINO:Juliet Golf one zero three seven five nine Alpha]]",
    "postcode [[POSTCODE:Mike Echo one four one Alpha Alpha]]",
    "[[VEHICLE_REG:GOLF NOVEMBER ONE NINE ALPHA BRAVO CHARLIE]] is the car",
    "NI [[NINO:november yankee, twelve, thirty four, fifty six, alpha]]",
    "NI [[NINO:J for Juliet, G for golf, 103759, A for alpha]]",
    "postcode [[POSTCODE:M E fourteen one A A]]",
    "it's [[POSTCODE:Mike Echo fourteen, one Alpha Alpha]]",
    "in morse [[PHONE:----- --... --... ----- ----- ----. ----- ----- .---- ..--- ...--]]",
    "NI number [[NINO:.--- --. .---- ----- ...-- --... ..... ----. .-]]",
    "ring [[PHONE:o7700 9oo i23]]",
    "mobile [[PHONE:O-7-7-O-O-9-O-O-1-2-3]]",
    "phone [[PHONE:0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣]]",
    "[[PHONE:nought seven seven zero zero nine zero zero one two three]] is my mobile",
    "tel [[PHONE:07seven00 nine00 one23]]",
    "tel [[PHONE:zero77zero0 9zero0 one23]]",
    "[[EMAIL:jo dot bloggs at-sign example dot org]]",
    "[[EMAIL:jo.bloggs (at) example (dot) org]]",
    "[[EMAIL:jo.bloggs AT example.org]] is my email",
    "email: [[EMAIL:jo .bloggs @example. org]]",
    "[[EMAIL:moc.elpmaxe@zeb]] (reversed)",
    "[[NHS_NUMBER:nine four three four seven six five nine one nine]] is my nhs number",
    "sort code [[SORT_CODE:twenty fifteen fifty-five]]",
    "the card is [[PAYMENT_CARD:4242-4242 and then 4242-4242]]",
    "Phone [[PHONE:07700, next bit 900, last bit 123]]",
    "phone [[PHONE:(0)(7)(7)(0)(0)(9)(0)(0)(1)(2)(3)]]",
    "phone [[PHONE:0-7-7-0-0 9-0-0 1-2-3]]",
    "NI [[NINO:J/G/1/0/3/7/5/9/A]]",
    "NI [[NINO:JG one oh three seven five nine A]]",
    "NI [[NINO:JG1O3759A]]",
    "reg [[VEHICLE_REG:G.N.1.9.A.B.C]]",
    "reg [[VEHICLE_REG:CBA 91NG]] written backwards",
    "dob backwards is [[DATE_OF_BIRTH:1791/50/30]]",
    "Can you read it backwards? [[EMAIL:elpmaxe.liam@eladsnol.zeh]] .htiw siht",
)
