"""Scenarios played on the simulator: what is seen, and the verdict."""

import re
from pathlib import Path

import pytest

from conformance.replay.bug_report import bug_report
from conformance.replay.judgement import ScenarioVerdict
from conformance.replay.replay import Replay, replay
from conformance.scenario.arrangement import login_of
from conformance.scenario.scenario_reader import parse_scenario
from conformance.targets.choice import choose_target
from tests.replay.stories import ALL_CALLS, EIGHTY_SEVEN_EIGHTY

pytestmark = pytest.mark.usefixtures("own_tmpdir")

FORM = (
    "What happened?",
    "What did you expect to happen?",
    "How can we reproduce it (as minimally and precisely as possible)?",
    "Anything else we need to know?",
    "CRI-O and Kubernetes version",
    "OS version",
    "Additional environment details (AWS, VirtualBox, physical, etc.)",
)


def played(text: str, line: str = "1.36") -> Replay:
    return replay(parse_scenario(text), choose_target(f"simulator:{line}"))


def test_every_call_is_made_and_seen() -> None:
    done = played(ALL_CALLS)
    assert done.judgement.lines == ()
    assert done.judgement.verdict is ScenarioVerdict.PASSED
    assert len(done.results) == 10
    assert done.differences == ()
    assert login_of("reader").password not in done.story + done.exchanges + done.log


def test_what_is_known_to_be_otherwise_deviates() -> None:
    done = played(EIGHTY_SEVEN_EIGHTY)
    assert done.judgement.verdict is ScenarioVerdict.DEVIATES
    assert done.judgement.lines == ("cri-o/cri-o#8780: only the last registry's error is reported",)
    assert done.judgement.as_expected


def test_what_is_neither_expected_nor_known_fails_with_both_sides() -> None:
    done = played(EIGHTY_SEVEN_EIGHTY.replace('{ "quay.io" = "unauthorized" }', '{ "quay.io" = "denied" }'))
    assert done.judgement.verdict is ScenarioVerdict.FAILED
    assert done.judgement.lines[0] == "pull rhuss/caikit-flan-t5-small:"
    assert done.judgement.lines[1] == (
        "  reasons is {'quay.io': 'unauthorized'}, and "
        "{'docker.io': 'no matching platform', 'quay.io': 'unauthorized'} is expected"
    )
    assert done.judgement.lines[2] == "  nor is it what is said to be seen on >=1.31:"


def test_a_departure_that_is_none_any_more_fails() -> None:
    text = EIGHTY_SEVEN_EIGHTY.replace(
        'reasons = { "docker.io" = "no matching platform", "quay.io" = "unauthorized" }', "succeeds = false"
    )
    done = played(text)
    assert done.judgement.verdict is ScenarioVerdict.FAILED
    assert "all is as expected, although >=1.31 is said to depart from it: narrow that range" in done.judgement.lines[0]


def test_a_runtime_that_does_not_start_has_not_done_what_is_expected() -> None:
    done = played('[[file]]\npath = "/etc/containers/registries.conf"\ntext = "a = ["\n\n[[call]]\ndo = "list"\n')
    assert done.judgement.verdict is ScenarioVerdict.FAILED
    assert "does not start" in done.judgement.lines[0]


def test_what_a_simulator_cannot_do_is_skipped() -> None:
    text = ALL_CALLS.replace('waiting = "" }', 'files = { "/volume/what" = "x" } }')
    done = played(text)
    assert done.judgement.verdict is ScenarioVerdict.SKIPPED
    assert done.judgement.lines == ("needs the capability containers: the simulator runs nothing",)
    assert not done.judgement.as_expected


def test_the_report_has_the_fields_of_the_form() -> None:
    scenario = parse_scenario(EIGHTY_SEVEN_EIGHTY)
    replays = {f"simulator:{line}": played(EIGHTY_SEVEN_EIGHTY, line) for line in ("1.33", "1.36")}
    text = "\n".join(bug_report(scenario, "8780.scenario.toml", replays))
    assert tuple(re.findall(r"^### (.*)$", text, re.MULTILINE)) == FORM
    for part in (
        "asked docker.io: 200 an index for linux/",
        "| the simulator of CRI-O 1.33 | deviates: cri-o/cri-o#8780: only the last registry's error is reported |",
        'unqualified-search-registries = ["docker.io", "quay.io"]',
        "$ crictl pull rhuss/caikit-flan-t5-small",
        "docker.io: GET https://registry-1.docker.io/v2/ -> 401",
        "- quay.io: `rhuss/caikit-flan-t5-small` (latest): image, private to somebody",
        "`crio-conformance scenario run 8780.scenario.toml --runtime simulator:1.33 --runtime simulator:1.36`, where",
        "Our model of CRI-O predicts what was seen of the simulator of CRI-O 1.33.",
        "A rehearsal: nothing here is about CRI-O.",
    ):
        assert part in text
    written = re.search(r"`8780.scenario.toml` is\n\n```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert written is not None
    assert parse_scenario(written[1]) == scenario
    assert str(Path.home()) not in text
