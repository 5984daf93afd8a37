import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cri import CRIError, error_parser
from conformance.model.reason import Reason

DIGEST = "sha256:" + "a429" * 16
NAME = "rhuss/caikit-flan-t5-small"
SOURCE = "initializing source docker://"
BOTH = "unable to pull image or OCI artifact: pull image err: "
NO_PLATFORM = 'no image found in image index for architecture "amd64", variant "", OS "linux"'
QUAY_401 = (
    f"initializing source docker://quay.io/{NAME}:latest: reading manifest latest in quay.io/{NAME}: "
    "unauthorized: access to the requested resource is not authorized"
)
DOCKER_401 = (
    f"initializing source docker://{NAME}:latest: reading manifest latest in docker.io/{NAME}: "
    "requested access to the resource is denied"
)
REFUSED = (
    'pinging container registry 127.0.0.1:5001: Get "https://127.0.0.1:5001/v2/": dial tcp: connect: connection refused'
)
PODMAN = f"""2 errors occurred while pulling:
 * choosing an image from manifest list docker://rhuss/caikit:latest: no image found in image index for architecture \
amd64, variant "", OS linux
 * {QUAY_401}
"""
MIRRORS = (
    "initializing source docker://busybox:latest: (Mirrors also failed: [mirror.example.com:5000/hub/busybox:latest: "
    "reading manifest latest in mirror.example.com:5000/hub/busybox: manifest unknown]\n"
    "[second.example.com/busybox:latest: pinging container registry second.example.com: "
    'Get "https://second.example.com/v2/": dial tcp: lookup second.example.com: no such host]): '
    "docker.io/library/busybox:latest: reading manifest latest in docker.io/library/busybox: toomanyrequests: slow down"
)

