"""The tags of artifacts in the store: several of one, and one that moved on."""

import pytest

from conformance import ImageInfo, NodeInspector, Pull, RegistryHost, Runtime, artifact

pytestmark = pytest.mark.releases(">=1.33", "artifacts came with cri-o/cri-o#8996")

NAME = "rhuss/model"
FULL = f"docker.io/{NAME}"
ARTIFACT = artifact({"model.bin": "weights", "doc/README": "read me"})
ANOTHER = artifact({"model.bin": "better weights"})
LAST = artifact({"model.bin": "the best weights"})
ALL = {"first": ARTIFACT, "second": ANOTHER, "last": LAST}


class TestUnderTwoTags:
    """The artifact has two tags, and was pulled by both."""

    @pytest.fixture
    def second(self, runtime: Runtime, docker_io: RegistryHost) -> Pull:
        """The second pull."""
        docker_io.store(NAME, ARTIFACT, ["1", "2"])
        assert runtime.pull(f"{FULL}:1").succeeded
        return runtime.pull(f"{FULL}:2")

    @pytest.fixture
    def listed(self, runtime: Runtime, second: Pull) -> list[tuple[str, ...]]:
        """The tags of what is in the store."""
        assert second.succeeded
        return sorted(each.tags for each in runtime.images())

    def test_the_answer_finds_it(self, second: Pull) -> None:
        """What PullImage answers is what ImageStatus finds the artifact by, whatever other tags it has."""
        assert second.image is not None

    def test_it_is_one(self, listed: list[tuple[str, ...]]) -> None:
        """An artifact with two tags is listed once, with both."""
        assert listed == [(f"{FULL}:1", f"{FULL}:2")]


class TestAMovedTag:
    """The tag was put on another artifact, and pulled anew."""

    @pytest.fixture
    def moved(self, runtime: Runtime, docker_io: RegistryHost) -> Pull:
        """The second pull."""
        docker_io.store(NAME, ARTIFACT)
        assert runtime.pull(FULL).succeeded
        docker_io.store(NAME, ANOTHER)
        return runtime.pull(FULL)

    @pytest.fixture
    def left(self, runtime: Runtime, moved: Pull) -> list[tuple[str, ...]]:
        """The tags of what is left when the first artifact is removed by the beginning of its ID."""
        assert moved.succeeded
        runtime.remove(ARTIFACT.id[:12])
        return sorted(each.tags for each in runtime.images())

    def test_the_name_stands_for_the_new_one(self, runtime: Runtime, moved: Pull) -> None:
        """A tag that was pulled anew stands for what came then."""
        assert (
            runtime.status(FULL).image
            == moved.image
            == ImageInfo(ANOTHER.id, (f"{FULL}:latest",), (f"{FULL}@{ANOTHER.digest}",))
        )

    def test_the_old_one_can_be_removed(self, left: list[tuple[str, ...]]) -> None:
        """An artifact that lost its name can be removed by its ID."""
        assert left == [(f"{FULL}:latest",)]


class TestATagThatMovedTwice:
    """The tag was put on a second and on a third artifact, and pulled anew each time."""

    @pytest.fixture(autouse=True)
    def pulled(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """All three were pulled."""
        for content in ALL.values():
            docker_io.store(NAME, content)
            assert runtime.pull(FULL).succeeded

    @pytest.fixture
    def listed(self, runtime: Runtime) -> list[str]:
        """Which of them are listed."""
        ids = [each.id for each in runtime.images()]
        return [which for which, content in ALL.items() if content.id in ids]

    @pytest.fixture
    def found(self, runtime: Runtime) -> list[str]:
        """Which of them are found by their IDs."""
        return [which for which, content in ALL.items() if runtime.status(content.id).image]

    @pytest.fixture
    def on_the_disk(self, node: NodeInspector, runtime: Runtime) -> list[str]:
        """Of which the file is on the disk when all that is listed was removed by the beginning of its ID."""
        for image in runtime.images():
            runtime.remove(image.id[:12])
        return [which for which, content in ALL.items() if node.keeps(content.layers[0])]

    def test_all_are_found(self, found: list[str]) -> None:
        """An artifact that lost its name stays in the store, and is found by its ID."""
        assert found == [*ALL]

    def test_all_are_listed(self, listed: list[str]) -> None:
        """All artifacts that are in the store are listed, also several that have lost their names."""
        assert listed == [*ALL]

    def test_nothing_stays_on_the_disk(self, on_the_disk: list[str]) -> None:
        """When all artifacts that are listed have been removed, no file of any is on the disk."""
        assert on_the_disk == []
