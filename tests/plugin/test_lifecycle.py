"""How a run begins and ends: what cannot be had, what is required, and which cases there are."""

import inspect
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType

import pytest

from conformance.plugin import lifecycle, output
from tests.plugin.pytest_runs import ONE_FILE, Run
from tests.releases.release_server import ReleaseServer


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("--runtime /nonexistent", "/nonexistent cannot be run (No such file or directory)"),
        ("--runtime nonsense", "--runtime 'nonsense' is not understood"),
        ("--runtime 9.9", "CRI-O 9.9 is not in"),
        ("--runtime 9.9 -n 2", "CRI-O 9.9 is not in"),
        ("--kubelet /nonexistent", "/nonexistent cannot be run (No such file or directory)"),
        ("--kubelet 9.9", "kubelet 9.9 is not in"),
        ("--runtime simulator --crio-mirror bogus", "--crio-mirror 'bogus' is no server's URL: write a URL that"),
    ],
)
def test_what_cannot_be_had_is_a_usage_error_in_one_sentence(run: Run, asked: str, said: str) -> None:
    result = run(*ONE_FILE, *asked.split())
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    errors = [line for line in result.errlines + result.outlines if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert errors[0].startswith(f"ERROR: {said}")
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in result.stdout.str()


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
def test_a_release_that_is_not_here_is_fetched_once_and_all_processes_have_it(
    run: Run, pytester: pytest.Pytester, release_server: ReleaseServer, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    monkeypatch.setenv("CRIO_CONFORMANCE_CRIO_MIRROR", "http://127.0.0.1:1")  # the option is
    path = release_server.publish_crio("v1.36.7", "1.36.7")
    release_server.files["/latest-1.36.txt"] = b"v1.36.7"
    pytester.makepyfile(
        test_it="""
        def test_it(pytestconfig):
            assert pytestconfig.getoption("runtime").endswith("/releases/1.36.7/bin/crio")
        """
    )
    result = run("--runtime", "latest", "--crio-mirror", release_server.url, *more)
    assert result.ret == 0
    result.stderr.fnmatch_lines(["*fetching CRI-O 1.36.7 from *", "*CRI-O 1.36.7: 100%*"])
    result.stdout.fnmatch_lines(["conformance: CRI-O 1.36.7 (*/releases/1.36.7/bin/crio)"])
    assert release_server.ranges(path) == [""]


def test_from_a_clone_it_is_fetched_from_where_it_was_said(
    release_server: ReleaseServer, release_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run at the root of a clone loads the file that keeps the tools' own tests off upstream."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *ONE_FILE, "--runtime", "9.9.9"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=60
    )
    assert f"CRI-O 9.9.9 is not in {release_cache}/releases, and {release_server.url}/artifacts/" in done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR


@pytest.fixture
def able(pytester: pytest.Pytester, tmp_path: Path) -> Callable[[str], list[str]]:
    """Lets the simulator be able to do this and no more; gives the options that name a kubelet where there is one."""

    def able(capabilities: str) -> list[str]:
        pytester.makeconftest(
            f"""
            from conformance.runtime.simulated import SimulatedRuntime

            SimulatedRuntime.capabilities = frozenset({capabilities.split()}) - {{"kubelet"}}
            """
        )
        pytester.makepyfile(test_it="def test_it(runtime): pass")
        kubelet = tmp_path / "kubelet"
        kubelet.write_text("#!/bin/sh\necho Kubernetes v1.36.2\n")
        kubelet.chmod(0o755)
        return ["--kubelet", str(kubelet)] if "kubelet" in capabilities else []

    return able


@pytest.mark.parametrize(
    ("there", "required", "more"),
    [
        ("live", "pods", []),
        ("live pods containers", "kubelet", []),
        ("live pods kubelet", "kubelet", []),
        ("pods", "kubelet", ["-n", "2"]),
    ],
)
def test_what_is_required_and_lacking_ends_the_run_with_a_code_of_its_own(
    run: Run, able: Callable[[str], list[str]], there: str, required: str, more: list[str]
) -> None:
    result = run(f"--require={required}", *able(there), *more)
    assert result.ret == lifecycle.EXIT_LACKING
    assert f"--require {required}: the simulator of CRI-O 1.36 lacks it here: " in result.stdout.str()
    result.assert_outcomes()


def test_what_is_required_and_there_lets_the_run_go_on(run: Run, able: Callable[[str], list[str]]) -> None:
    options = able("live configurable pods containers kubelet")
    run("--require=pods", "--require=containers", "--require=kubelet", *options).assert_outcomes(passed=1)


def test_cases_are_chosen_by_their_upstream_issue(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.upstream("cri-o/cri-o#8780")
        def test_one(): pass

        @pytest.mark.upstream("cri-o/cri-o#9401")
        class TestMore:
            def test_two(self): pass
            def test_three(self): pass
        """
    )
    run("--strict-markers", "-k", "8780").assert_outcomes(passed=1, deselected=2)
    run("-k", "cri-o and 9401").assert_outcomes(passed=2, deselected=1)
    run("-k", "9401 and not two").assert_outcomes(passed=1, deselected=2)


def test_the_plugin_is_silent_and_light_where_it_is_not_used(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import signal
        import sys

        def test_theirs():
            assert not {"grpc", "aiohttp", "trustme", "conformance.runtime", "conformance.node"} & set(sys.modules)
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        """
    )
    result = run("--require", "live")
    result.assert_outcomes(passed=1)
    assert "CRI-O" not in result.stdout.str() + result.stderr.str()
    assert "conformance of" not in result.stdout.str()


@pytest.mark.parametrize("more", [[], ["-n", "2"]], ids=["one process", "workers"])
def test_what_cannot_be_given_back_has_an_exit_code_of_its_own(
    run: Run, pytester: pytest.Pytester, more: list[str]
) -> None:
    """Cases that pass do not hide it, and it is told once."""
    pytester.makeconftest(
        """
        from conformance.node import NodeError
        from conformance.targets.choice import SimulatorTarget

        def close(self):
            raise NodeError("the node is not as it was")

        SimulatorTarget.close = close
        """
    )
    pytester.makepyfile(test_it="def test_it(runtime): pass")
    result = run(*more)
    assert result.ret == lifecycle.EXIT_NOT_GIVEN_BACK
    result.assert_outcomes(passed=1)
    assert result.stderr.lines.count("ERROR: the node is not as it was") == 1


@pytest.mark.parametrize("more", [[], ["-n", "2"]], ids=["one process", "workers"])
def test_ctrl_c_while_the_last_world_is_taken_down_passes(run: Run, pytester: pytest.Pytester, more: list[str]) -> None:
    """All cases have their verdicts by then."""
    pytester.makeconftest(
        """
        import signal

        from conformance.targets.choice import SimulatorTarget

        def close(self):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            open("closed", "w").close()

        SimulatorTarget.close = close
        """
    )
    pytester.makepyfile(test_it="def test_it(runtime): pass")
    result = run(*more)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1)
    assert (pytester.path / "closed").exists()
    told = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in told
    assert "KeyboardInterrupt" not in told


def test_ctrl_c_where_code_has_no_line_is_told_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython 3.11 and later interrupt before the first line of a function that has variables of an inner one."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def interrupted() -> tuple[FrameType | None, Callable[[], object]]:
        frame = inspect.currentframe()
        return frame, lambda: frame

    frame, _ = interrupted()
    assert frame is not None
    nowhere = TracebackType(None, frame, 0, -1)
    line: int | None = nowhere.tb_lineno
    assert line is None
    here = TracebackType(nowhere, frame, frame.f_lasti, frame.f_lineno)
    caught = pytest.ExceptionInfo.from_exception(KeyboardInterrupt().with_traceback(here))
    output.pytest_keyboard_interrupt(caught)
    assert "KeyboardInterrupt" in str(caught.getrepr())
