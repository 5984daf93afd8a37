"""``crio-conformance doctor``: what it prints, how it ends, and that nothing of it stays."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.commands.main import main
from conformance.doctor import examination
from conformance.plugin.lifecycle import EXIT_LACKING


def test_it_says_what_is_here_and_what_is_not(
    own_tmpdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del own_tmpdir
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["doctor"]) == 6
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "Only a rehearsal can run here: --runtime simulator"
    states = {line[9:].partition("  ")[0]: line[:9].strip() for line in lines[:-2] if line[:1].strip()}
    assert states["TMPDIR"] == "ok"
    assert states["namespaces"] == "cannot"
    assert states["CRI-O"] == states["cache folder"] == states["podman"] == states["kind"] == "missing"
    assert any("it is for live runs of the suite, `--runtime auto`" in line for line in lines)


@pytest.mark.usefixtures("namespaces")
def test_a_program_reads_the_same_and_nothing_stays(own_tmpdir: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "doctor", "--json"], capture_output=True, text=True, check=False
    )
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode
    assert told["verdict"]
    assert {each["state"] for each in told["findings"]} <= {"ok", "missing", "cannot"}
    assert all(set(each) == {"about", "state", "says", "allows", "needed_for"} for each in told["findings"])
    (namespaces,) = [each for each in told["findings"] if each["about"] == "namespaces"]
    assert namespaces["state"] == "ok"
    assert list(own_tmpdir.iterdir()) == []


def test_where_a_run_fetches_that_is_said(
    own_tmpdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del own_tmpdir
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["doctor", "--runtime", "latest"]) == 6
    assert "CRI-O latest is not in the cache folder: a run fetches it" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_run_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", f"/{'x' * 100}")
    assert main(["doctor"]) == 4
    out = capsys.readouterr().out
    assert out.endswith("Nothing can run here, not even a rehearsal\n")
    assert "cannot   TMPDIR" in out
    assert "namespaces" not in out


def test_an_empty_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--runtime", ""])
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_its_exit_codes_are_those_of_runs() -> None:
    codes = [examination.LIVE, examination.NOTHING, examination.REHEARSAL]
    assert codes == [pytest.ExitCode.OK, pytest.ExitCode.USAGE_ERROR, EXIT_LACKING]
