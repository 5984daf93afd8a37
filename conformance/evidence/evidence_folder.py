"""The folder of a run's evidence: ``run.json``, and ``cases.jsonl`` with a record a line.

While the run goes on, and for ever where it was killed, each worker's records are in a file of its own,
``cases-WORKER.jsonl``. A line is there whole or, the last one of a process that was killed, not at all.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from conformance.evidence.case_records import SCHEMA, CaseRecord, RunRecord
from conformance.run_folders import state_folder

RUN = "run.json"
CASES = "cases.jsonl"
KEPT = 20
"""How many runs stay in the state folder."""

PRESUMED_DEAD = 7 * 24 * 3600.0
"""Seconds after which a run that has not said that it ended is taken for one that was killed."""

_COMPLETE = {0, 1}
"""The exit codes of runs that came to their end (pytest.ExitCode)."""


class EvidenceError(Exception):
    """A folder that is no evidence, or cannot be: one sentence."""


@dataclass(frozen=True)
class RunEvidence:
    """What was found in a folder: the run, and its cases in the order in which they began."""

    folder: Path
    run: RunRecord
    cases: Sequence[CaseRecord]

    @property
    def caveats(self) -> list[str]:
        """What whoever reads of the run must know: that it was a rehearsal, or did not come to its end."""
        title = self.run.properties.get("target", str(self.folder))
        rehearsed = not self.run.properties.get("run", "live").startswith("live")
        found = [f"REHEARSAL: {title} shows nothing about CRI-O"] if rehearsed else []
        if self.run.exit_code not in _COMPLETE:
            found.append(f"the run about {title} did not come to its end: {len(self.cases)} of {self.run.cases} cases")
        return found


class EvidenceWriter:
    """Writes what one worker saw; the folder is made with the first record, so that a run without cases leaves none."""

    def __init__(self, folder: Path, worker: str, run: RunRecord) -> None:
        self._folder, self._run = folder, run
        self._path = folder / f"cases-{worker}.jsonl"
        self._file: BinaryIO | None = None

    def write(self, record: CaseRecord) -> None:
        """Add a record, whole before this returns; raises ``EvidenceError``."""
        try:
            if self._file is None:
                if not (self._folder / RUN).exists():
                    write_run(self._folder, self._run)
                self._file = self._path.open("ab", buffering=0)
            self._file.write(msgspec.json.encode(record) + b"\n")
        except OSError as error:
            raise EvidenceError(f"evidence cannot be written to {self._folder}: {error.strerror}") from None

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            self._file.close()


def write_run(folder: Path, run: RunRecord) -> None:
    """Say what is run, in place of what was said before; raises ``OSError``.

    On a full disk it is written over what was said before, which takes no more room.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    new, text = folder / f".{RUN}-{os.getpid()}", msgspec.json.format(msgspec.json.encode(run)) + b"\n"
    try:
        new.write_bytes(text)
        new.replace(folder / RUN)
    except OSError:
        new.unlink(missing_ok=True)
        with (folder / RUN).open("r+b", buffering=0) as file:
            file.write(text)
            file.truncate()


