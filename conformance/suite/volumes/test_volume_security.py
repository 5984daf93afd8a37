"""What a hostile image can try through a volume: to see or change what is not its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import (
    Device,
    Directory,
    ExecResult,
    File,
    Hardlink,
    Image,
    ImageVolume,
    Internet,
    NodeInspector,
    Pod,
    Pull,
    RegistryHost,
    Runtime,
    Symlink,
    image,
    image_mount,
    layer,
    raw_layer,
    whiteout,
)
from conformance.images.builder import Entry
from conformance.runtime.pod_images import program

NAME = "hostile/app"
AT = "/models"
USER = 1000
FOLDER = "/run/conformance"
UP = "../../../../../../../.."
LONGEST_NAME = 255
EVIL = File(b"evil\n")

Members = list[tuple[str, Entry]]


@pytest.fixture
def registry(internet: Internet) -> RegistryHost:
    """A plain registry, open to all."""
    return internet.host("registry.example.com")


@pytest.fixture
def name(registry: RegistryHost) -> str:
    """The full name of the hostile image."""
    return f"{registry}/{NAME}"


@pytest.fixture
def folder(node: NodeInspector) -> Iterator[Path]:
    """A folder of the node with a secret in it, which hostile images would like to reach."""
    folder = node.root / FOLDER.lstrip("/")
    folder.mkdir()
    (folder / "secret").write_text("the node's\n")
    yield folder
    shutil.rmtree(folder)


def content(folder: Path) -> dict[str, str]:
    """Give the files in a folder."""
    return {each.name: each.read_text() for each in folder.iterdir()}


UNTOUCHED = {"secret": "the node's\n"}


# What can be seen


def test_a_link_leads_to_what_the_container_has(pod: Pod, folder: Path, name: str, registry: RegistryHost) -> None:
    """A symbolic link in a volume is followed inside the container, and never to what the node has there."""
    prefixes = ("", UP, "/proc/1/root", "/proc/self/root")
    links = {str(number): Symlink(f"{prefix}{FOLDER}/secret") for number, prefix in enumerate(prefixes)}
    registry.store(NAME, image([layer(links)]))
    registry.offer("own", files={"secret": "the container's\n"})
    sync = pod.mount(ImageVolume(name, AT), ImageVolume(f"{registry}/own", FOLDER))
    read = sync.running.run("/bin/cat", *(f"{AT}/{link}" for link in links))
    assert (read.stdout, content(folder)) == ("the container's\n" * len(links), UNTOUCHED)


@pytest.mark.parametrize("device", [Device("block", 8, 0, 0o666), Device("char", 1, 1, 0o666)], ids=["disk", "memory"])
def test_a_device_cannot_be_opened(
    pod: Pod, containers: None, name: str, registry: RegistryHost, device: Device
) -> None:
    """A device node in a volume opens nothing that the container could not open otherwise."""
    del containers
    registry.store(NAME, image([layer({"device": device})]))
    container = pod.mount_image(name, AT).running
    assert container.run("/bin/sh", "-c", f": < {AT}/device").is_denied


class TestSetUserId:
    """A program of root's in the volume has the set-user-ID bit; the container runs as an ordinary user."""

    @pytest.fixture
    def ran(self, pod: Pod, runtime: Runtime, containers: None, name: str, registry: RegistryHost) -> ExecResult:
        """It is run, and tells its effective user."""
        del containers
        registry.store(NAME, image([layer({"id": program("id", 0o4755)})]))
        assert runtime.pull(name).error is None
        return pod.start(image_mount(name, AT), user=USER).running.run("/bin/sh", "-c", f"{AT}/id -u")

    def test_it_makes_nobody_root(self, ran: ExecResult) -> None:
        """A set-user-ID program in a volume runs as who started it, if it may: CRI-O means volumes to be nosuid."""
        assert ran == ExecResult(0, f"{USER}\n", "") or (ran.status, ran.is_denied) == (126, True)


def test_a_huge_folder_is_listed_whole(pod: Pod, containers: None, name: str, registry: RegistryHost) -> None:
    """A folder with 3,000 entries is listed whole."""
    del containers
    names = {f"{number:05}" for number in range(3_000)}
    registry.store(NAME, image([layer(dict.fromkeys(names, b""))]))
    listed = pod.mount_image(name, AT).running.run("/bin/find", AT, "-type", "f", "-printf", r"%f\n")
    assert set(listed.stdout.splitlines()) == names


