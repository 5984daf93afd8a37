"""The life of image volumes: shared, in use, after a restart of CRI-O, and what is left of them (KEP-4639, the CRI)."""

from collections.abc import Callable, Iterator

import pytest

from conformance import (
    Container,
    ContainerStart,
    CRIError,
    Directory,
    File,
    Image,
    NodeInspector,
    NodeResources,
    Pod,
    RegistryHost,
    Runtime,
    image,
    image_mount,
    layer,
)
from conformance.runtime import pod_images

NAME = "quay.io/rhuss/models"
MISSING = "quay.io/rhuss/missing"
APP = "quay.io/rhuss/app"
AT = "/models"
FILE = f"{AT}/file"
CONTENT = "from the image\n"
NEW_CONTENT = "from the new image\n"
SUB_PATHS_CAME = pytest.mark.releases(">=1.33", "the CRI has sub paths of images since Kubernetes 1.33")

Refer = Callable[[Image], str]
Left = dict[str, list[str]]
"""What is left on the node, of each kind; the layer of the stored image is called ``models``."""


@pytest.fixture
def stored(runtime: Runtime, quay_io: RegistryHost) -> Image:
    """An image with a file and a folder, in the store."""
    offered = quay_io.offer("rhuss/models", files={"file": CONTENT, "folder": Directory()})
    assert isinstance(offered, Image)
    assert runtime.pull(NAME).image is not None
    return offered


@pytest.fixture
def another_pod(runtime: Runtime, pod: Pod) -> Iterator[Pod]:
    """A second pod."""
    del pod
    with Pod(runtime) as another:
        yield another


@pytest.fixture
def app(runtime: Runtime, quay_io: RegistryHost) -> str:
    """An image for containers, with the same file, in the store; gives its name."""
    quay_io.store("rhuss/app", pod_images.tool_image(layer({"file": CONTENT})))
    runtime.pull(APP)
    return APP


def mounted(pod: Pod, name: str = NAME) -> Container:
    """Start a container with an image."""
    return pod.start(image_mount(name, AT)).running


def named(left: NodeResources, stored: Image) -> Left:
    """Give what is left on the node, and of which image."""
    return left.named({stored.layers[0].diff_id: "models"})


def refusal(runtime: Runtime, name: str) -> CRIError | None:
    """Try to remove an image; gives the error, if any."""
    try:
        runtime.remove(name)
    except CRIError as error:
        return error
    return None


@pytest.mark.usefixtures("containers", "stored")
class TestShared:
    """Two containers have one image."""

    def test_by_containers_of_a_pod(self, pod: Pod) -> None:
        """Containers of a pod can have one image as their volume."""
        assert [each.read(FILE) for each in (mounted(pod), mounted(pod))] == [CONTENT, CONTENT]

    def test_by_pods(self, pod: Pod, another_pod: Pod) -> None:
        """Pods can have one image as their volume."""
        assert [each.read(FILE) for each in (mounted(pod), mounted(another_pod))] == [CONTENT, CONTENT]

    def test_one_outlives_the_other(self, pod: Pod, another_pod: Pod) -> None:
        """A container keeps its volume when another one that has the same image is gone."""
        first, second = mounted(pod), mounted(another_pod)
        first.end()
        assert second.read(FILE) == CONTENT

    def test_by_a_container_that_runs_it(self, pod: Pod, app: str) -> None:
        """The image that a container runs may also be its volume, which keeps what the container writes over."""
        container = pod.start(image_mount(app, AT), image=app).running
        container.run("/bin/sh", "-c", "echo written > /file")
        assert (container.read("/file"), container.read(FILE)) == ("written\n", CONTENT)


NAMES = [
    pytest.param(lambda _: NAME, id="name"),
    pytest.param(lambda image: image.id, id="id"),
    pytest.param(lambda image: f"quay.io/rhuss/models@{image.digest}", id="digest"),
]


