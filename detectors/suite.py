"""The suite: every recogniser compiled together, text in, findings out.

suite = compile_suite(load_config())
suite.inspect("Mrs Patel, NI number QQ 12 34 56 C")
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from detectors import joins, tables
from detectors.allow import AllowList, compile_lists
from detectors.blobs import DEPTH, Blob, blobs
from detectors.budget import Budget
from detectors.config import SuiteConfig, load_config
from detectors.disguises import disguises
from detectors.errors import DetectionError, DetectorError
from detectors.finding import Finding
from detectors.goods import without_goods
from detectors.identifiers import case_ref
from detectors.identifiers.base import Identifier
from detectors.identifiers.catalogue import SHIPPED
from detectors.names.choose import finder
from detectors.names.finder import NameFinder, echoes
from detectors.names.initials import initials
from detectors.names.model import Finder, NameModel
from detectors.names.numbers import unclaimed
from detectors.normalise import Normal, normalise
from detectors.overlap import Candidate, merged, resolve
from detectors.presidio import CustomRecogniser, Recogniser, custom, registry
from detectors.repeats import repeats
from detectors.segments import Segmenter, segments
from detectors.slices import AROUND, slices
from detectors.versions import suite_version
from detectors.view import Hit, Opinion, View, readable_context

Steps = Generator[None, None, tuple[Finding, ...]]
"""Work in slices: it yields after each and returns the findings."""

_NOBODY = AllowList()
_SEPARATOR = ": "
_NAMED = 0.6
"""How sure it is that words which end in capitals, in writing said to be backwards, are a name."""
_SAID_BEFORE = 48
"""How many characters before a blob say what it holds."""
_BARE_VALUE = re.compile(r"\S{1,60}(?: \S{1,30}){0,5}")


class Suite:
    """Immutable after compilation, but for the cache of names. Safe to use from any thread.

    `version` changes with the code, the configuration, the model or a library: caches and records are keyed by it.
    """

    def __init__(self, config: SuiteConfig, names: Finder, customs: Sequence[CustomRecogniser]) -> None:
        self.config = config
        self.version = suite_version(config.digest(), names.version)
        self.model = names.name
        identifiers = (*SHIPPED, case_ref.identifier(config.case_references))
        self.registry = registry(identifiers, customs)
        ours = [r for r in self.registry.recognizers if isinstance(r, Recogniser)]
        self._sliced: list[tuple[str, Callable[[View], Iterable[Hit]]]] = [
            (r.name, _seconded(r.look)) for r in ours if not r.identifier.whole
        ]
        self._sliced.extend((own.name, own.look) for own in customs)
        self._whole = [(r.name, r.look) for r in ours if r.identifier.whole]
        self._joining: tuple[Identifier, ...] = tuple(i for i in identifiers if i.joins)
        self._names = names
        self._allow = compile_lists(config.allow_lists)
        self._ours = re.compile("|".join(f"(?:{p})" for p in config.own_references)) if config.own_references else None

    def __repr__(self) -> str:
        return f"Suite({self.version}, {self.model}, {len(self._sliced) + len(self._whole)} recognisers)"

    def budget(self) -> Budget:
        """A fresh budget for one call, as configured."""
        limits = self.config.limits
        return Budget(limits.characters, limits.candidates, limits.cpu_seconds)

    def allow_version(self, controller: str | None) -> str:
        """The version of a controller's allow-list, for cache keys."""
        return self._allow_list(controller).version

    def segments(self, text: str) -> list[str]:
        """The segments in which a reply is inspected; a pure function of the text."""
        return segments(text)

    def segmenter(self) -> Segmenter:
        """The same for a text that is still growing."""
        return Segmenter()

    def inspect(
        self,
        text: str,
        *,
        context: str = "",
        kind: str = "text",
        allow: str | None = None,
        budget: Budget | None = None,
    ) -> tuple[Finding, ...]:
        """The findings in `text`, in order of place. `allow` is the controller whose allow-list counts.

        Raises `BudgetExceeded` where the text needs too much work and `DetectorError` where anything fails:
        then nothing is known about the text.
        """
        work = self.steps(text, context=context, kind=kind, allow=allow, budget=budget)
        while True:
            try:
                next(work)
            except StopIteration as done:
                found: tuple[Finding, ...] = done.value
                return found

    def steps(
        self,
        text: str,
        *,
        context: str = "",
        kind: str = "text",
        allow: str | None = None,
        budget: Budget | None = None,
    ) -> Steps:
        """`inspect` in slices of about 4,000 characters: a generator that yields after each slice."""
        purse = budget or self.budget()
        purse.charge_characters(len(text))
        normal = normalise(text)
        opinions: list[Opinion] = []
        said = readable_context(context)
        candidates = yield from self._candidates(normal.text, said, kind, allow, purse, DEPTH, opinions)
        listed = self._allow_list(allow)
        candidates.extend(self._echoes(normal.text, candidates, listed, opinions))
        candidates.extend(self._repeats(normal.text, candidates, listed))
        return self._findings(normal, resolve(candidates, normal.text))

    def warm(self, texts: Sequence[str]) -> None:
        """Look for the names of several short texts in one go, ahead of `inspect`: cheaper than text by text.

        Changes no finding. Raises `DetectorError` where the model fails.
        """
        with _failing_closed("names"):
            self._names.warm([normalise(text).text for text in texts])

    def join(
        self, tail: str, head: str, *, context: str = "", allow: str | None = None
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """Findings of an identifier split over the end of `tail` and the start of `head`, for each of the two.

        Only the last and first 40 characters are read, and only what context confirms counts.
        """
        with _failing_closed("join"):
            found = joins.join(tail, head, self._joining, readable_context(context))
        listed = self._allow_list(allow)
        kept = [j for j in found if j.score >= self.config.threshold(j.label) and not listed.holds(j.label, j.value)]
        tails = tuple(Finding(*j.tail, j.label, j.score, f"{j.detector}/join", self.version) for j in kept)
        heads = tuple(Finding(*j.head, j.label, j.score, f"{j.detector}/join", self.version) for j in kept)
        return tails, heads

    def merge(self, text: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Findings of one text from several looks (its own and its joins), with overlaps resolved."""
        candidates = [Candidate(f.start, f.end, f.label, f.score, f.detector) for f in findings]
        return tuple(
            Finding(c.start, c.end, c.label, c.score, c.detector, self.version) for c in resolve(candidates, text)
        )

    def _allow_list(self, controller: str | None) -> AllowList:
        return self._allow.get(controller, _NOBODY) if controller is not None else _NOBODY

    def _candidates(
        self, text: str, prefix: str, kind: str, allow: str | None, purse: Budget, depth: int, opinions: list[Opinion]
    ) -> Generator[None, None, list[Candidate]]:
        """Candidates over their label's threshold and not allowed, from slices, the whole text and its blobs.

        `opinions` get the model's of each slice, with their places in the text.
        """
        listed = self._allow_list(allow)
        cells = tables.cells(text) if "\n" in text else []
        found: list[Candidate] = []
        for span in slices(text):
            purse.begin_slice()
            view, shift = _view(text, span, prefix, kind, cells)
            for hit, detector in self._look(view, purse):
                found.append(Candidate(hit.start - shift, hit.end - shift, hit.label, hit.score, detector))
            if view.opinion is not None:
                opinions.append(view.opinion.moved(-shift))
            purse.end_slice()
            yield
        purse.begin_slice()
        view, shift = _view(text, (0, len(text)), prefix, kind, cells)
        for hit, detector in _run(self._whole, view, purse):
            found.append(Candidate(hit.start - shift, hit.end - shift, hit.label, hit.score, detector))
        purse.end_slice()
        ours = [m.span() for m in self._ours.finditer(text)] if self._ours is not None else []
        found = [
            c
            for c in found
            if c.score >= self.config.threshold(c.label)
            and not listed.holds(c.label, text[c.start : c.end])
            and not any(start <= c.start and c.end <= end for start, end in ours)
        ]
        found = without_goods(unclaimed(found), text)
        if depth:
            for blob in (*blobs(text), *(disguises(text) if depth == DEPTH else ())):
                said = f"{prefix} {text[max(0, blob.start - _SAID_BEFORE) : blob.start]}".strip()
                held = yield from self._in_blob(blob, said, allow, purse, depth - 1)
                if held and not blob.step:  # what holds writing is no key, whatever the model took it for
                    found = [c for c in found if not _is_guessed_key(c, blob)]
                found.extend(held)
        return found

    def _in_blob(
        self, blob: Blob, prefix: str, allow: str | None, purse: Budget, depth: int
    ) -> Generator[None, None, list[Candidate]]:
        """What a blob's text holds, as candidates over the whole blob or its part; hidden if it holds anything."""
        purse.charge_characters(len(blob.decoded))
        normal = normalise(blob.decoded)
        inner = yield from self._candidates(normal.text, prefix, "text", allow, purse, depth, [])
        if blob.named and self.config.threshold("PERSON") <= _NAMED:
            inner.append(Candidate(0, len(normal.text), "PERSON", _NAMED, "names/turned"))
        if blob.step:
            return [part for candidate in inner for part in _turned(blob, normal, candidate)]
        best: dict[str, Candidate] = {}
        for candidate in inner:
            if candidate.label not in best or candidate.score > best[candidate.label].score:
                best[candidate.label] = Candidate(
                    blob.start, blob.end, candidate.label, candidate.score, f"{candidate.detector}/decoded"
                )
        if best:
            best["HIDDEN_TEXT"] = Candidate(blob.start, blob.end, "HIDDEN_TEXT", 0.9, "decoded")
        return list(best.values())

    def _look(self, view: View, purse: Budget) -> Iterator[tuple[Hit, str]]:
        """Names first, since other recognisers ask whether somebody is spoken of."""
        with _failing_closed("names"):
            named = [found for found in self._names.look(view) if view.first <= found[0].start < view.last]
        purse.charge_candidates(len(named))
        view.people = tuple(sorted((hit.start, hit.end) for hit, _ in named if hit.label == "PERSON"))
        yield from named
        yield from _run(self._sliced, view, purse)

    def _echoes(
        self, text: str, candidates: Sequence[Candidate], listed: AllowList, opinions: Sequence[Opinion]
    ) -> list[Candidate]:
        """Further mentions of people: by a part of their name, where the model does not rule it out, or by initials."""
        people = [(c.start, c.end, c.score) for c in candidates if c.label == "PERSON"]
        if not people:
            return []
        with _failing_closed("names/echo"):
            return [
                Candidate(hit.start, hit.end, hit.label, hit.score, "names/echo")
                for hit in (*_not_denied(echoes(text, people), opinions), *initials(text, people))
                if hit.score >= self.config.threshold("PERSON")
                and not listed.holds("PERSON", text[hit.start : hit.end])
            ]

    def _repeats(self, text: str, candidates: Sequence[Candidate], listed: AllowList) -> list[Candidate]:
        known = [(c.start, c.end, c.label, c.score) for c in candidates]
        with _failing_closed("repeat"):
            return [
                Candidate(hit.start, hit.end, hit.label, hit.score, "repeat")
                for hit in repeats(text, known)
                if hit.score >= self.config.threshold(hit.label)
                and not listed.holds(hit.label, text[hit.start : hit.end])
            ]

    def _findings(self, normal: Normal, resolved: Sequence[Candidate]) -> tuple[Finding, ...]:
        """The resolved candidates in the original text, and what was hidden there."""
        made: set[Finding] = set()
        hidden: set[tuple[int, int]] = set(normal.hiding)
        for c in resolved:
            start, end = normal.original(c.start, c.end)
            made.add(Finding(start, end, c.label, c.score, c.detector, self.version))
            if c.label != "HIDDEN_TEXT" and normal.is_altered(c.start, c.end):
                hidden.add((start, end))
        threshold = self.config.threshold("HIDDEN_TEXT")
        if threshold <= 0.9:
            made.update(Finding(s, e, "HIDDEN_TEXT", 0.9, "normalise", self.version) for s, e in merged(hidden))
        return tuple(sorted(made, key=lambda f: (f.start, f.end, f.label)))


class _failing_closed:  # noqa: N801  reads as a phrase where it is used
    """Turns whatever a recogniser raises into a DetectorError that names it and holds no text."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, DetectionError) or not isinstance(error, Exception):
            return
        raise DetectorError(self._name) from None


def _run(
    recognisers: Sequence[tuple[str, Callable[[View], Iterable[Hit]]]], view: View, purse: Budget
) -> Iterator[tuple[Hit, str]]:
    for name, look in recognisers:
        with _failing_closed(name):
            hits = [hit for hit in look(view) if view.first <= hit.start < view.last]
        for hit in hits:
            yield hit, name
    purse.charge_candidates(view.looked)
    view.looked = 0


def _not_denied(hits: Iterable[Hit], opinions: Sequence[Opinion]) -> Iterator[Hit]:
    """The hits that the model's opinion of their slice does not rule out. `opinions` are in order of place."""
    told = [opinion for opinion in opinions if opinion.read]
    starts = [opinion.read[0][0] for opinion in told]
    for hit in hits:
        index = bisect_right(starts, hit.start) - 1
        if index < 0 or not told[index].denies(hit):
            yield hit


def _seconded(look: Callable[[View], Iterable[Hit]]) -> Callable[[View], Iterable[Hit]]:
    """The same recogniser without what the model of names denies; a child is none where its age is none."""

    def agreed(view: View) -> Iterator[Hit]:
        denied: set[tuple[int, int]] = set()
        for hit in look(view):
            if view.opinion is not None and view.opinion.denies(hit):
                denied.add((hit.start, hit.end))
            elif hit.label != "CHILD" or (hit.start, hit.end) not in denied:
                yield hit

    return agreed


def _view(text: str, span: tuple[int, int], prefix: str, kind: str, cells: Sequence[tables.Cell]) -> tuple[View, int]:
    """The view of one slice with what surrounds it, and how far its offsets are from the text's."""
    low, high = max(0, span[0] - AROUND), min(len(text), span[1] + AROUND)
    before = prefix + _SEPARATOR if prefix and low == 0 else ""
    shift = len(before) - low
    first = bisect_left(cells, span[0], key=lambda cell: cell.start)
    near: Sequence[tables.Cell] = (
        cells[first : bisect_left(cells, span[1], key=lambda cell: cell.start)] if cells else ()
    )
    if before and not cells and _BARE_VALUE.fullmatch(text):
        near = (tables.Cell(0, len(text), prefix.lower()),)  # what a key path says of a value, a column header would
    view = View(before + text[low:high], span[0] + shift, span[1] + shift, kind=kind, base=-shift, cells=near)
    return view, shift


def _is_guessed_key(candidate: Candidate, blob: Blob) -> bool:
    inside = blob.start <= candidate.start and candidate.end <= blob.end
    return inside and candidate.label == "SECRET" and candidate.detector.startswith("names/")


def _turned(blob: Blob, normal: Normal, candidate: Candidate) -> tuple[Candidate, Candidate]:
    """A candidate in writing that was turned round or shifted, where it stands in the text, and that it was hidden."""
    start, end = normal.original(candidate.start, candidate.end)
    place = (blob.start + start, blob.start + end) if blob.step > 0 else (blob.end - end, blob.end - start)
    return (
        Candidate(*place, candidate.label, candidate.score, f"{candidate.detector}/decoded"),
        Candidate(*place, "HIDDEN_TEXT", 0.9, "decoded"),
    )


def compile_suite(config: SuiteConfig | None = None, model: NameModel | None = None) -> Suite:
    """A suite ready to use. `config` is the shipped one by default; `model` replaces the configured model of names.

    Raises ConfigError.
    """
    config = config or load_config()
    customs = [custom(recogniser.definition()) for recogniser in config.recognisers]
    units = config.names.cache_units
    names = NameFinder(model, units) if model is not None else finder(config.names.model, units)
    suite = Suite(config, names, customs)
    _warm(suite)
    return suite


def _warm(suite: Suite) -> None:
    """One small inspection, so that a broken recogniser or model fails at start-up and the first call is fast."""
    suite.inspect("Please ring Mrs Example about the bins on Tuesday.")
