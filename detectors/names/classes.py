"""What the encoder tells apart: the labels it was taught, each with a beginning and an inside."""

IDENTIFIERS = (
    "NINO",
    "NHS_NUMBER",
    "PASSPORT",
    "DRIVING_LICENCE",
    "VEHICLE_REG",
    "BANK_ACCOUNT",
    "SORT_CODE",
    "IBAN",
    "PAYMENT_CARD",
    "UTR",
    "UPN",
    "UPRN",
    "IP_ADDRESS",
    "MAC_ADDRESS",
)
"""Numbers with a form of their own. They make one kind: a number is seen as one of them first, then as which."""

NUMBERED = frozenset((*IDENTIFIERS, "PHONE", "EMAIL", "POSTCODE"))
"""Labels whose forms patterns know."""

TAUGHT = (
    "PERSON",
    "ADDRESS",
    "POSTCODE",
    "PHONE",
    "EMAIL",
    "DATE_OF_BIRTH",
    "AGE",
    "CASE_REF",
    "USERNAME",
    "SECRET",
    "HEALTH",
    "ETHNICITY",
    "RELIGION",
    "SEXUAL_ORIENTATION",
    "UNION",
    "POLITICAL",
    "BIOMETRIC",
    "CRIMINAL",
    "CONFIDENTIAL",
    "LEGAL_PRIVILEGE",
    *IDENTIFIERS,
)
"""In the order of the model's outputs; the identifiers come last."""

CLASSES = 1 + 2 * len(TAUGHT)
"""Outputs: 0 nothing, then a beginning and an inside for each of TAUGHT."""


def number(label: str) -> int:
    """The place of a label in TAUGHT."""
    return TAUGHT.index(label)
