"""Scenario files as cases of pytest."""

from pathlib import Path

import pytest

from conformance.scenario.case import as_case
from conformance.scenario.scenario_reader import parse_scenario
from tests.plugin.pytest_runs import Run
from tests.replay.stories import ALL_CALLS, EIGHTY_SEVEN_EIGHTY
from tests.scenario.broken_files import SOUND


@pytest.fixture
def stories(pytester: pytest.Pytester) -> Path:
    """A folder with scenario files: one that passes, one that deviates, one that fails; one that is none is beside."""
    folder = pytester.mkdir("stories")
    (folder / "all.scenario.toml").write_text(f'title = "All goes well."\n{ALL_CALLS}')
    (folder / "8780.scenario.toml").write_text(EIGHTY_SEVEN_EIGHTY)
    (folder / "failing.scenario.toml").write_text(EIGHTY_SEVEN_EIGHTY.replace('">=1.31"', '"<1.31"'))
    (folder / "other.toml").write_text("nothing = 1\n")
    return folder


def test_each_file_is_a_case_with_its_verdict(run: Run, stories: Path) -> None:
    result = run(str(stories), "-n", "0", "--junitxml=it.xml")
    result.assert_outcomes(passed=1, xfailed=1, failed=1)
    assert "(https://github.com/cri-o/cri-o/issues/8780)" in (stories.parent / "it.xml").read_text()
    result.stdout.fnmatch_lines(
        [
            "*failing.scenario.toml*",
            "pull rhuss/caikit-flan-t5-small:",
            "  reasons is {'quay.io': 'unauthorized'}, and {*} is expected",
            "*- the story -*",
            "    asked docker.io: 200 an index for linux/*",
            "*- exchanges -*",
            "8780.scenario.toml::8780: deviates",
            "  When a pull fails, the error says for each registry asked why it did not serve.",
            "scenarios * 1 * 1 * 1 * 0",
            "   1 case: cri-o/cri-o#8780: only the last registry's error is reported",
        ],
    )


def test_workers_share_them(run: Run, stories: Path) -> None:
    run(str(stories), "-n", "2").assert_outcomes(passed=1, xfailed=1, failed=1)


def test_they_are_found_by_issue(run: Run, stories: Path) -> None:
    run(str(stories), "-n", "0", "-k", "8780 and not failing").assert_outcomes(xfailed=1)


def test_a_broken_file_is_an_error_of_one_sentence(run: Run, pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("broken.scenario.toml").write_text(SOUND.replace("title =", "titel ="))
    result = run("-n", "0")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*broken.scenario.toml, line 1: titel: there is no such key; did you mean title?"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_the_target_cannot_do_is_skipped(run: Run, pytester: pytest.Pytester) -> None:
    text = ALL_CALLS.replace('waiting = "" }', 'files = { "/volume/what" = "x" } }')
    pytester.path.joinpath("files.scenario.toml").write_text(text)
    result = run("-n", "0")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*1 case: needs the capability containers: the simulator runs nothing"])


@pytest.mark.parametrize(("story", "outcome"), [(EIGHTY_SEVEN_EIGHTY, "failed"), (SOUND, "passed")])
def test_the_case_that_a_scenario_becomes_goes_as_the_scenario(
    run: Run, pytester: pytest.Pytester, story: str, outcome: str
) -> None:
    story = story.replace('"quay.io" = "reader"\n', "").replace('private_to = "reader"\n', "")
    pytester.makepyfile(test_it=as_case(parse_scenario(story)))
    run("-n", "0").assert_outcomes(**{outcome: 1})
