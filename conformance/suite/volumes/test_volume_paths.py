"""Where an image volume is mounted, and which part of its image: container paths and sub paths (KEP-4639, the CRI)."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance import (
    Container,
    ContainerStart,
    CRIError,
    File,
    Image,
    NodeInspector,
    Pod,
    PodSync,
    RegistryHost,
    Runtime,
    Symlink,
    image_mount,
    layer,
)
from conformance.cri.v1 import api_pb2 as api
from conformance.runtime import pod_images

NAME = "quay.io/rhuss/models"
OTHER = "quay.io/rhuss/others"
APP = "quay.io/rhuss/app"
AT = "/models"
ON_THE_NODE = "run/conformance"
UP = "../../../../../../../.."

FILES = {
    "file": "a file\n",
    "folder/file": "a file in a folder\n",
    "folder/deep/file": "a file deep below\n",
    "with space/file": "a file in a folder with a space\n",
    "etc/own": "the image's own\n",
}
LINKS = {
    "link": "folder",
    "absolute-link": "/folder",
    "link-to-a-file": "folder/file",
    "link-to-itself": "link-to-itself",
    "to-etc": "/etc",
    "up-to-etc": f"{UP}/etc",
    "to-the-node": f"/{ON_THE_NODE}",
    "up-to-the-node": f"{UP}/{ON_THE_NODE}",
}
SUB_PATHS_CAME = pytest.mark.releases(">=1.33", "the CRI has sub paths of images since Kubernetes 1.33")

Files = dict[str, str]


def below(folder: str) -> Files:
    """Give the files that the image has in a folder."""
    return {path.removeprefix(folder): content for path, content in FILES.items() if path.startswith(folder)}


def seen(container: Container, at: str = AT) -> Files:
    """Give the files that a container sees in a folder."""
    tree = container.tree(at)
    return {path: entry.content.decode() for path, entry in tree.items() if isinstance(entry, File)}


@pytest.fixture
def image(runtime: Runtime, quay_io: RegistryHost) -> Image:
    """An image with files, folders and links, in the store."""
    image = quay_io.offer("rhuss/models", files=FILES | {path: Symlink(target) for path, target in LINKS.items()})
    assert isinstance(image, Image)
    runtime.pull(NAME)
    return image


class TestAFolder:
    """A pod has a folder of the image as its volume."""

    @pytest.fixture
    def sync(self, pod: Pod, containers: None, image: Image) -> PodSync:
        """A kubelet's sync of the pod, to the container."""
        del containers, image
        return pod.mount_image(NAME, at=AT, sub_path="folder")

    @pytest.fixture
    def names(self, sync: PodSync) -> list[str]:
        """The files that the volume shows."""
        return sorted(seen(sync.running))

    @pytest.mark.upstream("cri-o/cri-o#9050")
    def test_it_is_all_that_is_shown(self, names: list[str]) -> None:
        """A volume with a sub path shows that folder of the image, and nothing else of it."""
        assert names == sorted(below("folder/"))


class TestTheStatus:
    """What ContainerStatus tells of a volume with a sub path that was asked for without ``readonly``."""

    @pytest.fixture
    def mount(self, pod: Pod, image: Image) -> api.Mount:
        """The mount."""
        del image
        (mount,) = pod.start(image_mount(NAME, AT, sub_path="folder", readonly=False)).running.mounts
        return mount

    def test_it_tells_image_and_path(self, mount: api.Mount, image: Image) -> None:
        """ContainerStatus tells the container path of a volume, and the ID of its image, of which it shows a part."""
        assert (mount.container_path, mount.image.image) == (AT, image.id)

    @SUB_PATHS_CAME
    def test_it_tells_the_sub_path(self, mount: api.Mount) -> None:
        """ContainerStatus tells the sub path of a volume."""
        assert mount.image_sub_path == "folder"

    def test_it_tells_that_it_is_read_only(self, mount: api.Mount) -> None:
        """ContainerStatus tells that a volume is read-only, as every one is, whatever was asked for."""
        assert mount.readonly


