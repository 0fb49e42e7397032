"""Every identifier that ships, in the order in which they run."""

from detectors.identifiers import (
    age,
    date_of_birth,
    email,
    nhs_number,
    nino,
    phone,
    postcode,
)
from detectors.identifiers.base import Identifier

SHIPPED: tuple[Identifier, ...] = (
    nino.IDENTIFIER,
    nhs_number.IDENTIFIER,
    postcode.IDENTIFIER,
    phone.IDENTIFIER,
    email.IDENTIFIER,
    date_of_birth.IDENTIFIER,
    age.IDENTIFIER,
)
