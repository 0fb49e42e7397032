"""Identifiers of people made by rule, in the forms and settings in which they are written, said and copied, beside
numbers of the same look that are nobody's.

The patterns know the neat forms; the encoder is to see, by what stands around, those that are spoken, broken, mended,
cut short or stand in a column whose header is far above.
"""

import random
import re
import string
from collections.abc import Callable, Iterator, Sequence

from detectors.names.training.corpus import Example, parse
from detectors.names.training.people import People, plain

_CALLED = {
    "NINO": ("NI number", "nino", "NI no", "NI", "nat ins number", "national insurance", "Nat. Ins. No.", "N.I.", "ni_number"),
    "NHS_NUMBER": ("NHS number", "nhs no", "NHS", "NHS No.", "nhs num", "nhs_no", "health number", "NHS #"),
    "PASSPORT": ("passport", "passport no", "passport number", "ppt", "passp.", "travel document", "pp no"),
    "DRIVING_LICENCE": ("driving licence", "licence no", "DL", "driver number", "D/L", "DVLA driver no", "licence"),
    "VEHICLE_REG": ("reg", "registration", "reg no", "VRM", "plate", "number plate", "car", "van reg", "vehicle", "vrm"),
    "BANK_ACCOUNT": ("account number", "acc no", "a/c", "acct", "bank account", "account", "a/c no.", "acc", "pays into"),
    "SORT_CODE": ("sort code", "sort", "s/c", "sc", "Sort Code", "sortcode"),
    "IBAN": ("IBAN", "iban", "foreign account", "IBAN no."),
    "PAYMENT_CARD": ("card", "card number", "long number on the front", "debit card", "card no", "Visa", "PAN"),
    "UTR": ("UTR", "tax reference", "unique taxpayer reference", "self assessment no", "HMRC UTR", "utr"),
    "UPN": ("UPN", "unique pupil number", "upn", "pupil number"),
    "UPRN": ("UPRN", "uprn", "property ref UPRN"),
    "PHONE": ("tel", "mobile", "mob", "phone", "number", "ring", "call", "home", "T:", "contact no", "whatsapp", "text"),
    "EMAIL": ("email", "e-mail", "mail", "e:", "email address", "contact"),
    "POSTCODE": ("postcode", "post code", "pc", "p/code", "postcode is"),
    "DATE_OF_BIRTH": ("DOB", "date of birth", "born", "d.o.b.", "dob", "birthday"),
}  # fmt: skip
_SAID = (
    "{w} {v}", "{w}: {v}", "{w} is {v}", "{w} = {v}", "{w}, {v},", "{v} ({w})", "{v} is the {w}", "my {w} is {v}", "her {w}'s {v} I think", "his {w} – {v}", "{P} – {w} {v}", "{P}, {w} {v}", "{P} ({v})", "{w} given as {v}", "{w} on the form {v}, on the letter {v}", "{w} was {v}, now {v}", "{w}\n{v}", "{w} ......... {v}", "{w}\t{v}",
    "Agent: and your {w}?\nCaller: {v}", "Q: {w}\nA: {v}", "Adviser: can I take the {w} please\n{P}: yeah it's {v}", "OP: {w}?\nCU: {v}\nOP: thank you", "[10:02] what's the {w}\n[10:03] {v}", "umm {w} hang on {v} yeah", "she read out {v} for the {w}", "{w} ({P}): {v}", "> {w}: {v}", "- {w}: {v}\n- {w2}: {v2}", "{w} {v}, {w2} {v2}", "{w} {v} and {w2} {v2}", "{w}: {v} | {w2}: {v2}",
    '"{k}": "{v}"', '{{"name": "{P}", "{k}": "{v}"}}', "{k}={v}", "<{k}>{v}</{k}>", "{k}: {v}", "'{k}' => '{v}'", "WHERE {k} = '{v}'", "INSERT INTO people VALUES ('{P}','{v}','{v2}');", "UPDATE t SET {k}='{v}' WHERE name='{P}'", "validate(\"{v}\")  # {w} of {P}", "{w} field: {v}?", "person.{k} = \"{v}\"",
    "name,{k}\n{P},{v}\n{P2},{v}", "{k}|{k2}|name\n{v}|{v2}|{P}\n{v}|{v2}|{P2}", "Name\t{w}\t{w2}\n{P}\t{v}\t{v2}\n{P2}\t{v}\t{v2}", "| name | {w} |\n|---|---|\n| {P} | {v} |\n| {P2} | {v} |", "{w}s to check:\n{v}\n{v}\n{v}", "{w} numbers: {v}, {v} and {v}", "A2 {P}   B2 {v}   C2 {v2}", "=VLOOKUP(\"{v}\",Sheet2!A:C,2,FALSE)", "{P};{v};{v2};{P2};{v};{v2}",
    "{w} ends {v}? no, {v}", "first half of the {w} {v}", "I've got {v} down as {P}'s {w}", "is {v} right for {P}", "{P} {v} {v2}", "{w} crossed out, {v} written over it", "{w} (as heard): {v}", "{P}'s {w} {v} does not match {v}", "Re: {P} {w} {v}", "{w} per bank letter {v}", "{w}: {v} (mother), {v} (father)",
)  # fmt: skip
_BARE = ("{P} {v}", "{P}, {v}", "{P} {v} {v2}", "{v} {P}", "{P}\n{v}\n{v2}", "{P} | {v} | {v2}", "{P} - {v}")
_PLAIN = ("NINO", "VEHICLE_REG", "POSTCODE", "PHONE", "EMAIL", "DRIVING_LICENCE", "NHS_NUMBER", "DATE_OF_BIRTH")
"""What its form gives away, so that a name beside it is enough."""
_NOBODY = (
    "invoice {n10}", "order {n8} for {n2} lamps", "PO {n8}", "meter {n10} reads {n5}", "MPAN {n13}", "tracking {a2}{n9}GB", "consignment {n12}", "company number {n8}", "charity no. {n7}", "VAT GB {n9}", "VAT reg {n3} {n4} {n2}", "ISBN 978-{n1}-{n4}-{n4}-{n1}", "EAN {n13}", "barcode {n13}", "SKU {a2}{n6}{a1}", "part no {a2} {n2} {n2} {n2} {a1}", "serial {a1}{n12}", "model {a2}{n2} {a3}", "toner {a2}-{n4}{a1}", "grid ref TQ {n3} {n3}", "easting {n6} northing {n6}",
    "account code {n8} (ledger)", "GL {n6}/{n8}", "cost code {n2}-{n2}-{n2}", "sort code 00-00-00 is the placeholder", "e.g. QQ 12 34 56 C", "format AA999999A", "ZZ99 9ZZ for no fixed abode", "sample NHS number 999 000 0000", "test card 4111 1111 1111 1111", "reg AB12 CDE in the mock-up", "ten digits, like 1234567890", "dial 0800 {n3} {n4} for the helpline", "switchboard 01{n3} {n6}", "reception 01{n3} {n6}", "call the office on 0300 {n3} {n4}", "fax 01{n3} {n6} (disconnected)",
    "version 10.{n1}.{n2}.{n3}", "build {n10}", "ticket {n8}", "asset tag {n8}", "lamp column {n4}", "bin route {n2}{a1}", "crate {a2}{n2} {a3}", "lot {n8}", "batch {a2}{n6}{a1}", "£{n5}.{n2} of £{n6}", "population {n5}, households {n5}", "{n4} to {n4} on {n2}.{n2}.{n2}", "score {n2}-{n2}-{n2}", "times 10-15-30 and 11-45-00", "CPV {n8}-{n1}", "SIC {n5}, NUTS UKJ{n2}", "IMEI {n15}", "drawing {n10} rev C", "minutes {n2}-{n2}-{n2}", "planning 2{n1}/{n6}/FULL", "tender DN{n6}", "IP ranges 10.0.0.0/8 and 192.168.0.0/16",
    "generic mailbox, see the website", "info@ and enquiries@ are role mailboxes", "DOB must be DD/MM/YYYY", "NI numbers have two letters, six figures and a letter", "an IBAN has up to 34 characters", "column UTR is empty", "passport_number is NULL", "nhs_no VARCHAR(10) NOT NULL", "the UPN generator starts at {n4}", "sort the codes by date {n2}/{n2}/{n2}", "paid {n2} {n2} {n2}", "hymns {n3} {n3} {n3}", "chapters {n2}, {n2}, {n2} {n2}", "item {n2}{n2}{n2}", "{n6} visits, {n8} hits", "error 0x{n8}", "RS232, USB3, M2{n1} J{n1}", "postcodes ME14 to ME17", "all of TN1 and TN2",
)  # fmt: skip
_FIGURES = re.compile(r"\{n(?P<size>\d+)\}")
_LETTERS = re.compile(r"\{a(?P<size>\d+)\}")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ALPHABET = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey x-ray yankee zulu"
).split()
_HOMELY = (
    "apple bob cat dog egg fred george harry ice john kilo lemon mother nut orange peter queen robert sugar tommy "
    "umbrella vinegar william xylophone yellow zebra"
).split()
_MENDED = ("no sorry", "no,", "sorry", "I mean", "er no", "scratch that,", "not that,", "make that")
_PAUSES = (
    ", ",
    " ... ",
    " umm ",
    "\nyep\n",
    "\nAgent: yep\nCaller: ",
    "\nOP: go on\nCU: ",
    " – ",
    " then ",
    '"}\n{"m":"',
)


