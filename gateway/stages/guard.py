"""Guard: the reply restored, inspected and, where policy says so, masked, before anybody sees it.

What is decided about a text depends on the text alone: prose is inspected in the detectors' own segments, arguments
of a function when they are whole. So any chunking gives the same bytes. A detector that fails ends the reply; what was
held is dropped.
"""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Protocol

from detectors.finding import Finding
from detectors.labels import LABELS, DataClass
from gateway.model.decision import Decision, Operator
from gateway.model.errors import Unavailable, UpstreamFailed
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage
from gateway.stages import spans
from gateway.stages.arguments import Kind, is_json, walk
from gateway.stages.flow import closing
from gateway.stages.named import value_of
from gateway.stages.refusal import PRIVATE, removed
from gateway.stages.restore import Restorer, TextRestorer
from gateway.stages.strangers import Strangers
from gateway.telemetry import metrics


class Segmenter(Protocol):
    """Cuts a growing text where it may be inspected, as a pure function of the text."""

    def push(self, text: str) -> list[str]:
        """Segments that no later text can change."""
        ...

    def flush(self) -> list[str]:
        """The rest, when the text has ended."""
        ...


class ReplyInspector(Protocol):
    """What guarding asks of inspection."""

    async def inspect_texts(self, texts: Sequence[str], controller: str) -> Sequence[Sequence[Finding]]:
        """The findings in each of the texts. Raises where detection failed."""
        ...

    def segmenter(self) -> Segmenter:
        """A segmenter for one run of text."""
        ...


async def guard(
    events: AsyncIterator[Event], restorer: Restorer, decision: Decision, inspector: ReplyInspector
) -> AsyncGenerator[Event, None]:
    """The reply's events with pseudonyms restored and `decision.reply` applied to personal data that was not in the
    request: `allow` leaves it, `flag` counts it in `Finished.findings`, `mask` also replaces it. What a caller
    contested counts as allowed.

    Raises Unavailable where detection fails, UpstreamFailed where the events are out of order.
    """
    watch = _Watch(restorer, decision, inspector)
    lanes: dict[str, _Lane] = {}
    async with closing(events) as source:
        async for event in source:
            match event:
                case Started():
                    lanes[event.address] = _LANES.get(event.channel, _Text)(watch, event)
                    name = restorer.name(event.name)
                    yield event if name == event.name else replace(event, name=name)
                case Delta():
                    lane = lanes.get(event.address)
                    if lane is None:
                        raise UpstreamFailed("The provider's reply was out of order.")
                    text = await lane.push(event.text)
                    if text:
                        yield replace(event, text=text)
                    await lane.delivered()
                case Ended():
                    lane = lanes.pop(event.address, None)
                    text = await lane.finish() if lane else ""
                    if text:
                        yield Delta(event.address, text)
                    if lane:
                        await lane.delivered()
                    yield event
                case Finished():
                    if lanes:
                        raise UpstreamFailed("The provider's reply was cut short.")
                    watch.report()
                    counts = dict(sorted((watch.counts + Counter(event.findings)).items()))
                    values, secrets, named = watch.values, watch.secrets, tuple(watch.named)
                    yield replace(event, findings=counts, values=values, secrets=secrets, named=named)
                case Head() | ChoiceEnded() | Usage():
                    yield event


