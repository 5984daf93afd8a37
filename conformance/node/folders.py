"""Where worlds keep their files on the host, and how those of runs that were killed are found and removed.

All lies in one private folder per user, ``$TMPDIR/crio-conformance-<uid>/<world>``. Every world's init holds a lock on
its folder's file ``lock``; a folder whose lock can be taken belongs to nobody any more. Control groups are named after
the process that made their world, and belong to nobody when that has ended, wherever its folder was.
"""

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.node.init import cgroup_hierarchies, remove_cgroups, remove_tree
from conformance.node.maker import is_gone, this_maker

SOCKET_PATH_LIMIT = 107  # sun_path, unix(7), without the closing NUL
CGROUP_PREFIX = "crio-conformance-"


def worlds_path() -> Path:
    """Say where the user's folder for worlds is, or would be.

    Raises ``OSError`` with a sentence when it belongs to somebody else, ``TMPDIR`` is none, or its path is too long for
    a socket in it.
    """
    wanted = os.environ.get("TMPDIR")
    if wanted and not (Path(wanted).is_dir() and os.access(wanted, os.W_OK | os.X_OK)):  # Python takes another then
        msg = f"TMPDIR is {wanted}, which is no folder that this user can write to: make it, or unset TMPDIR"
        raise OSError(msg)
    folder = Path(tempfile.gettempdir()).resolve() / f"crio-conformance-{os.geteuid()}"
    if len(os.fsencode(folder)) > SOCKET_PATH_LIMIT - len("/12345678/kubelet/cri.sock"):
        msg = f"{folder} is too long a path for a Unix socket in it: set TMPDIR to a shorter one"
        raise OSError(msg)
    if not _is_utf8(folder):
        msg = f"{os.fsencode(folder)!r} is no UTF-8 for this Python: set PYTHONUTF8=1, or TMPDIR to a folder in ASCII"
        raise OSError(msg)
    if os.path.lexists(folder):
        _check_private(folder)
    return folder


def worlds_folder() -> Path:
    """Give the user's folder for worlds, made if need be; raises ``OSError`` as ``worlds_path`` does."""
    folder = worlds_path()
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _check_private(folder)
    return folder


def _check_private(folder: Path) -> None:
    """Raise ``OSError`` with a sentence when a folder that is there is not this user's alone."""
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
        msg = f"{folder} is not a private folder of this user: remove it, or set TMPDIR to a folder of your own"
        raise OSError(msg)


def _is_utf8(folder: Path) -> bool:
    """Tell whether a path can be written to files that others read."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the base folder: worlds are made and swept one at a time, by all processes of this user."""
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def new_folder() -> tuple[Path, int]:
    """Make a folder for a world; give it and the descriptor that holds its lock (to be handed to the init)."""
    parent = worlds_folder()
    with _locked(parent):
        folder = Path(tempfile.mkdtemp(prefix="", dir=parent))
        try:
            handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            folder.rmdir()
            raise
        fcntl.flock(handle, fcntl.LOCK_EX)
    return folder, handle


def remove_folder(folder: Path) -> None:
    """Remove a world's folder with all that is in it; one that is not there is no error."""
    parent = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        remove_tree(parent, folder.name)
    finally:
        os.close(parent)


@contextmanager
def private_folder() -> Iterator[Path]:
    """Give a folder until the block ends; of a process that was killed, it goes with the next sweep."""
    folder, lock = new_folder()
    try:
        yield folder
    finally:
        remove_folder(folder)
        os.close(lock)


def cgroups_of(folder: Path) -> str:
    """Name the control group below which all containers run of the world in ``folder``, which this process makes."""
    return f"{CGROUP_PREFIX}{folder.name}-{this_maker()}"


def abandoned_cgroups(root: Path = Path("/")) -> Iterator[str]:
    """Name the control groups of nodes whose maker, a process that can be seen from here, has ended.

    ``root`` is where the root folder is seen in which the hierarchies are mounted.
    """
    hierarchies = [root / each.lstrip("/") for each in cgroup_hierarchies()]
    names = {each.name for hierarchy in hierarchies for each in hierarchy.glob(f"{CGROUP_PREFIX}*-*-*")}
    for name in sorted(names):
        if is_gone(name.removeprefix(CGROUP_PREFIX).partition("-")[2]):
            yield name


def sweep_worlds() -> list[Path]:
    """Remove what worlds left whose init was killed before it could; give the folders that were removed.

    What is no world's folder is left alone, and so is one that cannot be removed: it is in nobody's way.
    """
    parent = worlds_folder()
    swept = []
    for name in abandoned_cgroups():
        remove_cgroups(name)
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with _locked(parent):
            for folder in [entry for entry in parent.iterdir() if entry.is_dir() and not entry.is_symlink()]:
                with contextlib.suppress(OSError):
                    if not _in_use(folder):
                        remove_tree(handle, folder.name)
                        swept.append(folder)
    finally:
        os.close(handle)
    return swept


def _in_use(folder: Path) -> bool:
    """Tell whether a world's init still holds the folder; raises ``OSError`` where that cannot be told."""
    try:
        with (folder / "lock").open("r+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
