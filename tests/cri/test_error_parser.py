"""What is read off the texts of errors: reasons, names, codes and files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cri import error_parser
from conformance.model.reason import Reason
from tests.cri.error_texts import (
    BOTH,
    DIGEST,
    DOCKER_401,
    MIRRORS,
    NAME,
    PODMAN,
    PULLS,
    QUAY_401,
    REFUSED,
    SOURCE,
    WORDS,
)


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


def test_why_an_image_or_artifact_cannot_be_mounted_is_read_off() -> None:
    texts = [
        "ImageVolumeMountFailed: mount storage: layer not known",
        "failed to get artifact status: invalid nameOrDigest: reference cannot be tagged and digested",
        'inspect artifact: multiple artifacts found with matching digest: "quay.io/a/b:2,quay.io/a/b:1"',
    ]
    assert [error_parser.unknown_layer(text) for text in texts] == [True, False, False]
    assert [error_parser.tagged_and_digested(text) for text in texts] == [False, True, False]
    assert list(map(error_parser.ambiguous_artifacts, texts)) == [(), (), ("quay.io/a/b:1", "quay.io/a/b:2")]


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("safe mount sub path: openat2 /a/merged/file/below: not a directory", "ENOTDIR"),
        ("openat2 /a/merged/itself: too many levels of symbolic links", "ELOOP"),
        ('container create failed: level=error msg="mount overlay:/m, data: l=a:b: invalid argument"\n', "EINVAL"),
        ('exec: \\"/m/run\\": permission denied"\n, stderr: x: No such file or directory', "EACCES"),
        ("creating `/opt/x`: openat2 `opt/x`: No such file or directory", "ENOENT"),
        ("no such image: not a directory-name", ""),
        ("permission denied", ""),
        ("", ""),
    ],
)
def test_the_systems_error_is_named_as_errno_has_it(message: str, name: str) -> None:
    assert error_parser.system_error(message) == name


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
    f"{SOURCE}rhuss/a:latest: rewriting reference: invalid reference format": "invalid reference format",
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
    assert error_parser.unknown_id(f'reference "[overlay@/a+/b]docker.io/a/b@{DIGEST}" does not resolve to an image ID')
    assert not error_parser.unknown_id('image "docker.io/a/b" does not exist locally')


def test_the_empty_field_of_a_mount_is_named() -> None:
    assert error_parser.empty_field("mount.HostPath is empty") == "HostPath"
    assert error_parser.empty_field('ImageVolumeMountFailed: image "mount" does not exist locally') == ""