class Figures:
    """Makes examples of people's identifiers, and of what only looks so."""

    def __init__(self, people: People, chance: random.Random) -> None:
        self._people, self._chance = people, chance
        self._made: dict[str, Callable[[], str]] = {
            "NINO": lambda: (
                f"{self._letters(2)}{self._gap('  .-')}{self._grouped(6, (2, 2, 2))}{self._pick(('', ' ', '-'))}"
                f"{self._pick('ABCD')}"
            ),
            "NHS_NUMBER": lambda: self._grouped(10, (3, 3, 4)),
            "PASSPORT": lambda: self._pick((self._number(9), f"{self._letters(2)}{self._number(7)}", f"{self._letters(3)} {self._number(6)}")),
            "DRIVING_LICENCE": self._licence,
            "VEHICLE_REG": self._plate,
            "BANK_ACCOUNT": lambda: self._grouped(8, chance.choice(((4, 4), (2, 2, 2, 2), (3, 5), (2, 3, 3)))),
            "SORT_CODE": lambda: self._grouped(6, (2, 2, 2), "- -–/."),
            "IBAN": lambda: (
                f"{self._pick(('GB', 'PL', 'RO', 'DE', 'IE', 'LT', 'FR'))}{self._number(2)} "
                f"{self._letters(4)} {self._grouped(14, (4, 4, 4, 2))}"
            ),
            "PAYMENT_CARD": lambda: f"{self._pick('453')}{self._grouped(15, (3, 4, 4, 4))}",
            "UTR": lambda: self._grouped(10, (5, 5)),
            "UPN": lambda: f"{self._pick(string.ascii_uppercase)}{self._grouped(12, (3, 4, 5))}",
            "UPRN": lambda: f"{self._pick(('1000', '2000', '1001', '10'))}{self._number(8)}",
            "PHONE": lambda: self._pick((
                f"07{self._grouped(9, (3, 6))}", f"07700 900{self._number(3)}", f"+44 7{self._grouped(9, (3, 3, 3))}",
                f"01{self._number(3)} {self._number(6)}", f"07{self._number(3)} {self._number(2)} {self._number(2)} {self._number(2)}",
            )),
            "EMAIL": self._email,
            "POSTCODE": self._postcode,
            "DATE_OF_BIRTH": self._birth,
        }  # fmt: skip

    def many(self, count: int) -> Iterator[Example]:
        """`count` examples; two in five hold numbers that are nobody's, some beside somebody's."""
        pick, draw = self._chance.choice, self._chance.random
        for _ in range(count):
            parts = [self._nobody() if draw() < 0.4 else self._somebody() for _ in range(pick((1, 1, 1, 2, 2, 3)))]
            yield parse(pick(("\n", "\n", " ", "; ", "\n\n")).join(parts), "figures", "figures")

    def _nobody(self) -> str:
        made = self._chance.choice(_NOBODY)
        made = _FIGURES.sub(lambda m: self._number(int(m["size"])), made)
        made = _LETTERS.sub(lambda m: self._letters(int(m["size"])), made)
        return made.lower() if self._chance.random() < 0.1 else made

    def _somebody(self) -> str:
        bare = self._chance.random() < 0.15
        frame = self._chance.choice(_BARE if bare else _SAID)
        labels = self._chance.sample(_PLAIN if bare else tuple(_CALLED), k=2)
        for label, which in zip(labels, ("", "2"), strict=True):
            called = self._chance.choice(_CALLED[label])
            if self._chance.random() < 0.15:
                called = called.upper()
            frame = frame.replace(f"{{w{which}}}", called)
            key = "".join(c if c.isalnum() else "_" for c in called.lower()).strip("_")
            frame = frame.replace(f"{{k{which}}}", key)
            while f"{{v{which}}}" in frame:
                frame = frame.replace(f"{{v{which}}}", self.value(label), 1)
        for which in ("", "2"):
            name = f"[[PERSON|{self._people.forename()} {self._people.surname()}]]"
            frame = frame.replace(f"{{P{which}}}", name)
        return frame.replace("{{", "{").replace("}}", "}")

    def value(self, label: str, *, whole: bool = False) -> str:
        """One value with its marks, in one of the ways of writing it; `whole` where it is not to come in halves."""
        made, draw = self._made[label](), self._chance.random()
        if draw < 0.5 or label == "DATE_OF_BIRTH":
            return f"[[{label}|{made.lower() if draw < 0.1 else made}]]"
        if label == "EMAIL":
            return f"[[{label}|{self._spoken_mail(made) if draw < 0.8 else made}]]"
        if draw < 0.6:
            made = " ".join(c for c in made if c.isalnum())
        elif draw < 0.68:
            made = made.replace("0", self._chance.choice("Oo"))
        elif draw < 0.84:
            made = self._spoken(made)
        elif draw < 0.92 and not whole:
            return self._apart(label, made)
        else:
            made = self._mended(made)
        return f"[[{label}|{made}]]"

    def _apart(self, label: str, value: str) -> str:
        """Its two halves with something between them."""
        cut = self._chance.randint(2, max(2, len(value) - 2))
        first, second = value[:cut].strip(" -."), value[cut:].strip(" -.")
        if not first or not second:
            return f"[[{label}|{value}]]"
        return f"[[{label}|{first}]]{self._chance.choice(_PAUSES)}[[{label}|{second}]]"

    def _mended(self, value: str) -> str:
        """Two figures said wrongly and put right at once."""
        cut = self._chance.randint(1, max(1, len(value) - 3))
        return f"{value[: cut + 2]} {self._chance.choice(_MENDED)} {value[cut:]}"

    def _spoken(self, value: str) -> str:
        """As read out on the telephone."""
        letters = self._chance.choice((_ALPHABET, _HOMELY, None))
        made: list[str] = []
        plain = [c for c in value if c.isalnum()]
        index = 0
        while index < len(plain):
            one = plain[index]
            double = index + 1 < len(plain) and plain[index + 1] == one and one.isdigit()
            word = self._chance.choice(("oh", "zero")) if one == "0" else one
            if one.isdigit() and one != "0":
                word = _DIGITS[int(one)]
            elif one.isalpha() and letters is not None:
                said = letters[ord(one.upper()) - 65] if one.isascii() else one
                word = self._chance.choice((said, f"{one.upper()} for {said}", one.lower()))
            made.append(f"double {word}" if double else word)
            index += 2 if double else 1
        return self._chance.choice((" ", " ", ", ")).join(made)

    def _spoken_mail(self, mail: str) -> str:
        for sign, word in ((".", "dot"), ("@", "at"), ("_", "underscore"), ("-", "dash")):
            mail = mail.replace(sign, f" {word} ")
        return mail

    def _email(self) -> str:
        first, last = (plain(name) or "kim" for name in (self._people.forename(), self._people.surname()))
        host = self._pick(
            ("mailbox.example", "post.example", f"{last}.example", "talktalk.example", "home-mail.example")
        )
        return f"{self._pick((f'{first}.{last}', f'{first}{self._number(2)}', f'{first[0]}_{last}', f'{last}.{first[0]}'))}@{host}"

    def _licence(self) -> str:
        last = "".join(c for c in self._people.surname().upper() if c.isascii() and c.isalpha())[:5].ljust(5, "9")
        made = f"{last}{self._number(6)}{self._letters(1)}{self._pick(('9', self._letters(1)))}{self._number(1)}{self._letters(2)}"
        return f"{made[:5]} {made[5:11]} {made[11:]}" if self._chance.random() < 0.3 else made

    def _plate(self) -> str:
        return self._pick((
            f"{self._letters(2)}{self._number(2)} {self._letters(3)}", f"{self._letters(2)}{self._number(2)}{self._letters(3)}", f"{self._letters(2)} {self._number(2)} {self._letters(3)}",
            f"{self._letters(1)}{self._number(3)} {self._letters(3)}", f"{self._letters(2)}{self._number(2)}-{self._letters(3)}", f"{self._number(2)}-{self._letters(2)}-{self._number(4)}", f"{self._letters(3)} {self._number(4)}",
        ))  # fmt: skip

    def _postcode(self) -> str:
        area = self._pick(("ME", "TN", "CT", "DA", "BR", "SE", "E", "M", "LS", "BN", "RM"))
        return f"{area}{self._chance.randint(1, 29)}{self._pick((' ', ' ', '', '  ', '-'))}{self._number(1)}{self._letters(2)}"

    def _birth(self) -> str:
        day, month, year = self._chance.randint(1, 28), self._chance.randint(1, 12), self._chance.randint(1930, 2021)
        names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
        return self._pick((
            f"{day:02}/{month:02}/{year}", f"{day}.{month}.{year % 100:02}", f"{day} {names[month - 1]} {year}", f"{year}-{month:02}-{day:02}",
            f"{day:02}{month:02}{year % 100:02}", f"{day:02}-{names[month - 1].upper()}-{year}", f"{year}{month:02}{day:02}", f"{day}th of the {month}th {year % 100:02}",
        ))  # fmt: skip

    def _grouped(self, size: int, groups: tuple[int, ...], signs: str = "    .-_") -> str:
        """Digits in their usual groups, in one run, or in odd groups."""
        made, draw = self._number(size), self._chance.random()
        if draw < 0.3:
            return made
        if draw > 0.85:
            groups = tuple(self._chance.choice((2, 3, 4)) for _ in range(size))
        sign, at = self._chance.choice(signs), 0
        parts: list[str] = []
        for length in groups:
            if at < size:
                parts.append(made[at : at + length])
                at += length
        if at < size:
            parts.append(made[at:])
        return sign.join(parts)

    def _gap(self, signs: str) -> str:
        return self._pick(("", "", *signs))

    def _pick(self, items: Sequence[str]) -> str:
        return self._chance.choice(items)

    def _number(self, size: int) -> str:
        return "".join(self._chance.choices(string.digits, k=size))

    def _letters(self, size: int) -> str:
        return "".join(self._chance.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=size))
