"""The one place that knows how CRI-O, and containers/image below it, word their errors.

Each pattern names its source; the texts per release are in CRI-O server/image_pull.go and internal/storage/image.go,
and containers/image docker/docker_image_src.go, docker/docker_client.go, docker/errors.go and copy/copy.go.
"""

import errno
import os
import re
from collections.abc import Mapping

from conformance.cri.error_parts import parts_by_registry, without_artifact_half
from conformance.model.reason import Reason

CRI_CODES = ("RegistryUnavailable", "SignatureValidationFailed", "ImageVolumeMountFailed")
"""Error codes of the CRI (k8s.io/cri-api ``pkg/errors``), which CRI-O puts before the text."""

_NAMES = re.compile(r"docker://\S+|\bmanifest \S+ in \S+|container registry \S+|https?://[^\s\"]+")
"""Names inside an error; what they are made of (an image called ``geoffrey/signature:429``) is no reason."""

_AMBIGUOUS = re.compile(r"short name mode is enforcing, but image name (?P<name>\S+) returns ambiguous list")
"""CRI-O internal/storage/image.go, ``CandidatesForPotentiallyShortImageName``, since 1.34."""

_MISSING = re.compile(r'image "(?P<name>[^"]*)" does not exist locally')
"""An image volume or container whose image is not in the store (CRI-O server/container_create_linux.go)."""

_IN_USE = re.compile(
    r"the image is in use by |is mounted as volume to container with ID: |image is in use by a container$"
)
"""RemoveImage of an image that a container mounts (CRI-O server/image_remove.go): from 1.33 on, and before; and of one
that is a container's own (containers/storage types/errors.go, ``ErrImageUsedByContainer``)."""

_SUB_PATH = re.compile(r'sub path "(?P<path>[^"]*)" does not exist in (?:image|OCI artifact) volume "(?P<image>[^"]*)"')
"""An image volume whose image lacks the part that is asked for (CRI-O server/container_create_linux.go, ``mountImage``,
``FilterMountPathsBySubPath``)."""

_ARTIFACT = re.compile(r"unsupported image-specific operation on artifact with type")
"""A manifest whose config is no image's (containers/image internal/manifest/errors.go, ``NonImageArtifactError``)."""

_UNKNOWN_USER = re.compile(r"unable to find user (?P<user>\S+): ")
"""CreateContainer of an image that names a user that is not in its ``/etc/passwd`` (moby/sys user/user.go,
``GetExecUser``)."""

_OCI_RUNTIME = re.compile(r"container create failed: ")
"""CreateContainer where runc or crun failed; its own words follow (CRI-O internal/oci/runtime_oci.go)."""

_SYSTEM_ERRORS = {os.strerror(number).lower(): name for number, name in errno.errorcode.items()}
_SYSTEM_ERROR = re.compile(rf": ({'|'.join(map(re.escape, _SYSTEM_ERRORS))})(?![\w-])", re.IGNORECASE)
"""What the kernel refused, as Go (syscall, ``Errno.Error``) and the C library word it, behind what it was about."""

_INVALID_NAME = re.compile(
    r'cannot parse input: "(?:[^"\\]|\\.)*": (?P<fault>.+)|'
    r'creating reference with unqualified-search registry "[^"]*": (?P<fault_in_full>.+)|'
    r"rewriting reference: (?P<fault_elsewhere>.+)"
)
"""A text that is no image name (containers/image pkg/shortnames/shortnames.go, ``Resolve``), what is wrong with it in
the words of distribution/reference; the second form is that of a first component in capitals, which is taken for a
registry host at first, the third that of a name which lies elsewhere (pkg/sysregistriesv2)."""

_FAULT_ALONE = re.compile(
    r"invalid reference format|repository name must .+|(?:invalid|unsupported) (?:checksum )?digest .+"
)
"""All that Podman says of a text that is no image name (containers/common libimage), in the words of
distribution/reference."""

_NO_SEARCH_LIST = re.compile(
    r"did not resolve to an alias and no (?:unqualified-search registries are defined in \"(?P<file>[^\"]*)\"|"
    r"containers-registries\.conf\(5\) was found)"
)
"""A short name where no search registry is configured (containers/image pkg/shortnames/shortnames.go, ``Resolve``), and
the file that has the last word."""

