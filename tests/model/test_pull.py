"""What a pull asks for and how it ends, release by release; texts as live releases word them."""

import pytest

from conformance.cri import error_parser
from conformance.model.answers import Answer, ErrorResponse, HostAddress, Login, Manifest, NoResponse
from conformance.model.prediction import answer_steps
from conformance.model.puller import Puller
from conformance.model.reason import Reason
from conformance.model.release import Release
from tests.model.known_answers import (
    FOREIGN,
    ID,
    IMAGE,
    IMAGE_DIGEST,
    INDEX,
    LAYER,
    NO_BLOB,
    NO_TAG,
    OF_QUAY,
    Known,
    puller,
    refuses_connections,
    settings,
    went,
)
from tests.model.pull_errors import BY_DIGEST, CASES, NAME, NEW, OLD, Case

RELEASES = ("1.31.13", "1.32.13", "1.33.2", "1.33.13", "1.34.11", "1.35.0", "1.35.1", "1.36.3")
COUNTED = ("1.31.13", "1.33.13", "1.36.3")
UNWORDED = "no token for so many"
READ = {name: case for name, case in CASES.items() if name != UNWORDED}
AMBIGUOUS = "short name mode is enforcing, but image name rhuss/app returns ambiguous list"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_failure_is_told_as_the_release_tells_it(case: Case, release: str) -> None:
    outcome = went(puller(release).pull(case.name), Known(case.answers))
    assert outcome.error == case.told(release)
    assert (outcome.image, outcome.image_ref, outcome.reasons) == (None, "", {"docker.io": case.reason})


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_who_reads_the_error_finds_the_reason_that_the_model_had(case: Case, release: str) -> None:
    error = went(puller(release).pull(case.name), Known(case.answers)).error
    assert error_parser.reason_in(error) == case.reason
    named = any(words in error for words in ("docker://", "reading manifest", "pinging container registry"))
    assert error_parser.reasons_by_registry(error) == ({"docker.io": case.reason} if named else {})
    assert (error_parser.cri_code(error) == "RegistryUnavailable") is ("connection refused" in error)


UNREAD = {
    "token service that is broken, 1.31": ("1.31.13", ErrorResponse(step="token", status=500), Reason.BROKEN),
    UNWORDED: ("1.36.3", ErrorResponse(step="token", status=429), Reason.TOO_MANY_REQUESTS),
    "403 without JSON": ("1.36.3", ErrorResponse(step="manifest", status=403, body="<html>"), Reason.DENIED),
    "denied in other words": (
        "1.36.3",
        ErrorResponse(step="manifest", status=403, code="DENIED", message="Your authorization token has expired."),
        Reason.DENIED,
    ),
    "no route": (
        "1.36.3",
        NoResponse(step="ping", url="https://registry-1.docker.io/v2/", words="dial tcp 1.2.3.4:443: no route to host"),
        Reason.UNREACHABLE,
    ),
    "no such cipher": (
        "1.36.3",
        NoResponse(step="ping", url="https://registry-1.docker.io/v2/", words="remote error: tls: handshake failure"),
        Reason.UNREACHABLE,
    ),
}


@pytest.mark.parametrize(("release", "answer", "reason"), UNREAD.values(), ids=UNREAD)
def test_the_reader_knows_the_model_s_words(release: str, answer: Answer, reason: Reason) -> None:
    outcome = went(puller(release).pull(NAME), Known({"docker.io": answer}))
    assert outcome.reasons == {"docker.io": reason}
    assert error_parser.reasons_by_registry(outcome.error) == outcome.reasons


@pytest.mark.parametrize("release", COUNTED)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_failure_costs_as_many_manifests_as_the_release_asks_for(case: Case, release: str) -> None:
    known = Known(case.answers)
    went(puller(release).pull(case.name), known)
    assert len([ask for ask in known.asked if not ask.blob and not ask.lookup]) == case.counts[COUNTED.index(release)]


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ("1.31.13", "invalid status code from registry 403 (Forbidden)"),
        ("1.32.13", "invalid status code from registry 403 (Forbidden)"),
        ("1.34.11", "received unexpected HTTP status: 403 Forbidden"),
        ("1.36.3", "received unexpected HTTP status: 403 Forbidden"),
    ],
)
def test_a_token_service_that_refuses_is_worded_anew_from_1_33_on(release: str, said: str) -> None:
    answer = ErrorResponse(
        step="token", status=403, code="DENIED", message="requested access to the resource is denied"
    )
    error = went(puller(release).pull("ghcr.io/rhuss/none"), Known({"ghcr.io": answer})).error
    first = f"initializing source docker://ghcr.io/rhuss/none:latest: Requesting bearer token: {said}"
    assert error.removeprefix("unable to pull image or OCI artifact: pull image err: ").startswith(first)
    assert error_parser.reasons_by_registry(error) == {"ghcr.io": Reason.DENIED}


# Several candidates

