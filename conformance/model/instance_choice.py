"""Which image of an index is for a machine.

Source: containers/image internal/pkg/platform/platform_matcher.go (``WantedPlatforms``), internal/manifest/oci_index.go
and internal/manifest/docker_schema2_list.go (``ChooseInstance``).
"""

from functools import cache

from conformance.model.answers import OCI_INDEX, IndexEntry, Manifest
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


def choose_instance(index: Manifest, platform: Platform) -> IndexEntry | None:
    """Give the entry for a machine: of the best platform, of those the first; one for no platform comes last."""
    for platform_ in wanted_platforms(platform):
        for child in index.children:
            if child.platform == platform_:
                return child
    return next((child for child in index.children if child.platform is None), None)


def no_match(index: Manifest, platform: Platform, wording: str = Profile.no_match) -> str:
    """Word that an index has nothing for a machine; ``wording`` is the ``no_match`` of a profile."""
    best = wanted_platforms(platform)[0]
    kind = "image index" if index.media_type == OCI_INDEX else "manifest list"
    wanted_platform = wording.format(architecture=best.architecture, variant=best.variant, os=best.os)
    return f"no image found in {kind} for {wanted_platform}"