def check_writable(folder: Path) -> None:
    """Refuse a folder in which no evidence can be written, or that has some; raises ``EvidenceError``."""
    if (folder / RUN).exists():
        raise EvidenceError(f"{folder} has the evidence of a run already: name another folder, or remove it")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        next(folder.iterdir(), None)
    except OSError as error:
        raise EvidenceError(f"evidence cannot be written to {folder}: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise EvidenceError(f"evidence cannot be written to {folder}: Permission denied")


def merge(folder: Path, exit_code: int) -> None:
    """Put the workers' files together and say that the run has ended, also where there is no room for the former.

    Raises ``OSError``.
    """
    parts = sorted(folder.glob("cases-*.jsonl"))
    try:
        _join(parts, folder / CASES)
    finally:
        run = read_run(folder)
        write_run(folder, msgspec.structs.replace(run, exit_code=exit_code, duration=round(time.time() - run.began, 3)))
    for part in parts:
        part.unlink()


def _join(parts: Sequence[Path], whole: Path) -> None:
    """Put files together, in the order in which cases began; what there is no room for is not left behind."""
    records = sorted((line for part in parts for line in _lines(part)), key=lambda each: each[0])
    new = whole.with_name(f".{whole.name}")
    try:
        with new.open("wb") as file:
            file.writelines(line for _, line in records)
        new.replace(whole)
    except OSError:
        new.unlink(missing_ok=True)
        raise


class _Beginning(msgspec.Struct):
    began: float = 0.0


def _lines(path: Path) -> Iterator[tuple[float, bytes]]:
    """Give the whole lines of a file, each with the time at which its case began."""
    decode = msgspec.json.Decoder(_Beginning).decode
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield decode(line).began, line


def read_run(folder: Path) -> RunRecord:
    """Read what was run; raises ``OSError`` and ``msgspec.MsgspecError``."""
    return msgspec.json.decode((folder / RUN).read_bytes(), type=RunRecord)


def read_evidence(folder: Path) -> RunEvidence:
    """Read what a run found, whether it has ended, goes on or was killed; raises ``EvidenceError``."""
    try:
        run = read_run(folder)
        if run.schema != SCHEMA:
            raise EvidenceError(f"{folder} has evidence of the form {run.schema}, and this reads {SCHEMA}")
        paths = [path for path in (folder / CASES, *sorted(folder.glob("cases-*.jsonl"))) if path.exists()]
        decode = msgspec.json.Decoder(CaseRecord).decode
        lines = sorted((line for path in paths for line in _lines(path)), key=lambda each: each[0])
        return RunEvidence(folder, run, [decode(line) for _, line in lines])
    except FileNotFoundError:
        raise EvidenceError(f"{folder} has no evidence of a run: name a folder that --evidence wrote") from None
    except OSError as error:
        raise EvidenceError(f"{folder} cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise EvidenceError(
            f"{folder} is no evidence of a run ({error}): name a folder that --evidence wrote"
        ) from None


def kept_runs(state: Path) -> Iterator[Path]:
    """Give the folders of the runs that are kept, the newest first."""
    yield from sorted((run.parent for run in state.glob(f"*/{RUN}")), reverse=True)


def find_evidence(named: str) -> RunEvidence:
    """Read the evidence in a folder, or the newest that is kept about a runtime and has come to its end.

    A release means CRI-O itself; a rehearsal is named as ``--runtime`` was (``simulator:1.36``).

    Raises ``EvidenceError``.
    """
    folder = Path(named)
    if folder.exists() or "/" in named:
        return read_evidence(folder)
    for kept in kept_runs(state := state_folder()):
        try:
            run = read_run(kept)
        except (OSError, msgspec.MsgspecError):
            continue
        is_live = run.properties.get("run") == "live"
        about = {run.properties.get("release"), run.properties.get("target")} if is_live else set()
        if run.exit_code in _COMPLETE and named in {*about, runtime_of(run)}:
            return read_evidence(kept)
    raise EvidenceError(
        f"{named} is no folder, and {state} keeps no run about it that came to its end:"
        f" name a folder that --evidence wrote, or run the suite on it first (--runtime {named})"
    )


def previous_run(run: RunEvidence) -> RunEvidence | None:
    """Give the newest kept run about the same target before this one that came to its end, none where there is none."""
    for kept in kept_runs(state_folder()):
        try:
            record = read_run(kept)
            is_before = record.began < run.run.began and record.exit_code in _COMPLETE
            if is_before and record.properties.get("target") == run.run.properties.get("target"):
                return read_evidence(kept)
        except (OSError, msgspec.MsgspecError, EvidenceError):
            continue
    return None


def runtime_of(run: RunRecord) -> str:
    """Give what ``--runtime`` would say to have a run's runtime again; empty where that is not known."""
    for number, argument in enumerate(run.arguments):
        if argument.startswith("--runtime="):
            return argument.partition("=")[2]
        if argument == "--runtime" and number + 1 < len(run.arguments):
            return run.arguments[number + 1]
    return run.properties.get("release", "") if run.properties.get("run") == "live" else ""


def forget_old_runs(state: Path, keep: int = KEPT) -> None:
    """Remove all but the newest runs; one that goes on stays."""
    for folder in list(kept_runs(state))[keep:]:
        try:
            run = read_run(folder)
        except (OSError, msgspec.MsgspecError):
            continue
        if run.exit_code is not None or time.time() - run.began > PRESUMED_DEAD:
            shutil.rmtree(folder, ignore_errors=True)
