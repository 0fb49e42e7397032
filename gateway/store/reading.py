"""A connection by which officers' questions are asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.model.errors import Unavailable

RETRY_AFTER_S: Final = 5


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for questions. Raises Unavailable where the database fails."""
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise Unavailable(
            "The records can't be read just now. Try again in a moment.", retry_after_s=RETRY_AFTER_S
        ) from error
