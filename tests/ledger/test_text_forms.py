"""Looking for somebody in plain text finds what the blind index would hold, and leaves ordinary words alone."""

import pytest

from gateway.ledger.blind import wanted_forms
from gateway.ledger.text_forms import finder
from gateway.model.search import Subject


def found(subject: Subject, text: str) -> set[tuple[str, str]]:
    return set(finder(subject)(text))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("PERSON", "Siobhan O'Connor", "please ring siobhan o'connor today"),
        ("PERSON", "Siobhan O'Connor", "Please ring Shevaun O’Connor today"),
        ("PERSON", "John Smith", "SMITH, John: arrears"),
        ("PERSON", "John Smith", "Mr J. Smith's arrears"),
        ("PERSON", "John Smith", "about John Edward Smith and"),
        ("PERSON", "J Smith", "about John Smith and"),
        ("PERSON", "Adaeze Okafor", "spoke to Adaeze Okafro"),
        ("PERSON", "Okafor", "spoke to Mrs Okafor's son"),
        ("PERSON", "Anna Smith-Jones", "saw Anna Smith-Jones there"),
        ("NINO", "QQ123456C", "ni no. qq 12 34 56 c."),
        ("NINO", "QQ123456C", "QQ123456"),
        ("NHS_NUMBER", "9990000018", "NHS 999-000-0018"),
        ("PHONE", "07700 900123", "on +44 (0)7700 900 123."),
        ("PHONE", "07700 900123", "on 0770-0900-123"),
        ("EMAIL", "jo@example.org", "Jo <JO@example.org>"),
        ("VEHICLE_REG", "GN19 ABO", "reg GNI9 AB0"),
        ("POSTCODE", "ME14 1AA", "me141aa"),
        ("DATE_OF_BIRTH", "1971-05-03", "from 1 May 2020; born on 3rd May 1971"),
        ("ADDRESS", "14 Sandling Road", "lives at 14, Sandling Rd in"),
        ("ADDRESS", "14 Sandling Road, ME14 1AA", "at 14 Sandling Rd, Maidstone, ME14 1AA"),
        ("ADDRESS", "Flat 2, 14 Sandling Road", "at Flat 2, 14 Sandling Road"),
        ("IP_ADDRESS", "203.0.113.7", "from 203.0.113.7."),
        ("MAC_ADDRESS", "00005e0053af", "at 00:00:5E:00:53:AF."),
        ("CASE_REF", "HSG/2026/0042", "hsg_2026_0042"),
        ("ADDRESS", "14a High Street", "at 14 A High St"),
        ("ADDRESS", "7 St Peter's Road", "at 7 Saint Peters Rd, Maidstone"),
        ("PERSON", "John Smith", "Smith J: arrears"),
        ("PERSON", "Jones", "saw Anna Smith-Jones there"),
        ("PERSON", "Anna Jones", "saw Anna Smith-Jones there"),
        ("PERSON", "Anna Smith-Jones", "saw Anna Smith Jones there"),
        ("PERSON", "Maria Souza", "saw Maria de Souza there"),
        ("PERSON", "de Souza", "saw Mrs DeSouza there"),
    ],
)
def test_found_in_a_sentence_under_a_form_that_is_looked_for(kind: str, value: str, text: str) -> None:
    subject = Subject(kind, value)
    forms = found(subject, text)
    assert forms
    assert forms <= set(wanted_forms(subject))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("PERSON", "John Smith", "the smith joined; john left the blacksmith"),
        ("PERSON", "John Smith", "Jane Smith and John Brown"),
        ("PERSON", "Grace Field", "by the grace of the field"),
        ("PERSON", "Field", "in the field"),
        ("PERSON", "J Smith", "the Smith family"),
        ("NINO", "QQ123456C", "AQQ123456C1"),
        ("PHONE", "07700 900123", "07700 9001234"),
        ("EMAIL", "jo@example.org", "bo-jo@example.org.uk"),
        ("EMAIL", "jo@example.org", "jo@example.org.uk"),
        ("NINO", "QQ123456C", "sort code 12-34-56"),
        ("DATE_OF_BIRTH", "1971-05-03", "on 5 March 1971"),
        ("ADDRESS", "14 Sandling Road", "114 Sandling Road and 14 Sandling Lane"),
        ("ADDRESS", "14 Sandling Road, ME14 1AA", "at 14 Sandling Rd, TN1 1AA"),
    ],
)
def test_not_found(kind: str, value: str, text: str) -> None:
    assert not found(Subject(kind, value), text)


def test_exact_names_stay_exact() -> None:
    assert not found(Subject("PERSON", "John Smith", fuzzy=False), "Jon Smyth, J Smith")
    assert found(Subject("PERSON", "John Smith", fuzzy=False), "JOHN SMITH")
