"""Whose processor time a live run takes: CRI-O's, that of the OCI runtime and conmon, or our own Python's.

Some modules of the suite are run on a CRI-O in this process, one with containers among them, which take root. CRI-O's
time is read off its process after each case, that of all that ended is the kernel's account of our children, and ours
is this process's own, pytest and start included. All of it is from one run, so that the shares hold on any machine.
"""

import argparse
import os
import resource
import time
from pathlib import Path

import pytest

from conformance.releases.installation import RuntimeNotFoundError
from conformance.runtime.crio import Crio
from conformance.targets.choice import choose_target

MODULES = (
    "conformance.suite.names.test_search_order",
    "conformance.suite.pulls.test_login",
    "conformance.suite.volumes.test_image_volumes",
)
TICKS = os.sysconf("SC_CLK_TCK")
QUIETLY = ("-qq", "--stories=none", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-p", "no:randomly")


class ProcessorTime:
    """A pytest plugin that reads how much processor time each CRI-O has taken, in seconds, after each case."""

    def __init__(self) -> None:
        self.cases = 0
        self.crio: dict[int, float] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Read it while the case still has its runtime (proc(5), ``stat``: utime and stime)."""
        runtime = getattr(item, "funcargs", {}).get("runtime")
        if not isinstance(runtime, Crio):
            return
        self.cases += 1
        if runtime.running:
            pid = runtime.process.outer_pid
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            self.crio[pid] = (int(fields[11]) + int(fields[12])) / TICKS


def children() -> float:
    """Give the processor time of all children that ended, and of theirs, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run, and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runtime", default="auto", help="the CRI-O, as for pytest (default: %(default)s)")
    runtime = parser.parse_args().runtime
    try:
        target = choose_target(runtime)
    except RuntimeNotFoundError as error:
        raise SystemExit(str(error)) from None
    if target.rehearsal:
        print(f"no shares of processor time: they are those of a live CRI-O, and {target.rehearsal}")
        return
    measured, before = ProcessorTime(), children()
    code = pytest.main([*QUIETLY, "-n0", f"--runtime={runtime}", "--pyargs", *MODULES], plugins=[measured])
    if code != 0 or not measured.cases:
        raise SystemExit(f"the run on {target.title} ended with {int(code)}: its processor time says nothing")
    crio, inside = sum(measured.crio.values()), children() - before
    shares = {"CRI-O": crio, "OCI runtime, conmon and their world": inside - crio, "our Python": time.process_time()}
    total = sum(shares.values())
    print(f"{1000 * total / measured.cases:>10.0f} ms of processor a case, of {measured.cases} on {target.title}")
    for name, seconds in shares.items():
        print(f"{seconds / total:>10.2f} of it, {1000 * seconds / measured.cases:.0f} ms: {name}")


if __name__ == "__main__":
    main()
