"""What is told of somebody's node at the top of a run, and what --allow-reload is for."""

from pathlib import Path

import pytest

from conformance.evidence import Collector, Log
from conformance.evidence.log import LogNotReadError
from conformance.model.release import Release
from conformance.registry_hosts.recorder import Recorder
from conformance.releases.installation import CRIO
from conformance.targets.node_facts import read_node_facts
from conformance.targets.run import Run, RunError
from tests.simulator.served_simulator import simulated


def test_what_does_not_say_how_it_is_configured_is_told() -> None:
    with simulated("1.36.3") as run:
        facts = read_node_facts(run.socket, CRIO, Release("1.36.3"))
    assert len(facts.told) == 1
    assert "does not say how it is configured" in facts.told[0]
    assert facts.properties == {}


def test_of_another_runtime_nothing_is_told() -> None:
    assert read_node_facts(Path("/nowhere"), "containerd", Release("1.7")).told == ()


def test_leave_is_for_a_crio_that_already_runs() -> None:
    with pytest.raises(
        RunError, match=r"^--allow-reload is for a CRI-O that already runs \(unix:///…\), not the simul"
    ):
        Run("simulator", allow_reload=True)


def test_what_is_no_crio_process_is_not_told_to_reload() -> None:
    """The simulator is served by this process, which SIGHUP would end."""
    with simulated("1.36.3") as run:
        found = Run(f"unix://{run.socket}", allow_reload=True)
        assert found.target.marker == ""
        with pytest.raises(RunError, match=r"^--allow-reload: the CRI-O on .* does not say how it is configured"):
            found.begin([])
        found.close()


def test_nothing_is_concluded_from_a_log_that_is_not_read(tmp_path: Path) -> None:
    evidence = Collector(Recorder(), Log(tmp_path / "none", "needs the capability logs: why"))
    found = evidence.since(evidence.cursor())
    assert found.lines == ()
    with pytest.raises(LogNotReadError, match=r"^needs the capability logs: why$"):
        _ = found.tried
