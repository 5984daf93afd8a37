"""A kubelet in a world, before a CRI-O: shown with programs that only pretend, and the simulator behind the socket."""

import os
import time
from pathlib import Path

import pytest

from conformance.cri import Call
from conformance.cri.v1 import api_pb2 as api
from conformance.kubelet import process
from conformance.kubelet.process import KubeletProcess
from conformance.kubelet.sysctl_masks import WANTED
from conformance.model.release import Release
from conformance.node import NodeError
from conformance.releases.kubelet_binary import KubeletBinary
from conformance.runtime.crio import Crio
from conformance.runtime.runtime import RuntimeFailedError
from tests.kubelet.started_kubelet import APP, FAKE, Install, volume
from tests.node.world_traces import PYTHON, mentioning
from tests.simulator.served_simulator import Run

pytestmark = [
    pytest.mark.usefixtures("namespaces"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root's kubelet is started, since only root has containers"),
]

SHORT = 1.0


# One that cannot be started


def failure(binary: KubeletBinary, crio: Crio) -> str:
    """Start it in vain; give the one sentence."""
    with pytest.raises(RuntimeFailedError) as caught:
        KubeletProcess(binary, crio)
    return str(caught.value)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        pytest.param(
            """echo 'I1125 09:18:45.1 1 x.go:1] "hello"' >&2
            echo 'E1125 09:18:45.2 1 run.go:72] "command failed" err="no swap, please"' >&2
            echo 'I1125 09:18:45.3 1 x.go:1] "bye"'; exit 1""",
            '"command failed" err="no swap, please"',
            id="its last error",
        ),
        pytest.param("echo Error: unknown flag: $5; exit 1", "Error: unknown flag: --v=3", id="a flag"),
        pytest.param("exit 0", "no word", id="nothing"),
    ],
)
def test_one_that_ends_at_once_is_told_with_its_last_words(
    install: Install, crio: Crio, script: str, sentence: str
) -> None:
    assert failure(install(script), crio) == f"kubelet 1.36.2 ended: {sentence}"


