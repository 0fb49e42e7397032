"""The register in force: which tool a name stands for, how it stands today, and which open calls to cut."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, time
from functools import lru_cache, partial
from types import TracebackType

from gateway.model.caller import Caller, Deployment, Tool
from gateway.model.errors import Cut, NotOffered
from gateway.stages.resolve import Offer
from policies.engine import Grant, Policy
from policies.facts import Facts
from policies.register.model import ToolEntry
from policies.register.standing import Stand, Use, stand

STANDS = 4096
"""How many standings a worker remembers: tools x services x purposes of one day, for the uses that occur."""


def utc_today() -> date:
    """Today in UTC. At midnight in summer the councils' day begins an hour earlier; no approval hangs on it."""
    return datetime.now(UTC).date()


class Catalogue:
    """Implements the pipeline's `Register` over a compiled policy.

    One catalogue serves one event loop. Suspension is an operational act that outranks the register file: it
    refuses new calls and cuts running ones, and is not part of the policy hash.
    """

    def __init__(self, policy: Policy, today: Callable[[], date] = utc_today) -> None:
        self._policy = policy
        self._today = today
        self._suspended: frozenset[str] = frozenset()
        self._live: dict[str, set[_Live]] = {}
        self._tools = {model: tool_id for tool_id, tool in policy.register.tools.items() for model in tool.models}
        # The same use on the same day stands the same: worked out once, forgotten when the day is over.
        self._stand = lru_cache(maxsize=STANDS)(partial(stand, policy.register))

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._policy

    @property
    def suspended(self) -> frozenset[str]:
        """The ids of suspended tools."""
        return self._suspended

    @property
    def upstreams(self) -> frozenset[str]:
        """The upstream names that deployments refer to; each must be among the settings' upstreams."""
        tools = self._policy.register.tools.values()
        return frozenset(place.upstream for tool in tools for place in tool.deployments.values())

    @property
    def retention_classes(self) -> frozenset[str]:
        """The retention classes that records may bear; each must be in the retention schedule."""
        register = self._policy.register
        named = {purpose.retention_class for purpose in register.purposes.values()} - {None}
        return frozenset(str(name) for name in named) | {tool.retention_class for tool in register.tools.values()}

    def tool(self, tool_id: str) -> ToolEntry | None:
        """The register's entry for a tool id."""
        return self._policy.register.tools.get(tool_id)

    def resolve(self, caller: Caller, model: str) -> Tool:
        """The tool behind a model name or tool id, as it stands for this caller now. Raises NotOffered."""
        tool_id = self._tools.get(model) or (model if model in self._policy.register.tools else None)
        if tool_id is None:
            raise NotOffered("This gateway does not offer the model asked for.")
        entry = self._policy.register.tools[tool_id]
        name = model if model in entry.models else next(iter(entry.models))
        return self._resolve(caller, tool_id, name)

    def _resolve(self, caller: Caller, tool_id: str, model: str) -> Tool:
        entry = self._policy.register.tools[tool_id]
        found = self._standing(caller, tool_id, model, caller.purpose)
        return Tool(
            id=tool_id,
            name=entry.name,
            tier=entry.tier,
            state=found.standing.state,
            deployments=tuple(_deployment(entry, name) for name in found.deployments),
            retries=entry.retries,
            note_mode=entry.note_mode,
            client_tools=frozenset(entry.client_tools),
            files=entry.files,
            pictures=entry.pictures,
            recordings=entry.recordings,
            policy=Grant(self._policy, found.standing),
        )

    def _standing(self, caller: Caller, tool_id: str, model: str, purpose: str) -> Stand:
        """How a tool stands. A purpose that nobody registered is any other one: it may be any text."""
        known = purpose if purpose in self._policy.register.purposes else ""
        use = Use(caller.controller, caller.service, known, caller.person_class)
        return self._stand(tool_id, model, use, self._today(), suspended=tool_id in self._suspended)

    def models(self, caller: Caller) -> list[Offer]:
        """What this caller could use today for one purpose or another, in the register's order."""
        offers = (self._offer(caller, tool_id, model) for model, tool_id in self._tools.items())
        return [offer for offer in offers if offer is not None]

    def _offer(self, caller: Caller, tool_id: str, model: str) -> Offer | None:
        register = self._policy.register
        others = [name for name in register.purposes if name != caller.purpose]
        open_to = tuple(name for name in (caller.purpose, *others) if self._usable(caller, tool_id, model, name))
        if not open_to:
            return None
        entry = register.tools[tool_id]
        begun = [approval.approved for approval in entry.approvals if caller.controller in approval.controllers]
        return Offer(
            model=model,
            tool=tool_id,
            name=entry.name,
            description=entry.description,
            tier=entry.tier,
            created=int(datetime.combine(min(begun), time(), UTC).timestamp()),
            purposes=open_to,
        )

    def _usable(self, caller: Caller, tool_id: str, model: str, purpose: str) -> bool:
        """Whether a call with nothing to be found in it would be allowed."""
        found = self._standing(caller, tool_id, model, purpose)
        facts = Facts(found.standing, person_known=caller.person_known, case_ref=True)
        return self._policy.decide(facts).effect != "deny"

    def suspend(self, tool_id: str) -> None:
        """Refuse new calls to a tool and cut those that run. Safe to repeat."""
        self.set_suspended(self._suspended | {tool_id})

    def resume(self, tool_id: str) -> None:
        """Let a tool answer again. Safe to repeat."""
        self.set_suspended(self._suspended - {tool_id})

    def set_suspended(self, ids: Iterable[str]) -> None:
        """Make exactly these tools suspended. Ids that the register does not know are kept: a later register may.

        Call it from the event loop that serves the calls: it cancels tasks.
        """
        wanted = frozenset(ids)
        fresh, self._suspended = wanted - self._suspended, wanted
        for tool_id in fresh:
            for running in tuple(self._live.get(tool_id, ())):
                running.cut()

    def live(self, tool: Tool) -> AbstractAsyncContextManager[None]:
        """A context that is left with `Cut` as soon as the tool is suspended."""
        return _Live(self, tool.id)

    def running(self, tool_id: str) -> int:
        """How many calls to a tool run now, in this worker."""
        return len(self._live.get(tool_id, ()))

    def _enter(self, running: "_Live") -> None:
        self._live.setdefault(running.tool_id, set()).add(running)

    def _leave(self, running: "_Live") -> None:
        left = self._live.get(running.tool_id, set())
        left.discard(running)
        if not left:
            self._live.pop(running.tool_id, None)


