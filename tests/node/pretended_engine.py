"""An engine without containers: a script that runs a helper, which is root on this machine as a privileged one is."""

from pathlib import Path

SCRIPT = """#!/bin/sh
while [ "$1" != --entrypoint=nsenter ]; do shift; done
shift 2
exec nsenter "$@"
"""


def install_engine(folder: Path, script: str = SCRIPT, name: str = "docker") -> None:
    """Put a script into a folder under an engine's name."""
    program = folder / name
    program.write_text(script)
    program.chmod(0o755)
