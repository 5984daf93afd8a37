"""Node containers as a target: names, workers, what a node's own files say; and live, where there is such a container.

The live tests take the names of running node containers from CRIO_CONFORMANCE_NODES (docs/nodes.md).
"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.model.release import Release
from conformance.node import NodeError
from conformance.node.engine_container import EngineContainer, find_container
from conformance.releases.installation import Installation, RuntimeNotFoundError
from conformance.runtime.configuration import Configuration
from conformance.targets.choice import most_workers
from conformance.targets.node_containers import (
    ContainerTarget,
    find_node_containers,
    read_runtime_settings,
    with_short_names,
)

NODES = os.environ.get("CRIO_CONFORMANCE_NODES", "")


class OnDisk(EngineContainer):
    """A container whose root folder is one of the test's."""

    @property
    def files(self) -> Path:
        return Path(self.id)


@pytest.mark.parametrize(
    ("named", "most"),
    [("container:a", 1), ("container:a,b", 2), ("unix:///a,b", 1), ("1.36.3", None), ("auto", None)],
)
def test_every_node_has_one_worker(named: str, most: int | None) -> None:
    assert most_workers(named) == most


def test_more_workers_than_nodes_are_refused() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "3", "--runtime", "container:a,b", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--pyargs", "conformance.suite.names"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert done.stderr.strip() == "ERROR: --runtime container:a,b is for 2 at once, not 3: run with -n 2"


@pytest.mark.parametrize("names", ["", "a,", "a,a"])
def test_names_that_are_none_or_twice_are_refused(names: str) -> None:
    with pytest.raises(RuntimeNotFoundError, match=r"names no container, or one twice: write container:NAME, several"):
        find_node_containers(names)


class Answering(OnDisk):
    """One in which programs can be asked for their version."""

    @property
    def enter(self) -> tuple[str, ...]:
        """Run what is asked for its version from the test's folder."""
        return ("sh", "-c", f'program=$4; exec "{self.id}$program" --version', "sh")


def target_of(folder: Path) -> ContainerTarget:
    installation = Installation(
        Path("/bin/crio"), Path("pinns"), Path("conmon"), Path("runc"), Release("1.36.3"), enter=("env",)
    )
    return ContainerTarget([Answering("node", str(folder), 1)], installation)


@pytest.mark.parametrize(
    ("says", "release"), [("Kubernetes v1.36.1", "1.36.1"), ("Kubernetes v1.32.9", None), ("hello", None), (None, None)]
)
def test_a_nodes_own_kubelet_is_the_one_that_is_taken(tmp_path: Path, says: str | None, release: str | None) -> None:
    if says:
        program = tmp_path / "bin/kubelet"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho {says}\n")
        program.chmod(0o755)
    kubelet = target_of(tmp_path).own_kubelet
    assert (str(kubelet.release) if kubelet else None) == release
    assert kubelet is None or (kubelet.path, kubelet.folders) == (Path("/bin/kubelet"), ())


def test_what_a_node_sets_for_containers_is_read_in_crios_order(tmp_path: Path) -> None:
    drop_ins = tmp_path / "etc/crio/crio.conf.d"
    drop_ins.mkdir(parents=True)
    (tmp_path / "etc/crio/crio.conf").write_text('[crio.runtime]\nconmon = "/a"\nselinux = true\n')
    (drop_ins / "10.conf").write_text(
        '[crio.runtime]\nconmon = "/b"\n[crio.runtime.runtimes.runc]\nruntime_path = "/r"\n'
    )
    (drop_ins / "20.conf").write_text(
        '[crio.image]\npause_image = "x"\n[crio.runtime.runtimes.crun]\nruntime_path = "/c"\n'
    )
    assert read_runtime_settings(OnDisk("node", str(tmp_path), 1)) == {
        "conmon": "/b",
        "selinux": True,
        "runtimes": {"runc": {"runtime_path": "/r"}, "crun": {"runtime_path": "/c"}},
    }


def test_an_engine_that_was_passed_over_is_told_of() -> None:
    installation = Installation(Path("/bin/crio"), Path("pinns"), Path("conmon"), Path("runc"), Release("1.36.3"))
    told = "docker says Cannot connect"
    nodes = [EngineContainer("a", "0", 1, passed_over=told), EngineContainer("b", "1", 2, passed_over=told)]
    assert ContainerTarget(nodes, installation).place == (
        "/bin/crio on the node containers a, b (docker says Cannot connect: another engine has it)"
    )
    assert ContainerTarget([EngineContainer("a", "0", 1)], installation).place == "/bin/crio on the node a"


def test_a_nodes_own_search_list_and_mode_are_read(tmp_path: Path) -> None:
    node, release = OnDisk("node", str(tmp_path), 1), Release("1.36.3")
    wanted = Configuration(short_names_of_node=True)
    (tmp_path / "etc/containers/registries.conf.d").mkdir(parents=True)
    (tmp_path / "etc/containers/registries.conf").write_text('unqualified-search-registries = ["ghcr.io"]')
    assert with_short_names(wanted, node, release) == replace(
        wanted, search_registries=("ghcr.io",), short_name_mode=""
    )
    (tmp_path / "etc/containers/registries.conf.d/crio.conf").write_text(
        'unqualified-search-registries = ["quay.io", "docker.io"]'
    )
    (tmp_path / "etc/crio").mkdir()
    (tmp_path / "etc/crio/crio.conf").write_text('[crio.image]\nshort_name_mode = "disabled"\n')
    found = with_short_names(wanted, node, release)
    assert (found.search_registries, found.short_name_mode) == (("quay.io", "docker.io"), "disabled")
    (tmp_path / "etc/containers/registries.conf").write_text("[[[")
    with pytest.raises(NodeError, match=r"^node: "):
        with_short_names(wanted, node, release)


@pytest.mark.skipif(not NODES, reason="CRIO_CONFORMANCE_NODES names no node container (docs/nodes.md)")
def test_cases_pass_on_a_node_and_its_own_crio_runs_again() -> None:
    name = NODES.split(",")[0]
    container = find_container(name)
    before = mount_points(container)
    command = [sys.executable, "-m", "pytest", "-q", "--runtime", f"container:{name}", "-p", "no:cacheprovider"]
    cases = ["--pyargs", "conformance.suite.pulls.test_login", "conformance.suite.volumes.test_pod_network"]
    done = subprocess.run([*command, *cases], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert container.run("systemctl", "is-active", "crio").stdout == "active\n"
    assert mount_points(container) == before


def mount_points(container: EngineContainer) -> list[str]:
    """Give where something is mounted on the node (proc(5), ``mountinfo``)."""
    return [line.split()[4] for line in (container.files / "proc/1/mountinfo").read_text().splitlines()]