@dataclass(slots=True, repr=False)
class _Watch:
    """What all runs of one reply share."""

    restorer: Restorer
    decision: Decision
    inspector: ReplyInspector
    counts: Counter[str] = field(default_factory=Counter)
    values: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    named: dict[tuple[str, str], None] = field(default_factory=dict)
    strangers: Strangers = field(init=False)

    def __post_init__(self) -> None:
        self.strangers = Strangers(self.restorer.values.keys(), self.restorer.request)

    async def find(self, text: str) -> list[Finding]:
        """What is in `text` and was not in the request."""
        return (await self.find_all([text]))[0]

    async def find_all(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The same for several texts at once, which costs less."""
        telling = [text for text in texts if any(c.isalnum() for c in text)]
        found = iter(await self._inspect(telling) if telling else ())
        return [
            [f for f in next(found) if self._is_new(text, f)] if any(c.isalnum() for c in text) else []
            for text in texts
        ]

    async def treat(self, text: str) -> str:
        """Count what is new in `text`; under `mask` also replace it."""
        found = await self.find(text)
        self.count(text, found)
        return _masked(text, found) if found and self.decision.reply == "mask" else text

    def count(self, text: str, found: Iterable[Finding]) -> None:
        """Add to the reply's findings, and to what its record does not show."""
        for f in found:
            self.counts[f.label] += 1
            label = LABELS[f.label]
            if label.data_class in PRIVATE:
                self.values[text[f.start : f.end]] = removed(label)
            if label.data_class is DataClass.SECRET:
                self.secrets[text[f.start : f.end]] = removed(label)
            else:
                self.named[f.label, value_of(text, f)] = None

    async def _inspect(self, texts: Sequence[str]) -> Sequence[Sequence[Finding]]:
        try:
            with metrics.stage("inspect_reply"):
                return await self.inspector.inspect_texts(texts, self.restorer.controller)
        except Unavailable:
            raise
        # A detector may fail in any way; whichever it is, nothing goes on unchecked.
        except Exception:  # noqa: BLE001
            metrics.detector_failed("reply")
            raise Unavailable(
                "The answer could not be checked for personal data, so it was stopped. Please try again.",
                code="reply_not_inspected",
                retry_after_s=5,
            ) from None

    def _is_new(self, text: str, finding: Finding) -> bool:
        if finding.label in self.decision.contested:
            return False
        return not self.restorer.knows(finding.label, text, finding.start, finding.end)

    def report(self) -> None:
        """Count the reply in the metrics."""
        metrics.restored(
            self.restorer.controller, self.restorer.restored, self.restorer.left, self.strangers.masked
        )  # fmt: skip
        if self.counts:
            metrics.findings(self.restorer.controller, self.counts)


_MASK: Mapping[str, Operator] = dict.fromkeys(LABELS, "mask")


def _masked(text: str, findings: Iterable[Finding]) -> str:
    planned = spans.plan(text, findings, _MASK)
    return spans.replace(text, ((s.start, s.end, removed(LABELS[s.label])) for s in planned))


class _Lane(Protocol):
    """One run of text. `push` and `finish` return what may be handed on; `delivered` is called once it has been."""

    async def push(self, text: str) -> str: ...

    async def finish(self) -> str: ...

    async def delivered(self) -> None: ...


BLOCK = 1_000
"""Under `flag`, segments are inspected together from this many characters on: a call of detection has its price."""


class _Text:
    """A run of prose. Under `flag` it is inspected when it is already on its way, in blocks of whole segments."""

    def __init__(self, watch: _Watch, started: Started) -> None:
        self._watch = watch
        self._mode = watch.decision.reply
        self._restorer: TextRestorer = watch.restorer.text(started.channel)
        self._strangers = watch.strangers.text()
        self._segmenter = None if self._mode == "allow" else watch.inspector.segmenter()
        self._block = ""
        self._due: list[str] = []

    async def push(self, text: str) -> str:
        restored = self._strangers.push(self._restorer.push(text))
        if self._segmenter is None:
            return restored
        return await self._handle(restored, self._segmenter.push(restored))

    async def finish(self) -> str:
        rest = self._strangers.push(self._restorer.finish()) + self._strangers.finish()
        if self._segmenter is None:
            return rest
        text = await self._handle(rest, self._segmenter.push(rest) + self._segmenter.flush())
        if self._block:
            self._due.append(self._block)
        return text

    async def _handle(self, text: str, segments: list[str]) -> str:
        if self._mode == "mask":
            return "".join([await self._watch.treat(segment) for segment in segments])
        for segment in segments:
            self._block += segment
            if len(self._block) >= BLOCK:
                self._due.append(self._block)
                self._block = ""
        return text

    async def delivered(self) -> None:
        due, self._due = self._due, []
        if due:
            for text, found in zip(due, await self._watch.find_all(due), strict=True):
                self._watch.count(text, found)


class _Held:
    """A run that is handed on whole, once it is complete."""

    def __init__(self, watch: _Watch, started: Started) -> None:
        self._watch = watch
        self._started = started
        self._held: list[str] = []

    async def push(self, text: str) -> str:
        self._held.append(text)
        return ""

    async def delivered(self) -> None:
        return


class _Arguments(_Held):
    """A function's arguments."""

    async def finish(self) -> str:
        text = "".join(self._held)
        mode = self._watch.decision.reply
        restorer = self._watch.restorer
        restored = self._watch.strangers.whole(restorer.arguments(restorer.name(self._started.name), text))
        if mode == "allow":
            return restored
        if not is_json(restored):
            return await self._watch.treat(restored)
        masks = await self._values(restored)
        if mode == "flag" or not masks:
            return restored
        order = iter(range(len(restored)))
        return walk(restored, lambda _key, _value, _kind: masks.get(next(order)))

    async def _values(self, text: str) -> dict[int, str]:
        """The values to mask, by their order in the document. All are inspected in one text, each behind its key."""
        values: list[tuple[int, str]] = []
        lines: list[str] = []
        size = 0

        def visit(key: str, value: str, _kind: Kind) -> None:
            nonlocal size
            head = f"{key}: " if key else ""
            values.append((size + len(head), value))
            lines.append(f"{head}{value}\n")
            size += len(lines[-1])

        walk(text, visit)
        listed = "".join(lines)
        found = await self._watch.find(listed)
        places = [(start, start + len(value)) for start, value in values]
        self._watch.count(listed, (f for f in found if any(f.start < e and f.end > s for s, e in places)))
        return _masks(values, found)


class _Pieces(_Held):
    """The pieces of one text, such as a transcript's words: inspected as that text, since what tells may stand across
    them."""

    async def finish(self) -> str:
        watch = self._watch
        pieces = [watch.strangers.whole(watch.restorer.whole(piece)) for piece in json.loads("".join(self._held))]
        if watch.decision.reply != "allow":
            text = " ".join(pieces)
            found = await watch.find(text)
            watch.count(text, found)
            if watch.decision.reply == "mask":
                starts = accumulate((len(piece) + 1 for piece in pieces), initial=0)
                masks = _masks(list(zip(starts, pieces, strict=False)), found)
                pieces = [masks.get(index, piece) for index, piece in enumerate(pieces)]
        return json.dumps(pieces, ensure_ascii=False)


class _File:
    """A picture or sound: there is no text in it to guard."""

    def __init__(self, watch: _Watch, started: Started) -> None:
        pass

    async def push(self, text: str) -> str:
        return text

    async def finish(self) -> str:
        return ""

    async def delivered(self) -> None:
        return


_LANES: Mapping[str, Callable[[_Watch, Started], _Lane]] = {
    "arguments": _Arguments,
    "pieces": _Pieces,
    "file": _File,
}


def _masks(values: Sequence[tuple[int, str]], found: Sequence[Finding]) -> dict[int, str]:
    """The values that findings touch, masked, by their order; each value is given with its start in the whole text.
    Both are in the order of the text."""
    masks: dict[int, str] = {}
    ordered = sorted(found, key=lambda f: f.start)
    first = 0
    for index, (start, value) in enumerate(values):
        end = start + len(value)
        while first < len(ordered) and ordered[first].end <= start:
            first += 1
        last = bisect_left(ordered, end, first, key=lambda f: f.start)
        inside = [
            replace(f, start=max(0, f.start - start), end=min(len(value), f.end - start))
            for f in ordered[first:last]
            if f.end > start
        ]
        if inside:
            masks[index] = _masked(value, inside)
    return masks
