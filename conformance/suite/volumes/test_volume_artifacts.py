"""Artifacts as volumes: files of the container, each under the title that its layer has (image-spec v1.1, "artifacts").

What the store does with artifacts is in ``test_artifacts.py``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from conformance import (
    Artifact,
    CallError,
    ContainerStart,
    CRIError,
    ExecResult,
    File,
    Files,
    ImageVolume,
    NodeInspector,
    Platform,
    Pod,
    PodSync,
    RegistryHost,
    Runtime,
    artifact,
    image,
    image_mount,
    index,
    layer,
)

NAME = "rhuss/model"
FULL = f"docker.io/{NAME}"
AT = "/models"
WEIGHTS = bytes(range(256)) * 16
HERE = Platform.host()
NOT_RUN = {"runc": "EACCES", "crun": "EPERM"}
"""What each OCI runtime fails with that is to run a file which is no program."""

ARTIFACT = artifact({"model.bin": "weights", "doc/README": "read me"})
ANOTHER = artifact({"other.bin": "other weights"})
NESTED = artifact({"top": "1", "doc/README": "2", "doc/deep/er": "3", "docs": "4"})
ABROAD = index([image([layer({"hello": "world"})], platform=HERE.foreign())])
SHOWN: dict[str, tuple[Files, dict[str, bytes]]] = {
    "one": ({"model.bin": WEIGHTS}, {"model.bin": WEIGHTS}),
    "several": ({"a": "1", "b c": "2", "ü": "3"}, {"a": b"1", "b c": b"2", "ü": b"3"}),
    "in-folders": ({"doc/README": "1", "doc/deep/er": "2"}, {"doc/README": b"1", "doc/deep/er": b"2"}),
    "alike": ({"a": "same", "b": "same"}, {"a": b"same", "b": b"same"}),
    "empty": ({"a": "", "b": "1"}, {"a": b"", "b": b"1"}),
}
NAMES = {
    "full": FULL,
    "full-digest": f"{FULL}@{ARTIFACT.digest}",
    "short": NAME,
    "id": ARTIFACT.id,
    "id-of-12": ARTIFACT.id[:12],
}
HOSTILE = {
    "up": "../../../../../../../../run/marker",
    "up-from-a-folder": "doc/../../../../../../../../run/marker",
    "absolute": "/run/marker",
}

pytestmark = pytest.mark.releases(">=1.33", "artifacts as volumes came with cri-o/cri-o#9062")


@pytest.fixture
def content() -> Artifact:
    """What is on docker.io."""
    return ARTIFACT


@pytest.fixture
def sync(pod: Pod, docker_io: RegistryHost, content: Artifact) -> PodSync:
    """A kubelet's sync of the pod, to a container with the artifact as a volume, by its full name."""
    docker_io.store(NAME, content)
    return pod.mount_image(FULL, at=AT)


def shown(sync: PodSync) -> Mapping[str, bytes]:
    """Give the files that the container sees in the volume."""
    return {path: each.content for path, each in sync.running.tree(AT).items() if isinstance(each, File)}


