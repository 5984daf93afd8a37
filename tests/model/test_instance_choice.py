"""Which image of an index is taken for which machine."""

import pytest

from conformance.model.answers import IndexEntry, Manifest
from conformance.model.instance_choice import choose_instance, no_match, wanted_platforms
from conformance.model.media_types import DOCKER_LIST, OCI_INDEX
from conformance.model.platform import Platform


def index(*platforms: str | None, media_type: str = OCI_INDEX) -> Manifest:
    """An index whose entries are for these platforms; an entry's digest is its place."""
    children = (IndexEntry(str(at), Platform.parse(each) if each else None) for at, each in enumerate(platforms))
    return Manifest("sha256:index", media_type, tuple(children))


@pytest.mark.parametrize(
    ("machine", "variants"),
    [
        ("linux/amd64", [""]),
        ("linux/amd64/v3", ["v3", ""]),
        ("linux/arm64", ["v8", ""]),
        ("linux/arm64/v8", ["v8", ""]),
        ("linux/arm64/v9", ["v9", ""]),
        ("linux/arm/v8", ["v8", "v7", "v6", "v5", ""]),
        ("linux/arm/v7", ["v7", "v6", "v5", ""]),
        ("linux/arm/v6", ["v6", "v5", ""]),
        ("linux/arm/v5", ["v5", ""]),
        ("linux/arm", ["", "v8", "v7", "v6", "v5"]),
        ("linux/riscv64", [""]),
    ],
)
def test_a_machine_runs_its_own_variant_then_lesser_ones(machine: str, variants: list[str]) -> None:
    platform = Platform.parse(machine)
    assert [each.variant for each in wanted_platforms(platform)] == variants
    assert {(each.os, each.architecture) for each in wanted_platforms(platform)} == {
        (platform.os, platform.architecture)
    }


@pytest.mark.parametrize(
    ("machine", "entries", "chosen"),
    [
        ("linux/amd64", ["linux/arm64", "linux/amd64"], "1"),
        ("linux/amd64", ["linux/amd64", "linux/amd64"], "0"),
        ("linux/amd64", ["linux/amd64/v2", "linux/amd64"], "1"),
        ("linux/amd64", ["windows/amd64", "linux/386", "linux/arm64"], None),
        ("linux/arm64", ["linux/amd64", "linux/arm64"], "1"),
        ("linux/arm64", ["linux/arm64", "linux/arm64/v8"], "1"),
        ("linux/arm64/v8", ["linux/arm64"], "0"),
        ("linux/arm64", ["linux/arm64/v9"], None),
        ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm/v8"], "1"),
        ("linux/arm/v7", ["linux/arm", "linux/arm/v5"], "1"),
        ("linux/arm/v7", ["linux/arm/v8", "linux/arm"], "1"),
        ("linux/arm/v5", ["linux/arm/v7"], None),
        ("linux/arm", ["linux/arm/v5", "linux/arm/v7"], "1"),
        ("linux/amd64", [], None),
    ],
)
def test_the_first_entry_of_the_best_platform_is_taken(machine: str, entries: list[str], chosen: str | None) -> None:
    found = choose_instance(index(*entries), Platform.parse(machine))
    assert (found.digest if found else None) == chosen


@pytest.mark.parametrize(
    ("entries", "chosen"),
    [
        ([None], "0"),
        ([None, "linux/amd64"], "1"),
        (["linux/arm64", None, None], "1"),
        ([None, "linux/arm64"], "0"),
    ],
)
def test_an_entry_for_no_platform_in_particular_comes_last(entries: list[str | None], chosen: str) -> None:
    found = choose_instance(index(*entries), Platform.parse("linux/amd64"))
    assert found is not None
    assert found.digest == chosen


@pytest.mark.parametrize(
    ("machine", "architecture", "variant"),
    [
        ("linux/amd64", "amd64", ""),
        ("linux/arm64", "arm64", "v8"),
        ("linux/arm/v7", "arm", "v7"),
        ("linux/arm", "arm", ""),
    ],
)
@pytest.mark.parametrize(("media_type", "kind"), [(OCI_INDEX, "image index"), (DOCKER_LIST, "manifest list")])
def test_an_index_without_an_image_for_the_machine_is_told(
    machine: str, architecture: str, variant: str, media_type: str, kind: str
) -> None:
    said = no_match(index("linux/s390x", media_type=media_type), Platform.parse(machine))
    assert said == f'no image found in {kind} for architecture "{architecture}", variant "{variant}", OS "linux"'
