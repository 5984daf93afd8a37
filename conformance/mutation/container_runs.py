"""Runs of the cases that look into containers, on a live CRI-O, with faults in what its OCI runtime is given."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from conformance.mutation.kill_matrix import Matrix
from conformance.mutation.mutant_runs import MutantRun, MutantRunError, make_runs
from conformance.mutation.reach import ReachRecorder
from conformance.node.folders import private_folder
from conformance.releases.installation import RuntimeNotFoundError
from conformance.runtime.bundle_faults import FAULTS
from conformance.simulator.mutants import UnknownMutantError
from conformance.targets.choice import CrioTarget, choose_target
from conformance.targets.run import Run


@dataclass(frozen=True)
class ContainerMutant:
    """One fault of a CRI-O's containers: its name, one sentence, and the release."""

    name: str
    fault: str
    line: str
    subject: str = "volumes"
    is_null: bool = False


@dataclass(frozen=True)
class ContainerRun(MutantRun):
    """One run of those cases on a CRI-O, which ``runtime`` names."""

    runtime: str = ""

    def open(self, recorder: ReachRecorder) -> Run:
        """Give the run of the suite that it makes; the model is silent."""
        del recorder
        return Run(self.runtime, mutant=self.mutant.name if self.mutant else None, model="off")


class ContainerCases:
    """A pytest plugin that leaves the cases that look into containers."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave those that take the fixture ``containers``, themselves or by another fixture."""
        items[:] = [each for each in items if "containers" in getattr(each, "fixturenames", ())]


def container_mutants(runtime: str, names: Sequence[str] = ()) -> list[ContainerMutant]:
    """Give the faults of these names, by default all, for a CRI-O.

    Raises ``UnknownMutantError`` for a name that none has, and ``MutantRunError`` where there is no such CRI-O, or no
    root to run containers.
    """
    if unknown := [name for name in names if name not in FAULTS]:
        command = f"crio-conformance mutants --runtime {runtime} --list"
        raise UnknownMutantError("containers have no fault", unknown[0], FAULTS, command)
    try:
        target = choose_target(runtime)
    except RuntimeNotFoundError as error:
        raise MutantRunError(str(error)) from None
    if not isinstance(target, CrioTarget):
        raise MutantRunError(f"--runtime {runtime}: containers are run by a CRI-O that is started here: name one")
    if os.geteuid() != 0:
        raise MutantRunError("containers take root")
    line = str(target.release)
    return [ContainerMutant(name, (FAULTS[name].__doc__ or "").partition("\n")[0], line) for name in names or FAULTS]


def run_container_matrix(runtime: str, chosen: Sequence[ContainerMutant], jobs: int, *, whole: bool = True) -> Matrix:
    """Run the cases without a fault and with each of these, as ``run_matrix`` does; raises ``MutantRunError``."""
    with private_folder() as folder:
        sound = ContainerRun(chosen[0].line, None, folder, runtime)
        faulty = [ContainerRun(each.line, each, folder, runtime) for each in chosen]
        return make_runs([sound], faulty, jobs, whole=whole, runtime=runtime, plugins=[ContainerCases()])
