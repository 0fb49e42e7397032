"""Synthetic council writing for the benches: ours, invented, made from a seed. No real person is meant."""

import random

FIRST = (
    *("Aisha", "Olu", "Margaret", "Piotr", "Siobhan", "Dev", "Grace", "Tomasz"),
    *("Hannah", "Kwame", "Ffion", "Yusuf", "Elena", "Ravi", "Joan", "Callum"),
)
LAST = (
    *("Okafor", "Pengelly", "Novak", "O'Connor", "Patel", "Adeyemi", "Whitcombe"),
    *("Kowalska", "Ferris", "Hussain", "Marsh", "Lidgate", "Baines"),
)
STREETS = ("Union Street", "Tonbridge Road", "Bower Mount Road", "Marden Close", "Dover Street", "Camden Crescent")
AREAS = ("ME14 1", "ME10 4", "TN1 2", "TN4 8", "ME15 6", "ME16 8")
OPENINGS = (
    "Please draft a reply to {name} of {number} {street} about the missed bin collection.",
    "Summarise this note: {name} rang on {phone} about the damp in the back bedroom.",
    "Make this shorter and kinder. {name} ({email}) says the parking permit has not arrived.",
    "Turn these minutes into three actions. {name} chaired; the next meeting is on Thursday.",
    "Check the tone of this letter to {name}, {number} {street}, {postcode}.",
)
FILLERS = (
    "The team has looked at the file and found nothing that changes the decision made in the spring.",
    "We would like the answer to be plain, without jargon, and to say what happens next and by when.",
    "The contractor missed the second visit as well, and the caretaker has asked for a date in writing.",
    "Keep the table of dates, leave out the history of the complaint, and do not promise a refund.",
    "The budget line for repairs is nearly spent, so the reply should mention the new year's programme.",
    "Nobody was at home when the surveyor came; a card was left and the number of the office was on it.",
    "Members asked for a short paper on recycling rates that compares this quarter with the one before.",
)


def message(rnd: random.Random, characters: int) -> str:
    """One message of the given length, never the same twice in a run."""
    first, last = rnd.choice(FIRST), rnd.choice(LAST)
    text = rnd.choice(OPENINGS).format(
        name=f"{first} {last}",
        number=rnd.randint(1, 180),
        street=rnd.choice(STREETS),
        phone=f"07700 900{rnd.randint(0, 999):03d}",
        email=f"{first}.{last}{rnd.randint(1, 99)}@mail.example".lower().replace("'", ""),
        postcode=f"{rnd.choice(AREAS)}{rnd.choice('ABDEFGHJ')}{rnd.choice('LNPQRST')}",
    )
    while len(text) < characters:
        text += f" {rnd.choice(FILLERS)} (item {rnd.randint(1, 99_999)})"
    return text[:characters]
