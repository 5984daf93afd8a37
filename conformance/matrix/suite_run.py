"""One run of the suite, in a process of its own, about one runtime."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from conformance.children import start_child
from conformance.evidence.evidence_folder import EvidenceError, RunEvidence, read_evidence, read_run
from conformance.targets.run import RUNS_AT_ONCE

SUITE = Path(__file__).parents[1] / "suite"
WORKERS = 2
"""Workers of a run: with two, one works while the other waits for its CRI-O."""

LOG = "pytest.log"
TOLD_LINES = 5


class SuiteRunError(Exception):
    """A run that found nothing: one sentence, with what pytest said last."""


@dataclass(frozen=True)
class SuiteRun:
    """A run about ``runtime`` (what ``--runtime`` takes), whose evidence goes to ``folder``."""

    runtime: str
    folder: Path
    process: subprocess.Popen[bytes]

    def progress(self) -> tuple[int, int]:
        """Give how many cases have ended, and how many there are; zeros before the first."""
        parts = [part.read_bytes() for part in self.folder.glob("cases*.jsonl")]
        return sum(part.count(b"\n") for part in parts), read_run(self.folder).cases if parts else 0

    def evidence(self) -> RunEvidence:
        """Give what it found, once it has ended; raises ``SuiteRunError``."""
        try:
            return read_evidence(self.folder)
        except EvidenceError:
            lines = (self.folder / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
            said = " / ".join(line.strip() for line in lines[-TOLD_LINES:]) or "nothing"
            code = self.process.returncode
            (self.folder / LOG).unlink()
            with suppress(OSError):  # something else is in it
                self.folder.rmdir()
            raise SuiteRunError(
                f"{self.runtime}: no case was run (pytest ended with {code} and said: {said})"
            ) from None


def start_suite(
    runtime: str, folder: Path, arguments: Sequence[str], cases: Sequence[str] = (), *, at_once: int = 1
) -> SuiteRun:
    """Start a run of the whole suite, or of cases by their node IDs; ``arguments`` are more for pytest.

    ``at_once`` is how many such runs share what the machine allows.

    What it prints goes to a file in the folder; ``OSError`` where there can be none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    what = [f"{SUITE.parents[1]}/{case}" for case in cases] or ["--pyargs", "conformance.suite"]
    command = [sys.executable, "-m", "pytest", f"--runtime={runtime}", f"--evidence={folder}", "--stories=none"]
    env = os.environ | {RUNS_AT_ONCE: str(at_once), "GITHUB_STEP_SUMMARY": ""}  # who started them tells of all
    options = ["-n", str(WORKERS), "-p", "no:cacheprovider", *arguments]
    log: IO[bytes]
    with (folder / LOG).open("wb") as log:
        return SuiteRun(runtime, folder, start_child([*command, *options, *what], env=env, output=log))
