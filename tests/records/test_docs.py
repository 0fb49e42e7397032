"""docs/records.md: the table of roles is the one that is asked, and every command in it exists."""

import re

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.model.officer import Role
from gateway.records.access import MATRIX, ROLE_NAMES, Act
from gateway.records.cases.replay import ABBREVIATIONS
from tests.support.shared import ROOT

PAGE = (ROOT / "docs" / "records.md").read_text()
ORDER = (Role.IG_OFFICER, Role.DPO, Role.AUDITOR, Role.INVESTIGATOR, Role.SERVICE_MANAGER)


def test_the_table_of_roles_is_the_one_that_is_asked() -> None:
    head = next(line for line in PAGE.splitlines() if line.startswith("| What |"))
    assert [cell.strip() for cell in head.strip("|").split("|")[1:]] == [ROLE_NAMES[role] for role in ORDER]
    rows = {}
    for line in PAGE.splitlines():
        if found := re.match(r"\| .*\(`(\w+)`\) \|(.*)\|$", line):
            rows[found[1]] = [cell.strip() == "yes" for cell in found[2].split("|")]
    assert rows == {act.value: [act in MATRIX[role] for role in ORDER] for act in Act}


COMMANDS = sorted(
    {
        tuple(found[1].split())
        for found in re.finditer(r"ai-gateway ((?:officers|cases|incidents|records) [a-z-]+)", PAGE)
    }
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_exists(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0, result.output
    assert "Example: " in result.output
    assert "--json" in result.output


def test_case_numbers_in_examples_are_of_the_form_that_cases_have() -> None:
    texts = [path.read_text() for path in [*(ROOT / "gateway" / "cli").glob("*.py"), *(ROOT / "docs").glob("*.md")]]
    named = {found[1] for text in texts for found in re.finditer(r"\b([A-Z]+)-MBC-20\d\d-\d", text)}
    assert "FOI" in named
    assert named <= set(ABBREVIATIONS.values())
