"""How a failure is told: in which order, equal ones once, and with a command that runs it alone."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.plugin.pytest_runs import Run

RUNTIME = ("--runtime", "simulator:1.36")
FAULTY = (*RUNTIME, "--mutant", "search-order-reversed")
DIFFERING = """
from conformance.runtime import simulated
from conformance.simulator.mutants import mutant

simulated.Variant = lambda: mutant("search-order-reversed").variant
"""
"""A conftest.py: CRI-O has a fault that the model does not know of."""

CASES = """
import pytest

@pytest.fixture
def pull(runtime, name):
    for host in ("docker.io", "quay.io"):
        runtime.internet.host(host).offer(name)
    return runtime.pull(name)

@pytest.mark.parametrize("name", ["team/app", "it's an [odd] > id", "lib/other:1.2", "a/b", "c/d", "e/f"], ids=str)
class TestOrder:
    def test_the_first_is_asked(self, runtime, name):
        '''The first registry is asked first.'''
        print("printed by the case")
        name = "odd/name" if "'" in name else name
        pull = runtime.pull(name)
        assert pull.asked == ["docker.io", "quay.io"]

def test_it_says_so(runtime):
    '''It is said.'''
    assert runtime.pull("quay.io/none").succeeded, "not said"

def test_differing(runtime, quay_io):
    '''A pull succeeds.'''
    quay_io.offer("team/app")
    assert runtime.pull("team/app").succeeded

def test_of_others(): assert 1 == 2
"""
ORDER = (
    "The first registry is asked first.",
    "E       AssertionError: assert ['quay.io', 'docker.io'] == ['docker.io', 'quay.io']",
    "5 more cases fail with the same: ",
    "- the model and CRI-O differ -",
    "- the story -",
    "    asked quay.io: ",
    "    the user saw: ",
    "- to run it alone -",
    "- exchanges -",
    "- CRI-O's log -",
    "- Captured stdout call -",
)


TITLES = ("the model and CRI-O differ", "the story", "to run it alone", "exchanges", "CRI-O's log")


def section(told: str, title: str) -> str:
    """What stands below a title, up to the next."""
    below = told.partition(f"- {title} -")[2].partition("\n")[2]
    return re.split(r"^-+ .* -+$|^_+ .* _+$", below, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("more", [("-n", "0"), ("-n", "2")], ids=["one process", "workers"])
def test_a_failure_is_told_in_order_and_equal_ones_once(
    run: Run, pytester: pytest.Pytester, more: tuple[str, ...]
) -> None:
    pytester.makeconftest(DIFFERING)
    pytester.makepyfile(test_it=CASES)
    result = run(*RUNTIME, *more, "-p", "no:randomly", "-rf")
    result.assert_outcomes(failed=9)
    told = result.stdout.str()
    failures = told.partition("= FAILURES =")[2].partition("= conformance of")[0]
    first = failures.partition("_ TestOrder")[2].partition("\n____")[0]
    places = [first.find(each) for each in ORDER]
    assert -1 not in places, ORDER[places.index(-1)]
    assert places == sorted(places)
    assert failures.count("The first registry is asked first.\n\n") == 1
    assert re.search(r"^FAILED test_it\.py::TestOrder::test_the_first_is_asked\[e/f\]", told, re.MULTILINE), (
        "it is listed"
    )
    assert re.search(r"^it +0 +0 +8 +0$", told, re.MULTILINE), "it counts"
    assert "_ test_it_says_so _" in failures
    assert "_ test_differing _" in failures
    assert "_ test_of_others _" in failures


def test_its_command_runs_it_alone_from_anywhere(
    run: Run, pytester: pytest.Pytester, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The options as they were given, an odd name quoted; a case of the suite by its module."""
    pytester.makeconftest(DIFFERING)
    pytester.makepyfile(test_it=CASES)
    selected = "test_it.py::TestOrder::test_the_first_is_asked[it's an [odd] > id]"
    commands = [section(run(*RUNTIME, selected).stdout.str(), "to run it alone").strip()]
    module = "conformance.suite.names.test_search_order"
    told = run(*FAULTY, "--pyargs", module, "-k", "TestWhereNoRegistryHasIt and repository-2").stdout.str()
    commands.append(section(told, "to run it alone").strip())
    assert shlex.split(commands[0])[-1] == str(pytester.path / selected)
    assert shlex.split(commands[1])[-2:] == [
        "--pyargs",
        f"{module}::TestWhereNoRegistryHasIt::test_every_registry_is_asked[repository-2]",
    ]
    assert shlex.join(RUNTIME) in commands[0]
    assert shlex.join(FAULTY) in commands[1]
    for command in commands:
        again = subprocess.run(
            ["/bin/sh", "-c", f"{command} -p no:cacheprovider"],
            cwd=tmp_path_factory.mktemp("elsewhere"),
            capture_output=True,
            text=True,
            env=os.environ,
            check=False,
        )
        assert again.returncode == 1, again.stdout + again.stderr
        assert re.search(r"^=+ .*1 failed in", again.stdout, re.MULTILINE)


def test_a_scenario_that_fails_is_told_like_any_other_case(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(DIFFERING)
    (pytester.path / "first.scenario.toml").write_text(
        """
        title = "The first registry is asked first"

        [crio]
        short_name_mode = "disabled"

        [[file]]
        path = "/etc/containers/registries.conf"
        text = 'unqualified-search-registries = ["docker.io", "quay.io"]'

        [[host]]
        name = "docker.io"

        [[host]]
        name = "quay.io"

        [[call]]
        do = "pull"
        name = "team/app"
        expect = { asked = ["docker.io", "quay.io"] }
        """
    )
    told = run(*RUNTIME, "first.scenario.toml").stdout.str()
    order = (
        "The first registry is asked first",
        "- the model and CRI-O differ -",
        "- the story -",
        "- to run it alone -",
    )
    places = [told.find(each) for each in order]
    assert -1 not in places, told
    assert places == sorted(places)
    assert told.count("PullImage team/app (") == 1


def test_an_option_means_the_same_elsewhere(pytester: pytest.Pytester) -> None:
    from conformance.plugin import rerun  # noqa: PLC0415 (pytest rewrites plugins that it loads itself)

    given = ("--runtime", "./bin/crio", "--oci-runtime", "crun", "--cluster", "world", "--kubelet", "1.36.2")
    kept = ("--allow-reload", "--crio-mirror", "http://mirror.example")
    left_out = ("--download-proxy", "http://me:secret@proxy.example", "--registries", "memory", "--require", "live")
    config = pytester.parseconfig(*given, *kept, *left_out)
    assert list(rerun._options(config)) == [
        *("--runtime", str(Path.cwd() / "bin" / "crio")),
        *("--kubelet", "1.36.2"),
        *("--cluster", "world"),
        *("--oci-runtime", "crun"),
        "--allow-reload",
        *("--crio-mirror", "http://mirror.example"),
    ]
