"""The plugin is loaded in every pytest run of an environment: beside others, and in runs of somebody else's tests."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest

OTHERS = (
    *(
        "pytest-asyncio",
        "pytest-bdd",
        "pytest-benchmark",
        "pytest-cov",
        "pytest-django",
        "pytest-env",
        "pytest-freezer",
    ),
    *("pytest-html", "pytest-instafail", "pytest-json-report", "pytest-metadata", "pytest-mock", "pytest-order"),
    *("pytest-randomly", "pytest-repeat", "pytest-reportlog", "pytest-rerunfailures", "pytest-socket", "pytest-split"),
    *("pytest-sugar", "pytest-timeout"),
)
SAME = ("pytest", "pluggy", "packaging", "pytest-xdist")
OURS = ("--runtime", "--kubelet", "--mutant", "--require", "--registries", "--registry-base", "--stories")
FAMILY = ("--pyargs", "conformance.suite.pulls.test_login", "--runtime", "simulator:1.36", "-p", "no:cacheprovider")
MOST_CALLS_A_TEST = 25
"""How often somebody else's test may lead into a function of ours: seven hooks, and the wrappers go on again."""

WATCH = """
import json, pathlib, sys
import conformance

OURS = str(pathlib.Path(conformance.__file__).parent)
calls = 0

def count(frame, event, _argument):
    global calls
    calls += event == "call" and frame.f_code.co_filename.startswith(OURS)

sys.setprofile(count)

def pytest_unconfigure():
    sys.setprofile(None)
    seen = {"modules": sorted(sys.modules), "calls": calls}
    pathlib.Path(__file__).with_name("seen.json").write_text(json.dumps(seen))
"""
"""A conftest.py: it counts calls of our functions, and tells what is imported at the end."""


class Cost(NamedTuple):
    """What a run of somebody else's tests had to do with us."""

    modules: frozenset[str]
    calls: int


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the other plugins, and what they need, in the versions of pytest and the like that are here."""
    folder = tmp_path_factory.mktemp("plugins")
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version(name)}\n" for name in SAME))
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), "-c", str(constraints), *OTHERS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"the other plugins cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return folder


@pytest.fixture
def run(others: Path, tmp_path: Path, own_tmpdir: Path) -> Run:
    """Run pytest with all of them."""
    del own_tmpdir

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PYTHONPATH": str(others), "PYTHONWARNINGS": "ignore"}
        env.pop("PYTEST_ADDOPTS", None)
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120)

    return run


def test_no_option_collides(run: Run) -> None:
    """An option that two plugins have is refused."""
    done = run("--help")
    assert done.returncode == 0, done.stderr
    assert [option for option in OURS if option not in done.stdout] == []
    version = run("--version", "--version")
    loaded = (version.stdout + version.stderr).replace("_", "-")
    missing = [name for name in OTHERS if f"{name}-" not in loaded]
    assert missing == [], "they are installed, and loaded"


def test_no_fixture_collides(run: Run) -> None:
    """A fixture that another plugin has as well would be one of the two by chance."""
    done = run("--fixtures", "-v")
    where = dict(re.findall(r"^(\w+)(?: \[.*scope\])? -- (\S+?):\d+", done.stdout, re.MULTILINE))
    ours = {name for name, file in where.items() if file.endswith("conformance/plugin/fixtures.py")}
    assert {
        "startup_error",
        "runtime",
        "configuration",
        "internet",
        "docker_io",
        "quay_io",
        "pod",
        "node",
        "kubelet",
        "registry",
    } <= ours
    theirs = [name for name, _ in re.findall(r"^(\w+)(?: \[.*scope\])? -- (\S+?):\d+", done.stdout, re.MULTILINE)]
    assert [name for name in ours if theirs.count(name) > 1] == []


@pytest.mark.parametrize("more", [("-n", "0"), ("-n", "2")], ids=["one process", "workers"])
def test_verdicts_are_the_same_among_them(run: Run, tmp_path: Path, more: tuple[str, ...]) -> None:
    """In another order, with a limit for each case, a second try for what fails, coverage and reports."""
    busy = ("--timeout", "60", "--reruns", "1", "--cov", "conformance.model", "--cov-report", "json:cov.json")
    reports = ("--html", "report.html", "--report-log", "log.json", "--junitxml", "junit.xml", "-p", "randomly")
    done = run(*FAMILY, *more, *busy, *reports)
    assert done.returncode == 0, done.stdout + done.stderr
    among = re.search(r"^login +(\d+) +(\d+) +(\d+) +(\d+)$", done.stdout, re.MULTILINE)
    command = [sys.executable, "-m", "pytest", *FAMILY, *more]
    alone = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    assert among is not None
    assert among[0] in alone.stdout
    assert {"report.html", "log.json", "junit.xml", "cov.json"} <= {each.name for each in tmp_path.iterdir()}


def told(folder: Path, tests: int, *arguments: str) -> Cost:
    """Run that many of somebody else's tests, and give what WATCH saw."""
    (folder / "conftest.py").write_text(WATCH)
    (folder / "test_theirs.py").write_text("".join(f"def test_{number}(): pass\n" for number in range(tests)))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=60)
    seen = json.loads((folder / "seen.json").read_text())
    return Cost(frozenset(seen["modules"]), seen["calls"])


def test_somebody_else_s_run_imports_our_hooks_and_nothing_more(tmp_path: Path) -> None:
    """What it costs a run is what is imported: what each hook is in, its options, and no library at all."""
    ours = told(tmp_path, 1).modules - told(tmp_path, 1, "-p", "no:crio_conformance").modules
    assert {name for name in ours if name.split(".")[:2] != ["conformance", "plugin"]} == {
        "conformance.releases",
        "conformance.releases.download_options",
        "conformance.run_folders",
        "conformance.standard_streams",
    }


def test_somebody_else_s_tests_call_next_to_nothing_of_ours(tmp_path: Path) -> None:
    """Calls are counted, and not time: a busy machine makes none more."""
    few, many = told(tmp_path, 1), told(tmp_path, 101)
    assert few.calls > 0, "our hooks were seen"
    assert many.calls - few.calls <= 100 * MOST_CALLS_A_TEST
