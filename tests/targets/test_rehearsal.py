"""A run without CRI-O: on the simulator, and nobody can take it for more."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.model.release import Release
from conformance.plugin.lifecycle import EXIT_LACKING
from conformance.releases.installation import NoCrioError, RuntimeNotFoundError
from conformance.targets import choice
from conformance.targets import run as running
from conformance.targets.choice import SimulatorTarget
from conformance.targets.run import RequiredCapabilityError, RunError

ONE_FILE = ("--pyargs", "conformance.suite.names.test_short_name_mode")
FEW = (*ONE_FILE, "-k", "pull_is_refused_as_ambiguous")
NONE_FOUND = "REHEARSAL: no CRI-O was found; nothing here is about CRI-O"
ASKED_FOR = "REHEARSAL: a simulator takes its place; nothing here is about CRI-O"
Run = Callable[..., pytest.RunResult]

OURS = """
def test_pull(runtime, quay_io):
    quay_io.offer("ours")
    assert runtime.pull("quay.io/ours").succeeded

def test_inside(pod, containers):
    raise AssertionError("there is no CRI-O")

def test_other():
    pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, own_tmpdir: Path) -> Run:
    """Run pytest where there are neither CRI-O nor any other programs; nothing may stay in TMPDIR."""
    monkeypatch.setenv("PATH", str(pytester.mkdir("bin")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.mkdir("cache")))
    monkeypatch.setenv("TMPDIR", str(own_tmpdir))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert shutil.which("unshare") is None

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments, timeout=120)

    return run


# A whole run


def test_a_file_of_the_suite_passes_and_both_ends_say_what_it_is(run: Run) -> None:
    result = run(*ONE_FILE)
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] > 20
    result.stdout.fnmatch_lines(
        [
            f"conformance: {NONE_FOUND}",
            "  the simulator of CRI-O 1.36, because no CRI-O was found: neither crio on PATH nor a release in *",
            "*= conformance of the simulator of CRI-O 1.36 =*",
            "short name mode * * 0 * 0 *",
        ]
    )
    assert result.outlines[-1] == NONE_FOUND


@pytest.mark.parametrize("more", [["-n", "2"], ["-q"], ["-qq", "-n", "2"], ["-v", "--color=yes"]])
def test_the_last_line_says_so_however_it_is_run(run: Run, more: list[str]) -> None:
    result = run(*FEW, *more)
    assert result.ret == 0
    assert NONE_FOUND in result.outlines[-1]


@pytest.mark.parametrize("more", [[], ["-n", "2"], ["-q"]])
def test_a_user_s_own_cases_are_a_rehearsal_too(run: Run, pytester: pytest.Pytester, more: list[str]) -> None:
    pytester.makepyfile(test_our_nodes=OURS)
    result = run(*more)
    assert result.ret == 0
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["skipped"]) == (2, 1)
    if not more:
        result.stdout.fnmatch_lines([f"conformance: {NONE_FOUND}", "  the simulator of CRI-O 1.36, because no CRI-O *"])
    result.stdout.fnmatch_lines(["*= conformance of the simulator of CRI-O 1.36 =*", "our nodes * 1 * 0 * 0 * 1"])
    assert result.outlines[-1] == NONE_FOUND


def test_the_last_line_says_so_when_a_case_fails(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(runtime): assert not runtime.pull('quay.io/none').error")
    result = run()
    assert result.ret == 1
    assert result.outlines[-1] == NONE_FOUND


@pytest.mark.parametrize(
    ("asked", "title"), [("simulator", "1.36"), ("simulator:1.33", "1.33"), ("simulator:1.31.5", "1.31")]
)
def test_a_line_can_be_asked_for(run: Run, pytester: pytest.Pytester, asked: str, title: str) -> None:
    pytester.makepyfile(f"def test_it(runtime, release): assert release.line == runtime.release.line == '{title}'")
    result = run("--runtime", asked)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            f"conformance: {ASKED_FOR}",
            f"  the simulator of CRI-O {title}, because the simulator was asked for",
            f"*= conformance of the simulator of CRI-O {title} =*",
        ]
    )
    assert result.outlines[-1] == ASKED_FOR


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
def test_a_mutant_is_found_and_named(run: Run, more: list[str]) -> None:
    result = run(*FEW, "--runtime", "simulator", "--mutant", "never-enforces", "--tb=no", *more)
    assert result.ret == 1
    assert result.parseoutcomes()["failed"] > 0
    title = "the simulator of CRI-O 1.36 with the fault never-enforces"
    result.stdout.fnmatch_lines([f"  {title}, because *", f"*= conformance of {title} =*"])
    assert result.outlines[-1] == ASKED_FOR


# What cannot be had


def told(result: pytest.RunResult) -> list[str]:
    """The lines that say why a run ended; there must be no other trouble."""
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in result.stdout.str()
    lines = result.outlines if result.ret == EXIT_LACKING else result.errlines + result.outlines
    return [line for line in lines if line.startswith("ERROR: ") or ".Exit: " in line]


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--require", "live"], "--require live: no CRI-O was found: neither crio on PATH nor a release in "),
        (["--require", "live", "--runtime", "simulator"], "--require live: the simulator was asked for"),
        (
            ["--require", "containers", "--runtime", "simulator"],
            "--require containers: the simulator of CRI-O 1.36 lacks it here: ",
        ),
    ],
)
def test_what_a_rehearsal_lacks_ends_the_run_with_a_code_of_its_own(
    run: Run, asked: list[str], said: str, more: list[str]
) -> None:
    result = run(*FEW, *asked, *more)
    assert result.ret == EXIT_LACKING == 6
    (line,) = told(result)
    assert said in line


