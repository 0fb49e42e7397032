"""The command line as its users meet it: each command's main path and main mistake, with its exit status.

0 is fine, 1 means that what was checked does not hold or is not there, 2 is a mistake of the user's.
"""

import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from gateway.records.recall import DETECTION
from gateway.settings import default_path
from policies.compile import default_register_path
from tests.support.gateway import Gateway, free_port
from tests.support.shared import ROOT

KEY = re.compile(r"^agw_[0-9a-z]+_\S+$", re.MULTILINE)
REFERENCE = re.compile(r"MBC-[0-9A-Z]{4}-[0-9A-Z]{4}")


def run(*words: str, config: Path | None = None, text: str | None = None) -> Result:
    """One command in this process, not on a terminal."""
    result = CliRunner().invoke(app, [*words, *(["--config", str(config)] if config else [])], input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def wrong(*words: str, config: Path | None = None, status: int = 2) -> str:
    """A command that must end with `status` and a message that says what to do; what it says."""
    result = run(*words, config=config)
    assert result.exit_code == status, result.output
    assert result.stdout.strip() == ""
    assert "Traceback" not in result.output
    return " ".join(result.stderr.split())


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What `demo --once` prints, and the settings with which its records are read."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", "demo", "--once", "--port", str(free_port()), "--data-dir", folder],
        env={**os.environ, "NO_COLOR": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return folder / "gateway.yaml", done.stdout


@pytest.fixture
def demo(shown: tuple[Path, str], tmp_path: Path) -> Path:
    """The demo's settings over a copy of its records, to be changed freely."""
    copytree(shown[0].parent, tmp_path / "data")
    settings = tmp_path / "gateway.yaml"
    settings.write_text(shown[0].read_text().replace(str(shown[0].parent), str(tmp_path / "data")))
    return settings


@pytest.fixture(scope="module")
def ref(shown: tuple[Path, str]) -> str:
    found = REFERENCE.search(shown[1])
    assert found is not None
    return found[0]


def test_the_demo_shows_an_exchange_and_what_to_do_next(shown: tuple[Path, str], ref: str) -> None:
    settings, text = shown
    sent = text.split("2. What left")[1].split("3. What came back")[0]
    assert "PERSON_" in sent
    assert "Okafor" not in sent
    assert f"records show {ref} --config" in text
    assert run("ledger", "verify", config=settings).exit_code == 0


@pytest.mark.parametrize("commands", [(), ("keys",), ("register",), ("records",), ("ledger",)])
def test_help_leads_to_an_example_of_every_command(commands: tuple[str, ...]) -> None:
    listed = re.findall(r"^│ ([a-z]+) ", run(*commands, "--help").output.split("Commands")[1], re.MULTILINE)
    assert listed
    for name in listed:
        text = run(*commands, name, "--help").output
        if "Commands" not in text:
            assert f"ai-gateway {' '.join((*commands, name))}" in " ".join(text.split("Example:")[1].split())


def test_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("--version").stdout)


