"""docs/from-a-bug-to-a-scenario.md: a reader who types every command sees what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.releases.installation import cached_crios
from tests.docsite.told_commands import Command, Written, steps

PAGE = Path(__file__).parents[2] / "docs" / "from-a-bug-to-a-scenario.md"
RELEASES = re.compile(r"(?<=--runtime )(1\.\d+)\.\d+")
SECONDS = 120


def on_simulators(command: str) -> str:
    """Give a command with the simulator of each release in the place of that."""
    return RELEASES.sub(r"simulator:\1", command)


def as_releases(output: str, command: str) -> str:
    """Give what a command on simulators printed as a live run would have it."""
    for name in RELEASES.finditer(command):
        output = output.replace(f"the simulator of CRI-O {name[1]}", f"CRI-O {name[0]}")
    return output


def run(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return done.stdout + done.stderr


def follow(folder: Path, *, live: bool) -> list[str]:
    """Do what the page says; give the commands that printed something else, with what that was."""
    otherwise = []
    for step in steps(PAGE.read_text()):
        match step:
            case Written(file, text):
                with (folder / file).open("a") as written:
                    written.write(f"\n{text}" if written.tell() else text)
            case Command(command):
                printed = run(command, folder) if live else as_releases(run(on_simulators(command), folder), command)
                if not step.agrees(printed):
                    otherwise.append(f"$ {command}\n{printed}")
    return otherwise


@pytest.fixture
def folder(own_tmpdir: Path, tmp_path: Path) -> Path:
    del own_tmpdir
    return tmp_path


def test_it_is_so(folder: Path, request: pytest.FixtureRequest) -> None:
    """Live on the releases that it names, where they are in the cache folder, else on their simulators."""
    live = {name[0] for name in RELEASES.finditer(PAGE.read_text())} <= {str(each) for each in cached_crios()}
    if live:
        request.getfixturevalue("namespaces")
    assert follow(folder, live=live) == []