def test_a_name_can_be_as_long_as_linux_allows(pod: Pod, containers: None, name: str, registry: RegistryHost) -> None:
    """A name of 255 bytes is shown."""
    del containers
    longest = "n" * LONGEST_NAME
    registry.store(NAME, image([layer({longest: EVIL})]))
    assert pod.mount_image(name, AT).running.tree(AT)[longest] == EVIL


# What can be written

HERE: Members = [(FOLDER.lstrip("/"), Directory())]
"""The folder, in the image itself: a link to it leads somewhere also within the image."""

WAYS_OUT: dict[str, list[Members]] = {
    "an absolute name": [[(f"{FOLDER}/secret", EVIL), (f"{FOLDER}/new", EVIL)]],
    "a name that climbs": [[(f"{UP}{FOLDER}/secret", EVIL), (f"{UP}{FOLDER}/new", EVIL)]],
    "a name that climbs later": [[(f"folder/{UP}{FOLDER}/secret", EVIL), (f"folder/{UP}{FOLDER}/new", EVIL)]],
    "an absolute link": [[*HERE, ("out", Symlink(FOLDER)), ("out/secret", EVIL), ("out/new", EVIL)]],
    "a link that climbs": [[*HERE, ("out", Symlink(UP + FOLDER)), ("out/secret", EVIL), ("out/new", EVIL)]],
    "a link in the layer below": [[("out", Symlink(FOLDER))], [("out/secret", EVIL), ("out/new", EVIL)]],
    "a link to the file itself": [[("out", Symlink(f"{FOLDER}/secret"))], [("out", EVIL)]],
    "a link in place of the root": [[("./", Symlink(FOLDER)), ("secret", EVIL), ("new", EVIL)]],
    "a whiteout with an absolute name": [[(whiteout(f"{FOLDER}/secret"), File())]],
    "a whiteout through a link": [[*HERE, ("out", Symlink(FOLDER)), ("out/.wh.secret", File())]],
}


@pytest.mark.parametrize("layers", [pytest.param(way, id=what.replace(" ", "-")) for what, way in WAYS_OUT.items()])
def test_a_layer_is_unpacked_within_the_image(
    runtime: Runtime, folder: Path, name: str, registry: RegistryHost, layers: list[Members]
) -> None:
    """Whatever a layer names, and through whatever link, is unpacked within the image: the node stays as it was."""
    offered = image(map(raw_layer, layers))
    registry.store(NAME, offered)
    pull = runtime.pull(name)
    assert pull.image is not None
    assert (pull.image.id, content(folder)) == (offered.id, UNTOUCHED)


def test_a_link_in_place_of_the_root_is_none(pod: Pod, folder: Path, name: str, registry: RegistryHost) -> None:
    """An image whose root is said to be a link is mounted as a folder, and the node stays as it was."""
    registry.store(NAME, image(map(raw_layer, WAYS_OUT["a link in place of the root"])))
    sync = pod.mount_image(name, AT)
    assert (sync.read(f"{AT}/new"), content(folder)) == ("evil\n", UNTOUCHED)


def test_a_link_is_no_way_for_a_later_layer(pod: Pod, containers: None, name: str, registry: RegistryHost) -> None:
    """Where a later layer has a file below what was a link, there is a folder from then on."""
    del containers
    layers = raw_layer([("out", Symlink(FOLDER))]), raw_layer([("out/secret", EVIL)])
    registry.store(NAME, image(layers))
    seen = pod.mount_image(name, AT).running.tree(AT)
    assert (seen["out"], seen["out/secret"]) == (Directory(), EVIL)


REFUSED: dict[str, Members] = {
    "a hard link to the node's file": [("link", Hardlink(f"{FOLDER}/secret"))],
    "a hard link that climbs": [("link", Hardlink(f"{UP}{FOLDER}/secret"))],
    "a hard link through a link": [("out", Symlink(FOLDER)), ("link", Hardlink("out/secret"))],
    "a file through a link": [("out", Symlink(FOLDER)), ("out/secret", EVIL)],
    "a whiteout of the folder above": [(".wh...", File())],
    "a file in a file": [("out", EVIL), ("out/secret", EVIL)],
    "a name twice": [("out", Symlink(f"{FOLDER}/secret")), ("out", EVIL)],
    "a name that is too long": [("n" * (LONGEST_NAME + 1), EVIL)],
    "a path that is too long": [("/".join(["folder"] * 1000), EVIL)],
}


