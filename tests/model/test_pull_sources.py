"""Where an image is asked for, as whom, and what is said of places that fail; texts as live releases word them."""

from functools import partial

import pytest

from conformance.model.answers import (
    Answer,
    ErrorResponse,
    FetchedBlob,
    HostAddress,
    Login,
    NoResponse,
    RegistryRequest,
)
from conformance.model.auth import AuthFile, credentials
from conformance.model.pull_sources import OpenedManifest, PullError, PullOptions, PullSources
from conformance.model.reason import Reason
from conformance.model.reference import parse_normalized
from conformance.model.registries import Mirror, Registries, Registry
from tests.model.known_answers import (
    CONFIG,
    IMAGE,
    NO_TAG,
    OF_DOCKER,
    OF_QUAY,
    Known,
    refuses_connections,
    settings,
    unknown,
    went,
)

APP = parse_normalized("docker.io/rhuss/app:latest")
MIRRORS = (Mirror("mirror1.example.com"), Mirror("mirror2.example.com/far"))
NAME_UNKNOWN = ErrorResponse(
    step="manifest", status=404, code="NAME_UNKNOWN", message="repository name not known to registry"
)


def mirrored(*mirrors: Mirror, insecure: bool = False) -> Registries:
    return Registries(
        registries=(Registry(prefix="docker.io", location="docker.io", mirrors=mirrors, insecure=insecure),)
    )


def opened(registries: Registries, known: Known, release: str = "1.36.3", **more: object) -> OpenedManifest | PullError:
    places = PullSources(settings(release, registries))
    options = PullOptions(**more)  # type: ignore[arg-type]
    return went(places.open(APP, options), known)


# Mirrors


def test_a_mirror_that_has_it_is_the_only_place_that_is_asked() -> None:
    known = Known({"mirror1.example.com": IMAGE})
    got = opened(mirrored(*MIRRORS), known)
    assert isinstance(got, OpenedManifest)
    assert (got.manifest, str(got.source.reference)) == (IMAGE, "mirror1.example.com/rhuss/app:latest")
    assert known.asked == [RegistryRequest("mirror1.example.com", "rhuss/app", "latest", opens=True)]


def test_mirrors_come_in_order_and_the_registry_last_each_as_a_new_conversation() -> None:
    known = Known({"mirror1.example.com": NO_TAG, "mirror2.example.com": NAME_UNKNOWN, "docker.io": IMAGE})
    got = opened(mirrored(*MIRRORS), known)
    assert isinstance(got, OpenedManifest)
    assert str(got.source.reference) == "docker.io/rhuss/app:latest"
    assert [(ask.host, ask.repository, ask.opens) for ask in known.asked] == [
        ("mirror1.example.com", "rhuss/app", True),
        ("mirror2.example.com", "far/rhuss/app", True),
        ("docker.io", "rhuss/app", True),
    ]


def test_all_places_are_in_the_error_the_registry_last() -> None:
    mirrors = Mirror("mirror1.example.com"), Mirror("mirror2.example.com")
    known = Known({"mirror1.example.com": NO_TAG, "mirror2.example.com": NAME_UNKNOWN, "docker.io": OF_DOCKER})
    assert opened(mirrored(*mirrors), known) == PullError(
        "(Mirrors also failed:"
        " [mirror1.example.com/rhuss/app:latest: reading manifest latest in mirror1.example.com/rhuss/app:"
        " manifest unknown]\n"
        "[mirror2.example.com/rhuss/app:latest: reading manifest latest in mirror2.example.com/rhuss/app: name unknown]"
        "): docker.io/rhuss/app:latest: reading manifest latest in docker.io/rhuss/app:"
        " requested access to the resource is denied",
        Reason.DENIED,
    )


def test_what_mirrors_lack_for_lack_of_a_network_is_told_in_go_s_words() -> None:
    mirrors = Mirror("mirror1.example.com"), Mirror("mirror2.example.com")
    known = Known(
        {
            "mirror1.example.com": refuses_connections("mirror1.example.com"),
            "mirror2.example.com": unknown("mirror2.example.com"),
            "docker.io": OF_DOCKER,
        }
    )
    got = opened(mirrored(*mirrors), known)
    assert isinstance(got, PullError)
    assert got.text.startswith(
        "(Mirrors also failed: [mirror1.example.com/rhuss/app:latest: pinging container registry mirror1.example.com:"
        ' Get "https://mirror1.example.com/v2/": dial tcp 127.0.0.2:443: connect: connection refused]\n'
        "[mirror2.example.com/rhuss/app:latest: pinging container registry mirror2.example.com:"
        ' Get "https://mirror2.example.com/v2/": dial tcp: lookup mirror2.example.com on 127.0.0.1:53: no such host]'
    )
    assert (got.reason, got.network, got.refused) == (Reason.DENIED, False, False)


