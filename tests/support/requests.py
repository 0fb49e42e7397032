"""Requests worked from receipt to a verified package, by the command line and by the API, over generated records.

The steps are one; how each is done is the driver's. `Cli` types commands as officers do, each with their own key; `Api`
sends requests.
"""

import json
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import httpx
from typer.testing import CliRunner

from gateway.cli.main import app
from tests.support.generate import SITE, SUBJECT, THIRD, TOPIC

Form = Literal["kept", "sent"]
Span = tuple[str, int, int, str]
"""Text, start, end, ground."""
STAFF: Final = r"officer\d\d@[a-z.]+"
"""How staff are named in the facts about a call."""
BUDGET: Final = "412,000 pounds"
WHY: Final = "Disclosure would weaken the council's hand in the tender."
BALANCE: Final = "Openness about spending speaks for it; the tender is still running, which outweighs it."


@dataclass(frozen=True)
class Read:
    """A text as it was shown: its part, its words, what detection and pseudonyms marked."""

    part: str
    text: str
    marks: tuple[tuple[int, int], ...]


class Driver(Protocol):
    """How an officer's step is done. `who` is `first`, `second` or `dpo`."""

    def open(self, kind: str, subject: str) -> str: ...

    def search(self, case: str, *, words: str = "", name: str = "") -> int: ...

    def units(self, case: str) -> list[str]: ...

    def leave(self, case: str) -> None: ...

    def read(self, case: str, unit: str, form: Form) -> list[Read]: ...

    def decide(self, case: str, unit: str, form: Form, spans: Sequence[Span], reason: str, balance: str) -> None: ...

    def confirm(self, case: str, units: Sequence[str]) -> None: ...

    def spend(self, case: str, activity: str, minutes: int) -> str: ...

    def export(self, case: str) -> tuple[Path, str]: ...

    def close(self, case: str, outcome: str) -> str: ...


@dataclass
class Cli:
    """The command line, in this process."""

    config: Path
    keys: Mapping[str, str]
    folder: Path
    commands: int = 0

    def run(self, *words: str, who: str = "first", status: int = 0, text: str | None = None) -> Any:
        """One command's JSON."""
        self.commands += 1
        env = {"AI_GATEWAY_OFFICER_KEY": self.keys[who]}
        result = CliRunner(env=env).invoke(app, [*words, "--json", "--config", str(self.config)], input=text)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return json.loads(result.stdout) if status == 0 else result.stderr

    def open(self, kind: str, subject: str) -> str:
        words = ["cases", "open", kind, "--received", f"{datetime.now(UTC):%Y-%m-%d}", "--subject", subject]
        return str(self.run(*words, "--requester", "A. Requester", "--controller", "maidstone")["id"])

    def search(self, case: str, *, words: str = "", name: str = "") -> int:
        asked = ["--words", words] if words else ["--name", "-"]
        return int(self.run("cases", "search", case, *asked, text=f"{name}\n")["hits"])

    def units(self, case: str) -> list[str]:
        return [each["conversation"] for each in self.run("cases", "hits", case, "--limit", "500")]

    def leave(self, case: str) -> None:
        self.run("cases", "ask-leave", case, "--reason", "The person's own words are asked for")
        self.run("cases", "give-leave", case, "--days", "7", who="dpo")

    def read(self, case: str, unit: str, form: Form) -> list[Read]:
        shown = self.run("cases", "read", case, unit, "--seen", *(["--originals"] if form == "kept" else []))
        return [
            Read(each["part"], each["text"], tuple((mark["start"], mark["end"]) for mark in each["marks"]))
            for each in shown["texts"]
        ]

    def decide(self, case: str, unit: str, form: Form, spans: Sequence[Span], reason: str, balance: str) -> None:
        words = ["--originals"] if form == "kept" else []
        for part, start, end, code in spans:
            words += ["--redact", f"{part}:{start}-{end}={code}"]
        if spans:
            words += ["--reason", reason, "--public-interest", balance]
        self.run("cases", "decide", case, unit, "redact" if spans else "release", *words)

    def confirm(self, case: str, units: Sequence[str]) -> None:
        self.run("cases", "confirm", case, *units, who="second")

    def spend(self, case: str, activity: str, minutes: int) -> str:
        return str(self.run("cases", "time", case, activity, str(minutes))["sheet"]["evidence"])

    def export(self, case: str) -> tuple[Path, str]:
        made = self.run("cases", "export", case, "--to", str(self.folder / "cli" / case), "--confirm")
        return Path(made["zip"]), made["verifier key"]

    def close(self, case: str, outcome: str) -> str:
        return str(self.run("cases", "close", case, outcome, "--text", "Sent by e-mail")["state"])


