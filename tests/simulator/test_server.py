"""The simulator as a server: who answers on its socket, beside others, and how it stops."""

import threading
import time

import grpc
import pytest

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from tests.simulator.served_simulator import NAME, Run, await_refusal, busy, offered, refusal, simulated


@pytest.mark.parametrize(("release", "version"), [("1.36.3", "1.36.3"), ("1.36", "1.36.0"), ("1.31.13", "1.31.13")])
def test_who_answers(release: str, version: str) -> None:
    with simulated(release) as run:
        answer = run.client.version(api.VersionRequest())
        assert (answer.runtime_name, answer.runtime_version, answer.runtime_api_version) == ("cri-o", version, "v1")
        conditions = {each.type: each.status for each in run.client.status(api.StatusRequest()).status.conditions}
        assert conditions == {"RuntimeReady": True, "NetworkReady": True}
        answers = [run.client.status(api.StatusRequest(verbose=verbose)) for verbose in (False, True)]
        assert [dict(each.info) for each in answers] == [{}, {"config": '{"sandboxImage": "registry.k8s.io/pause"}'}]


def test_what_takes_a_process_is_not_there(run: Run) -> None:
    start = refusal(run.client.start_container, api.StartContainerRequest(container_id="x"))
    run_ = refusal(run.client.exec_sync, api.ExecSyncRequest(container_id="x", cmd=["/bin/true"]))
    for error in (start, run_):
        assert error.code is grpc.StatusCode.UNIMPLEMENTED
        assert error.message == (
            f"{error.rpc} cannot be had: this is a simulator of CRI-O's image service, which starts no process"
        )
    with pytest.raises(grpc.RpcError, match="this is a simulator"):
        list(run.client._runtime.GetContainerEvents(api.GetEventsRequest()))


def test_simulators_side_by_side_and_one_after_the_other() -> None:
    with simulated("1.31.13") as old, simulated("1.36.3") as new:
        for run in (old, new):
            offered(run)
            run.pull(NAME)
        assert [run.client.version(api.VersionRequest()).runtime_version for run in (old, new)] == ["1.31.13", "1.36.3"]
    before = threading.active_count()
    for _ in range(5):
        with simulated() as run:
            offered(run)
            run.pull(NAME)
    assert threading.active_count() <= before
    assert not run.socket.exists()


def test_it_stops_at_once_whatever_is_under_way() -> None:
    errors: list[CRIError] = []
    with simulated() as run, Client(str(run.socket), lambda _call: None) as other:
        busy(run, 60)
        request = api.PullImageRequest(image=api.ImageSpec(image=f"quay.io/{NAME}"))
        pull = threading.Thread(target=lambda: errors.append(refusal(other.pull_image, request)))
        pull.start()
        await_refusal(run)
        begin = time.monotonic()
        run.served.close()
        assert time.monotonic() - begin < 2
        pull.join()
    assert errors[0].code in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}
