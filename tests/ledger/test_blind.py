"""Normal forms: spellings of one value meet, different people mostly don't; digests are keyed by controller."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.blind import (
    DIGEST_BYTES,
    SEARCHABLE,
    alternatives,
    controller_key,
    digests_of,
    digests_of_text,
    forms_of,
    wanted_forms,
)
from gateway.ledger.forenames import other_forenames
from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.name_forms import name_words, slips
from gateway.model.search import Subject

KEY = b"k" * 32


def meets(label: str, said: str, wanted: str, fuzzy: bool = True) -> bool:
    """Does a search for `wanted` find a text in which `said` was found?"""
    return bool(set(digests_of(KEY, label, said)) & set(alternatives(KEY, Subject(label, wanted, fuzzy))))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("John Smith", "john smith"),
        ("Mr John Smith's", "John Smith"),
        ("SMITH, John", "John Smith"),
        ("Smith John", "John Smith"),
        ("John Michael Smith", "John Smith"),
        ("Michael Smith", "John Michael Smith"),
        ("Siobhan O’Connor", "Siobhan O'Connor"),
        ("Siobhán O'Connor", "siobhan oconnor"),
        ("Siobhan O Connor", "Siobhan O'Connor"),
        ("Anna Smith-Jones", "Anna Jones"),
        ("Anna Smith-Jones", "Anna Smith-Jones"),
        ("J. Smith", "J Smith"),
        ("José Łukasiewicz", "Jose Lukasiewicz"),
        ("Mrs Okafor", "Okafor"),
        ("John Smith Jnr", "John Smith"),
        ("John Smith, MBE", "John Smith"),
        ("Smith, John, OBE", "John Smith"),
        ("Smith J", "J Smith"),
        ("SMITH J A", "J. A. Smith"),
        ("Mc Donald", "McDonald"),
        ("Mrs O Connor", "O'Connor"),
        ("Maria de Souza", "de Souza"),
        ("Maria de Souza", "DeSouza"),
        ("Maria de Souza", "Maria DeSouza"),
        ("Maria DeSouza", "Maria de Souza"),
        ("Jan van der Berg", "van der Berg"),
        ("Jan van der Berg", "Vanderberg"),
        ("Anna Smith Jones", "Anna Smith-Jones"),
        ("Anna Smith-Jones", "Anna Smith Jones"),
        ("Mary-Jane Smith", "Mary Jane Smith"),
        ("Mary Jane Smith", "Mary-Jane Smith"),
        ("Mary-Jane Smith", "Mary Smith"),
    ],
)
def test_spellings_of_a_name_meet_exactly(said: str, wanted: str) -> None:
    assert meets("PERSON", said, wanted, fuzzy=False)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Bill Thompson", "William Thompson"),
        ("Shevaun Byrne", "Siobhan Byrne"),
        ("Mohamed Hussain", "Muhammad Hussain"),
        ("J Smith", "John Smith"),
        ("W. Thompson", "Bill Thompson"),
        ("Jon Smyth", "John Smith"),
        ("John Thomson", "John Thompson"),
        ("Jonh Okafor", "John Okafor"),
        ("Adaeze Okafro", "Adaeze Okafor"),
        ("Oleksander Kovalenko", "Oleksandr Kovalenko"),
        ("Kasia Nowak", "Katarzyna Nowak"),
        ("Stephen Clark", "Steven Clarke"),
        ("Volodymyr Bondar", "Vladimir Bondar"),
        ("Thomspon", "Thompson"),
        ("John Smith", "J. Smith"),
        ("Smith J", "John Smith"),
        ("Anna Smith", "Anna Smith-Jones"),
        ("Anna Jones", "Anna Smith-Jones"),
    ],
)
def test_variants_of_a_name_meet_when_asked_for(said: str, wanted: str) -> None:
    assert meets("PERSON", said, wanted)
    assert not meets("PERSON", said, wanted, fuzzy=False)


PEOPLE = (
    "John Smith", "Jane Smith", "Mary Jones", "Adaeze Okafor", "Mohammed Ali", "Grace Field", "Tom Marsh",
    "Li Wei", "Nguyen Thi Hoa", "Agnieszka Kowalska", "Gurpreet Singh", "Siobhan O'Connor", "Fatima Hussain",
    "David Brown", "Margaret Green", "Peter Wood", "Elena Popescu", "Rasa Kazlauskiene", "Kwame Mensah", "Ivan Petrov",
    "Priya Patel", "Anil Sharma", "Chloe Baker", "Megan Cook", "Ryan Ward", "Olena Shevchenko", "Tariq Mahmood",
    "Ayse Yilmaz", "Besnik Hoxha", "Tesfay Gebremedhin", "Wai Ming Chan", "Rosa Ferreira", "Paul King", "Dean Price",
)  # fmt: skip


def test_different_people_mostly_do_not_meet() -> None:
    pairs = list(combinations(PEOPLE, 2))
    exact = [pair for pair in pairs if meets("PERSON", *pair, fuzzy=False)]
    fuzzy = [pair for pair in pairs if meets("PERSON", *pair)]
    assert exact == []
    assert fuzzy == []


@pytest.mark.parametrize(("said", "wanted"), [("Amy Law", "Amy Lee"), ("Mr Wei", "Wu"), ("Mrs Low", "Lee")])
def test_short_surnames_are_told_apart(said: str, wanted: str) -> None:
    assert not meets("PERSON", said, wanted)


def test_short_surnames_that_sound_alike_meet() -> None:
    assert meets("PERSON", "Amy Leigh", "Amy Lee")
    assert meets("PERSON", "Mrs Rae", "Ray")
    assert meets("PERSON", "Tom Grey", "Tom Gray")


@given(st.sampled_from(PEOPLE), st.sampled_from(["{}", "Mr {}", "{}'s", " {} ", "DR {}"]), st.booleans())
def test_case_titles_and_blanks_make_no_difference(name: str, frame: str, upper: bool) -> None:
    said = frame.format(name.upper() if upper else name)
    assert name_words(said) == name_words(name)
    assert meets("PERSON", said, name, fuzzy=False)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=5, max_size=12), st.data())
def test_every_slip_is_found_from_both_sides(word: str, data: st.DataObject) -> None:
    slip = data.draw(st.sampled_from(sorted(set(slips(word)))))
    if len(slip) >= 5:
        assert word in set(slips(slip)) | {slip}
    assert meets("PERSON", f"Xanthe {slip}", f"Xanthe {word}")


@given(st.text(max_size=40), st.sampled_from(sorted(SEARCHABLE)), st.booleans())
def test_whatever_is_written_has_forms_and_finds_itself(value: str, label: str, fuzzy: bool) -> None:
    indexed = digests_of(KEY, label, value)
    wanted = alternatives(KEY, Subject(label, value, fuzzy))
    assert all(len(digest) == DIGEST_BYTES for digest in (*indexed, *wanted))
    assert len(set(indexed)) == len(indexed)
    if indexed and label != "PERSON":
        assert set(indexed) & set(wanted)


@pytest.mark.parametrize(
    ("label", "said", "wanted"),
    [
        ("NINO", "QQ 12 34 56 C", "qq123456c"),
        ("NINO", "QQ123456", "QQ 12 34 56 C"),
        ("NHS_NUMBER", "999 000 0018", "9990000018"),
        ("EMAIL", "Jo.Bloggs@Example.org", "jo.bloggs@example.org"),
        ("PHONE", "+44 (0)7700 900123", "07700 900 123"),
        ("PHONE", "7700900123", "07700900123"),
        ("POSTCODE", "me14 1aa", "ME141AA"),
        ("DATE_OF_BIRTH", "born 3 May 1971", "03/05/1971"),
        ("DATE_OF_BIRTH", "1971-05-03", "3rd of May 71"),
        ("VEHICLE_REG", "GN19 ABO", "gn19ab0"),
        ("SORT_CODE", "60-16-13", "601613"),
        ("DRIVING_LICENCE", "MORGA 657054 SM9IJ 35", "MORGA657054SM9IJ"),
        ("IBAN", "GB33 BUKB 2020 1555 5555 55", "gb33bukb20201555555555"),
        ("UTR", "UTR 11557 78990", "1155778990"),
        ("CASE_REF", "HB 2204817", "HB2204817"),
        ("USERNAME", "@jo_from_fant", "jo_from_fant"),
        ("IP_ADDRESS", "2001:DB8::1", "2001:db8:0:0:0:0:0:1"),
        ("MAC_ADDRESS", "00:00:5E:00:53:AF", "00-00-5e-00-53-af"),
        ("ADDRESS", "14 Sandling Rd", "14 sandling road"),
        ("ADDRESS", "14, Sandling Road, Maidstone, ME14 1AA", "14 Sandling Rd"),
        ("ADDRESS", "Apt 2, 14 Sandling Road", "Flat 2, 14 Sandling Rd."),
        ("ADDRESS", "14 Sandling Road", "Flat 2, 14 Sandling Road"),
        ("ADDRESS", "Flat 2, 14 Sandling Road", "14 Sandling Road"),
        ("ADDRESS", "14 Sandling Road", "14 Sandling Road, ME14 1AA"),
        ("ADDRESS", "7 St Peter's St", "7 Street Peters Street"),
        ("ADDRESS", "3 Park Rd, Swale", "3 Park Road"),
        ("ADDRESS", "7 St Peter's Rd, Maidstone", "7 Saint Peter's Road"),
        ("ADDRESS", "5 The Street, Detling", "5 The Street"),
        ("ADDRESS", "Rose Cottage, Church Lane, Detling", "Rose Cottage, Church Ln"),
        ("ADDRESS", "14 A High Street", "14a High St"),
        ("PHONE", "44 7700 900123", "07700 900123"),
        ("PHONE", "00353 1 234 5678", "+353 1 2345678"),
        ("PHONE", "01622 602000 ext. 12", "01622 602000"),
        ("NHS_NUMBER", "９９９ ０００ ００１８", "9990000018"),
    ],
)
def test_spellings_of_an_identifier_meet(label: str, said: str, wanted: str) -> None:
    assert meets(label, said, wanted)


@pytest.mark.parametrize(
    ("label", "said", "wanted"),
    [
        ("NINO", "QQ 12 34 56 C", "QQ 12 34 57 C"),
        ("PHONE", "07700 900123", "07700 900124"),
        ("DATE_OF_BIRTH", "3/5/1971", "5/3/1971"),
        ("ADDRESS", "14 Sandling Road", "15 Sandling Road"),
        ("ADDRESS", "14 Sandling Road, TN1 1AA", "14 Sandling Road, ME14 1AA"),
        ("ADDRESS", "Flat 3, 14 Sandling Road", "Flat 2, 14 Sandling Road"),
        ("ADDRESS", "14 Park Road", "14 Park Lane"),
        ("EMAIL", "jo@example.org", "jo@example.com"),
        ("ADDRESS", "7 St Peter's Road", "7 St John's Road"),
        ("ADDRESS", "7 St Peter's Road", "7 St Peter's Close"),
        ("ADDRESS", "Rose Cottage, Church Lane", "Rose Cottage, Mill Lane"),
    ],
)
def test_other_values_do_not_meet(label: str, said: str, wanted: str) -> None:
    assert not meets(label, said, wanted)


def test_a_number_under_another_label_is_found() -> None:
    indexed = set(digests_of(KEY, "CASE_REF", "9990000018"))
    assert indexed & set(alternatives(KEY, Subject("NHS_NUMBER", "999 000 0018")))


def test_the_digits_of_a_number_with_letters_are_not_another_number() -> None:
    """Everybody of a bank's branch has its sort code."""
    for label, said, wanted in (
        ("SORT_CODE", "12-34-56", Subject("NINO", "QQ 12 34 56 C")),
        ("BANK_ACCOUNT", "20260042", Subject("CASE_REF", "HSG/2026/0042")),
    ):
        assert not set(digests_of(KEY, label, said)) & set(alternatives(KEY, wanted))
    assert set(digests_of(KEY, "CASE_REF", "QQ123456C")) & set(alternatives(KEY, Subject("NINO", "QQ 12 34 56 C")))


