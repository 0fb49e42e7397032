"""The look of the package's pages: no scripts, nothing from outside, readable on paper and by screen readers."""

import html

from gateway.records.export.plain import showable

CSS = """
:root { color-scheme: light; --ink: #1a1a1a; --soft: #4a4a4a; --line: #b8b8b8; --link: #0b4a8f; --back: #f3f2f1; }
* { box-sizing: border-box; }
html { font-size: 100%; scroll-behavior: auto; }
body { margin: 0 auto; padding: 1.5rem; max-width: 60rem; color: var(--ink); background: #fff;
  font: 1.05rem/1.6 Arial, "Liberation Sans", "Helvetica Neue", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 2rem; line-height: 1.25; margin: .5rem 0 1rem; }
h2 { font-size: 1.5rem; line-height: 1.3; margin: 2.5rem 0 .75rem; border-top: 3px solid var(--ink);
  padding-top: .75rem; }
h3 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
h4 { font-size: 1rem; margin: 0 0 .35rem; color: var(--soft); font-weight: bold; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible { outline: 3px solid #000; outline-offset: 2px; background: #ffdd00; color: #000; }
.skip { position: absolute; left: -999rem; } .skip:focus { position: static; }
table { border-collapse: collapse; width: 100%; margin: .25rem 0 1.5rem; font-size: 1rem;
  overflow-wrap: normal; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
th a { white-space: nowrap; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: bold; }
.wide { overflow-x: auto; position: relative; }
@media (max-width: 40rem) { td, th { min-width: 6.5rem; } }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: .5rem 0 1.25rem; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; }
.turn { border-left: .35rem solid var(--line); padding: .6rem 0 .6rem 1rem; margin: 0 0 1rem; }
.turn.answer { border-left-color: #0b4a8f; background: #f4f8fc; padding-right: 1rem; }
.text { white-space: pre-wrap; }
mark.gap { background: #1a1a1a; color: #fff; padding: .05rem .4rem; font-weight: bold; font-size: .9em;
  white-space: normal; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
mark.name { background: #fff; color: var(--ink); border: 1.5px solid var(--ink); padding: 0 .35rem; font-size: .9em;
  white-space: nowrap; }
.note { background: var(--back); padding: .75rem 1rem; border-left: .35rem solid var(--ink); }
.top { font-size: .95rem; }
code, pre { font-family: "DejaVu Sans Mono", Consolas, monospace; font-size: .9em; }
pre { background: var(--back); padding: .75rem 1rem; white-space: pre-wrap; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .95rem; }
@media (max-width: 40rem) { dl.facts { grid-template-columns: 1fr; gap: 0; } dl.facts dd { margin-bottom: .5rem; } }
@page { margin: 18mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; } .skip, .top { display: none; }
  h2, h3, h4 { break-after: avoid; } .turn { background: none; } table { font-size: 9.5pt; }
  a { color: inherit; } .pages { break-after: page; } .wide { overflow: visible; }
  mark.gap, .turn { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def e(value: object) -> str:
    """Text for a page: what it can't hold is replaced, what it would take for code is escaped."""
    return html.escape(showable(str(value)))


def page(title: str, body: str) -> bytes:
    """A whole page. The policy lets nothing run and nothing be fetched."""
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "form-action 'none'; base-uri 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{e(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#main">Skip to the content</a>\n{body}</body>\n</html>\n'
    ).encode()


def facts(pairs: list[tuple[str, object]]) -> str:
    """A list of names and values; those without a value are left out."""
    rows = "".join(f"<dt>{e(name)}</dt><dd>{e(value)}</dd>\n" for name, value in pairs if value not in ("", None))
    return f'<dl class="facts">\n{rows}</dl>\n'


def table(caption: str, columns: list[str], rows: list[list[str]]) -> str:
    """A table; cells are HTML already. The first column heads its row."""
    head = "".join(f'<th scope="col">{e(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{value}</td>" for value in row[1:]) + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{e(caption)}" tabindex="0">\n<table>\n'
        f"<caption>{e(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n</div>\n"
    )