QUAY = "unauthorized: access to the requested resource is not authorized"
QUAY_IMAGE = (
    f"initializing source docker://quay.io/rhuss/app:latest: reading manifest latest in quay.io/rhuss/app: {QUAY}"
)
QUAY_ARTIFACT = f"reading manifest latest in quay.io/rhuss/app: {QUAY}"
EITHER = "unable to pull image or OCI artifact: pull image err: "


@pytest.mark.parametrize(
    ("release", "error", "asked"),
    [
        ("1.31.13", QUAY_IMAGE, ["docker.io latest", "quay.io latest"]),
        (
            "1.33.2",
            f"unable to try pulling possible OCI artifact: {OLD}{QUAY_ARTIFACT}",
            ["docker.io latest", "quay.io latest"],
        ),
        (
            "1.33.13",
            f"{EITHER}{QUAY_IMAGE}; artifact err: {OLD}{QUAY_ARTIFACT}",
            ["docker.io latest"] * 2 + ["quay.io latest"] * 2,
        ),
        (
            "1.35.0",
            f"{EITHER}{QUAY_IMAGE}; artifact err: pull artifact: {QUAY_IMAGE}",
            ["docker.io latest"] * 2 + ["quay.io latest"] * 2,
        ),
        (
            "1.36.3",
            f"{EITHER}{QUAY_IMAGE}; artifact err: {NEW}{QUAY_ARTIFACT}",
            ["docker.io latest"] * 2 + ["quay.io latest"] * 2,
        ),
    ],
)
def test_the_last_candidate_s_error_is_the_only_one_that_is_told(release: str, error: str, asked: list[str]) -> None:
    known = Known({"docker.io": FOREIGN, "quay.io": OF_QUAY})
    outcome = went(puller(release).pull("rhuss/app"), known)
    assert outcome.error == error
    assert known.questions == asked
    assert outcome.reasons == {"docker.io": Reason.NO_MATCHING_PLATFORM, "quay.io": Reason.UNAUTHORIZED}


def test_the_code_for_a_refused_connection_is_the_last_candidate_s_too() -> None:
    down = refuses_connections("registry-1.docker.io")
    assert not error_parser.cri_code(
        went(puller().pull("rhuss/app"), Known({"docker.io": down, "quay.io": NO_TAG})).error
    )
    error = went(puller().pull("rhuss/app"), Known({"docker.io": NO_TAG, "quay.io": down})).error
    assert error.startswith("RegistryUnavailable: unable to pull image: initializing source docker://quay.io/rhuss/app")


@pytest.mark.parametrize("release", RELEASES)
def test_the_first_candidate_that_has_it_ends_the_pull(release: str) -> None:
    known = Known({"docker.io": IMAGE})
    outcome = went(puller(release).pull("rhuss/app"), known)
    assert outcome.image is not None
    assert {each.host for each in known.asked} == {"docker.io"}
    assert (outcome.error, outcome.errors, outcome.reasons) == ("", (), {})


def test_one_that_failed_before_is_remembered_when_another_serves() -> None:
    outcome = went(puller().pull("rhuss/app"), Known({"docker.io": NO_TAG, "quay.io": IMAGE}))
    assert outcome.reasons == {"docker.io": Reason.NOT_FOUND}
    assert outcome.image is not None
    assert str(outcome.image.reference) == "quay.io/rhuss/app:latest"


@pytest.mark.parametrize("login", [None, Login("robot", "secret")])
def test_every_candidate_is_shown_the_request_s_login(login: Login | None) -> None:
    known = Known({"docker.io": NO_TAG, "quay.io": IMAGE})
    went(puller().pull("rhuss/app", login), known)
    assert [ask.login for ask in known.asked] == [login] * 5


# What comes


@pytest.mark.parametrize("manifest", [IMAGE, INDEX])
@pytest.mark.parametrize("release", RELEASES)
def test_what_is_answered_names_the_image_until_1_35_2_and_is_the_id_then(release: str, manifest: Manifest) -> None:
    known = Known({"quay.io": manifest, f"quay.io {IMAGE_DIGEST}": IMAGE})
    outcome = went(puller(release).pull("quay.io/rhuss/app:1"), known)
    is_id = Release(release) >= Release("1.35.2")
    assert outcome.image_ref == (ID if is_id else f"quay.io/rhuss/app@{IMAGE_DIGEST}")
    assert outcome.image is not None
    assert (outcome.image.manifest, outcome.image.top, outcome.image.id) == (IMAGE, manifest, ID)


@pytest.mark.parametrize(
    ("release", "manifest", "asked"),
    [
        ("1.31.13", IMAGE, ["latest", "62cb3d", "371a64"]),
        ("1.33.2", IMAGE, ["latest", "latest", "62cb3d", "371a64"]),
        ("1.33.13", IMAGE, ["latest", "62cb3d", "371a64"]),
        ("1.36.3", IMAGE, ["latest", "62cb3d", "371a64"]),
        ("1.31.13", INDEX, ["latest", "34146d", "62cb3d", "371a64"]),
        ("1.33.2", INDEX, ["latest", "34146d", "latest", "34146d", "62cb3d", "371a64"]),
        ("1.36.3", INDEX, ["latest", "34146d", "62cb3d", "371a64"]),
    ],
)
def test_manifest_config_and_layers_are_asked_for_in_order(release: str, manifest: Manifest, asked: list[str]) -> None:
    known = Known({"docker.io": manifest, f"docker.io {IMAGE_DIGEST}": IMAGE})
    went(puller(release).pull(NAME), known)
    assert known.questions == [f"docker.io {each}" for each in asked]
    opened = [ask.reference for ask in known.asked if ask.opens]
    assert opened[-1] == "latest", "what follows belongs to the conversation that the manifest opened"


