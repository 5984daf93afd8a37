"""Scenarios on a real CRI-O: every call there is, and a report of two releases in time."""

import time
from pathlib import Path

import pytest

from conformance.commands.main import main
from conformance.releases.installation import RuntimeNotFoundError, cached_crios, find_crio
from conformance.replay.judgement import ScenarioVerdict
from conformance.replay.replay import replay
from conformance.scenario.scenario_reader import parse_scenario
from conformance.targets.choice import choose_target
from tests.replay.stories import ALL_CALLS

pytestmark = pytest.mark.usefixtures("namespaces", "own_tmpdir")
STORY = Path(__file__).parents[2] / "docs" / "scenarios" / "8780.scenario.toml"
SECONDS = 20.0
"""How soon two releases have played one, on a busy machine; on an idle one it takes two seconds."""


@pytest.fixture(scope="module")
def crio() -> str:
    """The CRI-O to run."""
    try:
        return str(find_crio("auto").crio)
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))


def test_every_call_is_made_and_seen(crio: str) -> None:
    played = replay(parse_scenario(ALL_CALLS), choose_target(crio))
    if played.judgement.verdict is ScenarioVerdict.SKIPPED:
        pytest.skip(played.judgement.lines[0])
    assert (played.judgement.lines, played.differences) == ((), ())
    assert len(played.results) == ALL_CALLS.count("[[call]]")


def test_two_releases_are_told_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    releases = [str(each) for each in sorted(cached_crios())]
    if len(releases) < 2:
        pytest.skip("there are no two releases in the cache folder")
    began = time.monotonic()
    assert main(["scenario", "run", str(STORY), "--runtime", releases[0], "--runtime", releases[-1]]) == 0
    assert time.monotonic() - began < SECONDS
    assert capsys.readouterr().out.count("deviates: cri-o/cri-o#8780") == 2