class _Live(AbstractAsyncContextManager[None]):
    """A running call. Works as `asyncio.timeout` does: it cancels its own task and turns that into `Cut`.

    A cancellation from outside is never swallowed: each `cancel()` of ours is matched by one `uncancel()`, and
    only if none is left over is the CancelledError ours. Within an async generator the cancellation may meet the
    consumer instead, which then closes the generator: GeneratorExit is turned into `Cut` too. The task that
    entered must be the one that goes on drawing from the generator.
    """

    def __init__(self, catalogue: Catalogue, tool_id: str) -> None:
        self.tool_id = tool_id
        self._catalogue = catalogue
        self._task: asyncio.Task[object] | None = None
        self._before = 0
        self._cutting = False

    async def __aenter__(self) -> None:
        if self.tool_id in self._catalogue.suspended:
            raise _cut()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call must run in a task to be cut")
        self._task, self._before = task, task.cancelling()
        self._catalogue._enter(self)

    def cut(self) -> None:
        """Cancel the call's task, once."""
        if self._task is not None and not self._cutting:
            self._cutting = True
            self._task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._catalogue._leave(self)
        task, self._task = self._task, None
        if not self._cutting or task is None:
            return
        if not isinstance(error, asyncio.CancelledError):
            await self._settle(task)
        outside = task.uncancel() > self._before
        if isinstance(error, asyncio.CancelledError | GeneratorExit) and not outside:
            raise _cut() from error

    async def _settle(self, task: asyncio.Task[object]) -> None:
        """Take delivery of our own cancellation where the call ended before it arrived.

        Until Python 3.13 `uncancel` leaves an undelivered cancellation pending, to hit whatever comes next.
        """
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            if task.cancelling() > self._before + 1:  # somebody else cancels as well: theirs goes on
                task.uncancel()
                raise


def _cut() -> Cut:
    return Cut("This AI tool was suspended while a concern about it is looked into. The answer was stopped.")


def _deployment(entry: ToolEntry, name: str) -> Deployment:
    place = entry.deployments[name]
    return Deployment(
        id=name,
        upstream=place.upstream,
        model=place.model,
        processor=place.processor,
        region=place.region,
        timeout_s=place.timeout_s,
        options=dict(place.options),
    )
