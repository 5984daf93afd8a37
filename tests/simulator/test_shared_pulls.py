"""Pulls at the same time: equal ones are one, and what is told to those who wait for it."""

import threading

import grpc

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.registry_hosts.faults import Faults
from tests.simulator.served_simulator import NAME, Run, await_refusal, busy, refusal


def test_equal_pulls_at_once_are_one(run: Run) -> None:
    busy(run, 1)
    answers: list[str] = []
    pulls = [threading.Thread(target=lambda: answers.append(run.pull(f"quay.io/{NAME}"))) for _ in range(8)]
    for pull in pulls:
        pull.start()
    await_refusal(run)
    run.internet.host("quay.io").origin.faults = Faults()
    for pull in pulls:
        pull.join()
    assert len(set(answers)) == 1
    assert len(answers) == 8
    assert run.exchanges().count("quay.io/v2/ 401") == 1


def test_pulls_of_different_names_or_logins_are_not_shared(run: Run) -> None:
    busy(run, 1)
    login = run.internet.host("quay.io").require_login("team/other")
    auths = [{}, {}, {"username": login.user, "password": login.password}]
    names = [f"quay.io/{NAME}", f"quay.io/{NAME}:latest", f"quay.io/{NAME}"]
    pulls = [threading.Thread(target=run.pull, args=(n,), kwargs=a) for n, a in zip(names, auths, strict=True)]
    for pull in pulls:
        pull.start()
    await_refusal(run)
    run.internet.host("quay.io").origin.faults = Faults()
    for pull in pulls:
        pull.join()
    assert run.exchanges().count("quay.io/v2/ 401") == 3


def test_who_waits_for_the_same_pull_is_told_when_it_is_given_up(run: Run) -> None:
    """The first caller hangs up while its registry lets it wait for long; the second one waits for the same pull."""
    busy(run, 60)
    with Client(str(run.socket), lambda _call: None, timeout=2) as hasty:
        request = api.PullImageRequest(image=api.ImageSpec(image=f"quay.io/{NAME}"))
        caught: list[CRIError] = []
        first = threading.Thread(target=lambda: caught.append(refusal(hasty.pull_image, request)))
        first.start()
        await_refusal(run)
        error = refusal(run.pull, f"quay.io/{NAME}")
        first.join()
    assert caught[0].code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert (error.code, error.message) == (grpc.StatusCode.CANCELLED, "context canceled")
