"""Tables made by rule: what staff paste from a spreadsheet, with columns of people or of things in any order and form.

A spreadsheet's cells come apart at tabs, headers are short or missing, and nothing but its column says what a word is.
"""

import random
import re
from collections.abc import Callable, Sequence
from functools import partial

from detectors.labels import SAID
from detectors.names.training.codes import Codes
from detectors.names.training.corpus import Example, parse
from detectors.names.training.figures import Figures
from detectors.names.training.people import People

_NAMED = (
    "name", "who", "tenant", "applicant", "customer", "cust", "client", "payee", "paid by", "deceased", "driver", "keeper", "officer", "seen by", "contact", "occupier", "child", "pupil", "parent", "nok", "caller", "holder", "employee", "witness", "resident", "full_name", "claimant", "member", "from", "carer", "owner", "grave owner", "reported by", "for", "",
)  # fmt: skip
_REFERRED = (
    "ref", "acct", "acc no", "case", "claim", "id", "crem_no", "tenancy", "a/c", "staff no", "emp", "clock", "pcn", "#", "our ref", "licence", "payroll", "file", "no.", "badge", "permit", "plot ref", "card no", "member no", "pension ref", "",
)  # fmt: skip
_LIVING = ("address", "addr", "where", "property", "lives", "home", "first line", "premises", "from", "")
_SPOKEN = ("notes", "reason", "remarks", "needs", "alert", "flag", "comment", "info", "diet / other", "why", "")
_FIGURES = {
    "NINO": ("ni", "nino", "NI no", "nat ins"),
    "NHS_NUMBER": ("nhs", "nhs no", "NHS number"),
    "VEHICLE_REG": ("reg", "vrm", "vehicle", "car"),
    "BANK_ACCOUNT": ("account", "acc", "a/c no", "bank"),
    "SORT_CODE": ("sort", "s/c", "sort code"),
    "PAYMENT_CARD": ("card", "pan", "paid with"),
    "PHONE": ("tel", "mob", "phone", "contact", "mobile", ""),
    "EMAIL": ("email", "e-mail", "mail"),
    "POSTCODE": ("postcode", "pc", "p/code"),
    "DATE_OF_BIRTH": ("dob", "d.o.b.", "born", "date of birth"),
}
_THINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("date", "when", "due", "paid", "d", "left", "seen"), "date"),
    (("amount", "£", "fee", "balance", "owed", "cost", "price"), "sum"),
    (("status", "state", "result", "action", "outcome"), "state"),
    (("ward", "area", "town", "parish", "depot", "site"), "town"),
    (("time", "slot", "at"), "time"),
    (("qty", "no of bins", "count", "visits", "hrs", "score", "wk"), "count"),
    (("item", "what", "type", "job", "service", "bin"), "item"),
)
_BODIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("supplier", "contractor", "firm", "bidder", "company", "vendor"), "firm"),
    (("street", "road", "location", "route", "site"), "street"),
    (("po", "invoice", "asset", "order", "part no", "tender", "ticket", "column", "drawing", "serial"), "part"),
    (("version", "build", "release"), "ver"),
    (("host", "server"), "host"),
)
_WORDS = {
    "state": ("paid", "waived", "open", "closed", "void", "no reply", "chase", "ok", "?", "-", "n/a", "refused", "done", "tbc", "left card", "dup", "on hold", "ref to legal"),
    "item": ("bulky", "allotment", "garden bin", "sofa", "permit", "skip", "green waste", "pest visit", "lift repair", "MOT", "swim", "gym", "hall hire", "PCN", "refund", "pavilion", "blue bin", "stall", "void works", "gas check"),
}  # fmt: skip
_ASKED = (
    "sort by the second column", "put this in a table", "make a csv", "who's missing?", "is row 2 a duplicate", "formula to split the first column pls", "add a total", "tidy this up", "same but alphabetical", "what's wrong with line 3", "turn it into a letter for each row", "anything odd here?", "merge the duplicates", "Pasted from Excel, columns have slipped.", "Which of these are overdue?",
)  # fmt: skip
_DELIMITERS = ("\t", "\t", "\t", "\t", ",", ",", ";", "|", " | ", "    ", "\t\t")
_MARKED = re.compile(r"\[\[[A-Z_]+\||\]\]")