def test_a_layer_is_fetched_once_and_not_at_all_where_it_is_stored() -> None:
    twice = Manifest(IMAGE_DIGEST, IMAGE.media_type, config=IMAGE.config, layers=(LAYER, LAYER))
    known = Known({"docker.io": twice})
    went(puller().pull(NAME), known)
    assert known.questions == ["docker.io latest", "docker.io 62cb3d", "docker.io 371a64"]
    known = Known({"docker.io": twice})
    went(Puller(settings(), layers={LAYER}).pull(NAME), known)
    assert known.questions == ["docker.io latest", "docker.io 62cb3d"]


def test_all_layers_are_fetched_whatever_becomes_of_one_and_those_below_it_are_kept() -> None:
    others = [f"sha256:{digit * 64}" for digit in "123"]
    four = Manifest(IMAGE_DIGEST, IMAGE.media_type, config=IMAGE.config, layers=(others[0], LAYER, *others[1:]))
    known = Known({"docker.io": four, f"docker.io {LAYER}": NO_BLOB, f"docker.io {others[1]}": NO_BLOB})
    kept: set[str] = set()
    outcome = went(Puller(settings("1.31.13"), layers=kept).pull(f"docker.io/{NAME}"), known)
    asked = ("latest", "62cb3d", "111111", "371a64", "222222", "333333")
    assert known.questions == [f"docker.io {each}" for each in asked]
    assert outcome.error == f"reading blob {LAYER}: fetching blob: blob unknown"
    assert kept == {others[0]}


def test_a_digest_is_what_is_asked_for_and_what_the_manifest_must_have() -> None:
    known = Known({"docker.io": IMAGE})
    outcome = went(puller().pull(f"{NAME}:1@{IMAGE_DIGEST}"), known)
    assert known.questions[0] == "docker.io 34146d"
    assert outcome.image is not None
    assert str(outcome.image.reference) == BY_DIGEST


# Without an answer, without a question


@pytest.mark.parametrize(("release", "asks"), [("1.33.13", True), ("1.34.11", False), ("1.36.3", False)])
def test_a_name_that_is_refused_asks_nobody(release: str, asks: bool) -> None:
    known = Known({"docker.io": IMAGE})
    outcome = went(puller(release, short_name_mode="").pull("rhuss/app"), known)
    assert bool(known.asked) is asks
    assert outcome.error == ("" if asks else AMBIGUOUS)


@pytest.mark.parametrize(
    ("release", "answer", "insecure"),
    [
        ("1.34.11", HostAddress(loopback=True), {True}),
        ("1.34.11", HostAddress(loopback=False), {False}),
        ("1.36.3", HostAddress(loopback=True), {False}),
    ],
)
def test_a_host_of_this_machine_is_asked_without_tls_up_to_1_34(
    release: str, answer: Answer, insecure: set[bool]
) -> None:
    known = Known({"docker.io": NO_TAG, "docker.io lookup": answer})
    went(puller(release).pull(NAME), known)
    assert {ask.insecure for ask in known.asked if not ask.lookup} == insecure


def test_a_connection_that_is_refused_at_the_second_try_has_the_code_as_well() -> None:
    answers: list[Answer] = [HostAddress(loopback=False), NO_TAG, refuses_connections("registry-1.docker.io")]
    outcome = answer_steps(puller("1.34.11").pull(NAME), lambda _ask: answers.pop(0)).outcome
    assert outcome.error.startswith("RegistryUnavailable: unable to pull image or OCI artifact")


def test_what_is_logged_tells_what_the_error_leaves_out() -> None:
    said: list[tuple[str, str]] = []
    down = NoResponse(step="ping", url="https://quay.io/v2/", words="EOF")
    went(Puller(settings(), lambda *line: said.append(line)).pull("app"), Known({"docker.io": NO_TAG, "quay.io": down}))
    trouble = (
        "initializing source docker://app:latest: reading manifest latest in docker.io/library/app: manifest unknown"
    )
    assert [text for level, text in said if level == "info" and not text.startswith("Trying")] == [
        'Resolving "app" using unqualified-search registries (/etc/containers/registries.conf.d/crio.conf)',
        f"Falling back to pull docker.io/library/app:latest as an OCI artifact: {trouble}",
    ]
    assert [text.partition(": ")[0] for level, text in said if level == "debug" and text.startswith("Error")] == [
        "Error pulling image docker.io/library/app:latest",
        "Error pulling image quay.io/app:latest",
    ]