@pytest.mark.parametrize("members", [pytest.param(bad, id=what.replace(" ", "-")) for what, bad in REFUSED.items()])
class TestRefused:
    """A layer that means nothing within the image."""

    @pytest.fixture
    def offered(self, registry: RegistryHost, members: Members) -> Image:
        """An image with it above another layer."""
        offered = image([layer({"good": ""}), raw_layer(members)])
        registry.store(NAME, offered)
        return offered

    @pytest.fixture
    def pull(self, runtime: Runtime, folder: Path, name: str, offered: Image) -> Pull:
        """The image is pulled."""
        del folder, offered
        return runtime.pull(name, unpacks=False)

    def test_it_is_not_unpacked(self, pull: Pull, runtime: Runtime, folder: Path, offered: Image) -> None:
        """The layer is fetched, the pull is refused, no image is stored, and the node stays as it was."""
        assert offered.layers[1].blob.digest in pull.blobs
        assert (pull.succeeded, runtime.images(), content(folder)) == (False, [], UNTOUCHED)


def test_nothing_is_left_on_the_node(runtime: Runtime, node: NodeInspector, name: str, registry: RegistryHost) -> None:
    """A layer that cannot be unpacked leaves no mount, no process, no control group and no lock behind."""
    offered = image([raw_layer(REFUSED["a hard link that climbs"])])
    registry.store(NAME, offered)
    before = node.resources
    pull = runtime.pull(name, unpacks=False)
    assert offered.layers[0].blob.digest in pull.blobs
    assert (pull.succeeded, node.resources) == (False, before)


# What may be done with it

WRITING = {
    "make a file": ("/bin/touch", f"{AT}/new"),
    "make a folder": ("/bin/mkdir", f"{AT}/folder/new"),
    "overwrite": ("/bin/sh", "-c", f": > {AT}/id"),
    "append": ("/bin/sh", "-c", f": >> {AT}/folder/file"),
    "delete": ("/bin/rm", "-f", f"{AT}/id"),
    "change a mode": ("/bin/chmod", "700", f"{AT}/id"),
}


@pytest.fixture
def image_name(runtime: Runtime, containers: None, name: str, registry: RegistryHost) -> str:
    """The image, with a folder and a program that tells who runs it, is in the store."""
    del containers
    registry.store(NAME, image([layer({"folder/file": "text\n", "id": program("id")})]))
    return runtime.pull(name).name


@pytest.mark.parametrize("readonly", [True, False], ids=["read-only", "writable"])
def test_nothing_can_be_written_whatever_was_asked_for(pod: Pod, image_name: str, readonly: bool) -> None:
    """A volume is read-only (CRI ``Mount.image``), also when the mount was not asked to be."""
    container = pod.start(image_mount(image_name, AT, readonly=readonly)).running
    assert [what for what, argv in WRITING.items() if not container.run(*argv).is_read_only] == []


class TestAProgram:
    """A program that lies in a volume."""

    @pytest.fixture
    def ran(self, pod: Pod, image_name: str) -> ExecResult:
        """It is started, by a shell of the container."""
        return pod.start(image_mount(image_name, AT)).running.run("/bin/sh", "-c", f"{AT}/id -u")

    @pytest.mark.releases(
        "<1.36", "from 1.36 on Kubernetes does not say noexec of a volume (kubernetes/kubernetes#135775)"
    )
    @pytest.mark.upstream("cri-o/cri-o#9779")
    def test_it_cannot_be_run(self, ran: ExecResult) -> None:
        """No program in a volume can be run (core/v1 ``VolumeSource.image``: noexec): a shell ends with 126."""
        assert ran.status == 126

    @pytest.mark.releases(">=1.36", "up to 1.35 Kubernetes says that no program in a volume can be run")
    @pytest.mark.upstream("kubernetes/kubernetes#135775")
    def test_it_can_be_run(self, ran: ExecResult) -> None:
        """A program in a volume can be run."""
        assert ran == ExecResult(0, "0\n", "")


class TestTheMount:
    """The mount as the kernel tells it."""

    @pytest.fixture
    def options(self, pod: Pod, image_name: str, node: NodeInspector) -> frozenset[str]:
        """Its options."""
        return node.mounts_of(pod.start(image_mount(image_name, AT)).running.id)[AT][1]

    @pytest.fixture
    def missing(self, options: frozenset[str], option: str) -> list[str]:
        """The option, where the mount does not have it."""
        return sorted({option} - options)

    @pytest.mark.parametrize(
        "option",
        [
            "ro",
            "nosuid",
            "nodev",
            pytest.param("noexec", marks=pytest.mark.releases("<1.36", "from 1.36 on Kubernetes does not say noexec")),
        ],
    )
    def test_it_has_the_option(self, missing: list[str]) -> None:
        """A volume is mounted ro and, in Kubernetes before 1.36, noexec; nosuid and nodev, as CRI-O itself means it."""
        assert missing == []
