"""Text made by rule, for shapes of writing where practice counts more than style: lists, tables, lives, short lines.

A pattern is marked like the corpus. `{P}` stands for a person's full name, `{F}` and `{L}` for the same person's
forename and surname, `{P2}`, `{F2}`, ... for others; `{town}`, `{year}`, `{date}`, `{firm}`, `{work}` for what is nobody's name.
"""

import random
import re
from collections.abc import Iterator

from detectors.names.training.corpus import Example, parse
from detectors.names.training.people import People

_LIVES = (
    "{P} (born {date}) is an English former professional footballer who played as a midfielder for {town} Town and {town} United.",
    "{P} was a British architect, best known for the {town} Town Hall. {L} studied in {town} and joined {firm} in {year}.",
    "Sir {P} ({year}–{year}) was a colonial administrator. In {year} {L} married {P2}, daughter of {P3} of {town}.",
    "{P} is a Nigerian-born novelist. Her first book, {work}, won the {town} Prize in {year}. {F} lives in {town} with her husband {P2}.",
    "{P}, known as {F}, was a labour organiser from {town}. After {L}'s arrest in {year}, {P2} took over the paper.",
    "Born in {town}, {P} attended {town} Grammar School before reading law. He was succeeded as MP for {town} by {P2} in {year}.",
    "{P} sang with the {town} Opera; critics compared {L} with {P2}. Her recording of {work} came out in {year}.",
    "The cricketer {P} took 5 for 42 against {town} in {year}. {L} was dismissed by {P2} for 17, caught {L3}.",
    "{P} directed {work} ({year}), starring {P2} and {P3}. {L} had earlier worked as an editor for {firm}.",
    "In {year}, {P} and {P2} founded {firm}. {L} left the company after a dispute with {L2}; {P3} became chair.",
    "{P} (née {L2}; {date} – {date}) was a botanist and illustrator. The {town} herbarium holds 300 sheets by {L}.",
    "Professor {P} of the University of {town} showed with {P2} and {P3} that the effect persists ({L} et al., {year}).",
    "{P} was educated at {town} and called to the Bar in {year}. {L} sat as a recorder; his pupils included {P2}.",
    "Rapper {F} {L}, better known by a stage name, grew up in {town} with his mother {F2} and his grandmother {P3}.",
    "{P} won bronze at the games in {town}, behind {P2} and {P3}. “I gave it everything,” {L} said.",
    "The painter {P} shared a studio in {town} with {P2}. Works by {L} hang in the {town} Gallery, among them {work}.",
    "{L}, {F} ({year}–{year}), trade unionist. See also {L2}, {F2}.",
    "{P} served under {P2} in the {town} Regiment and was wounded in {year}. His brother {F3} emigrated.",
    "Following the retirement of {P}, {P2} was appointed bishop of {town} in {year}; {L2} had been archdeacon of {town}.",
    "{P} is a Welsh rugby union coach. He replaced {P2} at {town} in {year}, and signed {P3} from {town}.",
)
_COURT = (
    "The applicant, Mr {P}, is a national who was born in {year} and lives in {town}. He was represented before the Court by Ms {P2}, a lawyer practising in {town}.",
    "1. The case originated in an application (no. [[CASE_REF|{n5}/{n2}]]) lodged by a national, {P} (“the applicant”), on {date}.",
    "On {date} the investigator {L} questioned {P2} and {F3}. The applicant's wife, {P4}, gave evidence that {L2} had left.",
    "Judge {L} adjourned. Counsel for the defendant ({P2}) submitted that Mrs {L3} had not been served.",
    "The Government were represented by their Agent, Ms {F} {L}. The first applicant, {P2}, and his sons {F3} and {F4} were detained.",
    "Between {P}, Claimant, and {town} Borough Council, Defendant. {P2} for the Claimant; {P3} instructed by {firm} for the Defendant.",
)
_CLINIC = (
    "Dear Dr {L},\nRe: {P}, DOB [[DATE_OF_BIRTH|{dob}]], Hosp No [[CASE_REF|{a1}{n6}]]\nI reviewed {F} in clinic today with her mother. She has [[HEALTH|moderate persistent asthma]] and [[HEALTH|eczema]]. Plan: see in 6/12.\nYours sincerely\nDr {P2}\nConsultant Paediatrician\ncc {P3}, school nurse",
    "Dear {F}\nThank you for coming to see Sister {L2} on {date}. Your scan [[HEALTH|showed a small fracture of the left wrist]]. Please ring {F3} on the ward if the pain gets worse.\nMr {P4}\nOrthopaedics",
    "Thank you for referring this [[AGE|{age} year old]] retired miner, Mr {P}, with [[HEALTH|shortness of breath on exertion]]. Mr {L} lives with his wife {F2}. Impression: [[HEALTH|COPD]]. I have asked {P3}, respiratory nurse, to call.",
    "{P} - [[AGE|{age}]] yrs - [[HEALTH|admitted with chest pain]]. Seen by {L2} on ward round. NOK {F3} ({L}), daughter. D/C home {date}.",
)
_CHAT = (
    "hi {f}, can you send {f2} the form pls", "tell {F} I'll be late", "is {f} in today?", "{F}: morning all\n{F2}: hiya\n{F3}: has anyone seen {F4}",
    "call {f} {l} about the keys", "email {F} and {F2} about friday", "Thanks {F}!", "ok {f} will do", "who's covering for {F} next week", "{f} says no x",
    "what's {F} {L}'s extension", "ask {F2} not {F3}", "Cheers {F}, {F2} has it.", "remind me to ring {f} at 4", "did {F} {L} ever reply", "{F} mate sort it out",
    "happy birthday {F}!! love {F2} and {F3} xx", "lol {f} you legend", "@{F} can you look", "just spoke to {F}, {F2}'s off sick", "message from {F}: running 10 min behind",
    "my name's {F}, I want to speak to {F2}", "You're through to {F}, how can I help?", "Hi {F}, it's {F2} from {firm}.", "put {f} and {f2} down for the 3rd",
    "schedule a meeting with {F} {L} tomorrow", "does {F} want the {town} visit or shall {F2} go", "text {f} that {f2} is waiting outside", "{F}, {F2}, {F3} – lunch?",
)  # fmt: skip
_LINES = (
    "Present: {P} (Chair), {P2}, {P3}, {P4}\nApologies: {P5}", "Attendees: {F} {L}, {F2} {L2}, {F3} {L3}. Notes by {F4}.", "Actions: {F} to chase; {F2}/{F3} to draft; {i4} to book room.",
    "Team: {F}, {F2}, {F3} and {F4}. {firm} are on site Tuesday.", "- {P}\n- {P2}\n- {P3}\n- {firm}", "1. {P} 2. {P2} 3. {P3}", "{P}; {P2}; {P3}; {P4}", "{L}, {F}; {L2}, {F2}; {L3}, {F3}",
    "{LU}, {F}\n{LU2}, {F2}\n{LU3}, {F3}", "{P} -> {P2}\n{P2} -> {P3}", "Rota: Mon {F}, Tue {F2}, Wed {F3}, Thu {F}, Fri {F2}", "{P} | {P2} | {P3}", "Dear {F},\n\nBest,\n{F2}",
    "From: {P}\nTo: {P2}\nCc: {P3}; Housing Options\nSubject: {town} visit", "Signed: {P}   Witness: {P2}", "{F} {i2} {L}", "Emergency contact: {P} (sister), {P2} (GP)",
    "Thanks to {F} and {F2} for the cakes, and to {firm} for the marquee.", "Copy to {L}, {L2} and {L3} only.", "seen by {F}, agreed {i2}", "{F} & {F2} {L}, {P3} and family", "minutes: {F} / typed: {i2}",
)  # fmt: skip
_HANDLES = (
    "{h}: can someone ring me\n{h}: been waiting since tuesday\n{h2}: same here", "DMs to the page, what do we say?\n{h}: your man never came\n{h}: its {F} btw", "@{h} thanks for that", "{h} → council: bins??\n{h2} → council: not ours either",
    "02:1{n1}:0{n1} login ok uid={u} src=vpn-0{n1}\n02:1{n1}:4{n1} set pw for {u2}", "user={u} role=officer last_login={year}", "created by {u} on {date}, changed by {u2}", "her insta is {h}, his is {h2}", "<{h}> anyone know when the tip opens", "insta: {h} / tiktok: @{h2}",
    "log in as {u}, not {u2}", "{u}@srv0{n1}:~$ ls", "assigned to {u}; watchers {u2}, {u3}", "Reply to {h} (reviews page): we're sorry to hear this", "seller {h} has 40 reports, seller {h2} has none", '"owner": "{u}", "editor": "{u2}", "host": "srv0{n1}"', "noreply@{s}.example, helpdesk and webmaster are shared mailboxes",
)  # fmt: skip
_NOTHING = (
    "The {town} road is shut from {date}.", "{firm} of {town} won the contract.", "Tickets for {work} at the {town} theatre go on sale on {date}.", "Bus 71 runs from {town} to {town} via {town}.",
    "{firm} v {town} Borough Council [{year}] EWCA Civ {n3}", "{town} Primary School and {town} Academy are closed.", "Meetings are on {date} in the {town} Room.", "The {town} Arms, {town} High Street, is for sale through {firm}.",
    "Grit bins: {street}; {street}; {street} / {street}; {town}, {street} (damaged).", "{town}, {town}, {town} and {town} have replied; {town} hasn't.", "- {street}\n- {street}\n- {town}\n- {street}, {town}", "{street} – full\n{street} – missing\n{town}, {street} – not found",
    "ward,street,missed\n{town},{street},{n2}\n{town},{street},{n2}\n{town},{street},{n2}", "| Ward | Street | Bins |\n|---|---|---|\n| {town} | {street} | {n3} |\n| {town} | {street} | {n3} |", "{firm}, {firm}, {firm} and {firm} are taking part.", "Quotes: {firm} £{n4}; {firm} £{n4}; {firm} £{n4}.",
    "{street_upper} {town_upper} ROADWORKS {date}", "{town_upper} {n2}/{n2} CARD PAYMENT {n4} AUTH {n6}", "Delivered to {street}, {town}. Collected from {firm}.", "Which is nearer to {town}: {town} or {town}?", "the turning by {firm} in {street_lower} is flooded", "going from {town_lower} to {town_lower} on the {n2} bus",
    "{firm} ({town}) Ltd, trading as {firm}", "The {s} Act {year} and the {s} Regulations {year} apply.", "R ({s}) v {town} Council; {s} v {s} [{year}] 1 WLR {n3}", "Explain the {s} test and the {s} principle.", "a {s} boiler, a {s} lift and two {s} pumps", "{s} disease, {s}'s law and the {s} index", "the {s} Suite, the {s} Room and {s} Hall are booked",
    "select * from bins where street = '{street}' and ward = '{town}'", '{{"street":"{street}","ward":"{town}","contractor":"{firm}"}}', '["{town}", "{town}", "{street}"]', "{town} Rovers v {town} Town, kick-off 3pm at {street}.", "Twinned with {town} since {year}.", "Polling stations: {town} Village Hall; {s} Memorial Hall; {street} Scout Hut",
    "{street}, {street} and {street} have new bins. {firm} did the work.", "Stock: {n2} x {s} Original, {n2} x {s} Gold, {n2} x Captain {s}", "Rose '{s}', Clematis '{s}' and Dahlia '{s} {s}' are on order.", "Dear Resident of {street},", "Planning: land at {street}, {town} ({n2}/{n5}/FULL)", "{s} House, {s} Court and {s} Lodge need lifts.",
    "Our {town}, {town} and {town} offices are shut on {date}.", "School list: {s} Academy, {town} Grammar, St {s}'s, {s} Infants", "Dish of the day: {s} pie. Tomorrow: {s} hotpot.", "{s} & {s} v {s} ({year}): ratio in one line?", "Upgrade {s} 4.{n1} to {s} 5.{n1}, then restart {s}.",
)  # fmt: skip
_FIRMS = (
    "{s} & Sons", "{s} Ltd", "{s} & {s} Solicitors", "{s} Tyres", "{s}'s Bakery", "the {s} Trust", "{s} Brothers", "{s} Homes", "{s}, {s} & Co", "{s} Group plc", "{s} Motors", "the {s} Foundation", "{s} Care Home",
)  # fmt: skip
_WORKS = (
    "“The Last Tram”",
    "“Salt and Iron”",
    "“My Cousin Vera”",
    "“Waiting for Agnes”",
    "“River of Glass”",
    "“King Alfred's Cakes”",
    "“Hello, Sandra”",
)
_THINGS = frozenset(("town", "street", "year", "date", "dob", "firm", "work", "age", "s")) | {
    "street_upper",
    "street_lower",
    "town_upper",
    "town_lower",
}
_STREETS = (
    "Road", "Street", "Lane", "Avenue", "Close", "Drive", "Way", "Crescent", "Place", "Square", "Terrace", "Gardens", "Grove", "Hill", "Green", "Row", "Mews", "Walk", "Rise", "Parade",
    "Vale", "Bank", "Park", "Crossroads", "Bridge", "Wharf", "Corner", "Common", "Fields", "Wood", "Lock", "Gate",
)  # fmt: skip
_SLOT = re.compile(
    r"\{(PU|P|FU|F|LU|L|f|l|i|h|u|street|street_upper|street_lower|town|town_upper|town_lower|year|date|dob|firm|work|age|s|n\d|a\d)(\d?)\}"
)


