"""The command line of ``crio-conformance scenario from-log``: what is written, and what is refused."""

import io
import sys
from pathlib import Path

import pytest

from conformance.commands.main import main
from conformance.scenario.scenario_reader import parse_scenario, read_scenario

JOURNAL = """\
-- Boot 0123456789abcdef --
Nov 30 10:00:00 node crio[812]: time="2026-11-30T10:00:00Z" level=info msg="Pulling image: app/web" id=0a name=PullImage
Nov 30 10:00:00 node crio[812]: time="2026-11-30T10:00:00Z" level=info msg="Trying to access \\"mirror.example.com/app/web:latest\\""
Nov 30 10:00:00 node crio[812]: time="2026-11-30T10:00:00Z" level=debug msg="Accessing \\"mirror.example.com/app/web:latest\\" failed: reading manifest latest in mirror.example.com/app/web: manifest unknown"
Nov 30 10:00:00 node crio[812]: time="2026-11-30T10:00:00Z" level=info msg="Trying to access \\"quay.io/app/web:latest\\""
Nov 30 10:00:00 node crio[812]: time="2026-11-30T10:00:00Z" level=debug msg="Accessing \\"quay.io/app/web:latest\\" failed: a riddle, https://bob:of-bob-alone@quay.io/"
"""  # noqa: E501
REGISTRIES = """\
unqualified-search-registries = ["quay.io"]

[[registry]]
location = "quay.io"
mirror = [{ location = "mirror.example.com" }]
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "crio.log"
    path.write_bytes(JOURNAL.encode() + b"\xff\n")
    return path


def test_a_journal_becomes_a_scenario(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conf, saved = tmp_path / "registries.conf", tmp_path / "story.scenario.toml"
    conf.write_text(REGISTRIES)
    arguments = ["scenario", "from-log", str(log), "--registries-conf", str(conf)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    scenario = parse_scenario(printed)
    assert [host.name for host in scenario.hosts] == ["mirror.example.com", "quay.io"]
    assert 'location = "mirror.example.com"' in scenario.files[0].text
    assert "a riddle" in printed
    assert "of-bob-alone" not in printed
    assert main([*arguments, "--save", str(saved)]) == 0
    assert read_scenario(saved) == scenario
    assert main([*arguments, "--save", str(saved)]) == 2
    assert capsys.readouterr().err == (
        f"crio-conformance scenario from-log: {saved} is there already: let --save name another file\n"
    )


def test_drop_ins_count_as_on_that_node(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.conf").write_text('unqualified-search-registries = ["one.example.com"]\n')
    assert main(["scenario", "from-log", str(log), "--registries-conf-dir", str(tmp_path)]) == 0
    assert "one.example.com" in parse_scenario(capsys.readouterr().out).files[0].text


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(JOURNAL.encode())))
    assert main(["scenario", "from-log", "-"]) == 0
    assert '"quay.io"' in parse_scenario(capsys.readouterr().out).files[0].text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["{folder}/no.log"], "{folder}/no.log cannot be read: no such file or directory"),
        (["{folder}"], "{folder} cannot be read: is a directory"),
        (
            ["{folder}/empty"],
            (
                "{folder}/empty has no line of a CRI-O that pulls an image (Pulling image: NAME, at level info):"
                " give the log of crio from before the pull"
            ),
        ),
        (["{folder}/crio.log", "--registries-conf-dir", "{folder}/no"], "{folder}/no is no folder"),
        (["{folder}/crio.log", "--registries-conf", "{folder}/no.conf"], "{folder}/no.conf"),
        (["{folder}/crio.log", "--registries-conf", "{folder}/crio.log"], "{folder}/crio.log"),
        (
            ["{folder}/crio.log", "--save", "{folder}/no/it"],
            "{folder}/no/it cannot be written: no such file or directory",
        ),
    ],
)
def test_what_cannot_be_used_is_told(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    (tmp_path / "empty").touch()
    assert log.parent == tmp_path
    assert main(["scenario", "from-log", *(each.format(folder=tmp_path) for each in arguments)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("crio-conformance scenario from-log: ")
    assert says.format(folder=tmp_path) in told
    assert told.count("\n") == 1
