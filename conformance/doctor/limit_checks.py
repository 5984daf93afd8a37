"""Whether this machine's limits are wide enough for a run: inotify instances, open files."""

import os

from conformance.doctor.finding import Check, Finding, Need, State
from conformance.targets.pool import TooFewFilesError, TooFewInstancesError, allow_open_files, crios_at_once

WORKERS = min(os.cpu_count() or 1, 4)
"""How many ``tox run -e conformance`` has."""

OPEN_FILES = Check("open files", "every run, a rehearsal too", Need.ANY_RUN, State.CANNOT)


def check_open_files() -> Finding:
    """Let this process open as many files as a run would."""

    def look() -> str:
        allow_open_files()
        return "as many files may be open as a run needs"

    return OPEN_FILES.ask(look, (TooFewFilesError,))


def check_inotify(workers: int = WORKERS) -> Finding:
    """Look whether so many workers may have CRI-Os; a live run can do with one worker."""

    def look(workers: int) -> str:
        return f"each of {workers} workers may have {crios_at_once(workers)} CRI-Os at once"

    alone = Check("inotify", "live runs", Need.LIVE_RUN, State.CANNOT).ask(lambda: look(1), (TooFewInstancesError,))
    if alone.state != State.OK:
        return alone
    return Check("inotify", f"live runs with `-n {workers}`", lacking=State.CANNOT).ask(
        lambda: look(workers), (TooFewInstancesError,)
    )
