"""The options of the plugin."""

import pytest

from tests.plugin.pytest_runs import ONE_FILE, Run


@pytest.mark.parametrize("option", ["--require=flight", "--stories=some"])
def test_a_choice_that_there_is_not_is_a_usage_error(run: Run, option: str) -> None:
    result = run(*ONE_FILE, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*invalid choice*"])
