"""``.ci/kind``: a command is run where all that a kind cluster takes is here, and else it is said what is lacking."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "kind"
HERE = {"id": "echo 0", "kind": "exit 0", "docker": "exit 0"}


@pytest.mark.parametrize(
    ("other", "image", "lacking"),
    [
        ({}, True, ""),
        ({"id": "echo 1000"}, True, "root"),
        ({"kind": ""}, True, "kind (on PATH, or in "),
        ({"docker": "exit 1"}, True, "an engine that answers (docker)"),
        ({}, False, "a node image ("),
    ],
)
def test_what_is_lacking_is_said_and_nothing_is_run(
    tmp_path: Path, other: dict[str, str], image: bool, lacking: str
) -> None:
    programs, cache = tmp_path / "bin", tmp_path / "cache/crio-conformance/kind"
    programs.mkdir()
    cache.mkdir(parents=True)
    for name, script in (HERE | other).items():
        if script:
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
    if image:
        (cache / "node-1.36.3-1.36.1.tar").touch()
    environment = {"PATH": str(programs), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = ["/bin/bash", str(SCRIPT), "/bin/echo", "it runs"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    if not lacking:
        assert done.stdout == "it runs\n"
        return
    assert done.stdout.startswith(f"No kind cluster can be made here for want of {lacking}")
    assert done.stdout.endswith("skipped: /bin/echo it runs\n")
