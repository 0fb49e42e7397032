"""Durability by system-call order: the write-ahead log is synced before the call goes on. A kill would not show it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SYNC = re.compile(
    r"(?:fsync|fdatasync)\(\d+<[^>]*ledger\.db-wal>\)\s*=\s*0|<\.\.\. (?:fsync|fdatasync) resumed>.*=\s*0"
)
WRITE = re.compile(r"pwrite64\(\d+<[^>]*ledger\.db-wal>")
MARK = re.compile(r'write\(1<[^>]*>, "(BEGIN|OPENED|CLOSED)')


def test_each_step_is_synced_before_the_call_goes_on(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: the order of system calls can't be seen")
    trace = tmp_path / "trace"
    command = [strace, "-f", "-y", "-s", "16", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", str(trace)]
    child = [sys.executable, "-m", "tests.support.dying", f"sqlite:///{tmp_path / 'ledger.db'}", str(tmp_path), "once"]
    done = subprocess.run([*command, *child], capture_output=True, text=True, check=False)
    if "ptrace" in done.stderr and done.returncode != 0:
        pytest.skip("this machine does not let us trace a child")
    assert done.returncode == 0, done.stderr
    steps: list[str] = []
    for line in trace.read_text(errors="replace").splitlines():
        mark = MARK.search(line)
        if mark:
            steps.append(mark[1])
        elif WRITE.search(line):
            steps.append("write")
        elif SYNC.search(line):
            steps.append("sync")
    for before, after in (("BEGIN", "OPENED"), ("OPENED", "CLOSED")):
        between = steps[steps.index(before) : steps.index(after)]
        assert "write" in between, f"nothing was written between {before} and {after}"
        last = len(between) - 1 - between[::-1].index("write")
        assert "sync" in between[last:], f"{after} came before its record was on disk"