_Cells = Callable[[], str]


class Sheets:
    """Makes tables. `statements` are things said of people, with their labels, to stand in columns of notes."""

    def __init__(
        self,
        people: People,
        codes: Codes,
        figures: Figures,
        statements: Sequence[tuple[str, str]],
        chance: random.Random,
    ) -> None:
        self._people, self._codes, self._figures = people, codes, figures
        self._statements, self._chance = statements, chance

    def many(self, count: int) -> list[Example]:
        """`count` tables; every third is of things alone."""
        return [parse(self._table(of_people=i % 3 != 0), "sheet", "sheet") for i in range(count)]

    def _table(self, *, of_people: bool) -> str:
        chance = self._chance
        delimiter = chance.choice(_DELIMITERS)
        columns = self._of_people() if of_people else self._of_things()
        chance.shuffle(columns)
        rows: list[list[str]] = []
        if chance.random() < 0.75:
            case = chance.choice((str, str, str.upper, str.title))
            rows.append([case(chance.choice(heads)) for heads, _ in columns])
        rows += [[self._cell(make) for _, make in columns] for _ in range(chance.randint(2, 6))]
        lines = [delimiter.join(_held(cell, delimiter) for cell in row) for row in rows]
        if "|" in delimiter and chance.random() < 0.6:
            lines = [f"| {line} |" for line in lines]
            if chance.random() < 0.7:
                lines.insert(1, "|" + "---|" * len(columns))
        table = "\n".join(lines)
        if chance.random() < 0.5:
            asked = chance.choice(_ASKED)
            table = f"{asked}\n{table}" if chance.random() < 0.4 else f"{table}\n{asked}"
        return table

    def _cell(self, make: _Cells) -> str:
        return self._chance.choice(("", "-", "?", "n/a", "tbc")) if self._chance.random() < 0.06 else make()

    def _of_people(self) -> list[tuple[tuple[str, ...], _Cells]]:
        chance = self._chance
        columns: list[tuple[tuple[str, ...], _Cells]] = []
        if chance.random() < 0.2:
            columns.append((("surname", "last name", "sname"), lambda: f"[[PERSON|{self._people.surname()}]]"))
            columns.append((("forename", "first", "init", "fname"), lambda: f"[[PERSON|{self._first()}]]"))
        else:
            columns.append((_NAMED, self._namer()))
            if chance.random() < 0.25:
                columns.append((_NAMED, self._namer()))
        if chance.random() < 0.6:
            form = self._codes.form()
            columns.append((_REFERRED, lambda: f"[[CASE_REF|{form()}]]"))
        if chance.random() < 0.3:
            columns.append((_LIVING, lambda: f"[[ADDRESS|{self._home()}]]"))
        labels = chance.sample(tuple(_FIGURES), k=chance.choice((0, 0, 1, 1, 2)))
        columns += [(_FIGURES[label], partial(self._figures.value, label, whole=True)) for label in labels]
        if chance.random() < 0.15:
            columns.append((("age", "yrs"), lambda: f"[[AGE|{chance.randint(1, 97)}]]"))
        if chance.random() < 0.15:
            columns.append((("user", "login", "username", "account"), self._codes.account))
        if self._statements and chance.random() < 0.3:
            columns.append((_SPOKEN, self._note))
        columns += self._things(_THINGS, chance.choice((0, 1, 1, 2)) if len(columns) > 1 else 1)
        return columns

    def _of_things(self) -> list[tuple[tuple[str, ...], _Cells]]:
        bodies = self._things(_BODIES, self._chance.choice((1, 1, 2)))
        return bodies + self._things(_THINGS, self._chance.choice((1, 2, 3)))

    def _things(self, kinds: Sequence[tuple[tuple[str, ...], str]], count: int) -> list[tuple[tuple[str, ...], _Cells]]:
        some = self._chance.sample(kinds, k=min(count, len(kinds)))
        return [(heads, partial(self._thing, what)) for heads, what in some]

    def _thing(self, what: str) -> str:
        chance = self._chance
        if what in _WORDS:
            return chance.choice(_WORDS[what])
        if what == "date":
            return f"{chance.randint(1, 28)}{chance.choice('/.')}{chance.randint(1, 12):02}"
        if what == "sum":
            return f"{chance.choice(('', '£', '-'))}{chance.randint(2, 4000)}.{chance.choice(('00', '50', '25'))}"
        if what == "time":
            return f"{chance.randint(7, 19):02}{chance.choice(':.')}{chance.choice(('00', '15', '30', '40'))}"
        if what == "count":
            return str(chance.randint(0, 60))
        if what == "street":
            return f"{self._people.surname()} {chance.choice(('Road', 'St', 'Lane', 'Ave', 'Close', 'Way'))}"
        return self._codes.thing(what)

    def _namer(self) -> _Cells:
        """One way of writing names, kept down the column."""
        people = self._people
        ways: tuple[_Cells, ...] = (
            lambda: f"[[PERSON|{people.forename()} {people.surname()}]]",
            lambda: f"[[PERSON|{people.forename()} {people.surname()}]]",
            lambda: f"[[PERSON|{people.surname().upper()} {people.forename()[0]}]]",
            lambda: f"[[PERSON|{people.surname().upper()}, {people.forename()}]]",
            lambda: f"[[PERSON|{people.surname()}, {people.forename()}]]",
            lambda: f"[[PERSON|{people.surname().upper()} {people.forename().upper()}]]",
            lambda: f"[[PERSON|{people.surname()}]]",
            lambda: f"[[PERSON|{people.surname().lower()}]]",
            lambda: f"[[PERSON|{people.forename()}]]",
            lambda: f"[[PERSON|{people.forename().lower()} {people.surname()[0].lower()}]]",
            lambda: f"[[PERSON|{people.forename()[0].lower()} {people.surname().lower()}]]",
            lambda: f"[[PERSON|{people.forename()[0]}. {people.surname()}]]",
            lambda: f"{self._chance.choice(('Mr', 'Mrs', 'Ms', 'Miss', 'Dr'))} [[PERSON|{people.surname()}]]",
            lambda: f"[[PERSON|{people.surname().upper()}]] {self._chance.choice(('MR', 'MRS', 'MS'))}",
        )
        return self._chance.choice(ways)

    def _first(self) -> str:
        first = self._people.forename()
        return first if self._chance.random() < 0.7 else first[0]

    def _home(self) -> str:
        kind = self._chance.choice(("Road", "Rd", "Street", "St", "Lane", "Ave", "Cl", "Court", "Row", "Cottages"))
        home = f"{self._chance.randint(1, 220)} {self._people.surname()} {kind}"
        return home.lower() if self._chance.random() < 0.25 else home

    def _note(self) -> str:
        draw = self._chance.random()
        if draw < 0.35:
            return self._chance.choice(_WORDS["state"])
        words, label = self._chance.choice(self._statements)
        return f"[[{label}|{words}]]" if draw < 0.9 else f"[[{label}|{words}]], {self._chance.choice(_WORDS['state'])}"


def _held(cell: str, delimiter: str) -> str:
    """A cell as the format holds it: in quotes where the delimiter stands in it."""
    bare = _MARKED.sub("", cell)
    return f'"{cell}"' if delimiter.strip() and delimiter.strip() in bare else cell


def statements(examples: Sequence[Example], longest: int = 40) -> list[tuple[str, str]]:
    """What is said of people in short, with its label, to stand in a cell of notes."""
    return [
        (words, span.label)
        for example in examples
        for span in example.spans
        if span.label in SAID and len(words := example.text[span.start : span.end]) <= longest
        and not any(c in words for c in "\n\t|[]")
    ]  # fmt: skip
