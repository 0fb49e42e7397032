import contextlib

import pytest

from detectors.budget import Budget
from detectors.errors import BudgetExceeded
from tests.detectors.fakes import plain_suite


def test_characters_and_candidates_are_counted() -> None:
    budget = Budget(characters=10, candidates=5)
    budget.charge_characters(10)
    with pytest.raises(BudgetExceeded, match="10 characters"):
        budget.charge_characters(1)
    with pytest.raises(BudgetExceeded, match="5 candidates"):
        budget.charge_candidates(6)


def test_processor_time_is_a_backstop() -> None:
    budget = Budget(cpu_seconds=0.001)
    budget.begin_slice()
    total = 0
    for number in range(400_000):
        total += number
    with pytest.raises(BudgetExceeded, match="processor time"):
        budget.end_slice()


def test_two_hundred_thousand_characters_are_served() -> None:
    line = "Mrs Patel, of 14 Sandling Road rang on 07700 900123 about her rent; NI AB123456C, born 3 May 1971.\n"
    text = (line * (200_000 // len(line) + 1))[:200_000]
    suite = plain_suite()
    findings = suite.inspect(text)
    assert sum(f.label == "NINO" for f in findings) == text.count("AB123456C")


@pytest.mark.parametrize(
    "text",
    [
        "1 " * 50_000,
        "a@" * 50_000,
        "((((" * 50_000,
        "%41" * 30_000,
        "Mr " * 30_000,
        "A" * 100_000,
        "0" * 100_000,
        "-----BEGIN PRIVATE KEY-----" * 7_000,
        "one " * 25_000,
        "a,b\n" * 25_000,
        "password:" * 11_000,
        "INSERT INTO t (a) VALUES (" + "'" * 100_000,
        "insert into t (a,b) values " + "('x','y')," * 15_000,
    ],
)
def test_hostile_text_ends(text: str) -> None:
    """Within the budget or beyond it, but never in a hang: the backstop would be a hundred seconds."""
    budget = Budget(cpu_seconds=20)
    with contextlib.suppress(BudgetExceeded):
        plain_suite().inspect(text, budget=budget)
    assert budget.used_seconds < budget.cpu_seconds