@dataclass
class Api:
    """The records API. `call` sends one request as an officer."""

    call: Callable[[str, str, str, Any], httpx.Response]
    folder: Path
    vkey: str
    commands: int = 0

    def ask(self, method: str, path: str, body: Any = None, who: str = "first") -> Any:
        """One request's JSON."""
        self.commands += 1
        answer = self.call(who, method, f"/records/v1/controllers/maidstone{path}", body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def open(self, kind: str, subject: str) -> str:
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        body = {"kind": kind, "received_on": day, "subject": subject, "requester": "A. Requester"}
        return str(self.ask("POST", "/cases", body)["id"])

    def search(self, case: str, *, words: str = "", name: str = "") -> int:
        query = {"words": words} if words else {"subjects": [{"kind": "PERSON", "value": name}]}
        return int(self.ask("POST", f"/cases/{case}/searches", query)["hits"])

    def units(self, case: str) -> list[str]:
        found: list[str] = []
        after = ""
        while True:
            page = self.ask("GET", f"/cases/{case}/hits?limit=20&after={after}")
            found += [each["unit"] for each in page["items"]]
            after = page["after"]
            if not after:
                return found

    def leave(self, case: str) -> None:
        self.ask("POST", f"/cases/{case}/leave", {"reason": "The person's own words are asked for"})
        self.ask("POST", f"/cases/{case}/leave/grant", {"days": 7}, "dpo")

    def read(self, case: str, unit: str, form: Form) -> list[Read]:
        path = f"/cases/{case}/hits/{unit}"
        shown = self.ask("POST", f"{path}/open") if form == "kept" else self.ask("GET", path)
        passages = [
            {"part": text["part"], "form": form, "number": each["number"], "of": each["of"]}
            for text in shown["texts"]
            for each in text["passages"]
        ]
        self.ask("POST", f"{path}/read", {"passages": passages})
        return [
            Read(each["part"], each["text"], tuple((mark["start"], mark["end"]) for mark in each["marks"]))
            for each in shown["texts"]
        ]

    def decide(self, case: str, unit: str, form: Form, spans: Sequence[Span], reason: str, balance: str) -> None:
        redactions = [
            {"part": part, "form": form, "start": start, "end": end, "code": code} for part, start, end, code in spans
        ]
        body = {"verdict": "redact" if spans else "release", "form": form, "redactions": redactions}
        if spans:
            body |= {"reason": reason, "public_interest": balance}
        self.ask("POST", f"/cases/{case}/hits/{unit}/decision", body)

    def confirm(self, case: str, units: Sequence[str]) -> None:
        self.ask("POST", f"/cases/{case}/second-readings", {"units": list(units)}, "second")

    def spend(self, case: str, activity: str, minutes: int) -> str:
        self.ask("POST", f"/cases/{case}/time", {"activity": activity, "minutes": minutes})
        return str(self.ask("GET", f"/cases/{case}/time")["evidence"])

    def export(self, case: str) -> tuple[Path, str]:
        job = self.ask("POST", f"/cases/{case}/exports", {"confirmed": True})["id"]
        while (told := self.ask("GET", f"/jobs/{job}"))["state"] == "running":
            time.sleep(0.1)
        assert told["state"] == "done", told["error"]
        assert self.ask("POST", f"/jobs/{job}/check")["ok"]
        answer = self.call("first", "GET", f"/records/v1/controllers/maidstone/jobs/{job}/file", None)
        target = self.folder / "api" / f"{case}.zip"
        target.parent.mkdir(exist_ok=True, parents=True)
        target.write_bytes(answer.content)
        return target, self.vkey

    def close(self, case: str, outcome: str) -> str:
        body = {"outcome": outcome, "text": "Sent by e-mail"}
        return str(self.ask("POST", f"/cases/{case}/close", body)["state"])


@dataclass
class Worked:
    """What came of a request, and how long each step took in all, in seconds."""

    case: str
    units: int
    package: Path
    vkey: str
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Time a step."""
        begun = time.perf_counter()
        yield
        self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - begun


def work(driver: Driver, kind: Literal["foi", "eir", "sar"]) -> Worked:
    """A request from receipt to package: search (which holds), leave where originals are needed, read, decide, second
    reader, time, export, close."""
    done = Worked("", 0, Path(), "")
    with done.timed("open"):
        case = done.case = driver.open(kind, f"An {kind} request for the end-to-end test")
    with done.timed("search"):
        if kind == "sar":
            driver.search(case, name=SUBJECT.name)
        else:
            driver.search(case, words=f'"{TOPIC}"' if kind == "foi" else f'"{SITE}"')
    units = driver.units(case)
    done.units = len(units)
    form: Form = "kept" if kind == "sar" else "sent"
    if kind == "sar":
        with done.timed("leave"):
            driver.leave(case)
    for unit in units:
        with done.timed("read"):
            texts = driver.read(case, unit, form)
        with done.timed("decide"):
            driver.decide(case, unit, form, spans(kind, texts), WHY, BALANCE)
    with done.timed("confirm"):
        driver.confirm(case, units)
    evidence = driver.spend(case, "locate", 45)
    assert "45 min" in evidence
    with done.timed("export"):
        done.package, done.vkey = driver.export(case)
    with done.timed("close"):
        assert driver.close(case, "released" if kind == "eir" else "part_released") == "closed"
    return done


def spans(kind: str, texts: Sequence[Read]) -> list[Span]:
    """What is taken out: the budget of the topic; of a subject's conversations the neighbour, and who of the staff
    asked."""
    if kind == "eir":
        return []
    code = "FOIA s.43(2)" if kind == "foi" else "DPA Sch.2 para.16"
    pattern = re.escape(BUDGET) if kind == "foi" else rf"{re.escape(THIRD.name)}|{STAFF}"
    return [
        (each.part, place.start(), place.end(), code) for each in texts for place in re.finditer(pattern, each.text)
    ]


def inside(package: Path) -> str:
    """Every text of a package, as one."""
    with zipfile.ZipFile(package) as archive:
        return "\n".join(
            archive.read(name).decode("utf-8", "replace")
            for name in archive.namelist()
            if not name.endswith("verify.py")
        )


def environment() -> dict[str, str]:
    """The environment of a stranger: no key, no settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AI_GATEWAY")}
