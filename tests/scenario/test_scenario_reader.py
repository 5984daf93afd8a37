"""Reading scenario files: sound ones as they are meant, broken ones with one sentence, the line and the key."""

from pathlib import Path

import pytest

from conformance.scenario.calls import Departure, Expectation, PullCall, ScenarioFile
from conformance.scenario.contents import ContentKind
from conformance.scenario.scenario import CrioKeys, Scenario, ScenarioHost, ScenarioRepository
from conformance.scenario.scenario_reader import ScenarioError, parse_scenario, read_scenario
from tests.scenario.broken_files import BROKEN, SOUND, BrokenFile


def test_a_sound_file_is_read_as_it_is_meant() -> None:
    repository = ScenarioRepository(name="team/app", content=ContentKind.INDEX, private_to="reader")
    text = 'unqualified-search-registries = ["quay.io"]\n'
    assert parse_scenario(SOUND) == Scenario(
        title="A pull of what is there succeeds.",
        upstream=("cri-o/cri-o#8780",),
        crio=CrioKeys(short_name_mode="disabled"),
        logins={"quay.io": "reader"},
        files=(ScenarioFile(path="/etc/containers/registries.conf", text=text),),
        hosts=(ScenarioHost(name="quay.io", repositories=(repository,)),),
        calls=(
            PullCall(
                name="team/app",
                expect=Expectation(succeeds=True, asked=("quay.io",)),
                seen=(Departure(releases=">=1.31", succeeds=False),),
            ),
        ),
    )


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_in_one_sentence_with_line_and_key(broken: BrokenFile) -> None:
    assert broken.old in SOUND
    with pytest.raises(ScenarioError) as raised:
        parse_scenario(SOUND.replace(broken.old, broken.new, 1), "story.scenario.toml")
    sentence = str(raised.value)
    assert sentence.startswith(f"story.scenario.toml, line {broken.line}: ")
    assert broken.said in sentence
    assert "\n" not in sentence


def test_there_are_twenty_broken_files_at_least() -> None:
    assert len(BROKEN) >= 20


def test_a_scenario_without_a_call_is_none() -> None:
    with pytest.raises(ScenarioError, match=r"line 1: nothing is called: write at least one \[\[call\]\]"):
        parse_scenario('title = "nothing"\n')


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"there\.toml: it cannot be read \(No such file or directory\)"):
        read_scenario(tmp_path / "there.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(ScenarioError, match="it is no UTF-8"):
        read_scenario(tmp_path / "bytes.toml")


POLICY = """\
[[file]]
path = "/etc/containers/policy.json"
text = '%s'

[[call]]
do = "list"
"""


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("{", "this is no JSON"),
        ("{}", "this is no policy: write default"),
        (
            '{"default": [{"type": "signedBy"}]}',
            "are known are insecureAcceptAnything and reject",
        ),
    ],
)
def test_a_policy_that_is_not_known_is_told(policy: str, said: str) -> None:
    with pytest.raises(ScenarioError, match="line 3: ") as raised:
        parse_scenario(POLICY % policy)
    assert said in str(raised.value)


def test_what_lies_too_deep_is_told_in_a_sentence() -> None:
    with pytest.raises(ScenarioError, match="lie deeper in each other than any scenario's"):
        parse_scenario(f"title = 'x'\nx = {'[' * 5000}{']' * 5000}\n")
