"""Coverage of a CRI-O that was built for it: counters are there after a run; shown on a real one behind a script."""

from pathlib import Path

import pytest

from conformance.releases.installation import Installation, RuntimeNotFoundError, find_crio
from conformance.runtime.configuration import Configuration
from conformance.runtime.coverage_counters import bring_out_counters
from conformance.runtime.crio import start_in_world
from conformance.runtime.runtime import RuntimeFailedError

LIKE_ONE_BUILT_FOR_COVERAGE = """#!/bin/sh
if [ "$*" = --version ]; then exec {crio} --version; fi
end() {{
    trap "" TERM
    kill -TERM $child
    wait $child
    echo counted > "$GOCOVERDIR/covcounters.hash.$$.$(date +%s%N)"
    exit
}}
trap end TERM
{crio} "$@" &
child=$!
wait $child
"""
"""What Go does at the end of a program, which a signal must not end at once."""


@pytest.fixture
def crio(tmp_path: Path, namespaces: None) -> Installation:
    """A CRI-O that writes a counter when it ends by itself."""
    del namespaces
    try:
        found = find_crio("auto")
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))
    script = tmp_path / "bin" / "crio"
    script.parent.mkdir()
    script.write_text(LIKE_ONE_BUILT_FOR_COVERAGE.format(crio=found.crio))
    script.chmod(0o755)
    for program in (found.pinns, found.conmon, found.oci_runtime):
        (script.parent / program.name).symlink_to(program)
    return find_crio(str(script))


@pytest.fixture
def counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that GOCOVERDIR names; it is not there yet."""
    monkeypatch.setenv("GOCOVERDIR", str(tmp_path / "counters"))
    return tmp_path / "counters"


@pytest.mark.usefixtures("own_tmpdir")
def test_counters_are_there_however_it_is_ended(crio: Installation, counters: Path) -> None:
    counters.mkdir()
    with start_in_world(crio, Configuration(), [crio.crio.parent]) as runtime:
        runtime.restart()
    assert len(list(counters.glob("covcounters.hash.*"))) == 2
    runtime = start_in_world(crio, Configuration(), [crio.crio.parent])
    runtime.end()
    runtime.close()
    assert len(list(counters.iterdir())) == 3


@pytest.mark.usefixtures("own_tmpdir")
def test_a_folder_that_is_not_there_is_one_sentence(crio: Installation, counters: Path) -> None:
    with pytest.raises(RuntimeFailedError, match=f"^GOCOVERDIR names {counters}, which is no folder that"):
        start_in_world(crio, Configuration())


def test_each_run_adds_to_what_is_there(tmp_path: Path) -> None:
    for run, names in (("1", ("covmeta.a", "covcounters.a.7.1")), ("2", ("covmeta.a", "covcounters.a.7.2"))):
        (tmp_path / run).mkdir()
        for name in names:
            (tmp_path / run / name).touch()
    (tmp_path / "out").mkdir()
    for run in ("1", "2"):
        bring_out_counters(tmp_path / run, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "covcounters.a.7.1",
        "covcounters.a.7.2",
        "covmeta.a",
    ]