@SUB_PATHS_CAME
@pytest.mark.usefixtures("containers", "image")
class TestAPartOfTheImage:
    """A container is started with parts of the image, each as a volume of its own."""

    def test_a_folder(self, pod: Pod) -> None:
        """A sub path is a path in the image, however it is written."""
        expected = {
            "folder": below("folder/"),
            "folder/": below("folder/"),
            "folder/deep": below("folder/deep/"),
            "folder//deep/../deep/.": below("folder/deep/"),
            "with space": below("with space/"),
        }
        assert parts(pod, *expected) == expected

    def test_the_whole_image(self, pod: Pod) -> None:
        """The sub path ``.`` is the whole image."""
        seen = parts(pod, ".")["."]
        assert (FILES.items() <= seen.items(), sorted(seen)) == (True, sorted([*FILES, "offered-by"]))

    def test_none_leads_out(self, pod: Pod) -> None:
        """A sub path begins at the image's root, above which there is nothing."""
        sub_paths = ("/folder", "../folder", "folder/../../folder", f"{UP}/folder")
        assert parts(pod, *sub_paths) == dict.fromkeys(sub_paths, below("folder/"))

    def test_a_link_is_followed(self, pod: Pod) -> None:
        """A sub path may go through symbolic links of the image; an absolute one begins at the image's root."""
        expected = {
            "link": below("folder/"),
            "absolute-link": below("folder/"),
            "link/deep": below("folder/deep/"),
            "absolute-link/../etc": below("etc/"),
        }
        assert parts(pod, *expected) == expected

    def test_a_link_ends_in_the_image(self, pod: Pod) -> None:
        """A link that leads out of the image ends at what the image itself has under that path."""
        assert parts(pod, "to-etc", "up-to-etc") == {"to-etc": below("etc/"), "up-to-etc": below("etc/")}


def parts(pod: Pod, *sub_paths: str) -> dict[str, Files]:
    """Give the files that a container sees of parts of the image, by sub path."""
    places = {sub_path: f"{AT}/{number}" for number, sub_path in enumerate(sub_paths)}
    mounts = [image_mount(NAME, at, sub_path=sub_path) for sub_path, at in places.items()]
    container = pod.start(*mounts).running
    return {sub_path: seen(container, at) for sub_path, at in places.items()}


@SUB_PATHS_CAME
class TestAFile:
    """A container is started with a file of the image."""

    @pytest.fixture
    def start(self, pod: Pod, containers: None, image: Image, sub_path: str) -> ContainerStart:
        """The container."""
        del containers, image
        return pod.start(image_mount(NAME, f"{AT}/one", sub_path=sub_path))

    @pytest.mark.parametrize(("sub_path", "file"), [("file", "file"), ("link-to-a-file", "folder/file")])
    def test_it_is_shown(self, start: ContainerStart, sub_path: str, file: str) -> None:
        """A sub path may be a file, as that of any other volume."""
        assert start.error is None, sub_path
        assert start.running.read(f"{AT}/one") == FILES[file]


@SUB_PATHS_CAME
class TestNotThere:
    """A container is asked for with a part that the image does not have."""

    @pytest.fixture(autouse=True)
    def folder(self, node: NodeInspector) -> Iterator[None]:
        """A folder that the node has, and the image does not."""
        folder = node.root / ON_THE_NODE
        folder.mkdir()
        (folder / "secret").write_text("the node's\n")
        yield
        shutil.rmtree(folder)

    @pytest.fixture
    def refusal(self, pod: Pod, image: Image, sub_path: str) -> CRIError:
        """The error of CreateContainer."""
        del image
        start = pod.start(image_mount(NAME, AT, sub_path=sub_path))
        assert start.error is not None, f"a container sees {seen(start.running)}"
        return start.error

    @pytest.mark.parametrize("sub_path", ["missing", "folder/missing", "file/below", "link-to-itself"])
    def test_the_error_says_so(self, refusal: CRIError, sub_path: str) -> None:
        """A volume whose image lacks the sub path is refused; the error names both."""
        assert refusal.missing_sub_path == (sub_path, NAME)

    @pytest.mark.parametrize("sub_path", ["to-the-node", "up-to-the-node"])
    def test_a_link_leads_to_nothing_of_the_node(self, refusal: CRIError, sub_path: str) -> None:
        """A link to what the image does not have leads nowhere, also when the node has something there."""
        assert refusal.missing_sub_path == (sub_path, NAME)

    @pytest.mark.parametrize("sub_path", ["missing", "file/below"])
    def test_the_error_has_the_cri_code(self, refusal: CRIError) -> None:
        """The error begins with the CRI's code for image volumes."""
        assert refusal.cri_code == "ImageVolumeMountFailed"

    @pytest.mark.parametrize("sub_path", ["missing"])
    def test_no_container_is_left(self, refusal: CRIError, pod: Pod, sub_path: str) -> None:
        """A container that was refused is not listed."""
        assert (refusal.missing_sub_path, pod.containers()) == ((sub_path, NAME), [])


