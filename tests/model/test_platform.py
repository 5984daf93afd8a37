import os
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.model.platform import Platform

words = st.from_regex(r"[A-Za-z0-9_.-]+", fullmatch=True)
platforms = st.builds(Platform, words, words, st.one_of(st.just(""), words))


def test_a_platform_is_read_from_its_parts() -> None:
    assert Platform.parse("linux/arm64/v8") == Platform("linux", "arm64", "v8")
    assert Platform.parse("linux/amd64") == Platform("linux", "amd64")


@given(platforms)
def test_what_is_written_reads_back_as_the_same_platform(platform: Platform) -> None:
    assert Platform.parse(str(platform)) == platform


@pytest.mark.parametrize(
    "text", ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/arm/", "linux/ amd64", "a/b\n"]
)
def test_nonsense_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="a platform is written os/architecture") as caught:
        Platform.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("machine", "text"),
    [
        ("x86_64", "linux/amd64"),
        ("aarch64", "linux/arm64"),
        ("armv7l", "linux/arm/v7"),
        ("i686", "linux/386"),
        ("ppc64le", "linux/ppc64le"),
        ("riscv64", "linux/riscv64"),
        ("s390x", "linux/s390x"),
    ],
)
def test_the_host_has_go_s_name_for_its_machine(monkeypatch: pytest.MonkeyPatch, machine: str, text: str) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine))
    assert str(Platform.host()) == text


@pytest.mark.parametrize(
    ("text", "foreign"),
    [("linux/amd64", "linux/arm64"), ("linux/arm64/v8", "linux/amd64"), ("windows/amd64", "windows/arm64")],
)
def test_a_foreign_platform_differs_in_architecture_only(text: str, foreign: str) -> None:
    assert str(Platform.parse(text).foreign()) == foreign


def test_json_leaves_out_a_variant_that_is_not_there() -> None:
    assert Platform.parse("linux/amd64").as_json() == {"os": "linux", "architecture": "amd64"}
    assert Platform.parse("linux/arm/v7").as_json() == {"os": "linux", "architecture": "arm", "variant": "v7"}


def test_platforms_sort_by_os_then_architecture_then_variant() -> None:
    ordered = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "windows/amd64"]
    assert [str(platform) for platform in sorted(map(Platform.parse, reversed(ordered)))] == ordered
