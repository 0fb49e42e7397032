"""The report as one page for a browser: the Markdown's tables, with charts. One file, nothing fetched."""

import re
from collections.abc import Iterable, Iterator
from html import escape

from detectors.evaluate.charts import bars, curve
from detectors.evaluate.measured import Run, labels_of
from detectors.evaluate.report import report
from detectors.evaluate.runner import SetResult

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#111;background:#fff;max-width:76rem;margin:2rem auto;padding:0 1rem}
h1,h2{line-height:1.2} h2{margin-top:2.5rem;border-top:2px solid #111;padding-top:.75rem}
.wide{overflow-x:auto} table{border-collapse:collapse;font-size:.9rem;margin:1rem 0}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{border-bottom:1px solid #bbb;padding:.3rem .6rem;text-align:right;font-variant-numeric:tabular-nums}
td,thead th{white-space:nowrap} thead th{white-space:normal}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:14rem}
thead th{border-bottom:2px solid #111;vertical-align:bottom}
td.no{background:#fbe3dc;font-weight:600} svg{max-width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:#111}
figure{margin:1rem 0;max-width:100%} figcaption{font-weight:600}
.charts{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:start} .curves{display:flex;flex-wrap:wrap;gap:.75rem}
nav ul{columns:3 18rem;padding-left:1.2rem} a{color:#005a9c}
a:focus-visible,summary:focus-visible{outline:3px solid #b34700}
ul{font-size:.9rem} code{background:#f0f0f0;padding:0 .2rem}
details summary{cursor:pointer;font-weight:600}
"""


def page(run: Run) -> str:
    """The whole page."""
    body = "\n".join(_blocks(run))
    return (
        '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>Detection, measured</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>\n{body}\n</main></body></html>\n"
    )


def _blocks(run: Run) -> Iterator[str]:
    charts = {r.data.title: _bars(r) for r in run.results}
    if run.curves:
        charts["Thresholds"] = (
            "<p>Each curve runs over the thresholds from 0 to 1; in brackets how many spans are marked. "
            "The dot is the shipped threshold, the ring the proposed one.</p>"
            f'<div class="curves">{"".join(curve(c) for c in run.curves)}</div>'
        )
    if run.fairness:
        ours = run.fairness[0]
        origins = sorted(ours.origins, key=lambda o: ours.origins[o].recall)
        lines = [(o, [f.origins[o].recall for f in run.fairness]) for o in origins]
        title = "Recall of names by origin"
        charts["Fairness: names by origin"] = _figure(title, bars(title, lines, [f.column for f in run.fairness]))
    heading = ""
    blocks = report(run).strip().split("\n\n")
    contents = [block.lstrip("# ") for block in blocks if block.startswith("## ")]
    for block in blocks:
        if block.startswith("#"):
            level = len(block) - len(block.lstrip("#"))
            heading = block.lstrip("# ")
            yield f'<h{level} id="{_anchor(heading)}">{escape(heading)}</h{level}>'
            if level == 1:
                yield _contents(contents)
            if heading in charts:
                yield charts[heading]
        elif block.startswith("| "):
            yield _table(block, heading)
        elif block.startswith("- "):
            items = "".join(f"<li>{_inline(line[2:])}</li>" for line in block.split("\n"))
            yield f"<details><summary>What was missed, and false alarms</summary><ul>{items}</ul></details>"
        else:
            yield f"<p>{_inline(block)}</p>"


def _bars(result: SetResult) -> str:
    columns = list(result.scores)
    labels = [label for label in labels_of(result) if result.ours.labels[label].gold]
    made: list[str] = []
    for what in ("recall", "precision"):
        rows = []
        for label in labels:
            scores = [result.scores[c].labels[label] for c in columns]
            number = scores[0].gold if what == "recall" else scores[0].findings
            rows.append((f"{label} ({number:,})", [getattr(s, what) for s in scores]))
        counted = "marked spans" if what == "recall" else "findings of ours"
        title = f"{what.capitalize()} by label on {result.data.name} (in brackets: {counted})"
        made.append(_figure(title, bars(title, rows, columns)))
    return f'<div class="charts">{"".join(made)}</div>'


def _contents(headings: Iterable[str]) -> str:
    items = "".join(f'<li><a href="#{_anchor(h)}">{escape(h)}</a></li>' for h in headings)
    return f'<nav aria-label="Contents"><ul>{items}</ul></nav>'


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _figure(title: str, svg: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"


def _table(block: str, heading: str) -> str:
    head, _, *lines = (_cells(line) for line in block.split("\n"))
    titles = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    rows = "".join(f"<tr>{''.join(_row(line))}</tr>" for line in lines)
    what = heading if head[0] in heading.lower() else f"{heading}, by {head[0]}"
    caption = f"<caption>{escape(what)}</caption>"
    return f'<div class="wide"><table>{caption}<thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(cells: Iterable[str]) -> Iterator[str]:
    first, *others = cells
    yield f'<th scope="row">{escape(first)}</th>'
    for cell in others:
        yield f"<td{' class=no' if cell == 'NO' else ''}>{escape(cell)}</td>"


def _cells(line: str) -> list[str]:
    return [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _inline(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, quote=False))