@pytest.fixture
def app(runtime: Runtime, quay_io: RegistryHost) -> str:
    """The image of a container, in the store: the programs, some files and links. Gives its name."""
    entries: dict[str, str | Symlink] = {
        "opt/folder/own": "the container's own\n",
        "opt/linked/own": "the container's own\n",
        "opt/linked-too/own": "the container's own\n",
        "opt/file": "the container's own\n",
        "opt/link": Symlink("linked"),
        "opt/absolute-link": Symlink("/opt/linked-too"),
        "opt/dangling-link": Symlink("nowhere"),
        "opt/up-to-the-node": Symlink(f"{UP}/{ON_THE_NODE}"),
    }
    quay_io.store("rhuss/app", pod_images.tool_image(layer(entries)))
    runtime.pull(APP)
    return APP


@pytest.mark.usefixtures("containers", "image")
class TestTheContainerPath:
    """A container is started with the image at some path; its own image has files, folders and links."""

    @pytest.fixture
    def start(self, pod: Pod, app: str) -> Callable[..., ContainerStart]:
        """Starts the container, with the image at such paths."""
        return lambda *paths: pod.start(*(image_mount(NAME, at) for at in paths), image=app)

    def test_it_need_not_be_there(self, start: Callable[..., ContainerStart]) -> None:
        """A container path that is not there is made."""
        paths = ("/not/there/yet", "/with space", "/run/secrets")
        assert shown(start(*paths).running, *paths) == dict.fromkeys(paths, True)

    def test_what_is_there_is_hidden(self, start: Callable[..., ContainerStart]) -> None:
        """A volume shows nothing of the folder of the container's image that it lies on."""
        container = start("/opt/folder/").running
        assert sorted(seen(container, "/opt/folder")) == sorted([*FILES, "offered-by"])

    def test_it_takes_the_place_of_the_runtimes(self, start: Callable[..., ContainerStart]) -> None:
        """A volume takes the place of what the runtime mounts by itself under that path."""
        assert shown(start("/etc/hosts").running, "/etc/hosts") == {"/etc/hosts": True}

    def test_it_leads_from_the_containers_root(self, start: Callable[..., ContainerStart], node: NodeInspector) -> None:
        """A container path begins at the container's root, and never leads out of that."""
        places = {
            "models": "/models",
            "/opt/../dots": "/dots",
            f"{UP}/up": "/up",
        }
        container = start(*places).running
        assert shown(container, *places.values()) == dict.fromkeys(places.values(), True)
        assert [at for at in places.values() if Path(f"{node.root}{at}").exists()] == []

    @pytest.mark.parametrize("at", [pytest.param("/opt/file", id="a-file"), pytest.param("/", id="root")])
    def test_it_cannot_be(self, start: Callable[..., ContainerStart], pod: Pod, runtime: Runtime, at: str) -> None:
        """A volume takes the place of no file, and not that of the container's root: there is no container."""
        refused, error = start(at).failure, NO_PLACES[at].get(runtime.oci_runtime)
        assert (refused.is_from_oci_runtime, refused.system_error, pod.containers()) == (True, error, [])


NO_PLACES = {
    "/opt/file": {"runc": "ENOTDIR", "crun": "ENOTDIR"},
    "/": {"runc": "EROFS", "crun": "EINVAL"},
}
"""Where no volume can be, and what each OCI runtime fails with there."""

CONTAINER_LINKS = {
    "/opt/link": "/opt/linked",
    "/opt/absolute-link": "/opt/linked-too",
    "/opt/dangling-link": "/opt/nowhere",
    "/opt/up-to-the-node": f"/{ON_THE_NODE}",
}
"""Symbolic links of the container's image, and where each leads from its root; to the last two, nothing is there."""