class TestCheck:
    def test_the_shipped_settings_pass(self, demo: Path) -> None:
        result = run("check", config=demo)
        assert result.exit_code == 0, result.output
        assert "The gateway would start" in result.stdout
        assert "council-assistant\tenterprise\tlive" in result.stdout
        assert "casework-assistant\ttemperature 0.5, max_output_tokens 8000, choices 2\tnone\tsend_*" in result.stdout
        assert "casework\ttemperature 0.3\tas the tool\t-" in result.stdout
        limits = json.loads(run("check", "--json", config=demo).stdout)["limits"]
        assert limits["purposes"]["decision-support"]["limits"] == {"temperature": 0.2, "choices": 1}
        assert limits["purposes"]["casework"]["hosted"] is None
        assert limits["tools"]["public-chat"]["limits"]["max_output_tokens"] == 2000

    def test_a_parameter_that_no_model_could_reject_is_a_mistake(self, demo: Path, tmp_path: Path) -> None:
        place = "model: local-model, processor: council-ict, region: maidstone-house"
        text = default_register_path().read_text()
        (tmp_path / "register.yaml").write_text(text.replace(place, f"{place}, options: {{rejects: temprature}}"))
        demo.write_text(f"{demo.read_text()}\nregister: {tmp_path / 'register.yaml'}\n")
        told = wrong("check", config=demo)
        assert "council-internal, deployment internal-a: unknown parameter 'temprature' in rejects" in told
        assert "Use one of: max_completion_tokens" in told

    def test_every_missing_secret_is_named_with_its_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AZURE_OPENAI_KEY", "AI_GATEWAY_DATABASE_URL"):
            monkeypatch.delenv(name, raising=False)
        example = default_path("production.example.yaml")
        lines = example.read_text().splitlines()
        result = run("check", config=example)
        assert result.exit_code == 2
        for line, what in re.findall(
            r"example\.yaml:(\d+): .*?(?:variable|file) (\S+) is empty or absent", result.stderr
        ):
            assert what in lines[int(line) - 1]
        assert result.stderr.count("is empty or absent") == sum(
            bool(re.search(r"^ *\w+_(env|file): ", line)) for line in lines
        )
        assert "The rest loads" in result.stdout
        assert "is the demo model" in result.stderr
        assert len(json.loads(run("check", "--json", config=example).stdout)["missing"]) == 6

    def test_a_slip_of_the_pen_has_file_line_and_fix(self, demo: Path) -> None:
        demo.write_text(demo.read_text().replace("upstreams:", "upstream:"))
        number = next(n for n, line in enumerate(demo.read_text().splitlines(), 1) if line.startswith("upstream:"))
        said = wrong("check", config=demo)
        assert f"gateway.yaml:{number}" in said
        assert "Did you mean upstreams?" in said
        assert "can't be read" in wrong("check", config=demo.parent / "none.yaml")


