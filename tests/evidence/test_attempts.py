from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conformance.evidence import Attempt, Collector, Log, attempts
from conformance.registry_hosts import Exchange, NameLookup, RequestKind
from conformance.registry_hosts.recorder import Recorder


def exchange(host: str, kind: RequestKind = RequestKind.MANIFEST, status: int = 200, **more: Any) -> Exchange:
    return Exchange(host=host, server=host, method="GET", path="/v2/", status=status, kind=kind, **more)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], []),
        (["docker.io"], ["docker.io"]),
        (["docker.io", "docker.io", "quay.io"], ["docker.io", "quay.io"]),
        (["docker.io", "quay.io", "docker.io"], ["docker.io", "quay.io", "docker.io"]),
    ],
)
def test_an_attempt_is_all_that_a_host_was_asked_in_a_row(asked: list[str], expected: list[str]) -> None:
    records = [exchange(host) for host in asked]
    found = attempts(records)
    assert [attempt.host for attempt in found] == expected
    assert [each for attempt in found for each in attempt.exchanges] == records


def test_a_host_that_does_not_exist_was_attempted_as_well() -> None:
    records: list[Exchange | NameLookup] = [
        exchange("docker.io", status=404),
        NameLookup(host="nowhere.example"),
        NameLookup(host="nowhere.example"),
    ]
    docker, nowhere = attempts(records)
    assert nowhere == Attempt("nowhere.example", ())
    assert (nowhere.answer, nowhere.served, nowhere.users) == ("no such host", False, ())
    assert docker.answer == "404"


def test_the_answer_is_that_of_a_refused_blob_or_else_the_last_manifest_s() -> None:
    challenge = exchange("quay.io", RequestKind.PING, 401, note="authentication required")
    token = exchange("quay.io", RequestKind.TOKEN, 200)
    refused = exchange("quay.io", RequestKind.MANIFEST, 401, note="not authorized")
    served = exchange("quay.io", RequestKind.MANIFEST, 200, note="an image")
    blob = exchange("quay.io", RequestKind.BLOB, 404, note="blob unknown to registry")
    assert Attempt("quay.io", (challenge, token, refused, token)).answer == "401 not authorized"
    assert Attempt("quay.io", (challenge, refused, served)).answer == "200 an image"
    assert Attempt("quay.io", (served, blob)).answer == "404 blob unknown to registry"
    assert Attempt("quay.io", (served, exchange("quay.io", RequestKind.BLOB))).answer == "200 an image"
    assert Attempt("quay.io", (challenge,)).answer == "401 authentication required"


@pytest.mark.parametrize(
    ("kind", "status", "served"),
    [
        (RequestKind.MANIFEST, 200, True),
        (RequestKind.MANIFEST, 307, False),
        (RequestKind.MANIFEST, 404, False),
        (RequestKind.TOKEN, 200, False),
    ],
)
def test_a_host_served_when_it_gave_a_manifest(kind: RequestKind, status: int, served: bool) -> None:
    assert (
        Attempt("quay.io", (exchange("quay.io", kind, status), exchange("quay.io", RequestKind.PING))).served is served
    )


def test_users_are_those_named_in_credentials_each_once() -> None:
    users = (None, "", "robot", "alice", "robot")
    assert Attempt("quay.io", tuple(exchange("quay.io", user=user) for user in users)).users == ("alice", "robot")


def test_references_and_repositories_are_those_of_manifests_each_once_in_order() -> None:
    attempt = Attempt(
        "quay.io",
        (
            exchange("quay.io", RequestKind.TOKEN, repository="token/only"),
            exchange("quay.io", repository="b/c", reference="latest"),
            exchange("quay.io", repository="a/b", reference="sha256:1"),
            exchange("quay.io", repository="b/c", reference="latest"),
            exchange("quay.io", RequestKind.BLOB, repository="blob/only", reference="sha256:2"),
        ),
    )
    assert attempt.references == ("latest", "sha256:1")
    assert attempt.repositories == ("b/c", "a/b")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """A log that is not there yet."""
    with closing(Log(tmp_path / "crio.log")) as log:
        yield log


def test_evidence_is_what_was_recorded_since_a_mark(log: Log) -> None:
    recorder = Recorder()
    collector = Collector(recorder, log)
    recorder.add(exchange("docker.io"))
    log.path.write_text('level=info msg="Trying to access \\"docker.io/a:1\\""\n')
    mark = collector.cursor()
    recorder.add(exchange("quay.io"))
    with log.path.open("a") as handle:
        handle.write('level=info msg="Trying to access \\"quay.io/a:1\\""\n' * 2)
    evidence = collector.since(mark)
    recorder.add(exchange("ghcr.io"))
    with log.path.open("a") as handle:
        handle.write('level=info msg="Trying to access \\"ghcr.io/a:1\\""\n')
    assert [attempt.host for attempt in evidence.attempts] == ["quay.io"]
    assert evidence.tried == ["quay.io"]
    assert evidence.calls == ()
    assert len(evidence.lines) == 2