_UNVERIFIABLE = re.compile(r"user specified image not specified, cannot verify image signature")
"""CreateContainer under a signature policy, without ``user_specified_image`` (CRI-O server/container_create.go,
``verifyImageSignature``)."""

_UNKNOWN_ID = re.compile(
    r'locating image with ID "[0-9a-f]*": image not known|reference "[^"]*" does not resolve to an image ID'
)
"""ImageStatus of an ID that no image has, up to 1.32 (containers/storage types/errors.go, ``ErrImageUnknown``); and a
container of what is none by ID, or by digest (containers/image storage/storage_reference.go, ``resolveImage``)."""

_UNKNOWN_LAYER = re.compile(r"\blayer not known$")
"""An image without a layer that could be mounted (containers/storage types/errors.go, ``ErrLayerUnknown``)."""

_TAGGED_AND_DIGESTED = re.compile(r"reference cannot be tagged and digested$")
"""A full name with a tag and a digest, asked of the artifact store since 1.35 (containers/common
pkg/libartifact/types/errors.go)."""

_AMBIGUOUS_ARTIFACTS = re.compile(r'multiple artifacts found with matching digest: "(?P<names>[^"]*)"')
"""An ID that several artifacts have, since 1.35.1 (containers/common pkg/libartifact/store.go)."""

_EMPTY_FIELD = re.compile(r"\bmount\.(?P<field>\w+) is empty")
"""A mount that lacks something (CRI-O server/container_create_linux.go, ``addOCIBindMounts``)."""

_REASONS: tuple[tuple[Reason, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE))
    for reason, pattern in (
        (Reason.NO_MATCHING_PLATFORM, r"no image found in (image index|manifest list) for architecture"),
        (Reason.NO_IMAGE, rf"{_ARTIFACT.pattern}|invalid mixed OCI image with Docker v2s2 config"),
        (Reason.UNREADABLE_LOGINS, r"getting username and password: "),
        (Reason.BLOCKED, r"is blocked in "),
        (Reason.UNTRUSTED_CERTIFICATE, r"failed to verify certificate|\bx509: "),
        (Reason.PLAIN_HTTP, r"server gave HTTP response to HTTPS client"),
        (Reason.UNTRUSTED, r"Source image rejected|signature"),
        (Reason.TOO_MANY_REQUESTS, r"toomanyrequests|too many requests|\b429\b"),
        (Reason.LOGIN_REFUSED, r"invalid username/password|incorrect username or password"),
        (Reason.DENIED, r"\bdenied(:|$|;)|access to the resource is denied|403 \(?Forbidden|StatusCode: 403"),
        (Reason.UNAUTHORIZED, r"unauthorized|authentication required"),
        (Reason.NOT_FOUND, r"(manifest|blob|name) unknown|not known to registry|StatusCode: 404"),
        (Reason.UNKNOWN_HOST, r"no such host"),
        (
            Reason.UNREACHABLE,
            (
                r"connection (refused|reset|broken)|i/o timeout|\bEOF\b|network is unreachable|no route to host"
                r"|server misbehaving|remote error: tls:"
            ),
        ),
        (
            Reason.BROKEN,
            (
                r"StatusCode: 5\d\d|unexpected HTTP status: 5\d\d|status code from registry 5\d\d|d(oes|id) not match"
                r"|invalid character|unexpected end of JSON input|json: cannot unmarshal|parsing time \""
                r"|unsupported schema version|rejecting ambiguous manifest|unsupported docker v2s2 media type"
                r"|length of history not equal|no FSLayers in manifest|invalid checksum digest|blob with unknown digest"
                r"|unsupported digest algorithm|unexpectedly received a manifest list|blob size mismatch"
                r"|decoding bearer token|missing realm in bearer auth challenge"
                r"|treating manifest lists as individual manifests"
            ),
        ),
    )
)


def cri_code(message: str) -> str:
    """Give the CRI error code that a text begins with, empty where there is none."""
    return next((code for code in CRI_CODES if message.startswith(code + ":")), "")


def cri_codes(message: str) -> tuple[str, ...]:
    """Give all CRI error codes that a text begins with, one after the other."""
    codes: list[str] = []
    while code := cri_code(message):
        codes.append(code)
        message = message.removeprefix(f"{code}:").lstrip()
    return tuple(codes)