class TestDetect:
    def test_a_text_in_a_pipe(self) -> None:
        result = run("detect", text="NI number AB 12 34 56 C")
        assert result.exit_code == 0
        assert "National Insurance number\tNINO\tAB 12 34 56 C\t10\t23" in result.stdout

    def test_json_and_jsonl(self, tmp_path: Path) -> None:
        (found,) = json.loads(run("detect", "--json", text="NI number AB 12 34 56 C").stdout)
        assert (found["label"], found["start"], found["end"]) == ("NINO", 10, 23)
        file = tmp_path / "texts.jsonl"
        file.write_text('{"id": 7, "text": "NI number AB 12 34 56 C"}\n{"id": 8, "text": "bins"}\n')
        read = [json.loads(line) for line in run("detect", "--jsonl", str(file)).stdout.splitlines()]
        assert [(each["id"], len(each["findings"])) for each in read] == [(7, 1), (8, 0)]

    def test_nothing_found_promises_nothing(self) -> None:
        result = run("detect", text="the bins are late")
        assert result.exit_code == 0
        assert "no proof" in result.stderr

    def test_mistakes(self, tmp_path: Path) -> None:
        assert "none.txt" in wrong("detect", str(tmp_path / "none.txt"))
        (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
        assert "not UTF-8 (at byte 4)" in wrong("detect", str(tmp_path / "latin.txt"))
        assert "Use one of: maidstone" in wrong("detect", "--controller", "kent")
        assert "two ways to print" in wrong("detect", "--json", "--jsonl")


class TestKeys:
    WORDS = ("keys", "create", "--controller", "maidstone", "--service", "housing", "--owner", "a@b.example")

    def test_from_making_to_revoking(self, demo: Path) -> None:
        made = run(*self.WORDS, "--purpose", "correspondence", "--name", "letters", config=demo)
        assert made.exit_code == 0
        (key,) = KEY.findall(made.stdout)
        assert "shown once" in made.stdout
        listed = run("keys", "list", config=demo).stdout
        assert key not in listed
        assert f"{key.split('_')[1]}\tletters\tperson\tmaidstone\thousing\tcorrespondence\ta@b.example" in listed
        assert run("keys", "revoke", key.split("_")[1], config=demo).exit_code == 0
        assert "revoked" in run("keys", "list", config=demo).stdout

    def test_quiet_prints_the_key_alone(self, demo: Path) -> None:
        assert KEY.fullmatch(run(*self.WORDS, "--purpose", "research", "-q", config=demo).stdout.strip())

    def test_an_app_that_can_not_name_its_users_is_warned_of(self, demo: Path) -> None:
        assert "--token-issuer" in run(*self.WORDS, "--purpose", "research", "--kind", "app", config=demo).stderr

    def test_mistakes(self, demo: Path) -> None:
        assert "Missing option" in wrong("keys", "create", config=demo)
        assert "correspondence" in wrong(*self.WORDS, "--purpose", "letters", config=demo)
        assert "keys list" in wrong("keys", "revoke", "nosuchkey", config=demo, status=1)
        assert "Use one of: maidstone" in wrong("keys", "list", "--controller", "kent", config=demo)


def test_register_list_suspend_resume(demo: Path) -> None:
    assert run("register", "suspend", "public-chat", "--reason", "drill", config=demo).exit_code == 0
    assert "public-chat\tPublic Chat\tpublic\tsuspended" in run("register", "list", config=demo).stdout
    assert run("register", "resume", "public-chat", config=demo).exit_code == 0
    assert "suspended" not in run("register", "list", config=demo).stdout
    assert "not suspended" in wrong("register", "resume", "public-chat", config=demo, status=1)
    for act in ("suspend", "resume"):
        assert "Use one of: council-assistant" in wrong("register", act, "no-such-tool", config=demo)


class TestRecords:
    def test_a_record_reads_well(self, demo: Path, ref: str) -> None:
        text = run("records", "show", ref.lower(), config=demo).stdout
        assert re.search(r"outcome +delivered: the whole answer was handed over", text)
        assert "Maidstone Borough Council" in text
        assert "1 person's name" in text
        assert re.search(r"asked +\d+ \w+ 20\d\d, \d\d:\d\d:\d\d UTC", text)
        assert "clause 7.3 of the AI policy" in text
        assert re.search(r"kept until +\d+ \w+ 20\d\d \(routine: ", text)
        assert "PERSON_" in text.split("What left the council")[1].split("What came back")[0]
        assert "Okafor" not in text
        assert re.search(r"parameters +max output tokens 8000 \(not asked\); temperature 0.7 \(not asked\)", text)
        as_json = json.loads(run("records", "show", ref, "--json", config=demo).stdout)
        assert as_json["limits"]["temperature"] == {"asked": None, "sent": "0.7"}
        assert as_json["hosted"] == []

    def test_a_refusal_says_that_nothing_left(self, demo: Path) -> None:
        (row,) = json.loads(run("records", "search", "--outcome", "refused", "--records", "--json", config=demo).stdout)
        (hit,) = json.loads(run("records", "search", "--outcome", "refused", "--json", config=demo).stdout)["hits"]
        assert hit["refs"] == [row["ref"]]
        text = run("records", "show", row["ref"], config=demo).stdout
        assert "refused: nothing was sent to the tool" in text
        assert "1 health detail" in text
        assert "Nothing. What was found is kept, not the text." in text
        assert "What came back" not in text

    def test_search(self, demo: Path, ref: str) -> None:
        assert ref in run("records", "search", "bin collection", "--label", "person", config=demo).stdout
        result = run("records", "search", "zebra", config=demo)
        assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
        assert "No conversation fits" in result.stderr
        result = run("records", "search", "zebra", "--records", config=demo)
        assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
        assert "No record fits" in result.stderr

    def test_search_for_somebody(self, demo: Path, ref: str) -> None:
        """What the shipped detection found in the demo's call is found by name, however spelt, with its limits said."""
        for name in ("Margaret Okafor", "Peggy Okafor", "M. OKAFOR", "Mrs Okafro"):
            result = run("records", "search", "--name", name, "--controller", "maidstone", config=demo)
            assert ref in result.stdout, name
            assert name not in result.output
            assert "What this can't have found" in result.stderr
            assert str(DETECTION["PERSON"]) in result.stderr
        assert ref not in run("records", "search", "--name", "Peggy Okafor", "--exact", config=demo).stdout
        assert ref in run("records", "search", "--name", "-", config=demo, text="Margaret Okafor\n").stdout
        assert ref in run("records", "search", "--name", "Okafor", "--records", config=demo).stdout
        assert ref not in run("records", "search", "--name", "Nobody Else", "--records", config=demo).stdout
        assert ref in run("records", "search", "--ref", ref[4:9], config=demo).stdout

    def test_search_for_staff(self, demo: Path, ref: str) -> None:
        found = json.loads(run("records", "show", ref, "--json", config=demo).stdout)
        listed = run("keys", "list", "--json", config=demo).stdout
        (owner,) = {key["owner"] for key in json.loads(listed)}
        assert ref in run("records", "search", "--person", owner.upper(), config=demo).stdout
        assert ref not in run("records", "search", "--person", "somebody@else.example", config=demo).stdout
        assert "Version 1 is in use" in run("keys", "rotate-pseudonyms", config=demo).stdout
        assert ref in run("records", "search", "--person", owner, config=demo).stdout
        assert found["actor"] not in owner
        assert "in use: rotate first" in wrong("keys", "destroy-pseudonyms", "1", config=demo, status=1)
        assert "1\t20" in run("keys", "pseudonyms", config=demo).stdout

    def test_mistakes(self, demo: Path, tmp_path: Path) -> None:
        assert "there is no record MBC-0000-0000" in wrong("records", "show", "MBC-0000-0000", config=demo, status=1)
        assert "not a record reference" in wrong("records", "show", "bins", config=demo)
        assert "Use one of: PERSON" in wrong("records", "search", "--label", "NAME", config=demo)
        assert "'delivered'" in wrong("records", "search", "--outcome", "sent", config=demo)
        assert "%Y-%m-%d" in wrong("records", "search", "--since", "yesterday", config=demo)
        assert "needs --controller" in wrong("records", "search", "--after", "x", config=demo)
        assert "page mark" in wrong("records", "search", "--controller", "swale", "--after", "x", config=demo)
        assert "LABEL=VALUE" in wrong("records", "search", "--subject", "x", config=demo)
        assert "by HEALTH" in wrong("records", "search", "--subject", "health=asthma", config=demo)
        assert "at least 3" in wrong("records", "search", "--ref", "M", config=demo)
        empty = Gateway(tmp_path / "empty", "http://127.0.0.1:9/v1")
        empty.folder.mkdir()
        empty.write_settings()
        assert "there is no ledger" in wrong("records", "search", config=empty.config, status=1)


def test_verify_says_where_a_byte_was_changed(demo: Path, ref: str) -> None:
    whole = run("ledger", "verify", config=demo)
    assert whole.exit_code == 0
    assert whole.stdout.startswith("The ledger is whole.")
    with sqlite3.connect(demo.parent / "data" / "ledger.db") as database:
        query = "SELECT body FROM leaf WHERE ref = ? AND kind = 'opened'"
        (body,) = database.execute(query, (ref,)).fetchone()
        changed = body.replace(b"housing", b"housinG", 1)
        database.execute("UPDATE leaf SET body = ? WHERE ref = ? AND kind = 'opened'", (changed, ref))
    database.close()
    broken = run("ledger", "verify", config=demo)
    assert broken.exit_code == 1
    assert broken.stdout.startswith("THE LEDGER IS NOT WHOLE")
    assert ref in broken.stdout


def test_serve_refuses_a_port_that_is_none() -> None:
    assert "65535" in wrong("serve", "--port", "99999")


def on_a_terminal(*words: str, columns: int, **environment: str) -> str:
    """What a command writes to a terminal of that width."""
    here, there = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", *words],
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), **environment},
        cwd=ROOT,
        stdin=there,
        stdout=there,
        stderr=there,
    )
    os.close(there)
    read = b""
    while True:
        try:
            piece = os.read(here, 65_536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not piece:
            break
        read += piece
    os.close(here)
    assert done.wait(30) == 0
    return read.decode()


COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_the_terminal(demo: Path, ref: str, columns: int) -> None:
    for words in (("records", "search"), ("records", "show", ref), ("register", "list")):
        text = on_a_terminal(*words, "--config", str(demo), columns=columns, NO_COLOR="1")
        assert not COLOUR.search(text)
        assert max(len(line) for line in ESCAPE.sub("", text).splitlines()) <= columns
        assert (ref if words[0] == "records" else "unassessed-transcriber") in text, "an id is never broken"


def test_colour_is_for_terminals(demo: Path) -> None:
    words = ("ledger", "verify", "--config", str(demo))
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    assert COLOUR.search(on_a_terminal("register", "suspend", "public-chat", *words[2:], columns=80, NO_COLOR=""))
    piped = subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", *words], env=environment, cwd=ROOT, capture_output=True, check=True
    )
    assert b"\x1b" not in piped.stdout + piped.stderr