@pytest.mark.parametrize(
    ("of_mirror", "of_registry", "network", "refused"),
    [
        (NO_TAG, refuses_connections("registry-1.docker.io"), True, True),
        (NO_TAG, unknown("registry-1.docker.io"), True, False),
        (refuses_connections("mirror1.example.com"), NO_TAG, False, False),
    ],
)
def test_the_registry_s_own_trouble_says_what_kind_of_error_it_is(
    of_mirror: Answer, of_registry: Answer, network: bool, refused: bool
) -> None:
    got = opened(mirrored(MIRRORS[0]), Known({"mirror1.example.com": of_mirror, "docker.io": of_registry}))
    assert isinstance(got, PullError)
    assert (got.network, got.refused) == (network, refused)


def test_a_place_without_mirrors_is_not_named_again() -> None:
    got = opened(Registries(), Known({"docker.io": NO_TAG}))
    assert got == PullError("reading manifest latest in docker.io/rhuss/app: manifest unknown", Reason.NOT_FOUND)


def test_the_error_names_the_place_that_was_asked_not_the_one_that_was_meant() -> None:
    moved = Registries(registries=(Registry(prefix="docker.io/rhuss", location="quay.io/team"),))
    got = opened(moved, Known({"quay.io": OF_QUAY}))
    said = "unauthorized: access to the requested resource is not authorized"
    assert got == PullError(f"reading manifest latest in quay.io/team/app: {said}", Reason.UNAUTHORIZED)


def test_a_location_that_makes_no_name_is_asked_nothing() -> None:
    known = Known({})
    got = opened(Registries(registries=(Registry(prefix="docker.io", location="Mirror.lan/Up"),)), known)
    assert isinstance(got, PullError)
    assert got.text == "rewriting reference: invalid reference format: repository name must be lowercase"
    assert known.asked == []


def test_what_is_logged_names_every_place_and_its_trouble() -> None:
    said: list[tuple[str, str]] = []
    places = PullSources(settings(registries=mirrored(MIRRORS[0])), lambda level, text: said.append((level, text)))
    went(places.open(APP, PullOptions()), Known({"mirror1.example.com": NO_TAG, "docker.io": IMAGE}))
    assert said == [
        ("info", 'Trying to access "mirror1.example.com/rhuss/app:latest"'),
        (
            "debug",
            (
                'Accessing "mirror1.example.com/rhuss/app:latest" failed:'
                " reading manifest latest in mirror1.example.com/rhuss/app: manifest unknown"
            ),
        ),
        ("info", 'Trying to access "docker.io/rhuss/app:latest"'),
    ]


# Blocked

PATHS = "/etc/containers/registries.conf", "/root/.config/containers/registries.conf.d"
BLOCKED = " is blocked in /etc/containers/registries.conf or /root/.config/containers/registries.conf.d"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([Registry(prefix="docker.io/rhuss", location="docker.io/rhuss", blocked=True)], "docker.io/rhuss"),
        ([Registry(prefix="docker.io", location="docker.io", blocked=True)], "docker.io"),
        (
            [
                Registry(prefix="docker.io", location="quay.io/dropped"),
                Registry(prefix="quay.io/dropped", location="quay.io/dropped", blocked=True),
            ],
            "quay.io/dropped",
        ),
    ],
)
def test_a_place_is_blocked_by_the_name_that_it_has_there(entries: list[Registry], said: str) -> None:
    known = Known({})
    got = opened(Registries(registries=tuple(entries), paths=PATHS), known)
    assert got == PullError(f"registry {said}{BLOCKED}", Reason.BLOCKED)
    assert known.asked == []


def test_a_blocked_prefix_that_lies_elsewhere_is_asked_there() -> None:
    moved = Registry(prefix="docker.io/rhuss", location="quay.io/team", blocked=True)
    known = Known({"quay.io": IMAGE})
    assert isinstance(opened(Registries(registries=(moved,)), known), OpenedManifest)


def test_a_blocked_mirror_is_passed_over_and_told() -> None:
    entries = (
        Registry(prefix="docker.io/rhuss", location="docker.io/rhuss", mirrors=(Mirror("quay.io/m"),)),
        Registry(prefix="quay.io/m", location="quay.io/m", blocked=True),
    )
    known = Known({"docker.io": NO_TAG})
    got = opened(Registries(registries=entries, paths=PATHS), known)
    assert isinstance(got, PullError)
    assert got.text == (
        f"(Mirrors also failed: [quay.io/m/app:latest: registry quay.io/m{BLOCKED}]): docker.io/rhuss/app:latest:"
        " reading manifest latest in docker.io/rhuss/app: manifest unknown"
    )
    assert known.questions == ["docker.io latest"]


# Authentication files

EMPTY = AuthFile("/root/.docker/config.json", b"")
NO_JSON = (
    'getting username and password: reading JSON file "/root/.docker/config.json": '
    'unmarshaling JSON at "/root/.docker/config.json": unexpected end of JSON input'
)


