"""What a program says that it is, when it is asked for its version."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

SECONDS = 20.0
CLEAN = 'folder=$(mktemp -d -p /tmp) && TMPDIR=$folder XDG_RUNTIME_DIR=$folder "$0" --version; rm -r "$folder"'
"""Asks a program in another place, and leaves no more there than here."""


def ask_version(program: Path, enter: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run a program with ``--version``; raises ``OSError`` and ``subprocess.TimeoutExpired``.

    ``enter`` is the beginning of a command that runs a program where this one is.
    """
    with tempfile.TemporaryDirectory() as folder:  # containers/storage makes one where TMPDIR is, and leaves it
        return subprocess.run(
            [*enter, "sh", "-c", CLEAN, program] if enter else [program, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **({} if enter else {"TMPDIR": folder, "XDG_RUNTIME_DIR": folder})},
        )


def version_of(program: Path, name: str = r"\S+", enter: tuple[str, ...] = ()) -> str:
    """Give the name and version that a program has in its own words, ``runc 1.1.5``, empty where it has none.

    ``name`` is a pattern of what it may be called, ``enter`` how a program is run where this one is.
    """
    try:
        return read_version(program, name, enter)
    except (OSError, subprocess.TimeoutExpired):
        return ""


def read_version(program: Path, name: str = r"\S+", enter: tuple[str, ...] = ()) -> str:
    """Give them likewise; raises ``OSError`` and ``subprocess.TimeoutExpired`` for what cannot be asked."""
    match = re.match(rf"({name}) version (\S+)", ask_version(program, enter).stdout)
    return f"{match[1]} {match[2]}" if match else ""
