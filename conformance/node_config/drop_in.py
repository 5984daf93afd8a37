"""One file of ours in a node's registries.conf.d, for as long as a run goes on.

The run holds a lock on its file (flock(2)), which the kernel takes away with the run, however that ends: a file whose
lock can be had belongs to nobody any more. The folder's time of modification stays what it was, and stands in the file
for whoever has to remove it.
"""

import errno
import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "zz-crio-conformance-"
"""How our files begin: they are read last (containers-registries.conf.d(5))."""

MODIFIED = "# folder modified at: "
"""What the last line begins with, which has nanoseconds (stat(2))."""

SAME_MOMENT = 20_000_000
"""How many nanoseconds lie at most between what one call does to a file and to its folder: the kernel's clock ticks."""

_OURS = re.compile(rf"\.?{PREFIX}[0-9a-f]+\.(?:conf|new)")


class DropInError(Exception):
    """A node's registries.conf.d cannot be written to: one sentence that says why."""


class DropIn:
    """The file of the run ``word``, which is there once something is written. Raises ``DropInError``.

    The folder is held: a path through a process (proc(5), ``root``) is gone when that is restarted.
    """

    def __init__(self, folder: Path, word: str) -> None:
        if not folder.is_dir() or folder.is_symlink():
            msg = f"{folder} is no folder, and a drop-in has its place in one: make it"
            raise DropInError(msg)
        self.path = folder / f"{PREFIX}{word}.conf"
        self._lock = -1
        try:
            self._handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise _unwritable(folder, error) from None
        self._held = Path(f"/proc/self/fd/{self._handle}", self.path.name)

    def write(self, text: str) -> None:
        """Let the file have that text, all of it or what it had before: others may read it at any time."""
        new = self._held.with_name(f".{self.path.stem}.new")
        try:
            with _undisturbed(self._held.parent) as before:
                handle = _written(new, f"{text}{MODIFIED}{before}\n")
                new.rename(self._held)
        except OSError as error:
            raise _unwritable(self.path.parent, error) from None
        self._let_go()
        self._lock = handle

    def remove(self) -> None:
        """Remove the file, if it is there."""
        try:
            with _undisturbed(self._held.parent):
                self._held.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.path.parent, error) from None
        self._let_go()

    def close(self) -> None:
        """Remove the file, and let go of the folder."""
        self.remove()
        os.close(self._handle)

    def _let_go(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _written(path: Path, text: str) -> int:
    """Make a file that is there with all its text or not at all, where the file system can (open(2), O_TMPFILE).

    Gives it open and locked: whoever finds it finds it in use, and the folder's time in it.
    """
    try:
        handle = os.open(path.parent, os.O_WRONLY | os.O_TMPFILE, 0o644)
    except OSError as error:
        if error.errno not in {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT}:
            raise
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        is_named = True
    else:
        is_named = False
    os.fchmod(handle, 0o644)
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.write(handle, text.encode())
    if not is_named:
        os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle, follow_symlinks=True)  # linkat(2), not link(2)
    return handle


def abandoned_drop_ins(folder: Path) -> list[Path]:
    """Give the files, half-written ones too, of runs that have ended without removing them; raises ``DropInError``."""
    return [path for path in _ours(folder) if not _in_use(path)]


def words_in_use(folder: Path) -> set[str]:
    """Give the words of the runs that go on, and have a file there; raises ``DropInError``."""
    return {path.stem.lstrip(".").removeprefix(PREFIX) for path in _ours(folder) if _in_use(path)}


def discard_drop_ins(paths: Iterable[Path], reload: Callable[[], object]) -> None:
    """Remove files: emptied at first, and read so, since nothing but a file tells that it counts.

    Raises ``DropInError``.
    """
    paths = list(paths)
    try:
        for path in paths:
            _mend_time(path)
            os.truncate(path, 0)
        if paths:
            reload()
        for path in paths:
            with _undisturbed(path.parent):
                path.unlink()
    except OSError as error:
        raise _unwritable(paths[0].parent, error) from None


def _mend_time(path: Path) -> None:
    """Give the folder the time back that the run which made a file was killed too early to."""
    found = re.search(rf"^{MODIFIED}(\d+)$", path.read_text(errors="replace"), re.MULTILINE)
    folder = path.parent.stat()
    if found and abs(folder.st_mtime_ns - path.stat().st_ctime_ns) < SAME_MOMENT:
        os.utime(path.parent, ns=(folder.st_atime_ns, int(found[1])))


def _ours(folder: Path) -> list[Path]:
    """List the files of runs; a folder that is not there, or may not be read, has none."""
    try:
        return [path for path in folder.iterdir() if _OURS.fullmatch(path.name)]
    except OSError:
        return []


def _in_use(path: Path) -> bool:
    """Tell whether the run that made a file goes on."""
    try:
        with path.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DropInError(f"{path} cannot be read ({error.strerror}): run as root") from None
    return False


@contextmanager
def _undisturbed(folder: Path) -> Iterator[int]:
    """Hold a folder, so that runs do one after the other what they do there, and give it back its time; give that."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        before = os.fstat(handle)
        try:
            yield before.st_mtime_ns
        finally:
            os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    finally:
        os.close(handle)


def _unwritable(folder: Path, error: OSError) -> DropInError:
    return DropInError(f"{folder} cannot be written to ({error.strerror}): run as root, or where that is not read-only")