# What a release says of a failed pull, and what is read off it. The releases are those of the wrapping.
PULLS = {
    "1.31: quay.io unauthorized": (QUAY_401, {"quay.io": Reason.UNAUTHORIZED}),
    "1.31: docker.io denied": (DOCKER_401, {"docker.io": Reason.DENIED}),
    "1.34: quay.io, asked again for an artifact": (
        (
            f"{BOTH}{QUAY_401}; artifact err: get manifest: build image source: reading manifest latest in quay.io/x: "
            "unauthorized: access to the requested resource is not authorized"
        ),
        {"quay.io": Reason.UNAUTHORIZED},
    ),
    "1.36: index without this architecture": (
        (
            f"{BOTH}choosing an image from manifest list docker://foo:latest: {NO_PLATFORM}; artifact err: image "
            f"reference: choose manifest instance: {NO_PLATFORM}"
        ),
        {"docker.io": Reason.NO_MATCHING_PLATFORM},
    ),
    "1.31: manifest list without this architecture": (
        f"choosing an image from manifest list docker://{NAME}:1: no image found in manifest list for architecture",
        {"docker.io": Reason.NO_MATCHING_PLATFORM},
    ),
    "1.36: the artifact's half names another host": (
        f"{BOTH}{DOCKER_401}; artifact err: pull artifact: initializing source docker://quay.io/x:1: manifest unknown",
        {"docker.io": Reason.DENIED},
    ),
    "1.36: connection refused": (
        f"RegistryUnavailable: unable to pull image: initializing source docker://127.0.0.1:5001/foo:latest: {REFUSED}",
        {"127.0.0.1:5001": Reason.UNREACHABLE},
    ),
    "host unknown": (
        (
            f"{SOURCE}nowhere.example/a:1: pinging container registry nowhere.example: Get "
            '"https://nowhere.example/v2/": dial tcp: lookup nowhere.example on 127.0.0.1:53: no such host'
        ),
        {"nowhere.example": Reason.UNKNOWN_HOST},
    ),
    "blocked": (
        (
            f"{SOURCE}quay.io/blocked/a:latest: registry quay.io/blocked is blocked in "
            "/etc/containers/registries.conf or /etc/containers/registries.conf.d"
        ),
        {"quay.io": Reason.BLOCKED},
    ),
    "policy": (
        (
            "SignatureValidationFailed: copying system image from manifest list: Source image rejected: Running image "
            "docker://quay.io/a/b:latest is rejected by policy."
        ),
        {"quay.io": Reason.UNTRUSTED},
    ),
    "429": (
        f"{SOURCE}a/b:1: reading manifest 1 in docker.io/a/b: toomanyrequests: pull rate limit.",
        {"docker.io": Reason.TOO_MANY_REQUESTS},
    ),
    "wrong password": (
        (
            f"{SOURCE}quay.io/a/b:1: unable to retrieve auth token: invalid username/password: "
            "unauthorized: Invalid Username or Password"
        ),
        {"quay.io": Reason.LOGIN_REFUSED},
    ),
    "1.32: ghcr.io refuses a token": (
        f"{SOURCE}ghcr.io/a:1: Requesting bearer token: invalid status code from registry 403 (Forbidden)",
        {"ghcr.io": Reason.DENIED},
    ),
    "1.33: ghcr.io refuses a token": (
        f"{SOURCE}ghcr.io/a:1: Requesting bearer token: received unexpected HTTP status: 403 Forbidden",
        {"ghcr.io": Reason.DENIED},
    ),
    "by digest, whose digits mean nothing": (
        f"{SOURCE}quay.io/a@{DIGEST}: reading manifest {DIGEST} in quay.io/a: manifest unknown",
        {"quay.io": Reason.NOT_FOUND},
    ),
    "a repository that is not known": (
        (
            f"{SOURCE}localhost:5000/a:1: reading manifest 1 in localhost:5000/a: name unknown: "
            "repository name not known to registry"
        ),
        {"localhost:5000": Reason.NOT_FOUND},
    ),
    "not JSON": (
        'initializing source docker://localhost/a:1: reading manifest 1 in localhost/a: StatusCode: 404, "<html>..."',
        {"localhost": Reason.NOT_FOUND},
    ),
    "1.36: a certificate that nobody trusts": (
        (
            f"unable to pull image: {SOURCE}untrusted.example.com:5000/a:1: pinging container registry "
            'untrusted.example.com:5000: Get "https://untrusted.example.com:5000/v2/": tls: failed to verify '
            "certificate: x509: certificate signed by unknown authority"
        ),
        {"untrusted.example.com:5000": Reason.UNTRUSTED_CERTIFICATE},
    ),
    "1.36: HTTP where TLS is expected": (
        (
            f"unable to pull image: {SOURCE}plain.example.com:5000/a:1: pinging container registry "
            'plain.example.com:5000: Get "https://plain.example.com:5000/v2/": http: server gave HTTP response to '
            "HTTPS client"
        ),
        {"plain.example.com:5000": Reason.PLAIN_HTTP},
    ),
    "a child of an index that is another": (
        (
            f"{BOTH}copying system image from manifest list: determining manifest MIME type for docker://a/b:latest: "
            f"Manifest does not match provided manifest digest {DIGEST}; artifact err: get manifest: no"
        ),
        {"docker.io": Reason.BROKEN},
    ),
    "a blob that is missing, of nobody knows which registry": (
        f"{BOTH}reading blob {DIGEST}: fetching blob: blob unknown; artifact err: provided artifact is an image",
        {},
    ),
    "a blocked registry and its mirror": (
        (
            f"{SOURCE}quay.io/a/b:1: (Mirrors also failed: [mirror.example.com/b:1: reading manifest 1 in "
            "mirror.example.com/b: name unknown]): quay.io/a/b:1: registry quay.io/a is blocked in "
            "/etc/containers/registries.conf or /root/.config/containers/registries.conf.d"
        ),
        {"mirror.example.com": Reason.NOT_FOUND, "quay.io": Reason.BLOCKED},
    ),
    "server error": (
        f"{SOURCE}quay.io/a:1: reading manifest 1 in quay.io/a: received unexpected HTTP status: 503 No",
        {"quay.io": Reason.BROKEN},
    ),
    "a manifest that is another": (
        f"{SOURCE}quay.io/a@{DIGEST}: Manifest does not match provided manifest digest {DIGEST}",
        {"quay.io": Reason.BROKEN},
    ),
    "unheard of": (f"{SOURCE}quay.io/a:1: the moon is full", {"quay.io": Reason.UNCLEAR}),
    "names that sound like reasons": (
        (
            f"{SOURCE}unauthorized/signature:429: reading manifest 429 in docker.io/unauthorized/"
            "signature: manifest unknown"
        ),
        {"docker.io": Reason.NOT_FOUND},
    ),
    "a name with eof in it": (f"{SOURCE}geoffrey/a:1: no luck", {"docker.io": Reason.UNCLEAR}),
    "Podman names both": (PODMAN, {"docker.io": Reason.NO_MATCHING_PLATFORM, "quay.io": Reason.UNAUTHORIZED}),
    "mirrors, then what they stand for": (
        MIRRORS,
        {
            "mirror.example.com:5000": Reason.NOT_FOUND,
            "second.example.com": Reason.UNKNOWN_HOST,
            "docker.io": Reason.TOO_MANY_REQUESTS,
        },
    ),
    "no registry": ("short name mode is enforcing, but image name a returns ambiguous list", {}),
}