class TestInUse:
    """A container has an image as its volume, and somebody wants to remove the image."""

    @pytest.fixture
    def container(self, pod: Pod, stored: Image) -> Container:
        """The container."""
        del stored
        return mounted(pod)

    @pytest.fixture(params=NAMES)
    def refused(
        self, request: pytest.FixtureRequest, runtime: Runtime, container: Container, stored: Image
    ) -> CRIError | None:
        """What RemoveImage says."""
        del container
        refer: Refer = request.param
        return refusal(runtime, refer(stored))

    def test_it_is_refused(self, refused: CRIError | None) -> None:
        """RemoveImage of an image that a container has as a volume is refused because of that, by whatever name."""
        assert refused is not None
        assert refused.is_image_in_use

    def test_it_is_refused_after_the_container_stopped(self, runtime: Runtime, container: Container) -> None:
        """A container that has stopped still has its volumes."""
        container.stop()
        refused = refusal(runtime, NAME)
        assert refused is not None
        assert refused.is_image_in_use

    def test_it_is_refused_while_another_has_it(self, runtime: Runtime, container: Container, another_pod: Pod) -> None:
        """An image is in use until the last container that has it is removed."""
        mounted(another_pod)
        container.end()
        refused = refusal(runtime, NAME)
        assert refused is not None
        assert refused.is_image_in_use

    @pytest.mark.parametrize("refer", NAMES[:2])
    def test_it_succeeds_after_the_container(
        self, runtime: Runtime, container: Container, stored: Image, refer: Refer
    ) -> None:
        """An image can be removed when the containers that had it are."""
        container.end()
        runtime.remove(refer(stored))
        assert runtime.status(NAME).image is None

    def test_it_succeeds_after_the_pod(self, runtime: Runtime, container: Container, pod: Pod) -> None:
        """An image can be removed when the pods that had it are."""
        del container
        pod.close()
        runtime.remove(NAME)
        assert runtime.status(NAME).image is None

    @pytest.mark.parametrize("by_id", [pytest.param(False, id="name"), pytest.param(True, id="id")])
    def test_it_is_refused_while_a_container_runs_it(
        self, runtime: Runtime, pod: Pod, app: str, *, by_id: bool
    ) -> None:
        """An image that is a container's own cannot be removed when no container has it as a volume any more."""
        pod.start(image_mount(app, AT), image=app).running.end()
        own = runtime.status(app).image
        assert own is not None
        pod.start(image=app)
        refused = refusal(runtime, own.id if by_id else app)
        assert refused is not None
        assert refused.is_image_in_use


@pytest.mark.usefixtures("containers")
class TestChanged:
    """A container has an image as its volume, and the image changes meanwhile."""

    @pytest.fixture
    def container(self, pod: Pod, stored: Image) -> Container:
        """The container."""
        del stored
        return mounted(pod)

    @pytest.fixture
    def seen(self, runtime: Runtime, container: Container, stored: Image) -> list[str]:
        """What the container sees after somebody tried to remove the image, and pulled it again."""
        refusal(runtime, stored.id)
        runtime.pull(NAME)
        return sorted(container.tree(AT))

    def test_it_is_not_taken_away(self, seen: list[str]) -> None:
        """A container keeps what its volume shows, whatever is done to the image."""
        assert seen == [".", "file", "folder", "offered-by"]

    @pytest.fixture
    def replaced(self, runtime: Runtime, container: Container, quay_io: RegistryHost) -> None:
        """Another image has the name by now."""
        del container
        quay_io.offer("rhuss/models", files={"file": NEW_CONTENT})
        runtime.pull(NAME)

    def test_a_new_container_gets_the_new_one(self, pod: Pod, container: Container, replaced: None) -> None:
        """Where a name has got another image, a new container gets that, and the old one keeps what it had."""
        del replaced
        assert [container.read(FILE), mounted(pod).read(FILE)] == [CONTENT, NEW_CONTENT]

    @pytest.fixture
    def refused(self, runtime: Runtime, stored: Image, replaced: None) -> CRIError | None:
        """What RemoveImage says about the image that lost its name."""
        del replaced
        return refusal(runtime, stored.id)

    def test_the_old_one_is_in_use(self, refused: CRIError | None) -> None:
        """An image that has lost its name to another one is in use as long as a container has it."""
        assert refused is not None
        assert refused.is_image_in_use


