import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from conformance.commands import main as commands

ARGUMENTS = ["--runtime", "1.36.3", "-n", "2", "-k", "8780 or login", "--require=live", "-x"]


def test_run_passes_its_arguments_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []

    def main(arguments: list[str]) -> pytest.ExitCode:
        given.append(arguments)
        return pytest.ExitCode.TESTS_FAILED

    monkeypatch.setattr(pytest, "main", main)
    assert commands.main(["run", *ARGUMENTS]) == 1
    assert given[0][-len(ARGUMENTS) - 2 :] == ["--pyargs", "conformance.suite", *ARGUMENTS]


def test_run_leaves_nothing_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pytest remembers of a run lies in the user's cache, unless it is to remember nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    command = [
        sys.executable,
        "-m",
        "conformance",
        "run",
        "--runtime",
        "simulator",
        "-n",
        "0",
        "-k",
        "test_one_candidate",
    ]
    for options in ([], ["--lf"], ["-p", "no:cacheprovider"]):
        done = subprocess.run(
            [*command, *options], cwd=tmp_path / "here", capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert list((tmp_path / "here").iterdir()) == []
        assert (tmp_path / "cache/crio-conformance/pytest/README.md").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["walk"],
        ["walk", "--runtime", "1.36.3"],
        ["serve"],
        ["serve", "--socket"],
        ["serve", "--socket", "/nowhere/s", "more"],
        ["serve", "--socket", "/nowhere/s", "--debug"],
        ["serve", "--socket", "/nowhere/s", "--short-name-mode", "permissive"],
        ["explain", "app", "--debug"],
    ],
)
def test_what_is_no_command_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(arguments)
    assert ended.value.code == 2
    assert "usage: crio-conformance" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        (["explain", "app", "--debug"], "explain"),
        (["doctor", "--debug"], "doctor"),
        (["releases", "--debug"], "releases"),
        (["releases", "fetch", "1.36", "--debug"], "releases fetch"),
        (["node", "restore", "node", "--debug"], "node restore"),
        (["kind", "--debug"], "kind"),
    ],
)
def test_a_wrong_option_is_told_with_the_usage_of_its_own_command(
    arguments: list[str], usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(arguments)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith(f"usage: crio-conformance {usage} [-h]")
    assert f"crio-conformance {usage}: error: unrecognized arguments: --debug" in told


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for each in ("run the conformance suite", "    explain  ", "    serve  "):
        assert each in told


@pytest.mark.parametrize("command", ["explain", "serve"])
def test_help_of_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main([command, "--help"])
    assert ended.value.code == 0
    assert "--release 1.36" in capsys.readouterr().out


def test_the_module_runs_pytest_on_the_suite() -> None:
    asked = [sys.executable, "-m", "conformance.commands.main", "run", "--help"]
    ended = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "--runtime=WHICH" in ended.stdout
    assert ended.stdout.startswith("usage: crio-conformance run [options] [pytest's options]")
    assert ended.stdout.index("--runtime WHICH") < ended.stdout.index("positional arguments")
    assert ended.stderr == ""


def test_explain_and_serve_import_what_is_heavy_when_they_run() -> None:
    told = (
        "import sys; from conformance.commands import explain, serve; "
        "sys.exit(bool({'grpc', 'aiohttp', 'pytest'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", told], timeout=60, check=False).returncode == 0


def test_the_package_is_the_command_and_says_which_version_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == f"crio-conformance {version('crio-conformance')}\n"