# The words by which each reason is known, one for each way of saying it.
WORDS = {
    'no image found in image index for architecture "s390x"': Reason.NO_MATCHING_PLATFORM,
    'no image found in manifest list for architecture "s390x"': Reason.NO_MATCHING_PLATFORM,
    'parsing image configuration: unsupported image-specific operation on artifact with type "a/b"': Reason.NO_IMAGE,
    "registry quay.io/a is blocked in /etc/containers/registries.conf": Reason.BLOCKED,
    "Source image rejected: Running image is rejected by policy.": Reason.UNTRUSTED,
    "A signature was required, but no signature exists": Reason.UNTRUSTED,
    "toomanyrequests: slow down": Reason.TOO_MANY_REQUESTS,
    "received unexpected HTTP status: 429 Too Many Requests": Reason.TOO_MANY_REQUESTS,
    "invalid username/password: unauthorized": Reason.LOGIN_REFUSED,
    "unauthorized: incorrect username or password": Reason.LOGIN_REFUSED,
    "errors: denied: requested access to the resource is denied": Reason.DENIED,
    "invalid status code from registry 403 (Forbidden)": Reason.DENIED,
    "unauthorized: access to the requested resource is not authorized": Reason.UNAUTHORIZED,
    "authentication required": Reason.UNAUTHORIZED,
    "manifest unknown": Reason.NOT_FOUND,
    "name unknown: Repository not found": Reason.NOT_FOUND,
    "repository name not known to registry": Reason.NOT_FOUND,
    "fetching blob: blob unknown": Reason.NOT_FOUND,
    "tls: failed to verify certificate: x509: certificate is valid for a, not b": Reason.UNTRUSTED_CERTIFICATE,
    "x509: certificate has expired or is not yet valid": Reason.UNTRUSTED_CERTIFICATE,
    "http: server gave HTTP response to HTTPS client": Reason.PLAIN_HTTP,
    'StatusCode: 404, "404 page not found"': Reason.NOT_FOUND,
    "dial tcp: lookup quay.io: no such host": Reason.UNKNOWN_HOST,
    "connect: connection refused": Reason.UNREACHABLE,
    "dial tcp 192.0.2.1:443: i/o timeout": Reason.UNREACHABLE,
    "read: connection reset by peer": Reason.UNREACHABLE,
    'Get "https://quay.io/v2/": EOF': Reason.UNREACHABLE,
    "connect: network is unreachable": Reason.UNREACHABLE,
    'StatusCode: 500, "oops"': Reason.BROKEN,
    "received unexpected HTTP status: 502 Bad Gateway": Reason.BROKEN,
    "Manifest does not match provided manifest digest": Reason.BROKEN,
    "happened during read: Digest did not match, expected sha256:1, got sha256:2": Reason.BROKEN,
    "invalid character '<' looking for beginning of value": Reason.BROKEN,
    "": Reason.UNCLEAR,
    "authorised, manifests known": Reason.UNCLEAR,
    "geoffrey was here, for 4290 ms": Reason.UNCLEAR,
}


