"""The report in Markdown: goals, each set with ours beside stock Presidio, fairness, thresholds, speed, misses."""

import math
from collections.abc import Iterable, Sequence

from detectors.evaluate.fairness import POINTS
from detectors.evaluate.goals import rows, unmeasured
from detectors.evaluate.measured import Run, labels_of, share, versions, words, worst
from detectors.evaluate.runner import OURS, SetResult
from detectors.evaluate.score import LabelScore, interval
from detectors.evaluate.speed import BOUNDS, CACHED_BOUND
from detectors.evaluate.sweep import LEAST_GOLD

Line = Sequence[str]


def report(run: Run) -> str:
    """The whole report."""
    parts = [
        "# Detection, measured",
        (
            f"Suite {run.suite}, names by {run.model}. A span is found when 90% of its letters and digits lie under "
            "findings; a finding is right when half of it lies under marked spans. Intervals are 95%, Wilson's."
        ),
        f"Run with {versions()}. {_allowed(run)}",
        *(f"Note: {note}." for note in run.left_out),
        "## Goals",
        _goals(run),
    ]
    for result in run.results:
        parts += [f"## {result.data.title}", *_set(run, result)]
    if run.fairness:
        parts += ["## Fairness: names by origin", _fairness(run)]
    if run.carried:
        parts += ["## Carried in other ways", *_carried(run)]
    if run.curves:
        parts += ["## Thresholds", *_thresholds(run)]
    if run.speed is not None:
        parts += ["## Speed", _speed(run)]
    if run.soak is not None:
        last = run.soak.steps[-1]
        said = "flat" if run.soak.flat else "NOT flat"
        parts += [
            "## Memory",
            (
                f"{last.tokens:,} names never seen before: {last.megabytes:.0f} MB at the end, growth after the "
                f"warm-up {run.soak.growth:.1%}: {said}."
            ),
        ]
    return "\n\n".join(parts) + "\n"


def _allowed(run: Run) -> str:
    return f"The allow-list of {run.allow} counts." if run.allow else "No allow-list counts."