def test_what_a_user_s_own_cases_lack_ends_the_run_as_well(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(OURS)
    result = run("--require", "live")
    assert result.ret == EXIT_LACKING == 6
    assert len(told(result)) == 1


@pytest.mark.parametrize("capability", ["cri", "hermetic", "configurable", "logs"])
def test_what_a_rehearsal_has_may_be_required(run: Run, pytester: pytest.Pytester, capability: str) -> None:
    pytester.makepyfile("def test_it(runtime): pass")
    assert run("--require", capability).ret == 0


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--runtime", "simulator:9.9"], "--runtime simulator:9.9: the release line 9.9 is not known (known are 1.31"),
        (["--runtime", "simulator:new"], "--runtime simulator:new: 'new' is no CRI-O release: write it like 1.36.3"),
        (["--mutant="], "--mutant is empty, as an unset variable is: give it a value, or leave it out"),
        (["--kubelet="], "--kubelet is empty, as an unset variable is: give it a value, or leave it out"),
        (
            ["--mutant", "nonsense"],
            "--mutant nonsense: there is no mutant nonsense: `crio-conformance mutants --list` names ",
        ),
    ],
)
def test_what_there_is_not_is_a_usage_error_in_one_sentence(
    run: Run, asked: list[str], said: str, more: list[str]
) -> None:
    result = run(*FEW, *asked, *more)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = told(result)
    assert line.startswith(f"ERROR: {said}")


# One process's run


@pytest.fixture
def nothing_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(wanted: str, _oci_runtime: str) -> None:
        raise (NoCrioError if wanted == "auto" else RuntimeNotFoundError)(f"there is no {wanted}")

    monkeypatch.setattr(choice, "find_crio", find)


@pytest.mark.usefixtures("nothing_found")
@pytest.mark.parametrize(
    ("asked", "rehearsal", "release"),
    [
        (None, "there is no auto", "1.36.3"),
        ("auto", "there is no auto", "1.36.3"),
        ("simulator", "the simulator was asked for", "1.36.3"),
        ("simulator:", "the simulator was asked for", "1.36.3"),
        ("simulator:1.34", "the simulator was asked for", "1.34.11"),
        ("simulator:1.35.1", "the simulator was asked for", "1.35.1"),
    ],
)
def test_a_rehearsal_takes_the_newest_release_unless_told(asked: str | None, rehearsal: str, release: str) -> None:
    made = running.Run(asked)
    assert isinstance(made.target, SimulatorTarget)
    assert (made.target.rehearsal, made.target.release) == (rehearsal, Release(release))
    with pytest.raises(RequiredCapabilityError, match=f"^--require live: {rehearsal}$"):
        made.require(["cri", "live"])
    made.require(["cri", "containers"])
    made.close()


@pytest.mark.usefixtures("nothing_found")
@pytest.mark.parametrize("asked", ["1.36.3", "1.36", os.devnull, "nonsense"])
def test_what_was_named_is_not_replaced_by_a_rehearsal(asked: str) -> None:
    with pytest.raises(RunError, match=f"^there is no {asked}$"):
        running.Run(asked)


def test_a_cri_o_that_lacks_a_program_is_no_reason_to_rehearse(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*_wanted: str) -> None:
        raise RuntimeNotFoundError("conmon is missing")

    monkeypatch.setattr(choice, "find_crio", find)
    with pytest.raises(RunError, match=r"^conmon is missing$"):
        running.Run("auto")


def test_an_empty_runtime_is_an_unset_variable() -> None:
    with pytest.raises(RunError, match=r"^--runtime is empty, as an unset variable is: write a release "):
        running.Run("")


def test_a_mutant_is_no_cri_o(monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(release=Release("1.36.3"), crio=Path("/nowhere/crio"))
    monkeypatch.setattr(choice, "find_crio", lambda *_wanted: found)
    with pytest.raises(
        RunError, match=r"^--mutant never-enforces is a fault of the simulator: add --runtime simulator$"
    ):
        running.Run(None, mutant="never-enforces")
    with pytest.raises(RunError, match=r"^--mutant nonsense: .*; and for a CRI-O's containers leaves-volumes-out, "):
        running.Run(None, mutant="nonsense")
    sentence = "--mutant ignores-sub-paths is a fault of containers: add --runtime with a CRI-O that runs in a world"
    with pytest.raises(RunError, match=f"^{sentence}$"):
        running.Run("simulator", mutant="ignores-sub-paths")
    made = running.Run(None)
    assert (made.target.title, made.target.footer) == ("CRI-O 1.36.3", [])
    made.require(["live"])


@pytest.mark.parametrize(
    ("release", "model"), [("1.36.3", "strict"), ("1.31.0", "strict"), ("1.37.0", "strict"), ("1.38.0", "report")]
)
def test_a_line_that_the_model_does_not_know_is_reported_on(
    monkeypatch: pytest.MonkeyPatch, release: str, model: str
) -> None:
    found = SimpleNamespace(release=Release(release), crio=Path("/nowhere/crio"))
    monkeypatch.setattr(choice, "find_crio", lambda *_wanted: found)
    assert running.Run("auto").model == model
    assert running.Run("auto", model="off").model == "off"