@pytest.mark.parametrize(("text", "expected"), PULLS.values(), ids=PULLS)
def test_each_host_that_an_error_names_has_its_reason(text: str, expected: dict[str, Reason]) -> None:
    assert list(error_parser.reasons_by_registry(text).items()) == list(expected.items())


@pytest.mark.parametrize(("text", "expected"), WORDS.items())
def test_a_reason_is_known_by_its_words(text: str, expected: Reason) -> None:
    assert error_parser.reason_in(text) is expected


def test_every_reason_is_in_the_tables() -> None:
    assert set(WORDS.values()) == set(Reason)
    told = {reason for _, found in PULLS.values() for reason in found.values()}
    assert told == set(Reason) - {Reason.NO_IMAGE}, "the error about an artifact names no registry"


@given(st.text() | st.lists(st.sampled_from([*MIRRORS.split(" "), "docker://", "a.b:1/", "@", "\n"])).map(" ".join))
def test_any_text_can_be_read_and_only_hosts_in_it_are_named(text: str) -> None:
    assert all(host == "docker.io" or host in text for host in error_parser.reasons_by_registry(text))
    assert all(name in text for name in error_parser.image_names(text))


HOSTS = {
    "busybox": "docker.io",
    "a/b": "docker.io",
    "library/busybox": "docker.io",
    "docker.io/a/b": "docker.io",
    "quay.io/a/b": "quay.io",
    "localhost/a": "localhost",
    "localhost:5000/a": "localhost:5000",
    "127.0.0.1:5001/a/b": "127.0.0.1:5001",
    "registry:5000/a": "registry:5000",
    "quay.io": "docker.io",
}


@pytest.mark.parametrize(("name", "host"), HOSTS.items())
def test_a_name_s_host_is_what_containers_image_takes_for_one(name: str, host: str) -> None:
    assert error_parser.host_of(name) == host


IMAGES = {
    QUAY_401: (f"quay.io/{NAME}:latest",),
    f"{BOTH}{DOCKER_401}; artifact err: initializing source docker://other:1: no": (f"{NAME}:latest",),
    f"{SOURCE}127.0.0.1:5001/a@{DIGEST}: {REFUSED}": (f"127.0.0.1:5001/a@{DIGEST}",),
    PODMAN: ("rhuss/caikit:latest", f"quay.io/{NAME}:latest"),
    f"{QUAY_401}, and again {QUAY_401}": (f"quay.io/{NAME}:latest",),
    "manifest unknown": (),
}


@pytest.mark.parametrize(("text", "names"), IMAGES.items())
def test_the_images_asked_for_are_named_with_tag_or_digest(text: str, names: tuple[str, ...]) -> None:
    assert error_parser.image_names(text) == names


CODES = {
    "RegistryUnavailable: unable to pull image: …": "RegistryUnavailable",
    "SignatureValidationFailed: Source image rejected": "SignatureValidationFailed",
    'ImageVolumeMountFailed: image "a" does not exist locally': "ImageVolumeMountFailed",
    'mount image: image "a" does not exist locally': "",
    "an error that says RegistryUnavailable: later": "",
    "RegistryUnavailableForEver: no": "",
}


@pytest.mark.parametrize(("text", "code"), CODES.items())
def test_the_cri_code_is_what_a_text_begins_with(text: str, code: str) -> None:
    assert error_parser.cri_code(text) == code
    assert error_parser.cri_codes(text) == ((code,) if code else ())
    assert error_parser.cri_codes(f"ImageVolumeMountFailed: {text}") == (
        "ImageVolumeMountFailed",
        *([code] if code else []),
    )


TEXTS = {
    'parsing image configuration: unsupported image-specific operation on artifact with type "a/b"': "artifact",
    'container create failed: time="2026-11-25T08:53:43Z" level=error msg="runc create failed: …"': "OCI runtime",
    'ImageVolumeMountFailed: sub path "a" does not exist in OCI artifact volume "b"': "sub path",
    'ImageVolumeMountFailed: sub path "a" does not exist in image volume "b"': "sub path",
    "the image is in use by container create failed: 1": "",
}


