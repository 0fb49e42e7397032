"""A disposal run that dies: `python -m tests.support.disposing URL FOLDER STEP`.

The process kills itself (SIGKILL) just before the named step, a function of the code as it is.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from gateway.ledger import keyfiles
from gateway.ledger.keystore import FileKeyStore
from gateway.store import disposal, shredding
from gateway.store.committer import Committer
from gateway.store.disposed_log import DisposedLog
from tests.support.keeping import disposals
from tests.support.ledger import service


def die(*_: object, **__: object) -> Any:
    """As if the power went."""
    os.kill(os.getpid(), signal.SIGKILL)


STEPS = {
    "begin": (disposal.DatabaseDisposal, "begin"),
    "check": (disposal, "alone"),
    "destroy": (disposal, "destroy_units"),
    "log": (DisposedLog, "append"),
    "shred": (shredding, "_ranges"),
    "puncture": (FileKeyStore, "puncture"),
    "key file": (keyfiles, "replace"),
    "forget": (shredding, "_forget"),
    "scrub": (shredding.Shredder, "scrub"),
    "finish": (disposal.DatabaseDisposal, "finish"),
}


def main(url: str, folder: Path, step: str) -> None:
    """Run and die. `commit` dies between the last statement and the commit of the second batch."""
    ledger = service(url, folder)
    if step == "commit":
        kept, count = Committer.commit, 0

        def commit(self: Committer, jobs: Any, change: Any = None, check: Any = None) -> None:
            nonlocal count
            count += 1

            def last(connection: Any) -> None:
                if change is not None:
                    change(connection)
                if count == 2:
                    die()

            kept(self, jobs, last, check)

        Committer.commit = commit  # type: ignore[method-assign]
    else:
        owner, name = STEPS[step]
        setattr(owner, name, die)
    disposals(ledger, folder / "keys").run("maidstone", "jo")
    ledger.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
