"""The garbage collector in tests."""

import gc
import sys
import warnings


def collect() -> None:
    """Let go of what libraries left open, without their warnings.

    litellm keeps clients for an hour; those of an earlier file's event loop can't be closed any more, and would warn in
    whichever later test empties its cache.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        if (litellm := sys.modules.get("litellm")) is not None:
            litellm.in_memory_llm_clients_cache.flush_cache()
        gc.collect()


def collect_and_freeze() -> None:
    """The same; what is left then, modules imported late and what files share, need not be walked again."""
    collect()
    gc.freeze()