def table(head: Line, lines: Iterable[Line]) -> str:
    """A Markdown table; the first column is text, the others figures."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in (head, rule, *lines)
    )


def _goals(run: Run) -> str:
    lines: list[Line] = []
    columns = run.columns
    for result in run.results:
        for row in rows(result):
            met = {True: "yes", False: "NO", None: "-"}[row.met(OURS)]
            shares = (share(*row.shares[c]) for c in columns)
            lines.append([f"{result.data.name}: {row.goal.what}", row.goal.wanted, *shares, met])
    text = table(["goal", "wanted", *columns, "met by ours"], lines) if lines else "No set with goals was given."
    missing = unmeasured(run.results)
    measured, reached = sum(line[-1] != "-" for line in lines), sum(line[-1] == "yes" for line in lines)
    text = f"{reached} of {measured} goals are met.\n\n{text}"
    return text + ("\n\nNot measured: " + "; ".join(missing) + "." if missing else "")


def _set(run: Run, result: SetResult) -> Iterable[str]:
    data = result.data
    size = f"{len(data.documents):,} documents"
    yield (
        f"{data.name} ({data.file}, digest {data.digest}), licence: {data.known.licence}. {size}. {data.known.note}"
    ).strip()
    columns = list(result.scores)
    summary: list[Line] = [
        ["documents that leak a direct identifier", *(share(s.leaking, s.documents) for s in result.scores.values())],
    ]
    if data.known.complete:
        scores = list(result.scores.values())
        summary += [
            ["documents without personal data that are touched", *(share(s.disturbed, s.clean) for s in scores)],
            ["characters outside gold that are covered", *(share(s.covered, s.plain) for s in scores)],
        ]
    yield table(["measure", *columns], summary)
    lines: list[Line] = []
    for label in labels_of(result):
        ours = result.ours.labels[label]
        others = [cell for c in columns[1:] for cell in _brief(result.scores[c].labels[label])]
        lines.append([label, f"{ours.gold:,}", recall(ours), _number(ours.typed_recall), precision(ours), *others])
    head = ["label", "gold", "ours: recall", "under own label", "precision"]
    yield table([*head, *(f"{c}: {what}" for c in columns[1:] for what in ("recall", "precision"))], lines)
    yield _listed(run, result)


def _listed(run: Run, result: SetResult) -> str:
    """What went wrong, by document and place; the words only where they were asked for."""
    documents = {d.id: d for d in result.data.documents}
    misses, alarms = worst(result)
    lines = [
        f"- missed: {m.document} {m.label} {m.start}-{m.end}, {m.covered:.0%} covered"
        + (f": `{words(documents, m)}`" if run.show_text else "")
        for m in misses
    ]
    lines += [
        f"- false alarm: {a.document} {a.label} {a.start}-{a.end} by {a.detector}"
        + (f": `{words(documents, a)}`" if run.show_text else "")
        for a in alarms
    ]
    more = len(result.ours.misses) - len(misses) + len(result.ours.alarms) - len(alarms)
    return "\n".join([*lines, *([f"- and {more:,} more"] if more else [])]) or "Nothing missed, no false alarm."


def _brief(counts: LabelScore) -> tuple[str, str]:
    return _number(counts.recall), f"{_number(counts.precision)} ({counts.findings:,})"


def recall(counts: LabelScore) -> str:
    """Recall with its interval."""
    if not counts.gold:
        return "-"
    low, high = interval(counts.found, counts.gold)
    return f"{counts.recall:.3f} ({low:.2f}-{high:.2f})"


def precision(counts: LabelScore) -> str:
    """Precision with its interval and the number of findings."""
    if not counts.findings:
        return "-"
    low, high = interval(counts.right, counts.findings)
    return f"{counts.precision:.3f} ({low:.2f}-{high:.2f}) of {counts.findings:,}"


def _fairness(run: Run) -> str:
    head = ["origin", *(f"{f.column}: recall" for f in run.fairness), f"ours within {POINTS * 100:.0f} points"]
    ours = run.fairness[0]
    lines: list[Line] = [
        [origin, *(recall(f.origins[origin]) for f in run.fairness), "yes" if ours.within(origin) else "NO"]
        for origin in sorted(ours.origins, key=lambda o: ours.origins[o].recall)
    ]
    lines.append(["mean of origins", *(f"{f.mean:.3f}" for f in run.fairness), f"{len(ours.apart)} apart"])
    return table(head, lines)


def _carried(run: Run) -> Iterable[str]:
    plain = run.carried[0].rows[0].direct
    yield (
        f"Direct identifiers of prompts that were written again in each form ({plain.gold:,} marked spans): recall, "
        "and how many findings of their labels were wrong."
    )
    head = ["form", *(head for c in run.carried for head in (f"{c.column}: recall", "wrong"))]
    lines = [
        [row.form, *(cell for c in run.carried for cell in _row(c.rows[place].direct))]
        for place, row in enumerate(run.carried[0].rows)
    ]
    yield table(head, lines)


def _row(direct: LabelScore) -> tuple[str, str]:
    return recall(direct), f"{direct.findings - direct.right:,} of {direct.findings:,}"


def _thresholds(run: Run) -> Iterable[str]:
    prompts = ", ".join(r.data.name for r in run.results if r.data.tunes and r.data.known.prompts)
    others = ", ".join(r.data.name for r in run.results if r.data.tunes and not r.data.known.prompts)
    yield (
        f"From prompts ({prompts}) where they have at least {LEAST_GOLD} of a label"
        + (f", else together with {others}" if others else "")
        + ". In one run with nothing held back; recall is that under the label itself, since a threshold decides about "
        "its own label's findings."
    )
    head = ["label", "shipped", "recall, precision there", "proposed", "recall, precision there", "why"]
    lines: list[Line] = []
    for curve in run.curves:
        now, then = curve.at(curve.shipped), curve.at(curve.proposed)
        lines.append([
            curve.label, f"{curve.shipped:.2f}", f"{now.recall:.3f}, {now.precision:.3f}",
            f"{curve.proposed:.2f}", f"{then.recall:.3f}, {then.precision:.3f}", curve.why,
        ])  # fmt: skip
    yield table(head, lines)
    if not run.proposed:
        yield "Nothing else than what is shipped is proposed."
        return
    yield "Our own figures on prompts at the shipped thresholds, and in a run of its own at the proposed ones:"
    compared: list[Line] = []
    for result in run.results:
        if result.data.name in run.proposed:
            again = rows(SetResult(result.data, {OURS: run.proposed[result.data.name]}))
            compared += [
                [f"{result.data.name}: {now.goal.what}", share(*now.shares[OURS]), share(*new.shares[OURS])]
                for now, new in zip(rows(result), again, strict=True)
                if now.shares[OURS] != new.shares[OURS]
            ]
    yield table(["goal", "shipped", "proposed"], compared) if compared else "No goal's figure changes."


def _speed(run: Run) -> str:
    speed = run.speed
    if speed is None:
        return ""
    lines: list[Line] = []
    for column, timings in speed.timings.items():
        for timing in timings:
            bound = f"≤ {BOUNDS[timing.characters]:.0f} ms" if column == OURS and timing.characters in BOUNDS else ""
            text = f"{column}: {timing.characters:,} characters, cold"
            lines.append([
                text, f"{timing.median_ms:,.1f}", f"{timing.worst_ms:,.1f}",
                f"{timing.per_second:,.0f}", f"{speed.ratio(column, timing.characters):.1f}", bound,
            ])  # fmt: skip
    head = ["text", "median ms", "worst ms", "characters a second", "times ours", "goal"]
    cached = f"A part of 4,000 characters that is known already: {speed.cached_ms:.3f} ms (goal ≤ {CACHED_BOUND} ms)."
    return f"One thread, processor time, {speed.cpu}.\n\n{table(head, lines)}\n\n{cached}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
