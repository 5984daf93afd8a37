"""The scenarios of docs/scenarios: each is sound, nothing in it is in vain, and each simulator does as it says."""

from pathlib import Path

import pytest

from conformance.model.profile import known_lines
from conformance.model.release import Release
from conformance.replay.judgement import AS_EXPECTED
from conformance.replay.replay import replay
from conformance.scenario.linter import lint
from conformance.scenario.scenario_reader import read_scenario
from conformance.targets.choice import choose_target

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "docs" / "scenarios").glob("*.scenario.toml"))

pytestmark = pytest.mark.usefixtures("own_tmpdir")
of_each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])


def test_there_are_ten_at_least() -> None:
    assert len(FILES) >= 10


@of_each
def test_it_is_told_in_the_docs_and_was_seen_live(path: Path) -> None:
    scenario = read_scenario(path)
    assert f"](scenarios/{path.name})" in (ROOT / "docs" / "scenarios.md").read_text()
    assert [str(Release(each)) for each in scenario.seen_on] == list(scenario.seen_on) != []
    assert scenario.title


@of_each
def test_nothing_in_it_is_in_vain(path: Path) -> None:
    assert lint(read_scenario(path), path.read_text(), path.name) == []


@of_each
def test_every_simulator_does_as_it_says(path: Path) -> None:
    """But for what a container reads, which is seen live only."""
    scenario = read_scenario(path)
    if any(stated.files for call in scenario.calls for stated in (call.expect, *call.seen) if stated):
        played = replay(scenario, choose_target("simulator"))
        assert played.judgement.lines == ("needs the capability containers: the simulator runs nothing",)
        return
    for line in known_lines():
        played = replay(scenario, choose_target(f"simulator:{line}"))
        assert (line, played.judgement.verdict in AS_EXPECTED, played.differences) == (line, True, ())


def test_the_page_tells_a_file_as_it_is() -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text()
    story = page.partition("## One, line by line")[2].partition("## The keys")[0]
    told = [line for block in story.split("```toml\n")[1:] for line in block.partition("```")[0].splitlines()]
    path = ROOT / "docs" / "scenarios" / "8780.scenario.toml"
    assert [line for line in told if line] == [line for line in path.read_text().splitlines() if line]