class TestRestart:
    """CRI-O is restarted while a container has an image as its volume."""

    @pytest.fixture
    def container(self, pod: Pod, node: NodeInspector, stored: Image) -> Container:
        """The container."""
        del stored
        container = mounted(pod)
        node.restart_runtime()
        return container

    def test_the_volume_is_there(self, container: Container) -> None:
        """A container runs on while CRI-O restarts, and has its volume."""
        assert (container.running, container.read(FILE)) == (True, CONTENT)

    def test_the_status_tells_the_image(self, container: Container, stored: Image) -> None:
        """After a restart ContainerStatus still tells which image is mounted."""
        assert container.mounted_images() == {AT: stored.id}

    @pytest.fixture
    def refused(self, runtime: Runtime, container: Container, stored: Image) -> CRIError | None:
        """What RemoveImage says about the image."""
        del container
        return refusal(runtime, stored.id)

    def test_the_image_is_in_use(self, refused: CRIError | None) -> None:
        """After a restart an image that a container has as its volume still cannot be removed."""
        assert refused is not None
        assert refused.is_image_in_use

    def test_another_container_gets_it(self, pod: Pod, container: Container) -> None:
        """After a restart a further container can have the image, and one that had it keeps it."""
        assert [mounted(pod).read(FILE), container.read(FILE)] == [CONTENT, CONTENT]

    def test_it_can_all_be_removed(self, runtime: Runtime, pod: Pod, container: Container) -> None:
        """After a restart pod and image can be removed."""
        del container
        pod.close()
        runtime.remove(NAME)
        assert runtime.status(NAME).image is None


KINDS: dict[str, tuple[Callable[[Pod], ContainerStart], object]] = {
    "no-image": (lambda pod: pod.start(image_mount(MISSING, AT)), (True, None, "")),
    "no-second-image": (
        lambda pod: pod.start(image_mount(NAME, AT, sub_path="folder"), image_mount(MISSING, "/other")),
        (True, None, ""),
    ),
    "no-sub-path": (lambda pod: pod.start(image_mount(NAME, AT, sub_path="none")), (False, ("none", NAME), "")),
    "no-folder-to-mount-on": (lambda pod: pod.start(image_mount(NAME, "/bin/sh")), (False, None, "ENOTDIR")),
    "no-command": (lambda pod: pod.start(image_mount(NAME, AT), command=["/missing"]), (False, None, "ENOENT")),
}
"""What is asked for, and why it cannot be had: an image is missing, a sub path, or what the system says."""


class TestRefused:
    """CreateContainer fails, after a volume was mounted or before."""

    @pytest.fixture(
        params=[
            pytest.param(start, id=kind, marks=SUB_PATHS_CAME if kind == "no-sub-path" else ())
            for kind, start in KINDS.items()
        ]
    )
    def left(self, request: pytest.FixtureRequest, node: NodeInspector, pod: Pod, stored: Image) -> Left:
        """What is left of it on the node."""
        start, why = request.param
        before = node.resources
        error = start(pod).failure
        assert (error.is_missing_image, error.missing_sub_path, error.system_error) == why
        return named(node.left_since(before), stored)

    def test_nothing_is_left(self, left: Left) -> None:
        """A container that cannot be created leaves no mount, lock, process or control group behind."""
        assert left == {}