@pytest.mark.usefixtures("containers", "image")
@pytest.mark.parametrize("at", CONTAINER_LINKS, ids=lambda at: at.removeprefix("/opt/"))
class TestALinkAsTheContainerPath:
    """A container is started with the image at a path that is a link of its own image."""

    @pytest.fixture
    def started(self, pod: Pod, app: str, at: str) -> ContainerStart:
        """It is."""
        return pod.start(image_mount(NAME, at), image=app)

    def test_it_is_followed(self, started: ContainerStart, at: str, node: NodeInspector) -> None:
        """A container path may be a symbolic link; the volume lies where that leads from the container's root."""
        place = CONTAINER_LINKS[at]
        assert started.error is None
        assert shown(started.running, place) == {place: True}
        assert not Path(f"{node.root}{place}").exists()


def shown(container: Container, *places: str) -> dict[str, bool]:
    """Tell where a container sees all files of the image."""
    return {at: FILES.items() <= seen(container, at).items() for at in places}


@pytest.mark.usefixtures("containers", "image")
class TestTwoVolumes:
    """A container is started with two volumes."""

    @pytest.fixture(autouse=True)
    def other(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """Another image, in the store."""
        quay_io.offer("rhuss/others", files={"other": "another image's\n"})
        runtime.pull(OTHER)

    def test_of_one_image(self, pod: Pod) -> None:
        """An image can be mounted twice in a container."""
        container = pod.start(image_mount(NAME, AT), image_mount(NAME, "/again")).running
        assert shown(container, AT, "/again") == {AT: True, "/again": True}

    @pytest.mark.parametrize("again", [AT, f"/opt/..{AT}/"])
    def test_at_one_path(self, pod: Pod, again: str) -> None:
        """Of two volumes at one container path the later is seen."""
        container = pod.start(image_mount(NAME, AT), image_mount(OTHER, again)).running
        assert sorted(seen(container)) == ["offered-by", "other"]

    @pytest.mark.parametrize("inner_first", [False, True])
    def test_one_inside_the_other(self, pod: Pod, *, inner_first: bool) -> None:
        """A volume can lie on a folder of another one, in whatever order the two are asked for."""
        mounts = [image_mount(NAME, AT), image_mount(OTHER, f"{AT}/etc")]
        container = pod.start(*(reversed(mounts) if inner_first else mounts)).running
        assert sorted(seen(container)) == sorted(
            ["offered-by", "etc/offered-by", "etc/other", *(path for path in FILES if not path.startswith("etc/"))]
        )

    def test_one_inside_the_other_needs_its_folder(self, pod: Pod) -> None:
        """No folder is made in a volume for another one to lie on: there is no container."""
        refused = pod.start(image_mount(NAME, AT), image_mount(OTHER, f"{AT}/new")).failure
        assert (refused.is_from_oci_runtime, refused.system_error, pod.containers()) == (True, "EROFS", [])


REQUESTS = {
    "/host-to-container": api.Mount(propagation=api.PROPAGATION_HOST_TO_CONTAINER),
    "/bidirectional": api.Mount(propagation=api.PROPAGATION_BIDIRECTIONAL),
    "/recursive-read-only": api.Mount(recursive_read_only=True),
    "/selinux-relabel": api.Mount(selinux_relabel=True),
    "/host-path": api.Mount(host_path="/etc"),
}


@pytest.mark.usefixtures("containers", "image")
class TestWhatElseIsAskedFor:
    """A container is started with volumes for which more is asked than that."""

    @pytest.fixture
    def container(self, pod: Pod) -> Container:
        """The container."""
        mounts = [image_mount(NAME, at) for at in REQUESTS]
        for mount, request in zip(mounts, REQUESTS.values(), strict=True):
            mount.MergeFrom(request)
        return pod.start(*mounts).running

    def test_they_show_the_image(self, container: Container) -> None:
        """A volume shows its image, whatever propagation, labels or host path are asked for."""
        assert shown(container, *REQUESTS) == dict.fromkeys(REQUESTS, True)

    def test_they_are_read_only(self, container: Container) -> None:
        """Nothing can be written into a volume, whatever propagation, labels or host path are asked for."""
        assert [at for at in REQUESTS if not container.run("/bin/touch", f"{at}/new").is_read_only] == []