def reasons_by_registry(message: str) -> Mapping[str, Reason]:
    """Read off every registry host that a pull's error names as asked, in its order, and why it did not serve."""
    facts: dict[str, Reason] = {}
    for number, part in enumerate(parts_by_registry(message)):
        before = "" if number else message[: part.start]
        facts.setdefault(part.host, reason_in(without_artifact_half(f"{before} {message[part.named : part.end]}")))
    return facts


def image_names(message: str) -> tuple[str, ...]:
    """Read off the images that a pull's error names as asked for, each once, with tag or digest."""
    names = re.findall(r"docker://(\S+)", without_artifact_half(message))
    return tuple(dict.fromkeys(name.rstrip(":,;") for name in names))


def reason_in(text: str) -> Reason:
    """Give the reason that a registry's part of an error states."""
    without_names = _NAMES.sub("", text)
    return next((reason for reason, pattern in _REASONS if pattern.search(without_names)), Reason.UNCLEAR)


def ambiguous_name(message: str) -> str | None:
    """Give the name that the runtime would not resolve because several registries may have it."""
    match = _AMBIGUOUS.search(message)
    return match["name"] if match else None


def missing_image(message: str) -> str | None:
    """Give the image that the runtime says it does not have."""
    match = _MISSING.search(message)
    return match["name"] if match else None


def image_in_use(message: str) -> bool:
    """Tell whether the runtime says that a container uses the image."""
    return _IN_USE.search(message) is not None


def about_an_artifact(message: str) -> bool:
    """Tell whether the runtime says that something is an artifact, and no image."""
    return _ARTIFACT.search(message) is not None


def missing_sub_path(message: str) -> tuple[str, str] | None:
    """Give the sub path, and the image, that the runtime says lacks it."""
    match = _SUB_PATH.search(message)
    return (match["path"], match["image"]) if match else None


def unknown_user(message: str) -> str:
    """Give the user that the runtime says an image does not have, empty where the text is about something else."""
    match = _UNKNOWN_USER.search(message)
    return match["user"] if match else ""


def from_oci_runtime(message: str) -> bool:
    """Tell whether it is the OCI runtime that could not create a container."""
    return _OCI_RUNTIME.match(message) is not None


def unknown_layer(message: str) -> bool:
    """Tell whether the runtime says that an image has no layer to mount."""
    return _UNKNOWN_LAYER.search(message) is not None


def tagged_and_digested(message: str) -> bool:
    """Tell whether the runtime says that a name may not have both a tag and a digest."""
    return _TAGGED_AND_DIGESTED.search(message) is not None


def ambiguous_artifacts(message: str) -> tuple[str, ...]:
    """Give the artifacts that the runtime says an ID stands for, by name; none where it says so of none."""
    match = _AMBIGUOUS_ARTIFACTS.search(message)
    return tuple(sorted(match["names"].split(","))) if match else ()


def system_error(message: str) -> str:
    """Give the name of the first error of the system (errno(3)) in a text, empty where there is none."""
    match = _SYSTEM_ERROR.search(message)
    return _SYSTEM_ERRORS[match[1].lower()] if match else ""


def invalid_name(message: str) -> str:
    """Give what the runtime says is wrong with an image name, empty where the text is about something else."""
    match = _INVALID_NAME.search(message)
    return next(filter(None, match.groups())) if match else ""


def fault_alone(message: str) -> str:
    """Give a text that says nothing but what is wrong with an image name, as Podman does; empty for any other."""
    return message if _FAULT_ALONE.fullmatch(message) else ""


def without_search_list(message: str) -> str | None:
    """Give the file that leaves a short name without search registries, empty where there is none at all."""
    match = _NO_SEARCH_LIST.search(message)
    return (match["file"] or "") if match else None


def unknown_id(message: str) -> bool:
    """Tell whether the runtime says that no image has an ID, or a digest."""
    return _UNKNOWN_ID.search(message) is not None


def without_user_specified_image(message: str) -> bool:
    """Tell whether the runtime says that ``user_specified_image``, which its signature policy needs, is not set."""
    return _UNVERIFIABLE.search(message) is not None


def empty_field(message: str) -> str:
    """Give the field of a mount that the runtime says is empty."""
    match = _EMPTY_FIELD.search(message)
    return match["field"] if match else ""