def test_a_second_try_in_the_same_world_is_told_the_same(install: Install, crio: Crio) -> None:
    binary = install("echo Error: no; exit 1")
    assert failure(binary, crio) == failure(binary, crio) == "kubelet 1.36.2 ended: Error: no"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("echo busy; exec sleep 1001", id="it does not listen"),
        pytest.param("trap '' TERM; echo busy; while :; do sleep 0.05; done", id="it does not want to end"),
        pytest.param(
            f"""#!{PYTHON} -I
import signal, socket
signal.alarm(15)
print("busy", flush=True)
with socket.create_server(("127.0.0.1", 10255)) as server:
    accepted = []
    while True:
        accepted.append(server.accept())
""",
            id="it does not answer",
        ),
    ],
)
def test_one_that_never_becomes_ready_is_given_up_and_ended(
    install: Install, crio: Crio, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(process, "READY_SECONDS", SHORT)
    begin = time.monotonic()
    sentence = failure(install(script), crio).replace("no word", "busy")  # a busy machine's has not come to speak
    assert sentence == "kubelet 1.36.2 was not ready after 1 s: busy"
    assert time.monotonic() - begin < 10 * SHORT
    assert mentioning(str(crio.node.folder / "kubelet" / "config.json")) == []


def test_one_that_is_not_seen_in_the_world_is_told(crio: Crio) -> None:
    missing = KubeletBinary(Path("/run/kubelet"), Release("1.36.2"))
    with pytest.raises(NodeError, match=r"^/run/kubelet cannot be started: No such file or directory$"):
        KubeletProcess(missing, crio)


def test_what_it_finds_inside_is_what_it_needs(install: Install, crio: Crio, cgroups: Path) -> None:
    checks = [
        'config=${1#--config=}; test -r "$config"',
        "grep -q KubeletConfiguration $config",
        'socket=$(sed "s,.*unix://\\([^\\"]*\\).*,\\1," $config); test -S "$socket"',
        'manifests=$(sed "s,.*staticPodPath\\": \\"\\([^\\"]*\\).*,\\1," $config); test -d "$manifests"',
        "grep -q '^127.0.0.1 node$' /etc/hosts",
        'test "$(cat /proc/sys/vm/overcommit_memory)" = ' + str(WANTED["vm/overcommit_memory"]),
        'test -d "$HOME" && test -w "$HOME"',
        *(f"test -d {cgroups}/{hierarchy}/crio-conformance-x" for hierarchy in ("memory", "cpu,cpuacct")),
    ]
    script = "\n".join(f"{check} || {{ echo Error: not so: $LINENO; exit 1; }}" for check in checks)
    sentence = failure(install(f"{script}\necho Error: as it should be\nexit 1"), crio)
    assert sentence == "kubelet 1.36.2 ended: Error: as it should be"


def test_control_groups_of_version_2_have_one_root(install: Install, crio: Crio, cgroups: Path) -> None:
    (cgroups / "cgroup.controllers").touch()
    failure(install("exit 1"), crio)
    assert (cgroups / "crio-conformance-x").is_dir()
    assert not (cgroups / "memory" / "crio-conformance-x").exists()


# One that runs


def test_clearing_takes_all_pods_away_and_stops_what_runs(kubelet: KubeletProcess, run: Run) -> None:
    config = api.PodSandboxConfig(metadata=api.PodSandboxMetadata(name="p", uid="u", namespace="n"))
    sandbox = run.client.run_pod_sandbox(api.RunPodSandboxRequest(config=config)).pod_sandbox_id
    run.pull(APP)
    container = api.ContainerConfig(metadata=api.ContainerMetadata(name="c"), image=api.ImageSpec(image=APP))
    create = api.CreateContainerRequest(pod_sandbox_id=sandbox, config=container, sandbox_config=config)
    run.client.create_container(create)
    calls: list[str] = []

    def stop_sandbox(call: Call) -> None:
        """Do as a kubelet does when its pod's containers have ended, once it was asked whether that is so."""
        calls.append(call.rpc)
        if call.rpc == "ListPodSandbox" and "StopPodSandbox" not in calls:
            run.client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id=sandbox))

    run.client.record = stop_sandbox
    for _ in range(2):
        kubelet.run(volume("runs"))
    kubelet.clear()
    assert list(kubelet.manifests.iterdir()) == []
    assert kubelet.pods() == {}
    assert calls == ["ListContainers", "StopContainer", "ListPodSandbox", "StopPodSandbox", "ListPodSandbox"]


def test_clearing_waits_until_it_tells_of_none(kubelet: KubeletProcess) -> None:
    pod = kubelet.run(volume("runs"))
    assert set(kubelet.pods() or {}) == {pod.name}
    kubelet.clear()
    assert kubelet.pods() == {}


def test_one_that_is_held_does_nothing_meanwhile(kubelet: KubeletProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = kubelet.run(volume("ContainerCreating,runs"))
    assert pod.state.reason == "ContainerCreating"
    with kubelet.held(), monkeypatch.context() as short:
        short.setattr(process, "READY_SECONDS", 0.2)
        assert kubelet.pods() is None
    assert pod.running().id == "ab12"


def test_between_two_cases_it_has_no_pods_and_does_nothing(
    kubelet: KubeletProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        with kubelet.at_work() as working:
            pod = working.run(volume("runs"))
            assert pod.running().id == "ab12"
        assert list(kubelet.manifests.iterdir()) == []
        with monkeypatch.context() as short:
            short.setattr(process, "READY_SECONDS", 0.2)
            assert kubelet.pods() is None


def test_closing_one_that_is_held_ends_it_without_force(install: Install, crio: Crio) -> None:
    living = KubeletProcess(install(f"#!{PYTHON} -I\n{FAKE}"), crio)
    with living.at_work():
        pass
    before = time.monotonic()
    living.close()
    assert time.monotonic() - before < process.READY_SECONDS / 2, "it was asked to end, and heard it"


def test_closing_ends_it_and_frees_its_socket(install: Install, crio: Crio) -> None:
    binary = install(f"#!{PYTHON} -I\n{FAKE}")
    for _ in range(2):
        living = KubeletProcess(binary, crio)
        socket = crio.node.folder / "kubelet" / "cri.sock"
        assert (living.pods(), socket.exists()) == ({}, True)
        living.close()
        assert mentioning(str(crio.node.folder / "kubelet" / "config.json")) == []
        assert (living.pods(), socket.exists()) == (None, False)
