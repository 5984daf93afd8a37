"""Which image of an index is for a machine.

Source: containers/image internal/pkg/platform/platform_matcher.go (``WantedPlatforms``), internal/manifest/oci_index.go
and internal/manifest/docker_schema2_list.go (``ChooseInstance``).
"""

from functools import cache

from conformance.model.answers import IndexEntry, Manifest
from conformance.model.media_types import OCI_INDEX
from conformance.model.platform import Platform
from conformance.model.profile import Profile

_VARIANTS = {"arm": ("v8", "v7", "v6", "v5"), "arm64": ("v8",)}
"""CPU variants, the most capable first."""


@cache
def wanted_platforms(platform: Platform) -> tuple[Platform, ...]:
    """Give the platforms whose images a machine can run, the best first; a machine's own arm64 variant is v8."""
    known = _VARIANTS.get(platform.architecture, ())
    variant = platform.variant or ("v8" if platform.architecture == "arm64" else "")
    if not variant:
        variants: tuple[str, ...] = ("", *known)
    elif variant in known:
        variants = (*known[known.index(variant) :], "")
    else:
        variants = (variant, "")
    return tuple(Platform(platform.os, platform.architecture, each) for each in variants)


def choose_instance(index: Manifest, platform: Platform, *, prefers_zstd: bool = True) -> IndexEntry | None:
    """Give the entry for a machine: of the best platform, of those the first; one for no platform comes last.

    Of an OCI index, what is annotated as compressed with zstd goes before the others of that platform where the
    release ``prefers_zstd`` (see the profile); a Docker list has no entry without a platform.
    """
    oci = index.media_type == OCI_INDEX
    for platform_ in (*wanted_platforms(platform), *([None] if oci else [])):
        fitting = [child for child in index.children if child.platform == platform_]
        if fitting:
            return next((child for child in fitting if child.zstd and oci and prefers_zstd), fitting[0])
    return None


def no_match(index: Manifest, platform: Platform, wording: str = Profile.no_match) -> str:
    """Word that an index has nothing for a machine; ``wording`` is the ``no_match`` of a profile."""
    best = wanted_platforms(platform)[0]
    kind = "image index" if index.media_type == OCI_INDEX else "manifest list"
    wanted_platform = wording.format(architecture=best.architecture, variant=best.variant, os=best.os)
    return f"no image found in {kind} for {wanted_platform}"
