"""The command line of ``crio-conformance scenario``: what is printed, and the exit codes."""

import base64
from pathlib import Path

import pytest

from conformance.commands.main import main
from tests.replay.stories import EIGHTY_SEVEN_EIGHTY
from tests.scenario.broken_files import BROKEN, SOUND

pytestmark = pytest.mark.usefixtures("own_tmpdir")


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "8780.scenario.toml"
    path.write_text(EIGHTY_SEVEN_EIGHTY)
    return path


def test_twenty_broken_files_get_a_sentence_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = []
    for number, broken in enumerate(BROKEN.values()):
        paths.append(tmp_path / f"{number}.scenario.toml")
        paths[-1].write_text(SOUND.replace(broken.old, broken.new, 1))
    assert len(paths) >= 20
    assert main(["scenario", "check", *map(str, paths)]) == 2
    lines = capsys.readouterr().out.splitlines()
    starts = [f"{path}, line {broken.line}: " for path, broken in zip(paths, BROKEN.values(), strict=True)]
    assert [line.startswith(start) for line, start in zip(lines, starts, strict=True)] == [True] * len(paths)
    for path in paths:
        assert main(["scenario", "run", str(path), "--runtime", "simulator"]) == 2


def test_what_is_in_vain_is_told_with_exit_code_1(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "check", str(story)]) == 0
    assert capsys.readouterr().out == ""
    story.write_text(EIGHTY_SEVEN_EIGHTY.replace('name = "quay.io"', 'name = "quay.test"', 1))
    assert main(["scenario", "check", str(story)]) == 1
    assert "no call can reach quay.test" in capsys.readouterr().out


def test_a_scenario_is_played_on_each_runtime(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["scenario", "run", str(story), "--runtime", "simulator:1.33", "--runtime", "simulator:1.36"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "| the simulator of CRI-O 1.33 | deviates: cri-o/cri-o#8780" in printed
    story.write_text(story.read_text().replace('">=1.31"', '">=1.31,<1.35"'))
    assert main(arguments) == 1
    assert "| the simulator of CRI-O 1.36 | failed: " in capsys.readouterr().out


def test_a_report_for_everybody_has_no_password(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = base64.b64encode(b"bob:of-bob-alone").decode()
    auth_file = f'{{"auths": {{"quay.io": {{"auth": "{secret}"}}}}}}'
    file = f'[[file]]\npath = "~/.docker/config.json"\ntext = """{auth_file}"""\n\n'
    story.write_text(story.read_text().replace("[[host]]", f"{file}[[host]]", 1))
    main(["scenario", "run", str(story), "--runtime", "simulator:1.36"])
    printed = capsys.readouterr().out
    assert secret not in printed
    assert "[redacted]" in printed


def test_a_runtime_that_is_not_there_is_told(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", str(story), "--runtime", "/nowhere/crio"]) == 2
    assert capsys.readouterr().err.startswith("crio-conformance scenario run: /nowhere/crio cannot be run")


def test_a_scenario_is_printed_as_a_case(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", str(story), "--as-test"]) == 0
    printed = capsys.readouterr().out
    compile(printed, "case", "exec")
    assert '@pytest.mark.upstream("cri-o/cri-o#8780")' in printed
