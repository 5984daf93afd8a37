"""The linter: what a scenario says in vain."""

import pytest

from conformance.scenario.linter import lint
from conformance.scenario.scenario_reader import parse_scenario
from tests.scenario.broken_files import SOUND


def linted(text: str) -> list[str]:
    return lint(parse_scenario(text), text, "story.toml")


@pytest.mark.usefixtures("own_tmpdir")
def test_of_a_sound_file_there_is_nothing_to_say() -> None:
    assert linted(SOUND) == []


MORE_HOST = '[[host]]\nname = "one.example.com"\n\n[[call]]'
DROP_IN = '[[file]]\npath = "/etc/containers/registries.conf.d/mirror"\ntext = "a = 1"\n\n[[host]]'
OWN = "[[file]]\npath = '~/.config/containers/registries.conf'\ntext = 'a = 1'\n\n[[host]]"


@pytest.mark.usefixtures("own_tmpdir")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[call]]", MORE_HOST, "line 25: host[1].name: no call can reach one.example.com"),
        (
            'name = "team/app"\nc',
            'name = "team/app2"\nc',
            "line 20: host[0].repository[0].name: no call asks quay.io for",
        ),
        (
            '"quay.io" = "reader"',
            '"quay.io/other" = "reader"',
            "logins.quay.io/other: nothing is asked for that this login",
        ),
        (
            'name = "team/app"\n\n',
            'name = "Team/app"\n\n',
            "line 26: call[0].name: nobody is asked for it: creating",
        ),
        ('= ["quay.io"]\n', '= ["quay.io", "two.example.com"]\n', "two.example.com is asked, and no [[host]] says how"),
        ('["quay.io"]\n', '["quay.io"\n', "line 10: file: CRI-O does not start with this: "),
        ("[[host]]", DROP_IN, "line 17: file[1].path: a drop-in is only read where its name ends in .conf"),
        ("[[host]]", OWN, "line 11: file[0].path: it is not read where there is ~/.config/containers/registries.conf"),
    ],
)
def test_what_is_in_vain_is_told_with_its_line(old: str, new: str, said: str) -> None:
    assert old in SOUND
    told = linted(SOUND.replace(old, new, 1))
    assert any(said in line for line in told), told


@pytest.mark.usefixtures("own_tmpdir")
@pytest.mark.parametrize(("call", "is_told"), [("status", False), ("remove", False), ("pull", True)])
def test_an_id_is_a_name_of_what_is_in_the_store_and_of_nothing_that_can_be_pulled(call: str, is_told: bool) -> None:
    text = f'{SOUND}\n[[call]]\ndo = "{call}"\nname = "{"5" * 64}"\n'.replace("unqualified-search", "other-search")
    assert any("nobody is asked for it" in line and "555" in line for line in linted(text)) is is_told
