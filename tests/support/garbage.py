"""The garbage collector in tests."""

import gc
import warnings


def collect() -> None:
    """Let go of what libraries left open, without their warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def collect_and_freeze() -> None:
    """The same; what is left then, modules imported late and what files share, need not be walked again."""
    collect()
    gc.freeze()
