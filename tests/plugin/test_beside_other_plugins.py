"""The plugin is loaded in every pytest run of an environment: beside others, and in runs of somebody else's tests."""

import math
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

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
MOST_SECONDS = 0.020
MOST_OF_A_RUN = 0.1
FEWEST_RUNS = 12
MOST_RUNS = 60
"""What the plugin may cost a run: the seconds or, on a machine so slow that they mean nothing, a tenth of the run."""

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


def cost(folder: Path, *arguments: str) -> float:
    """Give the seconds of processor that a run of somebody else's only test takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments]
    subprocess.run(command, cwd=folder, env=env, capture_output=True, check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def too_much(without: float, with_ours: float) -> bool:
    """Whether our plugin costs more than it may, both in seconds."""
    return with_ours - without > max(MOST_SECONDS, MOST_OF_A_RUN * without)


def test_somebody_else_s_tests_cost_next_to_nothing_more(tmp_path: Path) -> None:
    """Processor time, and the least of runs by turns: what else the machine does makes both longer, never shorter.

    The busier it is, the more runs until the least is near: there are more of them while the difference is too large.
    """
    (tmp_path / "test_theirs.py").write_text("def test_it(): pass\n")
    runs: list[tuple[float, float]] = []
    without, with_ours = 0.0, math.inf
    while len(runs) < FEWEST_RUNS or (too_much(without, with_ours) and len(runs) < MOST_RUNS):
        runs.append((cost(tmp_path, "-p", "no:crio_conformance"), cost(tmp_path)))
        without, with_ours = (min(each) for each in zip(*runs, strict=True))
    assert not too_much(without, with_ours), f"{with_ours - without:.3f} s more than {without:.3f} s"


def test_somebody_else_s_tests_import_nothing_that_is_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n"
        "def test_it():\n"
        "    heavy = {'grpc', 'aiohttp', 'docker', 'google', 'conformance.vocabulary', 'conformance.targets'}\n"
        "    assert 'conformance.plugin.fixtures' in sys.modules\n"
        "    assert heavy & set(sys.modules) == set()\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