class TestAnUnknownUser:
    """A container with a volume is asked for whose own image names a user that it does not have."""

    @pytest.fixture
    def start(
        self, runtime: Runtime, pod: Pod, node: NodeInspector, stored: Image, quay_io: RegistryHost
    ) -> ContainerStart:
        """The container is asked for; if CRI-O ends, it is started again."""
        del stored
        quay_io.store("rhuss/app", image(pod_images.tool_image().layers, config={"User": "nobody-here"}))
        runtime.pull(APP)
        start = pod.start(image_mount(NAME, AT), image=APP)
        if start.error and start.error.is_end_of_runtime:
            node.revive_runtime()
        return start

    def test_the_runtime_survives(self, start: ContainerStart) -> None:
        """What is wrong with a container's image is told, and CRI-O runs on."""
        assert start.evidence.panics == []
        assert start.failure.unknown_user == "nobody-here"


class TestGone:
    """A container with a volume is removed."""

    @pytest.fixture
    def left(self, node: NodeInspector, pod: Pod, stored: Image) -> Left:
        """What is left of it on the node."""
        return named(node.left_by(lambda: mounted(pod).end()), stored)

    def test_nothing_is_left(self, left: Left) -> None:
        """A container that is removed leaves no mount, lock, process or control group behind."""
        assert left == {}

    @pytest.fixture
    def left_of_two(self, node: NodeInspector, pod: Pod, stored: Image) -> Left:
        """What is left on the node of a second container that had the image beside another one."""
        mounted(pod)
        return named(node.left_by(lambda: mounted(pod).end()), stored)

    def test_nothing_is_left_beside_another(self, left_of_two: Left) -> None:
        """A container that is removed gives its mount of the image back, while another container keeps its own."""
        assert left_of_two == {}

    @pytest.fixture
    def left_by_the_bad(self, runtime: Runtime, node: NodeInspector, pod: Pod, quay_io: RegistryHost) -> NodeResources:
        """What is left on the node of a container whose program cannot be run, after it was removed."""
        quay_io.store("rhuss/app", pod_images.tool_image(layer({"bad": File(b"no program", 0o755)})))
        runtime.pull(APP)
        return node.left_by(lambda: pod.start(image=APP, command=["/bad"]).running.end())  # noqa: PLW0108 (started in it)

    def test_nothing_is_left_of_one_without_a_volume(self, left_by_the_bad: NodeResources) -> None:
        """A container without a volume that ended by itself leaves nothing behind when it is removed."""
        assert left_by_the_bad == NodeResources()

    @pytest.fixture
    def left_of_the_pod(self, runtime: Runtime, node: NodeInspector, stored: Image) -> Left:
        """What is left on the node after a pod with three such containers is removed."""
        before = node.resources
        with Pod(runtime) as pod:
            for _ in range(3):
                mounted(pod)
        return named(node.left_since(before), stored)

    def test_nothing_is_left_of_a_pod(self, left_of_the_pod: Left) -> None:
        """A pod that is removed leaves no mount, lock, process or control group behind."""
        assert left_of_the_pod == {}

    def test_nothing_is_left_of_pod_and_image(self, runtime: Runtime, node: NodeInspector, stored: Image) -> None:
        """When pod and image are removed, nothing is left of either."""
        del stored
        before = node.resources
        with Pod(runtime) as pod:
            mounted(pod)
            pod.start(image_mount(MISSING, AT))
            pod.start(image_mount(NAME, AT), command=["/missing"])
        runtime.remove(NAME)
        left = node.left_since(before)
        assert (left.mounts, left.layers, left.containers, left.processes, left.locks) == ((), (), (), (), ())


@pytest.mark.usefixtures("containers", "stored")
class TestAtOnce:
    """Containers with one image are made and removed at the same time."""

    def test_all_have_it(self, pod: Pod) -> None:
        """Twenty containers that are started at once with one image all have it."""
        started = pod.start_at_once(20, image_mount(NAME, AT))
        assert [each.running.read(FILE) for each in started] == [CONTENT] * 20

    def test_they_come_and_go(self, runtime: Runtime, pod: Pod) -> None:
        """Containers with one image can be started and removed all at once, and then the image can be removed."""
        pod.start_and_remove(8, image_mount(NAME, AT))
        runtime.remove(NAME)
        assert (pod.containers(), runtime.status(NAME).image) == ([], None)