@pytest.mark.parametrize(("text", "about"), TEXTS.items())
def test_what_a_text_is_about(text: str, about: str) -> None:
    error = CRIError("CreateContainer", grpc.StatusCode.UNKNOWN, text)
    assert error.is_about_an_artifact is (about == "artifact")
    assert error.is_from_oci_runtime is (about == "OCI runtime")
    assert error.missing_sub_path == (("a", "b") if about == "sub path" else None)


@pytest.mark.parametrize("name", ["good/vol:latest", "busybox", f"a/b@{DIGEST}"])
def test_an_ambiguous_name_is_given_as_it_was_written(name: str) -> None:
    text = f"short name mode is enforcing, but image name {name} returns ambiguous list"
    assert error_parser.ambiguous_name(text) == name
    assert error_parser.ambiguous_name(f"get storage image status: {text}") == name
    assert error_parser.ambiguous_name(QUAY_401) is None


@pytest.mark.parametrize("before", ["mount image: ", "ImageVolumeMountFailed: "])  # up to 1.32, from 1.33 on
def test_a_missing_image_is_named(before: str) -> None:
    assert error_parser.missing_image(f'{before}image "quay.io/a/b:1" does not exist locally') == "quay.io/a/b:1"
    assert error_parser.missing_image("the image is in use by C") is None


def test_a_missing_sub_path_is_told_with_its_image() -> None:
    message = 'ImageVolumeMountFailed: sub path "a b/c" does not exist in image volume "quay.io/a/b:1"'
    assert error_parser.missing_sub_path(message) == ("a b/c", "quay.io/a/b:1")
    assert error_parser.missing_sub_path('image "quay.io/a/b:1" does not exist locally') is None


@pytest.mark.parametrize(
    ("message", "in_use"),
    [
        ("the image is in use by 5e3c", True),
        ('image "docker.io/a/b" is mounted as volume to container with ID: 5e3c', True),
        ("delete image: image used by 5e3c: image is in use by a container", True),
        ('image "docker.io/a/b" does not exist locally', False),
    ],
)
def test_an_image_in_use_is_told_from_other_refusals(message: str, in_use: bool) -> None:
    assert error_parser.image_in_use(message) is in_use


FAULTS = {
    'cannot parse input: "rhuss/App": repository name must be lowercase': "repository name must be lowercase",
    'cannot parse input: "a\\"b: c": invalid reference format': "invalid reference format",
    'cannot parse input: "": repository name must have at least one component': (
        "repository name must have at least one component"
    ),
    (
        'creating reference with unqualified-search registry "docker.io": invalid reference format: repository name '
        "must be lowercase"
    ): "invalid reference format: repository name must be lowercase",
    "reading manifest 1 in quay.io/a: invalid reference format": "",
    QUAY_401: "",
}


@pytest.mark.parametrize(("message", "fault"), FAULTS.items())
def test_a_fault_of_a_name_is_told_from_other_faults(message: str, fault: str) -> None:
    assert error_parser.invalid_name(message) == fault


SEARCH_LISTS = {
    'short-name "a/b" did not resolve to an alias and no containers-registries.conf(5) was found': "",
    (
        'short-name "a/b" did not resolve to an alias and no unqualified-search registries are defined in '
        '"/etc/containers/registries.conf.d/zz.conf"'
    ): "/etc/containers/registries.conf.d/zz.conf",
    "short name mode is enforcing, but image name a/b returns ambiguous list": None,
}


@pytest.mark.parametrize(("message", "file"), SEARCH_LISTS.items())
def test_the_file_without_a_search_list_is_named(message: str, file: str | None) -> None:
    assert error_parser.without_search_list(message) == file


def test_an_unknown_id_is_told_from_an_unknown_name() -> None:  # up to 1.32
    digits = "5" * 64
    assert error_parser.unknown_id(f'reading image "{digits}": locating image with ID "{digits}": image not known')
    assert not error_parser.unknown_id('image "docker.io/a/b" does not exist locally')


def test_the_empty_field_of_a_mount_is_named() -> None:
    assert error_parser.empty_field("mount.HostPath is empty") == "HostPath"
    assert error_parser.empty_field('ImageVolumeMountFailed: image "mount" does not exist locally') == ""
