"""One file of ours in a node's registries.conf.d, for as long as a run goes on.

The run holds a lock on its file (flock(2)), which the kernel takes away with the run, however that ends: a file whose
lock can be had belongs to nobody any more. The folder's time of modification stays what it was.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "zz-crio-conformance-"
"""How our files begin: they are read last (containers-registries.conf.d(5))."""

_OURS = re.compile(rf"\.?{PREFIX}[0-9a-f]+\.(?:conf|new)")


class DropInError(Exception):
    """A node's registries.conf.d cannot be written to: one sentence that says why."""


class DropIn:
    """The file of the run ``word``, which is there once something is written. Raises ``DropInError``."""

    def __init__(self, folder: Path, word: str) -> None:
        if not folder.is_dir() or folder.is_symlink():
            msg = f"{folder} is no folder, and a drop-in has its place in one: make it"
            raise DropInError(msg)
        self.path = folder / f"{PREFIX}{word}.conf"
        self._lock = -1

    def write(self, text: str) -> None:
        """Let the file have that text, all of it or what it had before: others may read it at any time."""
        new = self.path.with_name(f".{self.path.stem}.new")
        try:
            with _undisturbed(self.path.parent):
                handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
                fcntl.flock(handle, fcntl.LOCK_EX)
                os.write(handle, text.encode())
                os.rename(new, self.path)
        except OSError as error:
            raise _unwritable(self.path.parent, error) from None
        self._let_go()
        self._lock = handle

    def remove(self) -> None:
        """Remove the file, if it is there."""
        try:
            with _undisturbed(self.path.parent):
                self.path.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.path.parent, error) from None
        self._let_go()

    def _let_go(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def sweep_drop_ins(folder: Path) -> list[Path]:
    """Remove the files of runs that have ended without it; give those that were effective. Raises ``DropInError``."""
    swept: list[Path] = []
    if not any(_OURS.fullmatch(name) for name in _listed(folder)):
        return swept
    try:
        with _undisturbed(folder):
            for path in [folder / name for name in _listed(folder) if _OURS.fullmatch(name)]:
                if not _in_use(path):
                    path.unlink()
                    swept += [path] if path.suffix == ".conf" else []
    except OSError as error:
        raise _unwritable(folder, error) from None
    return swept


def words_in_use(folder: Path) -> set[str]:
    """Give the words of the runs that go on, and have a file there."""
    paths = [folder / name for name in _listed(folder) if _OURS.fullmatch(name)]
    return {path.stem.lstrip(".").removeprefix(PREFIX) for path in paths if _in_use(path)}


def _listed(folder: Path) -> list[str]:
    """Name what lies in a folder; one that is not there, or may not be read, has nothing of ours."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _in_use(path: Path) -> bool:
    """Tell whether the run that made a file goes on."""
    with path.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def _undisturbed(folder: Path) -> Iterator[None]:
    """Hold a folder, so that runs do one after the other what they do there, and give it back its time."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        before = os.fstat(handle)
        try:
            yield
        finally:
            os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    finally:
        os.close(handle)


def _unwritable(folder: Path, error: OSError) -> DropInError:
    return DropInError(f"{folder} cannot be written to ({error.strerror}): run as root, or where that is not read-only")
