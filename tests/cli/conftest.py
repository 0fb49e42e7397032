"""Commands in this process share one tree of commands: making it takes longer than most of them."""

from functools import cache

import typer.testing
from typer.main import get_command

typer.testing._get_command = cache(get_command)  # type: ignore[attr-defined]
