"""Runs of the cases that look into containers: which faults, on what, and which cases."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.model.release import Release
from conformance.mutation.container_runs import ContainerCases, ContainerRun, container_mutants, run_container_matrix
from conformance.mutation.mutant_runs import MutantRunError
from conformance.mutation.reach import ReachRecorder
from conformance.runtime.bundle_faults import FAULTS
from conformance.simulator.mutants import UnknownMutantError
from conformance.targets import choice
from tests.mutation.suite_results import A, B, result, results


@pytest.fixture
def crio(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CRI-O is there, and root."""
    found = SimpleNamespace(release=Release("1.36.3"), crio=Path("/nowhere/crio"))
    monkeypatch.setattr(choice, "find_crio", lambda *_wanted: found)
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.mark.usefixtures("crio")
def test_there_are_all_faults_or_those_that_are_named() -> None:
    found = container_mutants("1.36.3")
    assert [(each.name, each.line) for each in found] == [(name, "1.36.3") for name in FAULTS]
    assert [each.fault for each in container_mutants("1.36.3", ["ignores-sub-paths"])] == [
        "Shows a whole image, whatever part of it was asked for."
    ]
    with pytest.raises(UnknownMutantError) as caught:
        container_mutants("1.36.3", ["ignore-sub-path"])
    assert str(caught.value) == (
        "containers have no fault ignore-sub-path: did you mean ignores-sub-paths?"
        " `crio-conformance mutants --runtime 1.36.3 --list` names all there are"
    )


@pytest.mark.usefixtures("crio")
def test_they_take_root_and_a_cri_o(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        MutantRunError, match=r"^--runtime simulator: containers are run by a CRI-O that is started here"
    ):
        container_mutants("simulator")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(MutantRunError, match=r"^containers take root$"):
        container_mutants("1.36.3")


def test_a_cri_o_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(MutantRunError, match=r"^CRI-O 1\.36\.3 is not in "):
        container_mutants("1.36.3")


@pytest.mark.usefixtures("crio")
def test_a_run_has_the_fault_and_no_model(tmp_path: Path) -> None:
    (mutant,) = container_mutants("1.36.3", ["leaves-a-process"])
    for each, fault in ((None, ""), (mutant, "leaves-a-process")):
        run = ContainerRun("1.36.3", each, tmp_path, "1.36.3").open(ReachRecorder([]))
        assert isinstance(run.target, choice.CrioTarget)
        assert (run.target.fault, run.model) == (fault, "off")
    assert ContainerRun("1.36.3", mutant, tmp_path, "1.36.3").cases({A: frozenset(), B: frozenset()}) == {A, B}


@pytest.mark.usefixtures("crio")
def test_what_killed_which_is_told_as_of_simulators(monkeypatch: pytest.MonkeyPatch) -> None:
    made = results(monkeypatch, {None: result([A, B]), "ignores-sub-paths": result([A, B], [A])})
    chosen = container_mutants("./crio", ["ignores-sub-paths"])
    found = run_container_matrix("./crio", chosen, 1)
    assert [(each.line, each.name) for each in made] == [("1.36.3", "sound"), ("1.36.3", "ignores-sub-paths")]
    assert (found.survivors, found.cases_killing_none) == ([], [B])


def test_only_cases_that_look_into_containers_are_run() -> None:
    items: list[Any] = [SimpleNamespace(fixturenames=each) for each in (["pod", "containers"], ["pod"])]
    items.append(SimpleNamespace())
    ContainerCases().pytest_collection_modifyitems(items)
    assert [each.fixturenames for each in items] == [["pod", "containers"]]
