"""What the encoder tells apart: the labels it was taught, each with a beginning and an inside."""

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
    "IDENTIFIER",
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
)
"""In the order of the model's outputs. IDENTIFIER stands for numbers with a form of their own, which patterns find."""

IDENTIFIERS = frozenset(
    {
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
    }
)

CLASSES = 1 + 2 * len(TAUGHT)
"""Outputs: 0 nothing, then a beginning and an inside for each of TAUGHT."""


def number(label: str) -> int:
    """The place of a label in TAUGHT; labels with a form of their own share one."""
    return TAUGHT.index("IDENTIFIER" if label in IDENTIFIERS else label)
