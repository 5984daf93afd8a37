"""What differs between CRI-O releases, each as one value: adding a release that behaves anew is adding one profile.

Measured on the newest release of each line, and on the head of release-1.37; 1.33.0 to 1.33.3, 1.35.0 and 1.35.1 are
read from the source. Every field names where it is from; files without a repository are CRI-O's.
"""

import enum
from dataclasses import dataclass, replace

from conformance.model.release import Release


class Fallback(enum.Enum):
    """When a pull that failed as an image is tried once more as an OCI artifact."""

    NEVER = "never"
    FIRST = "before it is pulled as an image"
    ALWAYS = "after any error"
    UNLESS_NETWORK = "after any error but one of the network"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How releases from ``since`` on behave, until the next profile begins.

    ``has_short_name_mode``: crio.conf has ``short_name_mode``, by default enforcing (1.34, cri-o/cri-o#9401); before,
    the mode is disabled whatever is written (internal/storage/image.go, ``CandidatesForPotentiallyShortImageName``).

    ``artifact``: see ``Fallback`` (internal/storage/image.go, ``pullImageImplementation``; cri-o/cri-o#9367,
    cri-o/cri-o#9778).
    ``artifact_open``, ``artifact_list``, ``artifact_choose``, ``artifact_parse``, ``artifact_image`` are what the
    second half of the error says when the manifest cannot be had, when it is no index although it came as one, when no
    platform matches, when it cannot be read, and when it is an image (internal/ociartifact/store.go).
    ``artifact_takes_lists_for_images``: a Docker manifest list is called an image without a look at its platforms.
    ``artifact_reopens``: an index's manifest is fetched once more before the one that was chosen, and no digest is
    verified; before, the chosen one is fetched alone.
    ``artifact_copies``: no look at the manifest; the whole copy is made once more, whatever it is (1.35.0, 1.35.1).
    ``artifact_copy``: how the error of that copy is worded.
    ``libartifact``: artifacts are looked up by containers/common pkg/libartifact/store.go (cri-o/cri-o#9639):
    they are found by whole names and by any beginning of their digests only, and by no name with a tag and a digest.
    Before, CRI-O itself found them by short names too, knew an artifact by the digest of its manifest as Go writes it,
    and removed it only under the very name that it has (internal/ociartifact/store.go; 1.35.0 under any).
    ``lists_names_once``: of several artifacts that have lost their names, the first in the store alone is listed
    (internal/ociartifact/store.go, ``List``).
    ``lists_both``: a list with a filter has the image and the artifact of that name (server/image_list.go).
    ``pins_artifacts``: artifacts are reported as pinned (cri-o/cri-o#9836).

    ``image_ref_is_id``: PullImage answers with the ID, not with name and digest (cri-o/cri-o#9728).
    ``loopback_is_insecure``: hosts in 127.0.0.0/8 need no TLS, and every candidate's host is looked up to see whether
    it is one (internal/storage/image.go, ``isSecureIndex``; gone with cri-o/cri-o#9511).
    ``token_status``: how the status of a token service is worded (containers/image docker/errors.go).
    ``token_phrase``: whether with the words that the server puts beside it, or else the usual ones.
    ``pings_v1``: a host that answers no ping is asked for /v1/_ping (containers/image docker/docker_client.go).
    ``misnames_ambiguous``: an ambiguous image manifest of OCI is called an index (containers/image manifest/oci.go,
    ``OCI1FromManifest``, before 5.33).
    ``takes_docker_zstd``: a Docker manifest may have layers that are compressed with zstd (containers/image
    manifest/manifest.go, ``SupportedSchema2MediaType``, since 5.37).
    ``checks_diff_ids``: a layer must be what the config says of it unpacked (containers/image
    storage/storage_dest.go, ``queueOrCommit``, since 5.34).
    ``no_match``: how it is worded that an index lacks a platform (containers/image internal/manifest/oci_index.go).
    ``prefers_zstd``: of two images for one platform in an OCI index, that which is annotated as compressed with zstd is
    taken (containers/image 5.27, internal/manifest/oci_index.go, ``isPreferredOver``).
    ``names_tls``: an untrusted certificate's error begins with ``tls:`` (Go 1.20, ``CertificateVerificationError``).
    ``all_errors``: all errors in a registry's answer are reported, and each with its code (docker/distribution
    registry/client/errors.go, ``HandleErrorResponse``); later the first alone is (containers/image docker/errors.go).
    ``trims_mirrors``: a slash at the end of a mirror's location goes; before containers/image 5.35, no name can be made
    with it (containers/image pkg/sysregistriesv2/system_registries_v2.go, ``postProcessRegistries``).
    ``reads_toml_1_1``: configuration is read by BurntSushi/toml 1.6, as TOML 1.1, and a list that is there twice is
    refused; before, of such a list the last counts (model/go_toml.py).
    ``unknown_id``: what ImageStatus says of an ID that is not in the store, if that is an error
    (internal/storage/image.go, ``ImageStatusByID``).
    ``hex_lookups_are_ids``: a lookup of three or more hex digits is never refused (server/image_status.go).
    ``nothing_found``: what the log says of a lookup that finds neither image nor artifact (server/image_status.go;
    cri-o/cri-o#10203).
    ``in_use``: how the removal of an image that a container mounts is refused; ``guards_ids`` whether it is also when
    the image is given by its ID (server/image_remove.go).
    ``policy_missing``: what is said where there is no signature policy (containers/image signature/policy_config.go).
    ``policy_verdict``: how CreateContainer words what the signature policy says (internal/storage/image.go,
    ``checkSignature``); ``verifies_volumes``: whether that is asked about volumes (1.33, cri-o/cri-o#9060).
    ``volume_refusal``: how a volume is refused that cannot be mounted (server/container_create_linux.go).
    ``mounts_images_after_errors``: where an artifact cannot be mounted, an image of that name is, also when there is
    such an artifact (until cri-o/cri-o#9209).
    """

    since: str
    has_short_name_mode: bool = False
    artifact: Fallback = Fallback.NEVER
    artifact_open: str = ""
    artifact_list: str = "parse manifest from blob: {}"
    artifact_choose: str = ""
    artifact_parse: str = "parse manifest from blob: {}"
    artifact_image: str = ""
    artifact_takes_lists_for_images: bool = False
    artifact_reopens: bool = False
    artifact_copies: bool = False
    artifact_copy: str = ""
    libartifact: bool = False
    lists_names_once: bool = False
    lists_both: bool = False
    pins_artifacts: bool = False
    image_ref_is_id: bool = False
    loopback_is_insecure: bool = True
    token_status: str = "received unexpected HTTP status: {status} {phrase}"  # noqa: S105 (a text, no secret)
    token_phrase: bool = True
    pings_v1: bool = False
    misnames_ambiguous: bool = False
    takes_docker_zstd: bool = False
    checks_diff_ids: bool = True
    no_match: str = 'architecture "{architecture}", variant "{variant}", OS "{os}"'
    prefers_zstd: bool = True
    names_tls: bool = True
    all_errors: bool = False
    trims_mirrors: bool = True
    reads_toml_1_1: bool = False
    unknown_id: str = ""
    hex_lookups_are_ids: bool = False
    nothing_found: str = "Neither image nor artfiact {} found"
    in_use: str = "the image is in use by {container}"
    guards_ids: bool = True
    policy_missing: str = "no policy.json file found at any of the following: {0}, {1}"
    policy_verdict: str = "verifying signatures: {}"
    verifies_volumes: bool = True
    volume_refusal: str = "ImageVolumeMountFailed: {}"
    mounts_images_after_errors: bool = False


_1_31 = Profile(
    since="1.31",
    token_status="invalid status code from registry {status} ({phrase})",  # noqa: S106 (a text, no secret)
    token_phrase=False,
    pings_v1=True,
    misnames_ambiguous=True,
    checks_diff_ids=False,
    trims_mirrors=False,
    unknown_id='reading image "{id}": locating image with ID "{id}": image not known',
    nothing_found="Image {} not found",
    in_use='image "{name}" is mounted as volume to container with ID: {container}',
    guards_ids=False,
    policy_missing="open {2}: no such file or directory",
    policy_verdict="{}",
    verifies_volumes=False,
    volume_refusal="mount image: {}",
)
_1_32 = replace(
    _1_31,
    since="1.32",
    misnames_ambiguous=False,
    policy_missing=Profile.policy_missing,
    policy_verdict=Profile.policy_verdict,
)
_1_32_3 = replace(_1_32, since="1.32.3", checks_diff_ids=True)
_1_33 = Profile(
    since="1.33",
    artifact=Fallback.FIRST,
    artifact_open="get manifest: build image source: {}",
    artifact_choose="choose instance: {}",
    artifact_image="provided artifact is a container image",
    artifact_takes_lists_for_images=True,
    artifact_copy="copy artifact: {}",
    pins_artifacts=True,
    mounts_images_after_errors=True,
)
_1_33_4 = replace(_1_33, since="1.33.4", artifact=Fallback.ALWAYS)
_1_34 = replace(
    _1_33_4,
    since="1.34",
    has_short_name_mode=True,
    mounts_images_after_errors=False,
)
_1_35 = replace(
    _1_34,
    since="1.35",
    artifact_copies=True,
    artifact_copy="pull artifact: {}",
    takes_docker_zstd=True,
    loopback_is_insecure=False,
    hex_lookups_are_ids=True,
)
_1_35_1 = replace(_1_35, since="1.35.1", artifact=Fallback.UNLESS_NETWORK, libartifact=True, reads_toml_1_1=True)
_1_35_2 = replace(
    _1_35_1,
    since="1.35.2",
    artifact_copies=False,
    artifact_open="image reference: get manifest from ref: create image source: {}",
    artifact_list="image reference: parse manifest list: {}",
    artifact_choose="image reference: choose manifest instance: {}",
    artifact_parse="image reference: parse manifest: {}",
    artifact_image="image reference: reference is a container image, not an OCI artifact",
    artifact_takes_lists_for_images=False,
    artifact_reopens=True,
    lists_names_once=True,
    image_ref_is_id=True,
    pins_artifacts=False,
)
_1_36 = replace(_1_35_2, since="1.36", lists_both=True)
_1_37 = replace(_1_36, since="1.37", nothing_found="Neither image nor artifact {} found")

SKOPEO_1_9 = replace(
    _1_31,
    since="1.9",
    loopback_is_insecure=False,
    no_match='architecture {architecture}, variant "{variant}", OS {os}',
    prefers_zstd=False,
    names_tls=False,
    all_errors=True,
)
"""skopeo 1.9.3, as Debian 12 has it: containers/image 5.22, built with Go 1.19. ``since`` is skopeo's own release."""

PODMAN_4_3 = replace(SKOPEO_1_9, since="4.3")
"""Podman 4.3.1, as Debian 12 has it: containers/image 5.23, built with Go 1.19. ``since`` is Podman's own release."""

SKOPEO_1_18 = replace(_1_32_3, since="1.18", loopback_is_insecure=False)
"""skopeo 1.18.0, as Debian 13 has it: containers/image 5.34, built with Go 1.24. ``since`` is skopeo's own release."""

PODMAN_5_4 = replace(SKOPEO_1_18, since="5.4")
"""Podman 5.4.2, as Debian 13 has it: containers/image 5.34, built with Go 1.24. ``since`` is Podman's own release."""

PROFILES = (_1_31, _1_32, _1_32_3, _1_33, _1_33_4, _1_34, _1_35, _1_35_1, _1_35_2, _1_36, _1_37)
"""All profiles, oldest first."""

NEWEST = ("1.31.13", "1.32.13", "1.33.13", "1.34.11", "1.35.6", "1.36.3")
"""The newest release of each line that was known when this was written."""

UNRELEASED = ("1.37.0",)
"""What the head of a line's branch calls itself that was run before there was a release (cri-o/cri-o, release-1.37)."""


def known_lines() -> tuple[str, ...]:
    """Give the lines of which something was run, such as ``1.36``; a later one is predicted as the newest."""
    return tuple(Release(each).line for each in (*NEWEST, *UNRELEASED))


def newest_line() -> str:
    """Give the newest line that has a release, such as ``1.36``."""
    return Release(NEWEST[-1]).line


def newest_of(text: str) -> Release:
    """Give the release that a release or line stands for: of a line (``1.36``), the newest that is known.

    Raises ``ValueError`` with one sentence for a text that is no release, and for a line that is not known.
    """
    release = Release(text)
    if len(release.release) > 2:  # noqa: PLR2004 (a line has two numbers)
        return release
    for known in map(Release, (*NEWEST, *UNRELEASED)):
        if known.line == release.line:
            return known
    lines = ", ".join(known_lines())
    raise ValueError(f"the release line {text} is not known (known are {lines}): write a release such as {NEWEST[-1]}")


def profile(release: Release) -> Profile:
    """Give the profile of a release; one older than all has the oldest, one newer than all the newest."""
    known = [each for each in PROFILES if Release(each.since) <= release.base]
    return known[-1] if known else PROFILES[0]