@pytest.mark.parametrize("blocked", [False, True])
def test_a_file_that_cannot_be_read_is_told_before_all(blocked: bool) -> None:
    registries = Registries(registries=(Registry(prefix="docker.io", location="docker.io", blocked=blocked),))
    known = Known({})
    rules = PullSources(settings(registries=registries, credentials=partial(credentials, [EMPTY])))
    got = went(rules.open(APP, PullOptions()), known)
    assert got == PullError(NO_JSON, Reason.UNREADABLE_LOGINS)
    assert known.asked == []


def test_a_mirror_needs_a_file_where_the_registry_has_the_requests_login() -> None:
    known = Known({"docker.io": IMAGE})
    rules = PullSources(settings(registries=mirrored(Mirror("quay.io/m")), credentials=partial(credentials, [EMPTY])))
    got = went(rules.open(APP, PullOptions(Login("robot", "secret"))), known)
    assert isinstance(got, OpenedManifest)
    assert known.questions == ["docker.io latest"]


# Without TLS


@pytest.mark.parametrize(
    ("of_mirror", "of_entry", "of_candidate", "asked"),
    [
        (False, False, False, [False, False]),
        (True, False, False, [True, False]),
        (False, True, False, [False, True]),
        (False, False, True, [True, True]),
    ],
)
def test_a_place_is_insecure_for_its_own_sake_or_the_candidate_s(
    of_mirror: bool, of_entry: bool, of_candidate: bool, asked: list[bool]
) -> None:
    registries = mirrored(Mirror("mirror1.example.com", insecure=of_mirror), insecure=of_entry)
    known = Known({"mirror1.example.com": NO_TAG, "docker.io": IMAGE})
    opened(registries, known, insecure=of_candidate)
    assert [each.insecure for each in known.asked] == asked


@pytest.mark.parametrize(
    ("release", "answer", "insecure", "lookups"),
    [
        ("1.31.13", HostAddress(loopback=True), True, 1),
        ("1.34.11", HostAddress(loopback=True), True, 1),
        ("1.34.11", HostAddress(loopback=False), False, 1),
        ("1.34.11", NoResponse(step="lookup", url="", words="no", reason=Reason.UNKNOWN_HOST), False, 1),
        ("1.35.0", HostAddress(loopback=True), False, 0),
        ("1.36.3", HostAddress(loopback=True), False, 0),
    ],
)
def test_up_to_1_34_a_host_of_this_machine_needs_no_tls(
    release: str, answer: Answer, insecure: bool, lookups: int
) -> None:
    known = Known({"example.com lookup": answer})
    places = PullSources(settings(release))
    assert went(places.insecure(parse_normalized("example.com:5000/app")), known) is insecure
    assert known.asked == [RegistryRequest("example.com", "", "", lookup=True)] * lookups


# Logins

SHOWN, SAVED = Login("robot", "secret"), Login("saved", "other")


@pytest.mark.parametrize(
    ("place", "given", "shown"),
    [
        ("docker.io/rhuss/app", SHOWN, SHOWN),
        ("docker.io/other", SHOWN, SHOWN),
        ("mirror1.example.com/rhuss/app", SHOWN, None),
        ("quay.io/rhuss/app", SHOWN, SAVED),
        ("quay.io/rhuss/app", None, SAVED),
        ("docker.io/rhuss/app", None, None),
        ("quay.io/rhuss/app", Login("", "secret"), SAVED),
        ("docker.io/rhuss/app", Login("", "secret"), None),
    ],
)
def test_a_request_s_login_is_shown_to_its_host_alone_and_files_fill_in(
    place: str, given: Login | None, shown: Login | None
) -> None:
    saved = {("quay.io", "rhuss/app"): SAVED}
    places = PullSources(settings(credentials=lambda host, repository: saved.get((host, repository))))
    assert places.login(APP, parse_normalized(place), given) == shown


# What is no answer


def test_something_else_than_a_manifest_is_trouble() -> None:
    got = opened(Registries(), Known({"docker.io": FetchedBlob(CONFIG)}))
    assert got == PullError("the registry's answer is no manifest", Reason.BROKEN)


def test_a_blob_is_asked_for_where_the_manifest_was() -> None:
    known = Known({"mirror2.example.com": IMAGE, "mirror1.example.com": NO_TAG})
    places = PullSources(settings(registries=mirrored(*MIRRORS)))
    got = went(places.open(APP, PullOptions()), known)
    assert isinstance(got, OpenedManifest)
    assert went(places.blob(APP, got.source, CONFIG, PullOptions()), known) == FetchedBlob(CONFIG)
    assert known.asked[-1] == RegistryRequest("mirror2.example.com", "far/rhuss/app", CONFIG, blob=True)
