import subprocess
import sys

import pytest

from conformance import cli

ARGUMENTS = ["--runtime", "1.36.3", "-n", "2", "-k", "8780 or login", "--require=live", "-x"]


def test_run_passes_its_arguments_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []

    def main(arguments: list[str]) -> pytest.ExitCode:
        given.append(arguments)
        return pytest.ExitCode.TESTS_FAILED

    monkeypatch.setattr(pytest, "main", main)
    assert cli.main(["run", *ARGUMENTS]) == 1
    assert given[0][-len(ARGUMENTS) - 2 :] == ["--pyargs", "conformance.suite", *ARGUMENTS]


@pytest.mark.parametrize("arguments", [[], ["walk"], ["walk", "--runtime", "1.36.3"]])
def test_what_is_no_command_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: crio-conformance" in capsys.readouterr().err


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    assert "run the conformance suite" in capsys.readouterr().out


def test_the_module_runs_pytest_on_the_suite() -> None:
    asked = [sys.executable, "-m", "conformance.cli", "run", "--help"]
    ended = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "--runtime=WHICH" in ended.stdout
    assert ended.stderr == ""
