"""Numbers that the encoder saw and no pattern knows."""

import time

import pytest

from detectors.names.classes import NUMBERED
from detectors.names.numbers import ends_another, numbered, unclaimed
from detectors.overlap import Candidate


def kept(text: str, label: str) -> list[tuple[str, str]]:
    """What is left of a span that covers all of `text`."""
    return [(text[start:end], known) for start, end, known, _ in numbered(text, 0, len(text), label, 0.55)]


@pytest.mark.parametrize(
    ("seen", "label", "number"),
    [
        ("AE ..18 27 30.. C", "NINO", "AE ..18 27 30.. C"),
        ("(659 2345 1845)", "NHS_NUMBER", "659 2345 1845"),
        ("paid to 771882", "BANK_ACCOUNT", "771882"),
        ("R DD 772914", "SORT_CODE", "772914"),
        ("DALBY 659081 C99EW", "DRIVING_LICENCE", "DALBY 659081 C99EW"),
        ("f dot yeo at arts dot example", "EMAIL", "f dot yeo at arts dot example"),
        ("da12", "POSTCODE", "da12"),
        ("J for Juliet, R for Romeo", "NINO", "J for Juliet, R for Romeo"),
        ("07700900522 no scrub that five two three", "PHONE", "07700900522 no scrub that five two three"),
    ],
)
def test_a_number_is_kept_without_what_stands_around_it(seen: str, label: str, number: str) -> None:
    assert kept(seen, label) == [(number, label)]


@pytest.mark.parametrize(
    ("seen", "label"),
    [
        ("JX 48 21 07 B", "NINO"),
        ("ME14 2AB", "POSTCODE"),
        ("01622 602000", "PHONE"),
        ("info@example.com", "EMAIL"),
        ("10.0.0.1", "IP_ADDRESS"),
        ("GB29 NWBK 6016 1331 9268 19", "IBAN"),
        ("STA", "MAC_ADDRESS"),
        ("3.55. 4.02. 4.10", "IP_ADDRESS"),
    ],
)
def test_what_is_written_neatly_is_left_to_the_patterns(seen: str, label: str) -> None:
    assert kept(seen, label) == []


@pytest.mark.parametrize(
    ("seen", "score", "kept"),
    [
        ("07700900149", 0.6, True),
        ("+44 (0)7700 900149", 0.6, True),
        ("07700900149", 0.55, False),
        ("01622 602017", 0.6, False),
    ],
)
def test_a_mobile_number_counts_where_the_encoder_is_beyond_doubt(seen: str, score: float, kept: bool) -> None:
    """Patterns may leave it for a word beside it; a landline that they leave is an office's."""
    assert bool(list(numbered(seen, 0, len(seen), "PHONE", score))) == kept


@pytest.mark.parametrize(
    "seen", ["00-00-00", "1234567890", "QQ123456C", "0000000000", "4111 1111 1111 1111", "XX XX XX XX X", "7", "--"]
)
def test_specimens_are_nobodys(seen: str) -> None:
    assert kept(seen, "BANK_ACCOUNT") == []


def test_examples_are_nobodys() -> None:
    text = "It looks like this, for example 659 2345 1845"
    assert list(numbered(text, 32, len(text), "NHS_NUMBER", 0.55)) == []


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("the card ending «7719» was", True),
        ("the one ending «double nine oh three», please", True),
        ("CARD «541265»******2717", True),
        ("by card «4462» ending", True),
        ("card «5412»", False),
        ("last four digits: «0093», ok", True),
        ("the bending «7719»", False),
        ("ends «77190»", False),
    ],
)
def test_the_last_figures_of_a_number_lead_to_nobody(text: str, ends: bool) -> None:
    start, end = text.index("«"), text.index("»") - 1
    assert ends_another(text.replace("«", "").replace("»", ""), start, end) is ends


def test_its_form_says_what_a_number_is() -> None:
    assert kept("JX-48-21-07-B", "UTR") == [("JX-48-21-07-B", "NINO")]
    assert kept("4929 1832 7710 0452", "BANK_ACCOUNT") == [("4929 1832 7710 0452", "PAYMENT_CARD")]


def guess(start: int, end: int, label: str = "NINO") -> Candidate:
    return Candidate(start, end, label, 0.55, "names/council-names")


def test_what_patterns_found_for_the_most_part_is_theirs() -> None:
    ours = guess(0, 20)
    assert unclaimed([ours, Candidate(4, 15, "PHONE", 0.9, "phone")]) == [Candidate(4, 15, "PHONE", 0.9, "phone")]
    assert ours in unclaimed([ours, Candidate(4, 9, "PHONE", 0.9, "phone")])
    assert ours in unclaimed([ours, guess(0, 20, "UTR")]), "its own guesses take nothing from one another"
    person = Candidate(0, 20, "PERSON", 0.9, "names/council-names")
    assert person in unclaimed([person, Candidate(0, 20, "PHONE", 0.9, "phone")])


def test_a_guess_that_runs_over_two_numbers_is_none_of_them() -> None:
    ours = guess(0, 28, "BANK_ACCOUNT")
    sort, account = Candidate(0, 6, "SORT_CODE", 0.95, "bank"), Candidate(6, 13, "BANK_ACCOUNT", 0.95, "bank")
    assert unclaimed([ours, sort, account]) == [sort, account]
    assert ours in unclaimed([ours, sort, Candidate(0, 6, "CASE_REF", 0.95, "case_ref")]), "one number under two labels"
    assert ours in unclaimed([ours, sort, guess(6, 13, "UTR")])
    passport, born = Candidate(0, 8, "PASSPORT", 0.95, "passport"), Candidate(13, 19, "DATE_OF_BIRTH", 0.95, "passport")
    assert unclaimed([guess(0, 40, "IBAN"), passport, born]) == [passport, born]


def test_what_a_machine_reads_of_a_passport_is_the_passports() -> None:
    line = "24418893<7LTU8306174F2903112<<<<<<<<06"
    assert [label for *_, label, _ in numbered(line, 9, 28, "IBAN", 0.9)] == ["PASSPORT"]
    assert [label for *_, label, _ in numbered("a7LTU8306174F2903112b", 1, 20, "IBAN", 0.9)] == ["IBAN"]


def test_times_and_regulations_are_no_numbers_of_anybody() -> None:
    text = "Sat. 3.50. 3.55. 4.02. 4.10. Gave up"
    start = text.index("50.")
    assert list(numbered(text, start, text.index(". Gave"), "IP_ADDRESS", 0.9)) == []
    assert list(numbered("reg 33 HB Regs 2006", 4, 14, "VEHICLE_REG", 0.9)) == []
    assert list(numbered("reg 33 HBR, parked", 4, 10, "VEHICLE_REG", 0.9)) != []
    asked = "list C888340852313? no that's the school's batch, ignore"
    assert list(numbered(asked, 5, 18, "UPN", 0.9)) == []


def test_many_numbers_are_weighed_in_linear_time() -> None:
    def seconds(count: int) -> float:
        some = [guess(n * 10, n * 10 + 8) for n in range(count)]
        some += [Candidate(n * 10 + 1, n * 10 + 3, "PHONE", 0.9, "phone") for n in range(count)]
        begun = time.perf_counter()
        assert len(unclaimed(some)) == 2 * count
        return time.perf_counter() - begun

    assert seconds(20_000) < 40 * max(seconds(2_000), 0.001)


def test_the_labels_are_the_patterns() -> None:
    assert {"NINO", "PHONE", "IBAN"} <= NUMBERED
    assert not NUMBERED & {"PERSON", "SECRET", "CASE_REF", "DATE_OF_BIRTH"}