@pytest.mark.usefixtures("containers")
class TestWhatIsSeen:
    """A container looks at the volume."""

    @pytest.mark.parametrize(
        ("content", "files"), [(artifact(given), files) for given, files in SHOWN.values()], ids=SHOWN
    )
    def test_titles_are_file_names(self, sync: PodSync, files: dict[str, bytes]) -> None:
        """Each layer of an artifact is a file in the volume: under its title, with the layer's bytes."""
        assert shown(sync) == files

    @pytest.mark.parametrize("content", [artifact([("", "no title"), ("b", "1")])], ids=["untitled"])
    def test_a_layer_without_a_title_is_left_out(self, sync: PodSync) -> None:
        """A layer that has no title is no file; the others are there."""
        assert shown(sync) == {"b": b"1"}

    @pytest.mark.parametrize("content", [artifact([("a", "earlier"), ("a", "later")])], ids=["twice"])
    def test_of_two_with_one_title_the_later_is_seen(self, sync: PodSync) -> None:
        """Where two layers have the same title, the file is the later one."""
        assert shown(sync) == {"a": b"later"}

    def test_the_files_cannot_be_written(self, sync: PodSync) -> None:
        """A file of an artifact is read-only."""
        assert sync.running.run("/bin/touch", f"{AT}/model.bin").is_read_only

    @pytest.fixture
    def adding(self, sync: PodSync) -> ExecResult:
        """A new file is to be made in the volume."""
        return sync.running.run("/bin/touch", f"{AT}/new")

    @pytest.mark.upstream("cri-o/cri-o#9174")
    def test_nothing_can_be_added(self, adding: ExecResult) -> None:
        """Nothing can be written into a volume that is an artifact."""
        assert adding.is_read_only

    @pytest.mark.parametrize("content", [artifact({"run": "#!/bin/sh\n"})], ids=["program"])
    def test_a_file_is_no_program(self, sync: PodSync, runtime: Runtime) -> None:
        """The files of an artifact cannot be run."""
        assert sync.read(f"{AT}/run") == "#!/bin/sh\n"
        with pytest.raises(CRIError) as refused:
            sync.running.run(f"{AT}/run")
        assert refused.value.system_error == NOT_RUN.get(runtime.oci_runtime)

    def test_two_at_two_paths(self, pod: Pod, docker_io: RegistryHost) -> None:
        """Two artifacts are two volumes, each with its own files."""
        docker_io.store("rhuss/one", ARTIFACT)
        docker_io.store("rhuss/two", ANOTHER)
        sync = pod.mount(ImageVolume("docker.io/rhuss/one", "/one"), ImageVolume("docker.io/rhuss/two", "/two"))
        assert [sync.read("/one/model.bin"), sync.read("/two/other.bin")] == ["weights", "other weights"]

    def test_over_a_file(self, pod: Pod, sync: PodSync) -> None:
        """An artifact cannot be mounted on what is a file of the container's image."""
        assert sync.error is None
        refused = pod.start(image_mount(FULL, "/bin/cat")).failure
        assert (refused.is_from_oci_runtime, refused.system_error) == (True, "ENOTDIR")


