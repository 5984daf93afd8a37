"""What is predicted of a pull: who is asked for what how often, and as whom."""

import pytest

from conformance.model.answers import Answer, ErrorResponse, FetchedBlob, Login, NoResponse
from conformance.model.prediction import HostRequests, answer_steps, predict, request_count
from conformance.model.reason import Reason
from conformance.model.registries import Mirror, Registries, Registry
from tests.model.known_answers import (
    CONFIG,
    FOREIGN,
    IMAGE,
    IMAGE_DIGEST,
    INDEX,
    LAYER,
    NO_BLOB,
    NO_TAG,
    OF_DOCKER,
    OF_QUAY,
    Known,
    puller,
    refuses_connections,
    unknown,
)

TOO_MANY = ErrorResponse(step="manifest", status=429, code="TOOMANYREQUESTS")
FAILED = NoResponse(step="ping", url="https://quay.io/v2/", words="EOF")
LATEST = ("latest",)
SCOPE = "repository:rhuss/app:pull"


def attempts(
    release: str, answers: dict[str, Answer], name: str = "rhuss/app", login: Login | None = None
) -> tuple[HostRequests, ...]:
    return predict(puller(release), name, Known(answers), login).attempts


def manifests(found: tuple[HostRequests, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The hosts, and the manifests of the repository that each was asked for, by tag or digest."""
    return [(each.host, tuple(name.removeprefix("rhuss/app")[1:] for name in each.manifests)) for each in found]


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (IMAGE, 1),
        (FetchedBlob(CONFIG), 1),
        (NO_TAG, 1),
        (NO_BLOB, 1),
        (OF_QUAY, 1),
        (OF_DOCKER, 2),
        (TOO_MANY, 5),
        (ErrorResponse(step="blob", status=429), 5),
        (ErrorResponse(step="token", status=429), 1),
        (ErrorResponse(step="ping", status=429), 1),
        (ErrorResponse(step="token", status=401, scope_error="insufficient_scope"), 1),
        (ErrorResponse(step="manifest", status=401, scope_error="invalid_token"), 1),
        (FAILED, 1),
    ],
)
def test_some_answers_end_several_requests(answer: Answer, count: int) -> None:
    assert request_count(answer) == count


@pytest.mark.parametrize(
    ("release", "docker", "quay"),
    [("1.31.13", 1, 1), ("1.33.2", 1, 1), ("1.33.13", 2, 2), ("1.34.11", 2, 2), ("1.35.0", 2, 2), ("1.36.3", 2, 2)],
)
def test_a_host_that_fails_is_asked_twice_from_1_33_4_on(release: str, docker: int, quay: int) -> None:
    found = attempts(release, {"docker.io": FOREIGN, "quay.io": OF_QUAY})
    assert manifests(found) == [("docker.io", LATEST * docker), ("quay.io", LATEST * quay)]


@pytest.mark.parametrize(
    ("release", "answer", "count"),
    [
        ("1.31.13", OF_DOCKER, 2),
        ("1.33.13", OF_DOCKER, 4),
        ("1.36.3", OF_DOCKER, 4),
        ("1.31.13", TOO_MANY, 5),
        ("1.36.3", TOO_MANY, 10),
    ],
)
def test_repetitions_are_counted(release: str, answer: Answer, count: int) -> None:
    found = attempts(release, {"docker.io": answer, "quay.io": IMAGE})
    assert manifests(found) == [("docker.io", LATEST * count), ("quay.io", LATEST)]


@pytest.mark.parametrize(
    ("release", "asked"),
    [
        ("1.31.13", ["latest", IMAGE_DIGEST]),
        ("1.33.13", ["latest", IMAGE_DIGEST] * 2),
        ("1.36.3", ["latest", IMAGE_DIGEST, "latest", "latest", IMAGE_DIGEST]),
    ],
)
def test_an_index_whose_image_is_lost_costs_what_live_releases_ask(release: str, asked: list[str]) -> None:
    found = attempts(release, {"docker.io": INDEX, f"docker.io {IMAGE_DIGEST}": NO_TAG, "quay.io": IMAGE})
    assert manifests(found) == [("docker.io", tuple(asked)), ("quay.io", LATEST)]


def test_blobs_are_no_manifests_but_belong_to_the_attempt() -> None:
    found = attempts("1.36.3", {"docker.io": IMAGE, f"docker.io {CONFIG}": NO_BLOB, "quay.io": IMAGE})
    assert manifests(found) == [("docker.io", LATEST * 2), ("quay.io", LATEST)]
    config, layer = f"rhuss/app@{CONFIG}", f"rhuss/app@{LAYER}"
    assert [each.blobs for each in found] == [{config}, {config, layer}]


@pytest.mark.parametrize(
    "answer",
    [
        refuses_connections("registry-1.docker.io"),
        NoResponse(step="ping", url="", words="x509: no", reason=Reason.UNTRUSTED_CERTIFICATE),
        NoResponse(step="ping", url="", words="http: no", reason=Reason.PLAIN_HTTP),
    ],
)
@pytest.mark.parametrize("release", ["1.31.13", "1.33.13", "1.36.3"])
def test_a_host_that_sees_nothing_is_left_out(answer: Answer, release: str) -> None:
    assert manifests(attempts(release, {"docker.io": answer, "quay.io": IMAGE})) == [("quay.io", LATEST)]
    assert attempts(release, {"docker.io": answer}, "docker.io/rhuss/app") == ()


@pytest.mark.parametrize("release", ["1.31.13", "1.34.11", "1.36.3"])
@pytest.mark.parametrize(("host", "seen"), [("nowhere.example", "nowhere.example"), ("n.example:5000", "n.example")])
def test_an_unknown_host_is_seen_by_the_name_server_without_its_port(release: str, host: str, seen: str) -> None:
    denied = NoResponse(step="lookup", url="", words="no such host", reason=Reason.UNKNOWN_HOST)
    found = attempts(release, {host: unknown(seen), f"{seen} lookup": denied}, f"{host}/app")
    assert found == (HostRequests(seen),)


def test_hosts_that_share_their_turns_are_told_apart() -> None:
    mirror = Mirror("mirror.example.com")
    registries = Registries(registries=(Registry(prefix="docker.io", location="docker.io", mirrors=(mirror,)),))
    answers: dict[str, Answer] = {"mirror.example.com": NO_TAG, "docker.io": NO_TAG}
    found = predict(puller("1.36.3", registries), "docker.io/rhuss/app", Known(answers)).attempts
    assert [each.host for each in found] == ["mirror.example.com", "docker.io"] * 2
    assert {asked for _, asked in manifests(found)} == {LATEST}


@pytest.mark.parametrize(
    ("login", "users"), [(None, ()), (Login("robot", "secret"), ("robot",)), (Login("", "secret"), ())]
)
def test_whose_login_a_host_is_shown(login: Login | None, users: tuple[str, ...]) -> None:
    found = attempts("1.36.3", {"docker.io": NO_TAG, "quay.io": IMAGE}, login=login)
    assert [each.users for each in found] == [users, users]


def test_a_login_without_a_user_is_nobody_s() -> None:
    rules = puller(credentials=lambda _host, _repository: Login("", "secret"))
    assert [each.users for each in predict(rules, "docker.io/rhuss/app", Known({"docker.io": IMAGE})).attempts] == [()]


def test_a_refusal_before_the_manifest_is_no_request_for_one() -> None:
    refused = ErrorResponse(step="token", status=401, code="UNAUTHORIZED")
    found = attempts("1.36.3", {"docker.io": refused}, "docker.io/rhuss/app", Login("robot", "secret"))
    assert found == (HostRequests("docker.io", users=("robot",), scopes=(SCOPE, SCOPE)),)


@pytest.mark.parametrize(
    ("release", "answer", "scopes"),
    [
        ("1.31.13", NO_TAG, (SCOPE,)),
        ("1.31.13", OF_DOCKER, (SCOPE, f"{SCOPE} {SCOPE}")),
        ("1.36.3", OF_DOCKER, (SCOPE, f"{SCOPE} {SCOPE}") * 2),
        ("1.36.3", TOO_MANY, (SCOPE, SCOPE)),
        ("1.36.3", ErrorResponse(step="ping", status=503), ()),
        ("1.36.3", FOREIGN, (SCOPE, SCOPE)),
        ("1.36.3", IMAGE, (SCOPE,)),
    ],
)
def test_every_session_takes_a_token_for_its_repository(release: str, answer: Answer, scopes: tuple[str, ...]) -> None:
    (found,) = attempts(release, {"docker.io": answer}, "docker.io/rhuss/app")
    assert found.scopes == scopes


def test_a_host_that_wants_no_token_is_asked_for_none() -> None:
    steps = puller().pull("quay.io/rhuss/app")
    (found,) = answer_steps(steps, Known({"quay.io": IMAGE}), lambda _host: False).attempts
    assert (found.manifests, found.scopes) == (("rhuss/app:latest",), ())


def test_nothing_is_asked_where_the_name_is_refused() -> None:
    prediction = predict(puller(short_name_mode="enforcing"), "rhuss/app", Known({}))
    assert (prediction.asked, prediction.attempts) == ((), ())
    assert prediction.outcome.error == "short name mode is enforcing, but image name rhuss/app returns ambiguous list"


def test_every_question_is_kept_with_its_answer() -> None:
    known = Known({"docker.io": NO_TAG, "quay.io": IMAGE})
    prediction = answer_steps(puller("1.31.13").pull("rhuss/app"), known)
    assert [ask for ask, _ in prediction.asked] == known.asked
    told = [(ask.host, answer) for ask, answer in prediction.asked if not ask.lookup and not ask.blob]
    assert told == [("docker.io", NO_TAG), ("quay.io", IMAGE)]
    assert [ask.host for ask, _ in prediction.asked if ask.lookup] == ["docker.io", "quay.io"]
