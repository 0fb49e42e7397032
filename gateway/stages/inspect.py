"""Find what is in a call: every part once, cached by what it says, long calls in turns with the others.

`inspect` answers part by part. A part that was inspected before costs a digest; a short call costs one hop to the
worker thread; a long one takes a hop for each slice, so that calls beside it are served in between. Whatever goes
wrong refuses the call: there is no such thing as a text that passed because its detector failed.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

from detectors.budget import Budget
from detectors.cache import PartCache
from detectors.errors import BudgetExceeded, DetectorError
from detectors.finding import Finding
from detectors.joins import REACH, worth_joining
from detectors.segments import Segmenter
from detectors.suite import Steps, Suite
from gateway.model.call import Call
from gateway.model.caller import Caller
from gateway.model.errors import BadRequest, GatewayError, Unavailable
from gateway.model.part import Part
from gateway.stages.inspection import Inspection
from gateway.telemetry import metrics

ONE_HOP = 4_000
"""Characters that are inspected in one hop to the worker thread; longer work takes turns."""

_REACHABLE = ("text", "number")

Findings = tuple[Finding, ...]
Joined = tuple[Findings, Findings]


class Inspector:
    """The detectors of one worker, with their cache and their thread.

    `cache_entries` bounds the cache of parts (and that of joins). The default executor has a single thread: the
    model takes turns anyway, and one queue is what makes the turns fair.
    """

    def __init__(self, suite: Suite, *, cache_entries: int = 20_000, executor: Executor | None = None) -> None:
        self.suite = suite
        self._parts: PartCache[Findings] = PartCache(cache_entries)
        self._joins: PartCache[Joined] = PartCache(cache_entries)
        self._own = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inspect") if executor is None else None
        self._executor = executor or self._own

    def __repr__(self) -> str:
        return f"Inspector({self.suite!r}, {self._parts!r})"

    def segmenter(self) -> Segmenter:
        """A cutter for one stream of reply text."""
        return self.suite.segmenter()

    async def inspect_text(self, text: str, controller: str, *, context: str = "") -> Findings:
        """The findings of one text. Raises BadRequest (too much) or Unavailable (failed)."""
        return (await self.inspect_texts([text], controller, context=context))[0]

    async def inspect_texts(self, texts: Sequence[str], controller: str, *, context: str = "") -> list[Findings]:
        """The findings of segments of a reply, in one go. Raises BadRequest (too much) or Unavailable (failed)."""
        try:
            keys = [self._key(text, context, "text", controller) for text in texts]
            known = {key: found for key in keys if (found := self._parts.get(key)) is not None}
            todo = {key: _Todo(key, text, context, "text") for key, text in zip(keys, texts, strict=True)}
            new = [each for key, each in todo.items() if key not in known]
            metrics.cache(len(known), len(new))
            if new:
                known.update(await self._run(new, controller, self.suite.budget()))
            return [known[key] for key in keys]
        except Exception as error:  # noqa: BLE001  # whatever failed, unchecked text may not pass
            raise _refusal(error) from None

    async def inspect_parts(self, parts: Sequence[Part], controller: str) -> Inspection:
        """The findings of the parts of one call, by part. Raises BadRequest (too much) or Unavailable (failed)."""
        try:
            return await self._inspect_parts(parts, controller)
        except Exception as error:  # noqa: BLE001  # whatever failed, an uninspected call may not pass
            raise _refusal(error) from None

    def inspect_now(self, text: str, allow: str | None = None) -> Sequence[Finding]:
        """The findings in one text, for callers in threads of their own. It waits its turn like a call's text does."""
        if self._executor is None:  # never: one of the two is there
            raise Unavailable("Detection has stopped.")
        found: Sequence[Finding] = self._executor.submit(self.suite.inspect, text, allow=allow).result()
        return found

    def close(self) -> None:
        """Stop the worker thread, if it is ours."""
        if self._own is not None:
            self._own.shutdown(wait=False, cancel_futures=True)

    async def _inspect_parts(self, parts: Sequence[Part], controller: str) -> Inspection:
        keys = [self._key(p.text, p.context, p.kind, controller) if p.kind != "blob" else None for p in parts]
        known: dict[bytes, Findings] = {}
        todo: dict[bytes, _Todo] = {}
        for part, key in zip(parts, keys, strict=True):
            if key is None or key in known or key in todo:
                continue
            findings = self._parts.get(key)
            if findings is None:
                todo[key] = _Todo(key, part.text, part.context, part.kind)
            else:
                known[key] = findings
        metrics.cache(len(known), len(todo))
        pairs = self._pairs(parts, controller)
        unknown = [pair for pair in pairs if self._joins.get(pair.key) is None]
        if todo or unknown:
            known.update(await self._run(list(todo.values()), controller, self.suite.budget(), unknown))
        findings_by_part = [known[key] if key is not None else () for key in keys]
        exposed = self._join(parts, findings_by_part, pairs, controller)
        return Inspection(tuple(findings_by_part), exposed)

    async def _run(
        self, todo: "Sequence[_Todo]", controller: str, budget: Budget, pairs: "Sequence[_Pair]" = ()
    ) -> dict[bytes, Findings]:
        """Inspect what isn't known yet, in one hop where it is short, slice by slice in turns where it is long."""
        loop = asyncio.get_running_loop()
        found: dict[bytes, Findings] = {}
        batch: list[_Todo] = []
        size = 0
        for item in todo:
            if len(item.text) > ONE_HOP:
                found[item.key] = await self._in_turns(item, controller, budget)
                continue
            if batch and size + len(item.text) > ONE_HOP:
                found.update(await loop.run_in_executor(self._executor, self._all, batch, controller, budget, ()))
                batch, size = [], 0
            batch.append(item)
            size += len(item.text)
        if batch or pairs:
            found.update(await loop.run_in_executor(self._executor, self._all, batch, controller, budget, pairs))
        for key, findings in found.items():
            self._parts.put(key, findings)
        return found

    def _all(
        self, todo: "Sequence[_Todo]", controller: str, budget: Budget, pairs: "Sequence[_Pair]"
    ) -> dict[bytes, Findings]:
        """One hop's work: short texts, and the borders of neighbouring parts."""
        for pair in pairs:
            self._joins.put(pair.key, self._join_one(pair, controller))
        texts = [t.text for t in todo if t.kind == "text"]
        if len(texts) > 1:
            self.suite.warm(texts)
        return {
            t.key: self.suite.inspect(t.text, context=t.context, kind=t.kind, allow=controller, budget=budget)
            for t in todo
        }

    async def _in_turns(self, item: "_Todo", controller: str, budget: Budget) -> Findings:
        """One long text, one hop a slice: the executor's queue is first in, first out, so calls alternate."""
        loop = asyncio.get_running_loop()
        steps = self.suite.steps(item.text, context=item.context, kind=item.kind, allow=controller, budget=budget)
        while True:
            done = await loop.run_in_executor(self._executor, _step, steps)
            if done is not None:
                return done

    def _pairs(self, parts: Sequence[Part], controller: str) -> "list[_Pair]":
        """The neighbouring parts over whose border something could be split."""
        pairs: list[_Pair] = []
        versions = self._versions(controller)
        for first, second in _neighbours(parts):
            tail, head, context = parts[first].text[-REACH:], parts[second].text[:REACH], parts[first].context
            if worth_joining(tail, head):
                pairs.append(_Pair(self._joins.key(tail, head, context, versions), first, second, tail, head, context))
        return pairs

    def _join(self, parts: Sequence[Part], findings: list[Findings], pairs: "Sequence[_Pair]", controller: str) -> int:
        """Add what is split over neighbouring parts to `findings`; returns how many first halves had been sent."""
        last_turn = max((p.turn for p in parts), default=-1)
        exposed = 0
        for pair in pairs:
            joined = self._joins.get(pair.key)
            if joined is None:  # pushed out by others meanwhile
                joined = self._join_one(pair, controller)
            if joined[0]:
                first, second = parts[pair.first], parts[pair.second]
                tails = tuple(_moved(f, len(first.text) - len(pair.tail)) for f in joined[0])
                findings[pair.first] = self.suite.merge(first.text, (*findings[pair.first], *tails))
                findings[pair.second] = self.suite.merge(second.text, (*findings[pair.second], *joined[1]))
                exposed += len(tails) if 0 <= first.turn < last_turn else 0
        return exposed

    def _join_one(self, pair: "_Pair", controller: str) -> Joined:
        return self.suite.join(pair.tail, pair.head, context=pair.context, allow=controller)

    def _key(self, text: str, context: str, kind: str, controller: str) -> bytes:
        return self._parts.key(text, context, kind, self._versions(controller))

    def _versions(self, controller: str) -> str:
        return f"{self.suite.version}/{self.suite.allow_version(controller)}"


