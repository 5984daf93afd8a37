"""What explain says of a name when its registries were asked: who has it, how it ends, and what to write instead."""

import pytest

from conformance.explain.explanation import CandidateState
from conformance.model.reason import Reason
from conformance.registry_hosts import RegistryHost, RequestKind
from tests.explain.explained import NAME
from tests.explain.probe import Probe


@pytest.fixture
def story(docker_io: RegistryHost, quay_io: RegistryHost) -> None:
    docker_io.offer(NAME, platforms=["linux/arm64"])
    quay_io.require_login(NAME)


WALKED = """\
Where CRI-O asks for it, in this order
  1. docker.io/rhuss/caikit-flan-t5-small:latest
     docker.io has it, for linux/arm64 only, and this node is linux/amd64: CRI-O goes on.
  2. quay.io/rhuss/caikit-flan-t5-small:latest
     quay.io answers unauthorized (HTTP 401), and that is all you will be told.
  On docker.io, an image for linux/amd64 is missing: whoever owns the repository can add one.
  From quay.io, that may mean a private image, or none at all: it says the same of both.

The end
  The pull fails. You will be told:
    unable to pull image or OCI artifact: pull image err: initializing source
    docker://quay.io/rhuss/caikit-flan-t5-small:latest: reading manifest latest in
    quay.io/rhuss/caikit-flan-t5-small: unauthorized: access to the requested resource is not
    authorized; artifact err: get manifest: build image source: reading manifest latest in
    quay.io/rhuss/caikit-flan-t5-small: unauthorized: access to the requested resource is not
    authorized
  It says nothing of docker.io: CRI-O reports the last registry alone (cri-o/cri-o#8780).

What to write instead
  No registry here would give it to linux/amd64.
  With a full name, CRI-O tells why that very registry does not:
    docker.io/rhuss/caikit-flan-t5-small:latest
    quay.io/rhuss/caikit-flan-t5-small:latest
"""

LOOKED = """\
Where the image is
  They were asked by this command, for information: CRI-O asks none of them.
  1. docker.io/rhuss/caikit-flan-t5-small:latest
     docker.io has it, for linux/arm64 only, and this node is linux/amd64.
  2. quay.io/rhuss/caikit-flan-t5-small:latest
     quay.io answers unauthorized (HTTP 401).
  On docker.io, an image for linux/amd64 is missing: whoever owns the repository can add one.
  From quay.io, that may mean a private image, or none at all: it says the same of both.

The end
  CRI-O refuses before it asks anyone: the name may mean several images. You will be told:
    short name mode is enforcing, but image name rhuss/caikit-flan-t5-small returns ambiguous list
  A pod shows it as ImageInspectError, or as ErrImagePull if its imagePullPolicy is Always.

What to write instead
  No registry here would give it to linux/amd64.
  With a full name, CRI-O tells why that very registry does not:
    docker.io/rhuss/caikit-flan-t5-small:latest
    quay.io/rhuss/caikit-flan-t5-small:latest
  Or have one registry only on the search list, or short_name_mode = "disabled" in crio.conf.
"""


@pytest.mark.usefixtures("story")
def test_the_whole_story_on_1_33(probe: Probe) -> None:
    told = probe(NAME, release="1.33")
    assert told.text.endswith("\n\n" + WALKED)
    assert told.explanation.exit_code == 1
    assert probe.manifests == ["docker.io", "quay.io"], "each is asked once"


@pytest.mark.usefixtures("story")
def test_the_whole_story_on_1_36(probe: Probe) -> None:
    told = probe(NAME)
    assert told.text.endswith("\n\n" + LOOKED)
    assert told.explanation.exit_code == 1
    assert probe.manifests == ["docker.io", "quay.io"]
    assert [each.reason for each in told.explanation.candidates] == [Reason.NO_MATCHING_PLATFORM, Reason.UNAUTHORIZED]


@pytest.mark.usefixtures("story")
def test_the_whole_story_on_1_36_with_the_mode_disabled(probe: Probe) -> None:
    told = probe(NAME, mode="disabled")
    artifact = "image reference: get manifest from ref: create image source"
    assert " ".join(told.text.split()).endswith(
        " ".join(WALKED.replace("get manifest: build image source", artifact).split())
    )


def test_the_candidate_that_has_it_is_the_one_to_write(
    probe: Probe, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    docker_io.offer("team/app", platforms=["linux/arm64"])
    offered = quay_io.offer("team/app", platforms=["linux/amd64", "linux/arm64"])
    told = probe("team/app")
    (instead,) = told.explanation.instead
    assert (instead.image, instead.pinned) == ("quay.io/team/app:latest", f"quay.io/team/app@{offered.digest}")
    assert told.says("The full name; no list matters then: quay.io/team/app:latest And to have these very bytes always")
    assert told.explanation.exit_code == 1, "CRI-O refuses all the same"


def test_a_digest_too_long_for_a_line_stands_alone(probe: Probe, docker_io: RegistryHost) -> None:
    offered = docker_io.offer(NAME, platforms=["linux/amd64"])
    told = probe(NAME, mode="disabled")
    assert told.text.endswith(f"also when the tag moves, this in the tag's place:\n    @{offered.digest}\n")
    assert max(map(len, told.text.splitlines())) <= 100
    assert told.explanation.instead[0].pinned == f"docker.io/{NAME}@{offered.digest}"


def test_the_walk_stops_where_the_image_is(probe: Probe, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
    docker_io.offer("team/app", platforms=["linux/amd64", "linux/s390x"])
    quay_io.offer("team/app")
    told = probe("team/app", release="1.31")
    assert probe.manifests == ["docker.io", "docker.io"], "the index, and the image for this node"
    assert [each.state for each in told.explanation.candidates] == [CandidateState.PULLED, CandidateState.NOT_REACHED]
    assert told.says("docker.io has it, for linux/amd64 and linux/s390x: CRI-O pulls it from there.")
    assert told.says("Not asked: the image is there by then.")
    assert told.says("The pull succeeds: CRI-O has docker.io/team/app:latest then.")
    assert told.explanation.exit_code == 0


def test_the_platform_of_a_plain_image_is_not_looked_at(probe: Probe, quay_io: RegistryHost) -> None:
    quay_io.offer("team/app", platform="linux/arm64")
    told = probe("quay.io/team/app")
    assert told.says("as an image for one platform, which CRI-O does not hold against this node's: CRI-O pulls it")
    assert told.explanation.exit_code == 0
    assert {each.kind for each in probe.exchanges} == {RequestKind.PING, RequestKind.TOKEN, RequestKind.MANIFEST}, (
        "no blob is fetched"
    )


def test_a_digest_needs_no_other_one(probe: Probe, quay_io: RegistryHost) -> None:
    digest = quay_io.offer("team/app").digest
    told = probe(f"quay.io/team/app:latest@{digest}")
    assert told.explanation.exit_code == 0
    assert told.explanation.instead[0].image == told.explanation.instead[0].pinned == f"quay.io/team/app@{digest}"
    assert "very bytes" not in told.text
    assert "instead" not in probe(f"quay.io/team/app@{digest}").text
