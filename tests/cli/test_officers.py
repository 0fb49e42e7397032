"""Officers on the command line: the first one, those they add, and what a command does without one."""

import json
import sqlite3
from pathlib import Path

import pytest
import yaml

from gateway.settings import default_path
from tests.cli.test_cli import run, wrong
from tests.support.records import CANARIES, site

KEY_ENV = "AI_GATEWAY_OFFICER_KEY"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_ENV, raising=False)
    monkeypatch.delenv("AI_GATEWAY_OFFICER_KEY_FILE", raising=False)


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    """Production settings over a ledger that holds one record of each of two councils."""
    with site(tmp_path) as made:
        await made.fill()
        await made.ledger.stop()
        refs = made.refs
    settings = yaml.safe_load(default_path("gateway.yaml").read_text())
    settings |= {"mode": "production", "data_dir": str(tmp_path / "data")}
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(settings))
    (tmp_path / "refs.json").write_text(json.dumps(refs))
    return file


def refs(config: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((config.parent / "refs.json").read_text())
    return found


def officer(config: Path, role: str, *more: str, email: str = "ann@maidstone.example") -> str:
    made = run("officers", "add", "--quiet", "--email", email, "--role", role, *more, config=config)
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def test_records_need_an_officer_and_a_newcomer_is_told_how(config: Path) -> None:
    for words in (["show", refs(config)["maidstone"]], ["search"], ["statistics"], ["rescan"]):
        said = wrong("records", *words, config=config)
        assert "records are for officers" in said
        assert KEY_ENV in said
        assert "officers add --help" in said


def test_the_first_officer_is_added_without_one(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(
        "officers", "add", "--email", "dpo@maidstone.example", "--name", "Ann Reed", "--role", "dpo", "--controller",
        "maidstone", config=config,
    )  # fmt: skip
    key = made.stdout.splitlines()[0]
    assert key.startswith("ago_")
    assert "shown once" in made.stdout
    monkeypatch.setenv(KEY_ENV, key)
    told = json.loads(run("officers", "me", "--json", config=config).stdout)
    assert (told["name"], told["roles"], told["controllers"]) == ("Ann Reed", ["dpo"], ["maidstone"])
    assert "manage_officers" in told["may"]
    listed = run("officers", "list", config=config).stdout
    assert "Ann Reed\tdpo@maidstone.example\tdpo\tmaidstone\tall" in listed
    assert key not in listed
    second = officer(config, "auditor", "--controller", "maidstone", email="b@maidstone.example")
    with sqlite3.connect(config.parent / "data" / "ledger.db") as database:
        acts = [json.loads(row[0]) for row in database.execute("SELECT body FROM leaf WHERE kind = 'admin'")]
    database.close()
    mine = {act["subject"]: act["actor"] for act in acts if act["act"] == "officer_add"}
    assert mine[key.split("_")[1]] != mine[second.split("_")[1]]  # the system's user, then Ann Reed
    assert "Ann" not in json.dumps(acts)


def test_an_officer_reads_the_own_councils_records(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, officer(config, "ig_officer", "--controller", "maidstone"))
    known = refs(config)
    assert CANARIES["maidstone"] in run("records", "show", known["maidstone"], config=config).stdout
    found = json.loads(run("records", "search", "canary", "--records", "--json", config=config).stdout)
    assert [each["ref"] for each in found] == [known["maidstone"]]
    theirs = wrong("records", "show", known["swale"], config=config, status=1)
    assert theirs.replace(known["swale"], "X") == wrong(
        "records", "show", "SBC-0000-0000", config=config, status=1
    ).replace("SBC-0000-0000", "X")
    assert "no role at this council" in wrong("records", "search", "--controller", "swale", config=config, status=1)


def test_a_role_that_may_not_is_told_who_may(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, officer(config, "auditor", "--controller", "maidstone"))
    said = wrong("records", "search", config=config, status=1)
    assert "needs the role of Information Governance officer" in said
    assert "Yours: auditor" in said
    said = wrong(
        "officers", "add", "--email", "x@y.example", "--role", "dpo", "--controller", "maidstone", config=config,
        status=1,
    )  # fmt: skip
    assert "Data Protection Officer" in said


def test_a_key_file_is_kept_from_others(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "key"
    made = run(
        "officers", "add", "--email", "ig@maidstone.example", "--role", "ig_officer", "--controller", "maidstone",
        "--save-key", str(file), config=config,
    )  # fmt: skip
    assert file.read_text().strip() not in made.stdout
    words = ("records", "search", "--officer-key-file", str(file))
    assert run(*words, config=config).exit_code == 0
    file.chmod(0o644)
    said = wrong(*words, config=config)
    assert "others on this machine can read" in said
    assert f"chmod 600 {file}" in said
    file.chmod(0o600)
    assert "exists already" in wrong(
        "officers", "add", "--email", "x@y.example", "--role", "dpo", "--controller", "maidstone", "--save-key",
        str(file), config=config,
    )  # fmt: skip
    assert "can't be read" in wrong("records", "search", "--officer-key-file", str(tmp_path / "absent"), config=config)


def test_a_revoked_or_wrong_key_opens_nothing(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = officer(config, "ig_officer", "--controller", "maidstone")
    monkeypatch.setenv(KEY_ENV, key)
    monkeypatch.delenv(KEY_ENV)
    assert "is revoked" in run("officers", "revoke", key.split("_")[1], config=config).stdout
    monkeypatch.setenv(KEY_ENV, key)
    revoked = wrong("records", "search", config=config)
    monkeypatch.setenv(KEY_ENV, "ago_nonsense")
    assert wrong("records", "search", config=config) == revoked
    assert "not valid here" in revoked
    monkeypatch.delenv(KEY_ENV)
    assert "revoked" in run("officers", "list", config=config).stdout
    assert "no officer with this id" in wrong("officers", "revoke", "absent", config=config, status=1)


def test_several_councils_must_be_told_apart(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, officer(config, "ig_officer", "--controller", "maidstone", "--controller", "swale"))
    assert len(json.loads(run("records", "search", "--records", "--json", config=config).stdout)) == 2
    said = wrong("records", "statistics", config=config)
    assert "--controller maidstone|swale" in said
    told = json.loads(run("records", "statistics", "--controller", "swale", "--json", config=config).stdout)
    assert told["months"][0]["total"] is None  # one call
    assert "SBC" not in json.dumps(told)


def test_unknown_names_are_said(config: Path) -> None:
    usual = ("officers", "add", "--email", "a@b.example")
    assert "Use one of: maidstone" in wrong(*usual, "--role", "dpo", "--controller", "kent", config=config)
    assert "no service 'bins'" in wrong(
        *usual, "--role", "service_manager", "--controller", "swale", "--service", "bins", config=config
    )
    assert "at least one" not in wrong(*usual, "--role", "chief", "--controller", "swale", config=config)


async def test_the_demo_is_read_without_a_key_and_changed_with_one(tmp_path: Path) -> None:
    with site(tmp_path) as made:
        await made.fill()
        await made.ledger.stop()
    demo = tmp_path / "demo.yaml"
    demo.write_text(default_path("gateway.yaml").read_text().replace("data_dir: var", f"data_dir: {tmp_path / 'data'}"))
    assert len(json.loads(run("records", "search", "--records", "--json", config=demo).stdout)) == 2
    assert "in demo mode too" in wrong("officers", "me", config=demo)


def test_a_second_officer_of_ones_own_choice_can_not_agree(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the settings say so, and then the ledger does too. Whoever runs the gateway can always add one."""
    at = ("--controller", "maidstone")
    outside = officer(config, "dpo", *at, email="deputy@maidstone.example")
    dpo = officer(config, "dpo", *at, email="dpo@maidstone.example")
    monkeypatch.setenv(KEY_ENV, dpo)
    second = officer(config, "dpo", *at, email="second@maidstone.example")
    listed = {each["email"]: each for each in json.loads(run("officers", "list", "--json", config=config).stdout)}
    assert listed["second@maidstone.example"]["added by"] == listed["dpo@maidstone.example"]["officer id"]
    assert listed["dpo@maidstone.example"]["added by"] == "whoever runs the gateway"
    opened = run(
        "cases", "open", "foi", "--received", "2026-11-02", "--subject", "x", *at, "--json", config=config
    )  # fmt: skip
    assert opened.exit_code == 0, opened.output
    case = json.loads(opened.stdout)["id"]
    assert run("cases", "ask-leave", case, "--reason", "names", config=config).exit_code == 0
    monkeypatch.setenv(KEY_ENV, second)
    said = wrong("cases", "give-leave", case, config=config, status=1)
    assert "appointed you" in said
    assert "cases.independent_second" in said
    settings = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump({**settings, "cases": {"independent_second": False}}))
    assert run("cases", "give-leave", case, config=config).exit_code == 0
    shown = run("cases", "show", case, config=config).stdout
    assert "appointed by who asked" in shown
    assert "approval_given_by_appointee" in shown
    with sqlite3.connect(config.parent / "data" / "ledger.db") as database:
        acts = [json.loads(row[0])["act"] for row in database.execute("SELECT body FROM leaf WHERE kind = 'matter'")]
    database.close()
    assert acts.count("approval_given_by_appointee") == 1
    config.write_text(yaml.safe_dump(settings))
    monkeypatch.setenv(KEY_ENV, dpo)
    assert run("cases", "ask-leave", case, "--reason", "names again", config=config).exit_code == 0
    monkeypatch.setenv(KEY_ENV, outside)
    assert run("cases", "give-leave", case, config=config).exit_code == 0


def test_officers_are_listed_for_those_who_manage_them(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dpo = officer(config, "dpo", "--controller", "maidstone", email="dpo@maidstone.example")
    auditor = officer(config, "auditor", "--controller", "maidstone", email="audit@maidstone.example")
    assert "@swale.example" in run("officers", "list", config=config).stdout
    monkeypatch.setenv(KEY_ENV, dpo)
    mine = run("officers", "list", config=config).stdout
    assert "audit@maidstone.example" in mine
    assert "@swale.example" not in mine
    assert "no role at this council" in wrong("officers", "list", "--controller", "swale", config=config, status=1)
    monkeypatch.setenv(KEY_ENV, auditor)
    assert "Data Protection Officer" in wrong("officers", "list", config=config, status=1)


def test_where_else_an_officer_works_is_not_told_to_one_council(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dpo = officer(config, "dpo", "--controller", "maidstone", email="dpo@maidstone.example")
    officer(config, "auditor", "--controller", "maidstone", "--controller", "swale", email="both@kent.example")

    def councils() -> list[str]:
        listed = json.loads(run("officers", "list", "--json", config=config).stdout)
        (found,) = (each["controllers"] for each in listed if each["email"] == "both@kent.example")
        return list(found)

    assert councils() == ["maidstone", "swale"]
    monkeypatch.setenv(KEY_ENV, dpo)
    assert councils() == ["maidstone", "elsewhere"]


def test_a_filter_that_is_none_is_a_mistake_and_not_an_empty_list(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_ENV, officer(config, "dpo", "--controller", "maidstone"))
    listed = json.loads(run("cases", "list", "--state", "open", "--json", config=config).stdout)
    (case,) = (each["case"] for each in listed)
    assert "second_reading" in wrong("cases", "list", "--state", "opne", config=config)
    assert "not_relevant" in wrong("cases", "hits", case, "--decision", "nothing", config=config)
    assert "no decision of another officer's waits" in wrong("cases", "confirm", case, "--all", config=config, status=1)
    (hit,) = json.loads(run("cases", "hits", case, "--decision", "none", "--json", config=config).stdout)
    assert hit["decision"] == ""
