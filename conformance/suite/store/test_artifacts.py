"""Artifacts in the store: pulled, found, listed and removed by the rules for images (image-spec v1.1, "artifacts")."""

from typing import ClassVar

import pytest

from conformance import (
    Artifact,
    Blob,
    Content,
    ImageInfo,
    ImageStatusResult,
    NodeInspector,
    Platform,
    Pull,
    Reason,
    RegistryHost,
    Runtime,
    artifact,
    image,
    index,
    layer,
)
from conformance.images.artifacts import TYPE

NAME = "rhuss/model"
FULL = f"docker.io/{NAME}"
HERE = Platform.host()
ELSEWHERE = HERE.foreign()
ARTIFACT = artifact({"model.bin": "weights", "doc/README": "read me"})
ANOTHER = artifact({"model.bin": "better weights"})
SPELLED_OTHERWISE = artifact({"model.bin": "weights"}, indent=2)
IMAGE = image([layer({"hello": "world"})])
ABROAD = index([image([layer({"hello": "world"})], platform=ELSEWHERE)])
CONFIG = Blob("application/vnd.example.config+json", b'{"of": "its own"}')
WRITTEN = {
    "full": FULL,
    "full-tag": f"{FULL}:latest",
    "full-digest": f"{FULL}@{ARTIFACT.digest}",
    "short": NAME,
    "short-tag": f"{NAME}:latest",
    "short-digest": f"{NAME}@{ARTIFACT.digest}",
}
BY_ID = {"id": ARTIFACT.id, "id-of-12": ARTIFACT.id[:12], "id-of-3": ARTIFACT.id[:3]}
WITH_TAG_AND_DIGEST = {"full-tag-and-digest": f"{FULL}:latest@{ARTIFACT.digest}"}
OTHERS = {
    "other-tag": f"{FULL}:1.2",
    "other-digest": f"{FULL}@{ANOTHER.digest}",
    "other-registry": f"quay.io/{NAME}",
    "other-registry-digest": f"quay.io/{NAME}@{ARTIFACT.digest}",
    "other-name": f"{NAME}-too",
    "id-of-2": ARTIFACT.id[:2],
    "id-with-algorithm": ARTIFACT.digest,
}

pulls_artifacts = pytest.mark.releases(">=1.33", "artifacts came with cri-o/cri-o#8996")


@pytest.fixture
def pull(runtime: Runtime, docker_io: RegistryHost) -> Pull:
    """The artifact is pulled from docker.io by its full name, with the tag latest."""
    docker_io.store(NAME, ARTIFACT, ["latest", "1.2"])
    return runtime.pull(FULL)


@pytest.mark.releases("<1.33", "cri-o/cri-o#8996 brought artifacts")
def test_where_there_are_no_artifacts_yet_it_is_said_to_be_one(pull: Pull) -> None:
    """A runtime that keeps container images only refuses an artifact, and says what it is."""
    assert pull.error is not None
    assert (pull.error.is_about_an_artifact, pull.error.says(TYPE)) == (True, True)