@pytest.mark.usefixtures("containers")
class TestWhereItComesFrom:
    """Two registries have the short name."""

    def test_from_the_first_that_can(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The volume shows the artifact of quay.io where docker.io has an image for another architecture only."""
        docker_io.store(NAME, ABROAD)
        quay_io.store(NAME, ARTIFACT)
        assert pod.mount_image(NAME, at=AT).read(f"{AT}/model.bin") == "weights"

    def test_an_artifact_before_an_image(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The volume shows the artifact of docker.io where quay.io has an image under that name."""
        docker_io.store(NAME, ARTIFACT)
        quay_io.offer(NAME)
        assert pod.mount_image(NAME, at=AT).read(f"{AT}/model.bin") == "weights"

    def test_an_image_before_an_artifact(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The volume shows the image of docker.io where quay.io has an artifact under that name."""
        docker_io.offer(NAME)
        quay_io.store(NAME, ARTIFACT)
        assert pod.mount_image(NAME, at=AT).read(f"{AT}/offered-by") == f"docker.io/{NAME} for {HERE}\n"

    def test_of_an_index_the_one_for_this_machine(self, pod: Pod, docker_io: RegistryHost) -> None:
        """The volume shows the artifact that an index has for this machine's architecture."""
        docker_io.store(NAME, index([ANOTHER, ARTIFACT], platforms=[HERE.foreign(), HERE]))
        assert pod.mount_image(FULL, at=AT).read(f"{AT}/model.bin") == "weights"

    def test_a_private_one(self, pod: Pod, docker_io: RegistryHost) -> None:
        """A private artifact is a volume for the pod that has the login."""
        docker_io.store(NAME, ARTIFACT)
        login = docker_io.require_login(NAME)
        assert pod.mount_image(FULL, at=AT, login=login).read(f"{AT}/model.bin") == "weights"


class TestSubPaths:
    """A part of an artifact is mounted."""

    @pytest.fixture
    def sync(self, pod: Pod, docker_io: RegistryHost, sub_path: str) -> PodSync:
        """A kubelet's sync of the pod, to a container with that sub path of the artifact."""
        docker_io.store(NAME, NESTED)
        return pod.mount_image(FULL, at=AT, sub_path=sub_path)

    @pytest.mark.usefixtures("containers")
    @pytest.mark.parametrize(
        ("sub_path", "files"),
        [("doc", {"README": b"2", "deep/er": b"3"}), ("doc/deep/", {"er": b"3"})],
        ids=["folder", "nested"],
    )
    def test_a_folder(self, sync: PodSync, files: dict[str, bytes]) -> None:
        """With a sub path, the volume shows what the artifact has below that folder, and nothing else."""
        assert shown(sync) == files

    @pytest.fixture
    def refusal(self, sync: PodSync) -> CallError | None:
        """The error of CreateContainer."""
        return sync.error

    @pytest.fixture
    def is_missing(self, sync: PodSync, refusal: CallError | None, sub_path: str) -> bool:
        """Whether that error says of the sub path that it does not exist in the artifact."""
        return refusal is not None and refusal.missing_sub_path == (sub_path, sync.volumes[0].reference)

    @pytest.mark.usefixtures("containers")
    @pytest.mark.parametrize(("sub_path", "content"), [("doc/README", "2"), ("top", "1")])
    def test_a_file(self, sync: PodSync, is_missing: bool, sub_path: str, content: str) -> None:
        """A sub path may be one file of the artifact."""
        assert (is_missing, sync.error) == (False, None), sub_path
        assert sync.read(AT) == content

    @pytest.mark.parametrize("sub_path", ["none", "doc/none", "do", "../models"])
    def test_one_that_is_not_there(self, is_missing: bool, sub_path: str) -> None:
        """A sub path that the artifact does not have is refused, and the error names it, and the artifact."""
        assert is_missing, sub_path

    @pytest.mark.parametrize("sub_path", ["none"])
    def test_the_refusal_has_the_code(self, refusal: CallError | None, sub_path: str) -> None:
        """The error about a missing sub path begins with the CRI's code for image volumes, said once."""
        assert refusal is not None
        assert refusal.cri_codes == ("ImageVolumeMountFailed",), sub_path


@pytest.mark.usefixtures("containers")
class TestHostileTitles:
    """The title of a layer leads out of the volume, to a file that the node has and that the container could have."""

    @pytest.fixture
    def marker(self, node: NodeInspector) -> Iterator[Path]:
        """The file on the node."""
        path = node.root / "run/marker"
        path.write_text("the node's")
        yield path
        path.unlink()

    @pytest.fixture
    def sync(self, pod: Pod, docker_io: RegistryHost, marker: Path, title: str) -> PodSync:
        """A kubelet's sync of the pod, to a container with such an artifact."""
        assert marker.exists()
        docker_io.store(NAME, artifact({title: "the artifact's", "b": "1"}))
        return pod.mount_image(FULL, at=AT)

    @pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
    def test_the_node_is_left_alone(self, sync: PodSync, marker: Path, title: str) -> None:
        """Whatever the titles of an artifact are, nothing on the node is changed."""
        assert (sync.error, marker.read_text()) == (None, "the node's"), title

    @pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
    def test_it_stays_in_the_volume(self, sync: PodSync, title: str) -> None:
        """Whatever the title of a layer is, its file is in the volume, and not elsewhere in the container."""
        assert "No such file" in sync.running.run("/bin/cat", "/run/marker").stderr, title
        assert b"the artifact's" in shown(sync).values()


class TestOnRecord:
    """What can be told without a look inside."""

    def test_the_status_names_it(self, sync: PodSync) -> None:
        """ContainerStatus names the artifact by its digest, which a kubelet's garbage collection relies on."""
        assert sync.running.mounted_images() == {AT: ARTIFACT.id}

    @pytest.fixture
    def start(self, runtime: Runtime, pod: Pod, docker_io: RegistryHost, written: str) -> ContainerStart:
        """A container with the artifact by a name; it was pulled before."""
        docker_io.store(NAME, ARTIFACT)
        assert runtime.pull(FULL).succeeded
        return pod.start(image_mount(written, AT))

    @pytest.mark.parametrize("written", NAMES.values(), ids=NAMES)
    def test_by_its_names(self, start: ContainerStart, written: str) -> None:
        """An artifact can be mounted by every name that it was, or could have been, pulled by, and by its ID."""
        assert start.error is None, written
        assert start.running.mounted_images() == {AT: ARTIFACT.id}

    @pytest.fixture
    def again(self, pod: Pod, docker_io: RegistryHost, written: str) -> PodSync:
        """A kubelet's second sync with the same volume."""
        docker_io.store(NAME, ARTIFACT)
        assert pod.mount_image(written, at=AT).mounted == {AT: ARTIFACT.id}
        return pod.mount_image(written, at=AT)

    @pytest.mark.parametrize("written", [FULL, NAME], ids=["full", "short"])
    def test_it_is_pulled_once(self, again: PodSync, written: str) -> None:
        """An artifact that is in the store is not pulled again where the pull policy is IfNotPresent."""
        assert (again.pull, again.mounted) == (None, {AT: ARTIFACT.id}), written

    @pytest.mark.parametrize("content", [artifact({"a": "1"}, indent=2)], ids=["indented"])
    def test_however_its_manifest_is_written(self, sync: PodSync, content: Artifact) -> None:
        """An artifact can be mounted whatever JSON its manifest is, as long as it is one."""
        assert sync.mounted == {AT: content.id}

    @pytest.fixture
    def second(self, pod: Pod, docker_io: RegistryHost) -> PodSync:
        """A kubelet's sync of a pod with an artifact that another pod has by another tag."""
        docker_io.store(NAME, ARTIFACT, ["1", "2"])
        assert pod.mount_image(f"{FULL}:1", at=AT).error is None
        return pod.mount_image(f"{FULL}:2", at=AT)

    def test_under_two_tags(self, second: PodSync) -> None:
        """An artifact can be mounted by each of its tags, whichever was pulled before."""
        assert second.mounted == {AT: ARTIFACT.id}

    @pytest.fixture
    def as_root(self, pod: Pod, docker_io: RegistryHost) -> PodSync:
        """A kubelet's sync of a pod with a container whose image is an artifact."""
        docker_io.store(NAME, ARTIFACT)
        return pod.mount(image=FULL)

    def test_it_is_no_container_s_image(self, as_root: PodSync) -> None:
        """An artifact cannot be the image that a container runs from."""
        assert as_root.error is not None
        assert (as_root.waiting_reason, as_root.error.is_unknown_id) == ("CreateContainerError", True)


class TestInUse:
    """A container has the artifact as a volume."""

    @pytest.mark.parametrize("written", [f"{FULL}:latest", ARTIFACT.id[:12]], ids=["name", "id-of-12"])
    def test_it_cannot_be_removed(self, runtime: Runtime, sync: PodSync, written: str) -> None:
        """RemoveImage of an artifact that is mounted is refused because of that."""
        assert sync.error is None
        with pytest.raises(CRIError) as refused:
            runtime.remove(written)
        assert refused.value.is_image_in_use

    def test_afterwards_it_can(self, runtime: Runtime, sync: PodSync) -> None:
        """Once the container is gone, the artifact can be removed."""
        assert sync.mounted == {AT: ARTIFACT.id}
        sync.running.stop()
        sync.running.remove()
        runtime.remove(f"{FULL}:latest")
        assert [each.tags for each in runtime.images()] == []
