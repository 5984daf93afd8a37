"""Where an error speaks of which registry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cri.error_parser import reasons_by_registry
from conformance.cri.error_parts import host_of, parts_by_registry
from conformance.model.reason import Reason
from tests.cri.error_texts import BOTH, MIRRORS, PULLS, QUAY_401


@pytest.mark.parametrize(("text", "expected"), PULLS.values(), ids=PULLS)
def test_each_host_has_a_part_of_its_own(text: str, expected: dict[str, Reason]) -> None:
    parts = parts_by_registry(text)
    assert list(dict.fromkeys(part.host for part in parts)) == list(expected)
    for part in parts:
        assert part.host == "docker.io" or part.host in text[part.start : part.end]


def test_a_second_try_as_an_artifact_belongs_to_the_same_registry() -> None:
    text = f"{BOTH}{QUAY_401}; artifact err: initializing source docker://other.example/a:1: no"
    (part,) = parts_by_registry(text)
    assert (part.host, part.end) == ("quay.io", len(text))


@given(
    st.text()
    | st.lists(st.sampled_from([*MIRRORS.split(" "), "docker://", "a.b:1/", "; artifact err: ", "\n"])).map(" ".join)
)
def test_parts_of_any_text_lie_in_it_one_after_the_other(text: str) -> None:
    end = 0
    for part in parts_by_registry(text):
        assert end <= part.start < part.named <= part.end <= len(text)
        end = part.end
    assert {part.host for part in parts_by_registry(text)} == reasons_by_registry(text).keys()


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
    assert host_of(name) == host