class Inventor:
    """Makes examples by rule."""

    def __init__(self, people: People, towns: list[str], chance: random.Random) -> None:
        self._people, self._towns, self._chance = people, towns, chance

    def many(self, count: int) -> Iterator[Example]:
        """`count` examples of every shape."""
        shapes = (_LIVES, _COURT, _CLINIC, _CHAT, _LINES, _HANDLES, _NOTHING, _NOTHING, _NOTHING, _NOTHING)
        for _ in range(count):
            shape = self._chance.choice(shapes)
            size = self._chance.choice((1, 1, 2, 3)) if shape in (_LIVES, _COURT, _CHAT, _NOTHING) else 1
            joint = "\n" if shape is _CHAT else " "
            marked = joint.join(self._filled(self._chance.choice(shape)) for _ in range(size))
            yield parse(marked, "invented", "invented")

    def _filled(self, pattern: str) -> str:
        folk: dict[str, tuple[str, str]] = {}

        def put(match: re.Match[str]) -> str:
            what, which = match[1], match[2]
            if what[0] in "na" or what in _THINGS:
                return self._thing(what)
            if which not in folk:
                folk[which] = (self._people.forename(), self._people.surname())
            first, last = folk[which]
            if what == "i":
                return f"[[PERSON|{first[0]}{last[0]}]]"
            if what in "hu":
                return f"[[USERNAME|{self._handle(first.lower(), last.lower(), of_work=what == 'u')}]]"
            name = {"P": f"{self._given(first)} {last}", "F": first, "L": last, "f": first.lower(), "l": last.lower()}
            words = name[what[0]]
            return f"[[PERSON|{words.upper() if what.endswith('U') else words}]]"

        return _SLOT.sub(put, pattern).replace("]] [[PERSON|", " ").replace("{{", "{").replace("}}", "}")

    def _handle(self, first: str, last: str, *, of_work: bool) -> str:
        pick, number = self._chance.choice, self._chance.randint
        first, last = ("".join(c for c in name if c.isalpha()) or "x" for name in (first, last))
        if of_work:
            return pick(
                [
                    f"{first[0]}{last}",
                    f"{last}{first[0]}",
                    f"{first}.{last}",
                    f"{first[0]}.{last}",
                    f"{last}_{first[0]}",
                    f"svc_{last}",
                    f"{first[0]}{last}{number(1, 9)}",
                ]
            )
        return pick(
            [
                f"{first}.{last}.x",
                f"{first}_{last}",
                f"x_{first}_x",
                f"{first}{number(1, 2012)}",
                f"the.real.{first}",
                f"{last}ys_mum",
                f"{first[:3]}{last[:4]}_{number(10, 99)}",
                f"{first}.{last[0]}",
                f"mrs.{last}",
                f"{first}loves{last}",
            ]
        )

    def _given(self, first: str) -> str:
        draw = self._chance.random()
        if draw < 0.1:
            return f"{first} {self._people.forename()}"
        if draw < 0.16:
            return f"{first} {self._people.forename()[0]}."
        return f"{first[0]}." if draw < 0.2 else first

    def _thing(self, what: str) -> str:
        pick, number = self._chance.choice, self._chance.randint
        if "_" in what:
            made = self._thing(what.partition("_")[0])
            return made.upper() if what.endswith("upper") else made.lower()
        if what == "town":
            return pick(self._towns)
        if what == "street":
            return f"{pick(self._towns) if number(0, 3) == 0 else self._people.surname()} {pick(_STREETS)}"
        if what == "s":
            return self._people.surname()
        if what == "year":
            return str(number(1840, 2025))
        if what in ("date", "dob"):
            month = pick("January March April May June July August September October November December".split())
            return pick(
                [
                    f"{number(1, 28)} {month} {number(1930, 2024)}",
                    f"{number(1, 28)}/{number(1, 12)}/{number(1930, 2024)}",
                ]
            )
        if what == "firm":
            return re.sub(r"\{s\}", lambda _: self._people.surname(), pick(_FIRMS))
        if what == "work":
            return pick(_WORKS)
        if what == "age":
            return str(number(19, 95))
        letters = what[0] == "a"
        return "".join(pick("ABCDEFGHJKLMNPRSTW") if letters else str(number(0, 9)) for _ in range(int(what[1])))
