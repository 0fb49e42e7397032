"""The one closed list of labels. Every finding bears one of these names; policy acts by them.

A council's own recogniser names one of these labels: a new label would be a new column in every policy, so the
list changes only with the policies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class DataClass(StrEnum):
    """What the law or the council's rules call a kind of data."""

    PERSONAL = "personal"
    """UK GDPR Art. 4(1)."""
    SPECIAL_CATEGORY = "special_category"
    """UK GDPR Art. 9(1)."""
    CRIMINAL_OFFENCE = "criminal_offence"
    """UK GDPR Art. 10 and DPA 2018 s.11(2): allegations and proceedings included."""
    CHILD = "child"
    """That somebody named or described is a child (UK GDPR recital 38)."""
    CONFIDENTIAL = "confidential"
    """Protective markings, commercial confidence and legal privilege; need not be about a person."""
    SECRET = "secret"  # noqa: S105  a class of data, not a password
    """Whatever opens a system: keys, passwords, tokens. Never kept anywhere."""
    HIDDEN = "hidden"
    """Hidden characters or encoding that conceal text from a reader."""


@dataclass(frozen=True, slots=True)
class Label:
    """`plain_name` and `plural` are what staff read, in the middle of a sentence; `example` is invented."""

    name: str
    data_class: DataClass
    plain_name: str
    plural: str
    example: str


_P, _S = DataClass.PERSONAL, DataClass.SPECIAL_CATEGORY

_ALL = (
    Label("PERSON", _P, "person's name", "people's names", "Siobhan O'Connor"),
    Label("ADDRESS", _P, "street address", "street addresses", "14 Sandling Road"),
    Label("POSTCODE", _P, "postcode", "postcodes", "ME14 1AA"),
    Label("PHONE", _P, "telephone number", "telephone numbers", "07700 900123"),
    Label("EMAIL", _P, "e-mail address", "e-mail addresses", "jo.bloggs@example.org"),
    Label("DATE_OF_BIRTH", _P, "date of birth", "dates of birth", "born 3 May 1971"),
    Label("AGE", _P, "person's age", "people's ages", "aged 76"),
    Label("NINO", _P, "National Insurance number", "National Insurance numbers", "QQ 12 34 56 C"),
    Label("NHS_NUMBER", _P, "NHS number", "NHS numbers", "999 000 0018"),
    Label("PASSPORT", _P, "passport number", "passport numbers", "passport 925 665 416"),
    Label("DRIVING_LICENCE", _P, "driving licence number", "driving licence numbers", "MORGA 657054 SM9IJ"),
    Label("VEHICLE_REG", _P, "vehicle registration", "vehicle registrations", "GN19 ABC"),
    Label("BANK_ACCOUNT", _P, "bank account number", "bank account numbers", "account 31926819"),
    Label("SORT_CODE", _P, "sort code", "sort codes", "60-16-13"),
    Label("IBAN", _P, "IBAN", "IBANs", "GB33 BUKB 2020 1555 5555 55"),
    Label("PAYMENT_CARD", _P, "payment card number", "payment card numbers", "4929 1234 5678 9014"),
    Label("UTR", _P, "tax reference (UTR)", "tax references (UTR)", "UTR 11557 78990"),
    Label("UPN", _P, "unique pupil number", "unique pupil numbers", "A801200001001"),
    Label("UPRN", _P, "unique property reference number", "unique property reference numbers", "UPRN 200003666144"),
    Label("CASE_REF", _P, "case or account reference", "case or account references", "HB2204817"),
    Label("USERNAME", _P, "user name or handle", "user names or handles", "@jo_from_fant"),
    Label("IP_ADDRESS", _P, "IP address", "IP addresses", "203.0.113.7"),
    Label("MAC_ADDRESS", _P, "MAC address", "MAC addresses", "00:00:5E:00:53:AF"),
    Label("HEALTH", _S, "health detail", "health details", "she has COPD"),
    Label(
        "ETHNICITY",
        _S,
        "detail of racial or ethnic origin",
        "details of racial or ethnic origin",
        "he is White British",
    ),
    Label("RELIGION", _S, "detail of religion or belief", "details of religion or belief", "the family are Muslim"),
    Label(
        "SEXUAL_ORIENTATION", _S, "detail of sex life or orientation", "details of sex life or orientation", "he is gay"
    ),
    Label("UNION", _S, "detail of trade union membership", "details of trade union membership", "she is a Unison rep"),
    Label("POLITICAL", _S, "political opinion", "political opinions", "he stood for the Greens"),
    Label("BIOMETRIC", _S, "biometric or genetic detail", "biometric or genetic details", "her DNA profile"),
    Label(
        "CRIMINAL",
        DataClass.CRIMINAL_OFFENCE,
        "detail of an offence or allegation",
        "details of offences or allegations",
        "convicted of theft",
    ),
    Label(
        "CHILD", DataClass.CHILD, "detail that identifies a child", "details that identify children", "her son, aged 7"
    ),
    Label(
        "CONFIDENTIAL",
        DataClass.CONFIDENTIAL,
        "confidential marking or commercial detail",
        "confidential markings or commercial details",
        "OFFICIAL-SENSITIVE",
    ),
    Label(
        "LEGAL_PRIVILEGE",
        DataClass.CONFIDENTIAL,
        "mark of legal privilege",
        "marks of legal privilege",
        "Counsel's advice: privileged",
    ),
    Label(
        "SECRET",
        DataClass.SECRET,
        "password, key or other secret",
        "passwords, keys or other secrets",
        "password=hunter2",
    ),
    Label(
        "HIDDEN_TEXT",
        DataClass.HIDDEN,
        "hidden characters or encoding",
        "passages with hidden characters or encoding",
        "text with zero-width characters inside a word",
    ),
)

LABELS: Mapping[str, Label] = MappingProxyType({label.name: label for label in _ALL})
"""Every label by name, in the order in which people read them."""

SAID = frozenset(
    label.name for label in _ALL if label.data_class in (DataClass.SPECIAL_CATEGORY, DataClass.CRIMINAL_OFFENCE)
)
"""Labels of what is said of somebody: phrases, where other labels are names and numbers."""