def test_a_postcode_belongs_to_the_address_before_it() -> None:
    text = (("PERSON", "Jo Bloggs"), ("ADDRESS", "14 Sandling Road"), ("POSTCODE", "ME14 1AA"))
    indexed = set(digests_of_text(KEY, text))
    assert indexed & set(alternatives(KEY, Subject("ADDRESS", "14 Sandling Road, ME14 2BB")))
    assert not indexed & set(alternatives(KEY, Subject("ADDRESS", "14 Sandling Road, TN1 1AA")))


def test_a_name_costs_the_index_little_and_a_search_much() -> None:
    assert len(list(forms_of([("PERSON", "John Thompson")]))) == 6
    assert 1000 < len(set(wanted_forms(Subject("PERSON", "John Thompson")))) < 20_000


def test_the_table_of_forenames_reads_both_ways_and_is_folded() -> None:
    assert "william" in other_forenames("bill")
    assert "bill" in other_forenames("william")
    assert "bill" not in other_forenames("bill")
    assert not other_forenames("xanthe")


def test_councils_indexes_can_not_be_joined(tmp_path: Path) -> None:
    keystore = FileKeyStore(tmp_path / "keys")
    ours, theirs = (controller_key(keystore, name) for name in ("maidstone", "swale"))
    assert ours == controller_key(keystore, "maidstone")
    assert not set(digests_of(ours, "NINO", "QQ123456C")) & set(digests_of(theirs, "NINO", "QQ123456C"))
