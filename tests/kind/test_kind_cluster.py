"""A cluster's life: made and taken away, used where it was there, and told of where it does not come up."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.kind import kind_cluster
from conformance.kind.kind_cluster import KindCluster
from conformance.kind.kind_tools import KindError
from conformance.releases.installation import RuntimeNotFoundError
from tests.kind.conftest import NODES, Machine

PATIENCE = 60.0
CREATE = r"kind create cluster --name c --config kind\.yaml --image node:1 --kubeconfig (\S+) --retain --wait 240s"
DELETE = r"kind delete cluster --name c --kubeconfig \S+"
IN_A_PROCESS = """
import sys
from pathlib import Path
from conformance.kind import kind_cluster
from conformance.kind.kind_tools import KindTools
from conformance.targets.run import end_as_with_ctrl_c
end_as_with_ctrl_c()
with kind_cluster.KindCluster(KindTools(Path(sys.argv[1]), "docker"), "c", Path("kind.yaml"), "node:1"):
    pass
"""


def cluster(machine: Machine, *, keep: bool = False) -> KindCluster:
    return KindCluster(machine.tools, "c", Path("kind.yaml"), "node:1", keep=keep)


def log(machine: Machine) -> list[str]:
    return [line for line in machine.log() if not line.startswith("docker network ls")]


def test_it_is_made_and_taken_away_with_its_network(machine: Machine) -> None:
    with cluster(machine) as made:
        assert (made.nodes, made.workers) == ([*NODES], [*NODES[1:]])
        assert machine.lines("clusters") == ["c"]
    create, delete, network = log(machine)
    match = re.fullmatch(CREATE, create)
    assert match is not None
    assert Path(match[1]) == made.kubeconfig
    assert re.fullmatch(DELETE, delete)
    assert network == "docker network rm kind"
    assert [*made.kubeconfig.parent.parent.iterdir()] == []


def test_a_network_that_was_there_stays(machine: Machine) -> None:
    machine.write("networks", "bridge\nkind\n")
    with cluster(machine):
        pass
    assert "docker network rm kind" not in log(machine)


def test_one_that_was_there_is_used_and_stays(machine: Machine) -> None:
    machine.write("clusters", "other\nc\n")
    with cluster(machine) as found:
        assert found.kubeconfig.read_text() == "theirs\n"
        assert found.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert [line for line in log(machine) if line.startswith("kind")] == []


def test_two_runs_at_once_do_not_share_one(machine: Machine) -> None:
    with cluster(machine, keep=True), pytest.raises(KindError, match="another run has the cluster c: let it end"):
        cluster(machine).__enter__()


def test_a_cache_folder_that_takes_nothing_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc")
    with pytest.raises(
        KindError, match=r"^/proc/.* cannot be made \(.*\): let XDG_CACHE_HOME name a folder of your own$"
    ):
        cluster(machine).__enter__()
    assert log(machine) == []


def test_one_that_is_kept_stays(machine: Machine) -> None:
    with cluster(machine, keep=True):
        pass
    with cluster(machine):
        pass
    assert [line.split()[1] for line in log(machine) if line.startswith("kind")] == ["create"]


def test_nodes_of_one_that_has_no_workers_are_all(machine: Machine) -> None:
    machine.write("nodes", "c-control-plane\n")
    with cluster(machine) as made:
        assert made.workers == ["c-control-plane"]


def test_one_that_kind_cannot_make_is_told_with_what_its_nodes_logged_and_is_gone(machine: Machine) -> None:
    machine.write("creation", "exit 1\n")
    machine.write("worker", "exit 1\n")
    with pytest.raises(KindError) as caught:
        cluster(machine).__enter__()
    assert str(caught.value).splitlines() == [
        "kind does not make the cluster c, as it says above",
        "  c-worker: systemd says hello",
    ]
    assert re.fullmatch(DELETE, log(machine)[-2])
    assert machine.lines("clusters") == []


def test_one_that_takes_too_long_is_told_and_gone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_cluster, "CREATION_SECONDS", 0.5)
    machine.write("creation", "exec sleep 100\n")
    with pytest.raises(KindError, match=r"^the cluster c is not made after 0 s\n  c-worker: crio: it is dark$"):
        cluster(machine).__enter__()
    assert machine.lines("clusters") == []


def test_a_node_that_is_not_ready_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_cluster, "READY_SECONDS", 0.0)
    ready = dict.fromkeys(NODES[:2], "cri-o://1.36.3")
    monkeypatch.setattr(kind_cluster, "ready_nodes", lambda _: ready)
    with pytest.raises(KindError, match=r"^of the cluster c, c-worker2 is not ready\n"):
        cluster(machine).__enter__()
    machine.write("clusters", "c\n")
    with pytest.raises(KindError, match="not ready, and it was there before: kind delete cluster --name c\n"):
        cluster(machine).__enter__()
    assert machine.lines("clusters") == ["c"]


def test_nodes_are_waited_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([NODES[:1], NODES[:2], NODES])
    monkeypatch.setattr(kind_cluster, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(kind_cluster, "ready_nodes", lambda _: dict.fromkeys(next(looks), "cri-o://1.36.3"))
    with cluster(machine) as made:
        assert made.nodes == [*NODES]
    assert next(looks, None) is None


def test_a_cluster_that_does_not_answer_or_runs_something_else_is_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> dict[str, str]:
        raise RuntimeNotFoundError("its API server does not say")

    monkeypatch.setattr(kind_cluster, "READY_SECONDS", 0.0)
    monkeypatch.setattr(kind_cluster, "ready_nodes", refused)
    with pytest.raises(KindError, match=r"^its API server does not say\n"):
        cluster(machine).__enter__()
    monkeypatch.setattr(kind_cluster, "ready_nodes", lambda _: dict.fromkeys(NODES, "containerd://2"))
    with pytest.raises(KindError, match="c is there, and c-control-plane runs containerd://2: kind delete cluster"):
        cluster(machine).__enter__()


def test_its_nodes_pull_over_plain_http_while_it_is_entered(machine: Machine) -> None:
    with cluster(machine, keep=True) as made:
        assert made.gateway == "127.0.0.1"
        made.let_pull_from("127.0.0.1:5000")
        restarts = [line for line in log(machine) if line.endswith("systemctl restart crio")]
        assert restarts == [f"docker exec {node} systemctl restart crio" for node in NODES]
        assert (machine.folder / "files").read_text() == 3 * kind_cluster.PLAIN_HTTP.format("127.0.0.1:5000")
    gone = [line for line in log(machine) if "rm /etc/containers" in line]
    assert [line.split()[2] for line in gone] == [*NODES]


def test_a_node_without_a_gateway_is_told(machine: Machine) -> None:
    machine.write("gateways", "\n")
    with cluster(machine) as made, pytest.raises(KindError, match="the node c-control-plane has no IPv4 gateway"):
        _ = made.gateway


def test_of_what_nodes_log_each_complaint_is_told_once(machine: Machine) -> None:
    lines = [
        'time="2026-11-30T20:44:42.03Z" level=debug msg="Request"',
        'time="2026-11-30T20:44:42.04Z" level=error msg="no pause image"',
        "I1130 20:44:42.049818     300 kubelet.go:1] fine",
        'time="2026-11-30T20:44:43.04Z" level=error msg="no pause image"',
        *(f"E1130 20:44:4{at}.049818     300 kubelet.go:2] not registered" for at in range(9)),
    ]
    text = "\n".join(lines)
    machine.write("worker", f"cat <<'X'\n{text}\nX\n")
    machine.write("creation", "exit 1\n")
    with pytest.raises(KindError) as caught:
        cluster(machine).__enter__()
    assert str(caught.value).splitlines()[1:] == [
        '  c-worker: level=error msg="no pause image"',
        "  c-worker: Ekubelet.go:2] not registered",
    ]


def begin(machine: Machine) -> subprocess.Popen[str]:
    """Make a cluster in a process, and wait until kind is at it."""
    machine.write("creation", "trap 'exit 130' INT; echo begun; while [ -e \"$FAKE\" ]; do sleep 0.05; done\n")
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_PROCESS, str(machine.tools.kind)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_on_ctrl_c_it_goes(machine: Machine, told: signal.Signals) -> None:
    process = begin(machine)
    process.send_signal(told)
    process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    assert machine.lines("clusters") == []
    assert log(machine)[-1] == "docker network rm kind"


def test_what_a_killed_run_made_goes_with_the_next(machine: Machine) -> None:
    process = begin(machine)
    with pytest.raises(KindError, match="another run has the cluster c: let it end first, or write another --name"):
        cluster(machine).__enter__()
    process.kill()
    process.communicate(timeout=PATIENCE)  # the kind that it left has ended as well
    assert machine.lines("clusters") == ["c"]
    machine.write("creation", "")
    with cluster(machine) as made:
        assert made.created
    assert [line.split()[1] for line in log(machine)] == ["create", "delete", "network", "create", "delete", "network"]
