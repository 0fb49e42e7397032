"""The settings file: shipped examples load, mistakes say file, line and fix."""

import json
from datetime import date
from pathlib import Path

import pytest

from gateway.model.case import CaseKind
from gateway.settings import Settings, database_url, default_path, load_settings, secret, settings_path
from policies.source import ConfigError

MINIMAL = """\
mode: demo
controllers:
  maidstone: {name: Maidstone Borough Council, prefix: MBC, contact: ig@maidstone.example}
upstreams:
  offline: {kind: offline}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "gateway.yaml"
    path.write_text(text)
    return path


def test_the_shipped_defaults_are_a_demo_with_three_controllers() -> None:
    settings = load_settings(default_path("gateway.yaml"))
    assert settings.mode == "demo"
    assert [c.prefix for c in settings.controllers.values()] == ["MBC", "SBC", "TWBC"]
    assert settings.upstreams["offline"].kind == "offline"
    assert settings.retention is not None


def test_the_production_example_loads_and_names_no_secret_value() -> None:
    settings = load_settings(default_path("production.example.yaml"))
    assert settings.mode == "production"
    assert {u.kind for u in settings.upstreams.values()} == {"offline", "direct", "litellm"}


def test_production_without_a_retention_schedule_does_not_start(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL.replace("mode: demo", "mode: production"))
    with pytest.raises(ConfigError, match="retention schedule"):
        load_settings(path)


def test_an_unknown_key_names_file_line_and_fix(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL + "retension: {}\n")
    with pytest.raises(ConfigError) as error:
        load_settings(path)
    (problem,) = error.value.problems
    assert problem.file.endswith("gateway.yaml")
    assert problem.line == 6
    assert "retention" in problem.fix


def test_two_controllers_with_one_prefix_are_refused(tmp_path: Path) -> None:
    second = "  swale: {name: Swale Borough Council, prefix: MBC, contact: x}\nupstreams:"
    with pytest.raises(ConfigError, match="share a record prefix"):
        load_settings(write(tmp_path, MINIMAL.replace("upstreams:", second)))


def test_a_direct_upstream_needs_an_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        load_settings(write(tmp_path, MINIMAL.replace("{kind: offline}", "{kind: direct}")))


def test_input_files_are_read_from_the_settings_folder(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, MINIMAL + "register: mine.yaml\n"))
    assert settings.register_file == tmp_path / "mine.yaml"


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "canary-value")
    named = secret("A_KEY", None, "upstream x")
    assert named is not None
    assert named.get_secret_value() == "canary-value"
    assert "canary" not in repr(named)
    file = tmp_path / "key"
    file.write_text("from-file\n")
    read = secret(None, file, "upstream x")
    assert read is not None
    assert read.get_secret_value() == "from-file"
    assert secret(None, None, "upstream x") is None
    with pytest.raises(ConfigError, match="upstream x"):
        secret("AN_UNSET_NAME", None, "upstream x")


def test_the_database_is_sqlite_in_the_data_folder_unless_named(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, MINIMAL + f"data_dir: {tmp_path}\n"))
    assert database_url(settings).get_secret_value() == f"sqlite:///{tmp_path / 'ledger.db'}"
    named = load_settings(write(tmp_path, MINIMAL + "database: {url: postgresql://x}\n"))
    assert database_url(named).get_secret_value() == "postgresql://x"


def test_the_settings_file_is_named_by_option_then_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AI_GATEWAY_CONFIG", raising=False)
    assert settings_path() == default_path("gateway.yaml")
    monkeypatch.setenv("AI_GATEWAY_CONFIG", "other.yaml")
    assert settings_path() == Path("other.yaml")
    assert settings_path(Path("given.yaml")) == Path("given.yaml")


def test_settings_are_frozen() -> None:
    settings: Settings = load_settings(default_path("gateway.yaml"))
    with pytest.raises(ValueError, match="frozen"):
        settings.mode = "production"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("keystore: {wrap: environment}\n", "master_key_env or master_key_file"),
        ("keystore: {wrap: vault}\n", "needs vault"),
        ("keystore: {wrap: vault, vault: {address: 'https://v', key: k}}\n", "token_env or token_file"),
        ("keystore: {wrap: azure, azure: {address: 'https://v', key: k, tenant: t}}\n", "together"),
        (
            "keystore: {backup_days: 40}\nretention: {backup_days: 35, classes: {routine: {days: 9, basis: x}}}\n",
            "undoes disposal",
        ),
        ("retention: {classes: {routine: {days: 9, basis: x, trigger: birth}}}\n", "created"),
    ],
)
def test_a_key_store_and_schedule_that_can_not_work_are_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        load_settings(write(tmp_path, MINIMAL + text))


def test_the_schema_of_the_schedule_is_published() -> None:
    """`config/retention.schema.json` is what editors check a schedule with; it is written by the line below."""
    from gateway.settings import RetentionSettings

    schema = json.dumps(RetentionSettings.model_json_schema(), indent=2) + "\n"
    assert default_path("retention.schema.json").read_text() == schema


def test_cases_know_the_councils_own_days_and_grounds(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("DPA:\n  - {code: DPA Sch.2 para.99, name: A new head, test: true}\n")
    cases = load_settings(
        write(
            tmp_path,
            MINIMAL + "cases:\n  second_person: false\n  approval_days: 3\n  exemptions: own.yaml\n  one_off_days:\n"
            "    - {day: 2026-03-10, change: holiday, reason: Day of mourning}\n",
        )
    ).cases
    assert not cases.calendar().works(date(2026, 3, 10))
    assert cases.calendar().holiday(date(2026, 3, 10)) == "Day of mourning"
    assert (cases.policy().second_reader, cases.policy().second_person, cases.policy().approval_days) == (
        True,
        False,
        3,
    )
    assert cases.grounds().require(CaseKind.SAR, "DPA Sch.2 para.99").public_interest


def test_neither_second_person_is_appointed_by_the_first_unless_said(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, MINIMAL)).cases.policy().independent
    given = MINIMAL + "cases:\n  independent_second: false\n"
    assert not load_settings(write(tmp_path, given)).cases.policy().independent


def test_an_app_role_is_limited_to_services_for_a_service_manager_only(tmp_path: Path) -> None:
    issuer = (
        "admin:\n  issuers:\n    entra:\n      issuer: https://login.example\n      audience: api://records\n"
        "      algorithms: [RS256]\n      jwks_file: keys.json\n      roles:\n"
        "        Mine: {role: ROLE, controllers: [maidstone], services: [housing]}\n"
    )
    given = load_settings(write(tmp_path, MINIMAL + issuer.replace("ROLE", "service_manager"))).admin.issuers["entra"]
    assert given.roles["Mine"].services == ("housing",)
    with pytest.raises(ConfigError, match="only a service manager"):
        load_settings(write(tmp_path, MINIMAL + issuer.replace("ROLE", "ig_officer")))


def test_a_one_off_day_without_a_reason_or_given_twice_is_refused(tmp_path: Path) -> None:
    for days, said in (
        ("    - {day: 2026-03-10, change: holiday, reason: ''}\n", "reason"),
        ("    - {day: 2026-03-10, change: holiday, reason: first}\n" * 2, "a day twice"),
        ("    - {day: 2026-03-10, change: gone, reason: first}\n", "change"),
    ):
        with pytest.raises(ConfigError, match=said):
            load_settings(write(tmp_path, f"{MINIMAL}cases:\n  one_off_days:\n{days}"))
