"""Which process made what outlives it, so that a later run can tell whether that is nobody's any more."""

import os
from pathlib import Path

STARTED = 19
"""The place of the time at which a process started among what follows its name (proc(5), ``/proc/PID/stat``)."""


def this_maker() -> str:
    """Name this process for ever: its PID namespace, its number, and when it started, since numbers are used again."""
    return _named(os.getpid())


def is_gone(maker: str) -> bool:
    """Tell whether a process so named has ended; of one in another PID namespace nobody here can tell."""
    namespace, _, rest = maker.partition("-")
    pid = rest.partition("-")[0]
    return namespace == _namespace() and pid.isdigit() and _named(int(pid)) != maker


def _named(pid: int) -> str:
    """Name a process; one that is not there has no such name."""
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[STARTED]
    except OSError:
        return ""
    return f"{_namespace()}-{pid}-{started}"


def _namespace() -> str:
    return str(Path("/proc/self/ns/pid").stat().st_ino)