@pulls_artifacts
class TestPulled:
    """An artifact on docker.io."""

    @pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
    def test_it_bears_its_registry_s_name(self, runtime: Runtime, docker_io: RegistryHost, written: str) -> None:
        """An artifact can be pulled by every name that an image can, and is in the store under its registry's name."""
        docker_io.store(NAME, ARTIFACT)
        tags = () if "@" in written else (f"{FULL}:latest",)
        assert runtime.pull(written).image == ImageInfo(ARTIFACT.id, tags, (f"{FULL}@{ARTIFACT.digest}",))

    @pytest.mark.parametrize(
        "content",
        [
            artifact(
                {"a": "no type, own config"}, artifact_type="", config=Blob("application/vnd.example+json", b"{}")
            ),
            artifact({"a": "a type, own config"}, config=Blob("application/vnd.example+json", b"{}")),
            artifact({"a": "no type, no config"}, artifact_type=""),
            artifact({"a": "annotated"}, annotations={"org.opencontainers.image.created": "1970-01-01T00:00:00Z"}),
        ],
        ids=["config", "type-and-config", "neither", "annotations"],
    )
    def test_of_any_kind(self, runtime: Runtime, docker_io: RegistryHost, content: Artifact) -> None:
        """What has no image's config is an artifact, whether it says of which type or not."""
        docker_io.store(NAME, content)
        found = runtime.pull(FULL).image
        assert found is not None
        assert found.id == content.id

    def test_it_is_listed(self, runtime: Runtime, pull: Pull) -> None:
        """ListImages has the artifacts beside the images."""
        assert runtime.images() == [pull.image]

    def test_a_damaged_one_is_no_reason_to_stop(
        self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """An artifact that cannot be had from one search registry is looked for on the next one."""
        damaged = artifact({"a": "damaged on docker.io"})
        docker_io.store(NAME, damaged)
        docker_io.tamper(damaged.layers[0])
        quay_io.store(NAME, damaged)
        assert runtime.pull(NAME).image_hosts == (quay_io,)


@pulls_artifacts
class TestSpelledOtherwise:
    """The manifest's JSON is indented: the bytes are other ones than Go would write."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost) -> Pull:
        """It is pulled."""
        docker_io.store(NAME, SPELLED_OTHERWISE)
        return runtime.pull(FULL)

    def test_the_answer_finds_it(self, pull: Pull) -> None:
        """What PullImage answers is what ImageStatus finds the artifact by, however its manifest is written."""
        assert pull.image is not None
        assert pull.image.id == SPELLED_OTHERWISE.id


@pulls_artifacts
class TestFound:
    """The artifact was pulled from docker.io, with the tag latest."""

    @pytest.fixture
    def found(self, runtime: Runtime, pull: Pull, written: str) -> ImageStatusResult:
        """What is found under a name."""
        assert pull.image is not None
        return runtime.status(written)

    @pytest.mark.parametrize(
        "written", (WRITTEN | BY_ID | WITH_TAG_AND_DIGEST).values(), ids=WRITTEN | BY_ID | WITH_TAG_AND_DIGEST
    )
    def test_it_is_found_by_its_names(self, found: ImageStatusResult, pull: Pull, written: str) -> None:
        """ImageStatus finds an artifact by tag, digest, short name, ID, and an ID's first three digits or more."""
        assert found.image == pull.image is not None, written

    @pytest.mark.parametrize("written", OTHERS.values(), ids=OTHERS)
    def test_it_is_not_found_by_others(self, found: ImageStatusResult, written: str) -> None:
        """ImageStatus finds no artifact, without an error, under another tag, digest, registry, name or ID."""
        assert (found.image, found.error) == (None, None), written

    @pytest.mark.parametrize("written", [FULL, ARTIFACT.id, f"quay.io/{NAME}"], ids=["full", "id", "other"])
    def test_a_list_with_a_filter_has_the_same(
        self, runtime: Runtime, pull: Pull, found: ImageStatusResult, written: str
    ) -> None:
        """ListImages with a name as its filter gives the artifact that ImageStatus finds by it."""
        expected = None if written.startswith("quay.io") else pull.image
        assert (found.image, runtime.listed(written)) == (expected, [expected] if expected else [])


@pulls_artifacts
class TestRemoved:
    """The artifact was pulled from docker.io, with the tag latest, and is removed."""

    @pytest.fixture
    def left(self, runtime: Runtime, pull: Pull, written: str) -> list[tuple[str, ...]]:
        """The names of what is left then."""
        assert runtime.images() == [pull.image]
        runtime.remove(written)
        return [each.tags for each in runtime.images()]

    @pytest.mark.parametrize("written", (WRITTEN | BY_ID).values(), ids=WRITTEN | BY_ID)
    def test_by_a_name_that_finds_it(self, left: list[tuple[str, ...]], written: str) -> None:
        """RemoveImage removes an artifact by every name that ImageStatus finds it by, and by its ID."""
        assert left == [], written

    @pytest.mark.parametrize("written", [f"{FULL}:1.2", f"quay.io/{NAME}"], ids=["other-tag", "other-registry"])
    def test_by_a_name_that_finds_nothing(self, left: list[tuple[str, ...]], written: str) -> None:
        """RemoveImage by another name succeeds, and leaves the artifact alone."""
        assert left == [(f"{FULL}:latest",)], written


@pulls_artifacts
class TestANameOfBoth:
    """A tag was an image's and then an artifact's, or the other way round, and was pulled both times."""

    CONTENTS: ClassVar[dict[str, Content]] = {"image": IMAGE, "artifact": ARTIFACT}

    @pytest.fixture
    def stands_for(self, runtime: Runtime, docker_io: RegistryHost, order: tuple[str, str]) -> list[str]:
        """What the name stands for afterwards."""
        for each in order:
            docker_io.store(NAME, self.CONTENTS[each])
            assert runtime.pull(FULL).succeeded
        found = runtime.status(FULL).image
        return [name for name, each in self.CONTENTS.items() if found and f"{FULL}@{each.digest}" in found.digests]

    @pytest.mark.parametrize(
        "order", [("artifact", "image"), ("image", "artifact")], ids=["image-last", "artifact-last"]
    )
    def test_it_stands_for_the_last(self, stands_for: list[str], order: tuple[str, str]) -> None:
        """A name stands for what was pulled under it last, be it an image or an artifact."""
        assert stands_for == [order[-1]]


@pulls_artifacts
class TestOnTwoRegistries:
    """docker.io and quay.io have something under the same short name."""

    @pytest.mark.parametrize(
        ("contents", "serving"),
        [
            ((None, ARTIFACT), "quay.io"),
            ((ARTIFACT, IMAGE), "docker.io"),
            ((IMAGE, ARTIFACT), "docker.io"),
            ((ARTIFACT, ANOTHER), "docker.io"),
            ((ABROAD, ARTIFACT), "quay.io"),
        ],
        ids=["none-artifact", "artifact-image", "image-artifact", "artifact-artifact", "foreign-artifact"],
    )
    def test_the_first_that_can_serves(
        self,
        runtime: Runtime,
        docker_io: RegistryHost,
        quay_io: RegistryHost,
        contents: tuple[Content | None, Content],
        serving: str,
    ) -> None:
        """A short name is served by the first registry that can, be it with an image or with an artifact."""
        for host, content in zip((docker_io, quay_io), contents, strict=True):
            if content:
                host.store(NAME, content)
        assert runtime.pull(NAME).image_hosts == (serving,)

    def test_the_second_is_not_asked(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """Where the first search registry has an artifact, no other one is asked."""
        docker_io.store(NAME, ARTIFACT)
        quay_io.store(NAME, IMAGE)
        assert runtime.pull(NAME).asked == [docker_io]


@pulls_artifacts
class TestAnIndex:
    """An index lists artifacts for several platforms."""

    def test_the_artifact_for_this_machine_comes(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """Of an index of artifacts, the one for this machine's architecture is pulled."""
        docker_io.store(NAME, index([ANOTHER, ARTIFACT], platforms=[ELSEWHERE, HERE]))
        found = runtime.pull(FULL).image
        assert found is not None
        assert found.id == ARTIFACT.id

    def test_none_for_this_machine_is_an_error(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """Where an index has artifacts for other architectures only, the pull fails, and says so."""
        docker_io.store(NAME, index([ARTIFACT], platforms=[ELSEWHERE]))
        assert runtime.pull(FULL).reasons == {docker_io: Reason.NO_MATCHING_PLATFORM}


@pulls_artifacts
class TestPrivate:
    """The artifact's repository on quay.io takes a login."""

    def test_without_a_login(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """A private artifact cannot be pulled without a login, and the error says so."""
        quay_io.store(NAME, ARTIFACT)
        quay_io.require_login(NAME)
        assert runtime.pull(f"quay.io/{NAME}").reasons == {quay_io: Reason.UNAUTHORIZED}

    def test_with_its_login(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """A private artifact is pulled with the login that the request brings."""
        quay_io.store(NAME, ARTIFACT)
        login = quay_io.require_login(NAME)
        pull = runtime.pull(f"quay.io/{NAME}", login)
        assert (pull.image_hosts, pull.credentials) == ((quay_io,), {quay_io: (login.user,)})

    def test_with_the_login_of_the_second_registry(
        self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """A private artifact by a short name is pulled with the login, whichever search registry has it."""
        quay_io.store(NAME, ARTIFACT)
        login = quay_io.require_login(NAME)
        docker_io.origin.repository("rhuss/another").logins[login.user] = login.password
        pull = runtime.pull(NAME, login)
        assert (pull.asked, pull.image_hosts) == ([docker_io, quay_io], (quay_io,))


@pulls_artifacts
class TestDamaged:
    """A part of the artifact is missing, or has another digest than it should."""

    DAMAGES = (
        *(("layer", "tampered"), ("layer", "lost")),
        *(("config", "tampered"), ("config", "lost")),
        ("manifest", "tampered"),
    )

    @pytest.fixture
    def whole(self, request: pytest.FixtureRequest) -> Artifact:
        """The artifact, of which no case before had a layer."""
        return artifact({"first": f"first of {request.node.name}", "second": f"second of {request.node.name}"})

    @pytest.fixture
    def part(self, whole: Artifact, which: str) -> Blob:
        """The part that is damaged."""
        return {"layer": whole.layers[0], "config": whole.config, "manifest": whole.manifest}[which]

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, whole: Artifact, part: Blob, damage: str) -> Pull:
        """It is pulled by its digest."""
        docker_io.store(NAME, whole)
        (docker_io.tamper if damage == "tampered" else docker_io.lose)(part)
        return runtime.pull(f"{FULL}@{whole.digest}")

    @pytest.fixture
    def on_the_disk(self, node: NodeInspector, pull: Pull, whole: Artifact) -> list[str]:
        """The titles of the layers that are on the disk after the pull."""
        assert not pull.succeeded
        assert {each.digest for each in whole.layers} <= set(pull.blobs)
        return [title for title, each in zip(("first", "second"), whole.layers, strict=True) if node.keeps(each)]

    @pytest.mark.parametrize(("which", "damage"), DAMAGES)
    def test_nothing_is_stored(self, runtime: Runtime, pull: Pull, which: str, damage: str) -> None:
        """An artifact of which a part is missing or damaged is not pulled, and not in the store."""
        assert [each.served for each in pull.attempts] == [True], (which, damage)
        assert (pull.succeeded, runtime.images()) == (False, []), (which, damage)

    @pytest.mark.parametrize(("which", "damage"), DAMAGES)
    def test_the_error_names_the_part(self, pull: Pull, part: Blob, which: str, damage: str) -> None:
        """The error says by its digest which part of the artifact it is about."""
        assert pull.error is not None
        assert pull.error.says(part.digest), (which, damage)

    @pytest.mark.parametrize(("which", "damage"), [("layer", "lost")])
    def test_nothing_stays_on_the_disk(self, on_the_disk: list[str], which: str, damage: str) -> None:
        """A pull that fails leaves nothing on the disk that no removal would take away."""
        assert on_the_disk == [], (which, damage)
