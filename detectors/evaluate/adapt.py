"""Where an open set marks something else than we mean by a label, its spans are changed here, and nowhere else."""

import re
from dataclasses import replace

from detectors.evaluate.data import Document, Span

NOT_A_NAME = "PERSON_WITHOUT_NAME"
"""What a mention of somebody by pronoun or role becomes: it excuses a finding and isn't scored."""
FIRMS_HANDLE = "ORGANISATION_HANDLE"

_SMALL = frozenset(
    re.split(
        r"\s+",
        """a abel acting adviser advisor affairs al ambassador american an and another army artillery battalion battery
        brig brigadier capt captain carpenter central chief child children citizen civil cjtf class col colonel
        command commander commanding commissioner coalition counter crew defence defense department deputy director
        east engineering envoy exceptions federal female force foreign former gen general global government governor
        group he hero high him his her hers hostage i in inherent iraqi isil its it jordanian judge king leader local
        lt maintenance maj major male man me member men middle military minister ministers ministry mr mrs ms musician
        my myself national navy near officer of office officials oir one operations operator our ours pentagon petty
        physician police political presidential president press prime queen refugees religious representative
        resettlement resident resolve rights russian secretary senior service she sheikh sister sncos soldier south
        spc spec special spokesman spokesperson spokeswoman state states student swedish syria syrian that the their
        them they this to tribal turkish u un us u.s united warfare we who wife will woman women you young your ii iii
        iv 1st 2nd 3rd asia iraq qaeda follow investigating spiritual designate museums human hrw mek aeg minorities""",
    )
)
"""Lower-case words that make nobody known: pronouns, articles, ranks and offices, and the set's own bodies."""

_WORD = re.compile(r"[^\W\d_][\w.'’]*")


def named_persons(document: Document) -> Document:
    """`document` with PERSON kept only where a name is in the span, without the rank or office before the name."""
    made: list[Span] = []
    for span in document.spans:
        if span.label != "PERSON":
            made.append(span)
            continue
        naming = first_naming(document.text[span.start : span.end])
        if naming is None:
            made.append(replace(span, label=NOT_A_NAME))
            continue
        if naming:
            made.append(Span(span.start, span.start + naming, NOT_A_NAME))
        made.append(replace(span, start=span.start + naming))
    return replace(document, spans=tuple(made))


def first_naming(mention: str) -> int | None:
    """Where the first capitalised word begins that is neither a pronoun nor a rank, office or body; None: nowhere."""
    for match in _WORD.finditer(mention):
        word = match.group()
        if (
            word[0].isupper()
            and word.rstrip(".").lower() not in _SMALL
            and word.removesuffix("'s").lower() not in _SMALL
        ):
            return match.start()
    return None


def handles(document: Document) -> Document:
    """`document` with an `@` and the handle that follows it as one span: a person's handle is a USERNAME."""
    made: list[Span] = []
    for span in document.spans:
        mention = document.text[span.start : span.end]
        before = made[-1] if made else None
        if mention == "@":
            made.append(span)
        elif before is not None and document.text[before.start : before.end] == "@" and before.end == span.start:
            label = "USERNAME" if span.label == "PERSON" else FIRMS_HANDLE
            made[-1] = Span(before.start, span.end, label)
        elif span.start and document.text[span.start - 1] == "@" and span.label == "PERSON":
            made.append(Span(span.start - 1, span.end, "USERNAME"))
        else:
            made.append(span)
    # A lone @ is no name: whoever is meant was not marked.
    return replace(document, spans=tuple(s for s in made if document.text[s.start : s.end] != "@"))
