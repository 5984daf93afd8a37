"""``action.yml``: its steps, run here, on a rehearsal; only the installation is a stand-in."""

import sys
from pathlib import Path

import pytest
import yaml

from conformance.report.junit_results import read_results
from tests.ci.composite_action import run_action

ACTION = Path(__file__).parents[2] / "action.yml"

VENV = """#!/bin/bash
# python -m venv FOLDER, of which this Python is the one; its pip installs what is installed already
mkdir -p "$3/bin"
printf '#!/bin/bash\\necho "pip $*"\\n' >"$3/bin/pip"
printf '#!/bin/bash\\nexec {python} -m conformance "$@"\\n' >"$3/bin/crio-conformance"
chmod 755 "$3"/bin/*
"""


@pytest.fixture
def python(tmp_path: Path) -> str:
    path = tmp_path / "python"
    path.write_text(VENV.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    folder = tmp_path / "runner"
    folder.mkdir()
    return folder


def test_a_run_ends_with_junit_and_a_summary(python: str, tmp_path: Path, runner: Path, own_tmpdir: Path) -> None:
    del own_tmpdir
    inputs = {"runtime": "simulator", "require": "", "workers": "0", "python": python, "options": "-k test_pod_network"}
    ended = run_action(ACTION, inputs, tmp_path, runner)
    assert ended.succeeded, ended.printed
    assert f"pip install --quiet {ACTION.parent}" in ended.printed
    assert ended.outputs == {"junit": "junit_conformance.xml"}
    (run,) = read_results([tmp_path / "junit_conformance.xml"])
    assert run.properties["run"].startswith("rehearsal")
    assert ended.summary.count("## Conformance of the simulator") == 1
    assert "| pod network | 0 | 0 | 0 | 5 |" in ended.summary


def test_a_run_that_cannot_begin_fails_and_says_what_can(
    python: str, tmp_path: Path, runner: Path, own_tmpdir: Path
) -> None:
    del own_tmpdir
    inputs = {"runtime": "./bin/crio", "workers": "0", "python": python}
    ended = run_action(ACTION, inputs, tmp_path, runner)
    assert not ended.succeeded
    assert f"ERROR: {tmp_path}/bin/crio cannot be run (No such file or directory)" in ended.printed
    assert "namespaces" in ended.printed  # doctor's
    assert ended.summary == ""


def test_an_ordinary_user_becomes_root(python: str, tmp_path: Path, runner: Path) -> None:
    """By ``sudo -E``, with its own cache, and options as they were given."""
    stubs = {"id": "echo 1000", "sudo": 'printf "%s\\n" sudo "$@"; exit 1'}
    for name, script in stubs.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{script}\n")
        (tmp_path / name).chmod(0o755)
    inputs = {
        "runtime": "1.36; echo",
        "oci-runtime": "crun",
        "kubelet": "1.36",
        "require": "containers",
        "workers": "2",
        "options": "-k 8780 -x",
        "python": python,
    }
    path = f"{tmp_path}:/usr/bin:/bin"
    ended = run_action(ACTION, inputs, tmp_path, runner, {"PATH": path})
    words = ended.printed.splitlines()
    words = words[words.index("sudo") :]
    program = f"{runner}/crio-conformance/bin/crio-conformance"
    assert words[: words.index(program)] == [
        "sudo",
        "-E",
        "env",
        f"PATH={path}",
        f"XDG_CACHE_HOME={runner}/crio-conformance-cache",
    ]
    arguments = words[words.index(program) + 1 :]
    options = ["--kubelet", "1.36", "--oci-runtime", "crun", "--require", "containers", "-k", "8780", "-x"]
    expected = ["run", "--runtime", "1.36; echo", "-n", "2", "--junitxml", "junit_conformance.xml"]
    assert arguments[: len(expected)] == expected
    assert arguments[len(expected) + 2 :][: len(options)] == options


def test_every_input_is_described() -> None:
    inputs = yaml.safe_load(ACTION.read_text())["inputs"]
    assert all(each["description"] for each in inputs.values())
    assert [name for name, each in inputs.items() if "default" not in each] == ["runtime"]