@dataclass(frozen=True, slots=True)
class _Todo:
    """A text to inspect and the key its findings are kept under."""

    key: bytes
    text: str = field(repr=False)
    context: str = field(repr=False)
    kind: str


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two neighbouring parts, by index, with the end of one and the start of the other."""

    key: bytes
    first: int
    second: int
    tail: str = field(repr=False)
    head: str = field(repr=False)
    context: str = field(repr=False)


def _step(steps: Steps) -> Findings | None:
    """One slice of work; the findings when it was the last."""
    try:
        next(steps)
    except StopIteration as done:
        found: Findings = done.value
        return found
    return None


def _neighbours(parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Pairs of readable parts that stand beside each other, or follow each other from the same speaker."""
    pairs: list[tuple[int, int]] = []
    previous = -1
    by_role: dict[str, int] = {}
    for index, part in enumerate(parts):
        if part.kind not in _REACHABLE or not part.text:
            continue
        if previous >= 0:
            pairs.append((previous, index))
        same = by_role.get(part.role, -1)
        if same >= 0 and same != previous:
            pairs.append((same, index))
        by_role[part.role] = previous = index
    return pairs


def _moved(finding: Finding, by: int) -> Finding:
    return Finding(
        finding.start + by, finding.end + by, finding.label, finding.score, finding.detector, finding.version
    )


def _refusal(error: Exception) -> GatewayError:
    """The error a caller may see. It names no text; what failed is counted by kind."""
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, BudgetExceeded):
        return BadRequest(
            f"This call is too long to inspect: it needs more than {error.limit:,.0f} {error.what}. "
            "Send it in smaller pieces.",
            code="too_much_to_inspect",
        )
    kind = error.kind if isinstance(error, DetectorError) else "inspector"
    metrics.detector_failed(kind)
    return Unavailable(
        "The check for personal and confidential data is not working, so nothing was sent. Try again shortly.",
        code="detector_failed",
        retry_after_s=10,
    )


async def inspect(call: Call, caller: Caller, inspector: Inspector) -> Inspection:
    """What is in a call, part by part. Blobs can't be read and are left to policy, as facts of the call."""
    return await inspector.inspect_parts(call.parts, caller.controller)
