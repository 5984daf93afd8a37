"""What is inside an image volume: what the layers of its image say, and nothing else (image-spec, ``layer.md``)."""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

import pytest

from conformance import (
    Container,
    Device,
    Directory,
    ExecResult,
    File,
    Format,
    Hardlink,
    Image,
    Internet,
    Layer,
    Pod,
    PodSync,
    RegistryHost,
    Symlink,
    image,
    image_mount,
    layer,
    opaque,
    whiteout,
)
from conformance.images.builder import Entry

NAME = "rhuss/caikit-flan-t5-small"
AT = "/models"

Tree = dict[str, Entry]
Mount = Callable[[Image], Container]
Show = Callable[..., Tree]

A_TREE: Tree = {
    "folder": Directory(0o750, 1000, 2000),
    "folder/file": File(b"text\n", 0o640, 1000, 2000),
    "folder/link": Symlink("file"),
    "program": File(b"#!/bin/true\n", 0o755),
}

ONE_LAYER: dict[str, Tree] = {
    "files and folders": {
        "empty": File(),
        "text": File(b"text\n"),
        "bytes": File(b"\0\n\0\n\xff" + bytes(range(256))),
        "folder": Directory(),
        "folder/empty": Directory(),
        "folder/file": File(b"another\n"),
    },
    "modes of files": {
        f"{mode:o}": File(b"", mode) for mode in (0, 0o400, 0o644, 0o777, 0o4755, 0o2755, 0o1644, 0o7777)
    },
    "modes of folders": {f"{mode:o}": Directory(mode) for mode in (0, 0o500, 0o755, 0o1777, 0o2775, 0o7777)},
    "owners": {
        "file": File(b"", 0o644, 1000, 2000),
        "folder": Directory(0o755, 65534, 65534),
        "link": Symlink("file", 3, 4),
        "large": File(b"", 0o644, 3_000_000, 2**31),
    },
    "symbolic links": {
        "file": File(b"text\n"),
        "relative": Symlink("file"),
        "upwards": Symlink("../../etc/hostname"),
        "absolute": Symlink("/etc/hostname"),
        "dangling": Symlink("nowhere/at all"),
        "to itself": Symlink("to itself"),
    },
    "hard links": {
        "a": File(b"text\n", 0o640, 1000, 2000),
        "b": Hardlink("a"),
        "folder": Directory(),
        "folder/c": Hardlink("a"),
        "equal": File(b"text\n", 0o640, 1000, 2000),
    },
    "FIFOs and devices": {
        "fifo": Device("fifo", mode=0o640, uid=1000, gid=2000),
        "null": Device("char", 1, 3, 0o666),
        "terminal": Device("char", 4, 64, 0o620, 0, 5),
        "disk": Device("block", 8, 17, 0o660, 0, 6),
        "large": Device("block", 259, 300),
    },
    "names": {
        name: File(name.encode("utf-8", "surrogateescape"))
        for name in (
            "a name",
            " ",
            "new\nline",
            "\n",
            "größe-模型-🦙",
            "-rf",
            "back\\slash",
            "'\"$x*",
            ".hidden",
            "\udcff",
        )
    },
    "deep nesting": {"/".join(["folder-with-a-name"] * depth): Directory() for depth in range(1, 33)},
}


@pytest.fixture
def registry(internet: Internet) -> RegistryHost:
    """A plain registry, open to all."""
    return internet.host("registry.example.com")


@pytest.fixture
def mount(pod: Pod, containers: None, registry: RegistryHost) -> Mount:
    """Start a container that has an image as its volume."""
    del containers

    def mounted(content: Image) -> Container:
        registry.store(NAME, content)
        return pod.mount_image(f"{registry}/{NAME}", AT).running

    return mounted


@pytest.fixture
def show(mount: Mount) -> Show:
    """Tell what a container sees of an image with these layers, but for the root folder."""

    def shown(*layers: Layer) -> Tree:
        seen = mount(image(layers)).tree(AT)
        del seen["."]
        return seen

    return shown


# One layer


@pytest.mark.parametrize("entries", [pytest.param(tree, id=name.replace(" ", "-")) for name, tree in ONE_LAYER.items()])
def test_a_layer_is_shown_as_it_is(show: Show, entries: Tree) -> None:
    """A volume shows the files, folders, links and nodes of a layer with their content, modes and owners."""
    assert show(layer(entries)) == entries


def test_a_large_file_is_shown_whole(mount: Mount) -> None:
    """A file of eight megabytes, no two blocks of it alike, is shown as it is."""
    model = b"".join(block.to_bytes(4, "big") * 1024 for block in range(2048))
    ran = mount(image([layer({"model": model})])).run("/bin/sha256sum", f"{AT}/model")
    assert ran.stdout == f"{sha256(model).hexdigest()}  {AT}/model\n"


def test_files_have_their_time(mount: Mount) -> None:
    """A file was last changed when the layer says, not when it was pulled."""
    assert mount(image([layer(A_TREE)])).run("/bin/stat", "-c", "%Y", f"{AT}/program").stdout == "0\n"


def test_modes_hold_for_the_user_of_the_container(pod: Pod, mount: Mount, registry: RegistryHost) -> None:
    """What a layer lets only its owner read, another user of a container cannot read."""
    mount(image([layer({"secret": File(b"", 0o600, 1000, 1000)})]))
    other = pod.start(image_mount(f"{registry}/{NAME}", AT), user=1001).running
    assert other.run("/bin/cat", f"{AT}/secret").is_denied


@pytest.mark.parametrize("form", Format, ids=lambda form: form.name)
def test_the_format_of_the_image_does_not_matter(mount: Mount, form: Format) -> None:
    """OCI's and Docker's images are shown alike."""
    assert mount(image([layer(A_TREE, format=form)], format=form)).tree(AT).items() >= A_TREE.items()


def test_the_configuration_of_the_image_does_not_matter(mount: Mount) -> None:
    """Command, user, environment, working folder and volumes in an image's config are nothing to a volume of it."""
    config = {
        "Entrypoint": ["/bin/false"],
        "Cmd": ["nothing"],
        "Env": ["PATH=/nowhere"],
        "User": "1000:1000",
        "WorkingDir": "/folder",
        "Volumes": {"/folder": {}},
    }
    assert mount(image([layer(A_TREE)], config=config)).tree(AT).items() >= A_TREE.items()


class TestTheRootFolder:
    """A layer gives mode and owner of its root folder."""

    @pytest.fixture
    def root(self, mount: Mount) -> Entry:
        """The volume's root folder."""
        return mount(image([layer({"/": Directory(0o750, 1000, 2000), "file": ""})])).tree(AT)["."]

    def test_it_is_as_the_layer_says(self, root: Entry) -> None:
        """The volume's root folder has the mode and the owner that the layer gives it."""
        assert root == Directory(0o750, 1000, 2000)


# No layer, many layers


def test_an_empty_layer_is_an_empty_folder(show: Show) -> None:
    """An image whose only layer is empty is an empty volume."""
    assert show(layer({})) == {}


class TestWithoutLayers:
    """An image that has no layers at all, which the image-spec allows (a SHOULD)."""

    @pytest.fixture
    def sync(self, pod: Pod, registry: RegistryHost) -> PodSync:
        """A kubelet's sync of the pod, to a container with it as a volume."""
        registry.store(NAME, image([]))
        return pod.mount_image(f"{registry}/{NAME}", AT)

    def test_it_can_be_mounted(self, sync: PodSync) -> None:
        """A volume of an image without layers keeps no container from running."""
        assert sync.mounted == {AT: image([]).id}


def test_many_layers_are_merged(show: Show) -> None:
    """Of ten layers each adds a file and changes another: all files are there, the other as the last one says."""
    added: list[Tree] = [{str(number): File(str(number).encode())} for number in range(10)]
    seen = show(*(layer({**one, "last": number}) for one in added for number in one))
    assert seen == {name: entry for one in added for name, entry in one.items()} | {"last": File(b"9")}


# A later layer changes something


class Change(NamedTuple):
    """A tree, and a layer on top of it."""

    below: Tree
    above: Tree


CHANGES = {
    "content": Change({"it": File(b"old")}, {"it": File(b"new")}),
    "mode and owner of a file": Change({"it": File(b"old", 0o644)}, {"it": File(b"old", 0o600, 1000, 2000)}),
    "a file becomes a folder": Change({"it": File(b"old")}, {"it": Directory(), "it/new": File(b"new")}),
    "a folder becomes a file": Change({"it": Directory(), "it/old": File(b"old")}, {"it": File(b"new")}),
    "a folder becomes a link": Change({"it": Directory(), "it/old": File(b"old")}, {"it": Symlink("elsewhere")}),
    "a link becomes a folder": Change({"it": Symlink("elsewhere")}, {"it": Directory(), "it/new": File(b"new")}),
}


def test_a_later_layer_replaces(show: Show) -> None:
    """What a later layer says of a path takes the place of what the layers below say."""
    below = layer(_apart({what: change.below for what, change in CHANGES.items()}))
    above = _apart({what: change.above for what, change in CHANGES.items()})
    seen = show(below, layer(above))
    assert {path: entry for path, entry in seen.items() if path not in CHANGES} == above


def _apart(trees: dict[str, Tree]) -> Tree:
    """Put trees into one, each in a folder of its own."""
    return {f"{folder}/{path}": entry for folder, tree in trees.items() for path, entry in tree.items()}


def test_a_later_layer_changes_a_folder_only(show: Show) -> None:
    """A later layer that gives a folder another mode and owner leaves what is in it."""
    seen = show(layer(A_TREE), layer({"folder": Directory(0o711, 3, 4)}))
    assert seen == A_TREE | {"folder": Directory(0o711, 3, 4)}


class Hiding(NamedTuple):
    """Layers by the names of their files, and what is left of them; a name that ends in a slash is a folder."""

    layers: list[list[str]]
    left: list[str]

    def built(self) -> list[Layer]:
        """Make the layers."""
        return [layer({name: Directory() if name.endswith("/") else b"" for name in names}) for names in self.layers]


HIDING = {
    "a file": Hiding([["gone", "kept"], [whiteout("gone")]], ["kept"]),
    "a file in a folder": Hiding(
        [["folder/gone", "folder/kept"], [whiteout("folder/gone")]], ["folder", "folder/kept"]
    ),
    "a folder": Hiding([["gone/file", "gone/folder/", "kept"], [whiteout("gone")]], ["kept"]),
    "what is not there": Hiding([["kept"], [whiteout("gone")]], ["kept"]),
    "a folder's content": Hiding([["folder/gone", "kept"], [opaque("folder")]], ["folder", "kept"]),
    "a folder's content and more": Hiding(
        [["folder/gone"], [opaque("folder"), "folder/new"]], ["folder", "folder/new"]
    ),
    "a file that comes back": Hiding([["file"], [whiteout("file")], ["file"]], ["file"]),
    "a folder that comes back": Hiding(
        [["folder/gone"], [whiteout("folder")], ["folder/new"]], ["folder", "folder/new"]
    ),
}


def test_a_whiteout_hides_what_is_below(show: Show) -> None:
    """A whiteout hides a path of the layers below, an opaque one all in a folder; nothing else."""
    names = [
        [f"{what}/{name}" for what, hiding in HIDING.items() for name in dict(enumerate(hiding.layers)).get(at, ())]
        for at in range(3)
    ]
    seen = show(*Hiding(names, []).built())
    left = sorted(f"{what}/{name}" for what, hiding in HIDING.items() for name in hiding.left)
    assert sorted(set(seen) - set(HIDING)) == left


ODDLY_HIDING = {
    "a folder that is made anew": Hiding(
        [["folder/gone"], [whiteout("folder"), "folder/new"]], ["folder", "folder/new"]
    ),
    "all": Hiding([["gone", "folder/gone"], [opaque("/"), "new"]], ["new"]),
}


@pytest.mark.parametrize(
    "hiding", [pytest.param(each, id=name.replace(" ", "-")) for name, each in ODDLY_HIDING.items()]
)
class TestWhiteouts:
    """A later layer hides what is in those below, and has something in its place."""

    @pytest.fixture
    def seen(self, show: Show, hiding: Hiding) -> list[str]:
        """The names that are seen."""
        return sorted(show(*hiding.built()))

    def test_the_rest_is_left(self, seen: list[str], hiding: Hiding) -> None:
        """A whiteout hides a path of the layers below, an opaque one all in a folder; nothing of its own layer."""
        assert seen == hiding.left


class TestAWhiteoutForNothing:
    """A layer hides a name in a folder that no layer below has."""

    @pytest.fixture
    def listing(self, mount: Mount) -> ExecResult:
        """The volume is listed."""
        return mount(image([layer({whiteout("folder/gone"): ""})])).run("/bin/find", AT)

    def test_the_folder_is_empty(self, listing: ExecResult) -> None:
        """A whiteout without anything to hide leaves no trace in its folder."""
        assert listing == ExecResult(0, f"{AT}\n{AT}/folder\n", "")


class TestADeviceThatIsNoWhiteout:
    """A later layer replaces a file by the character device 0:0, which is how overlayfs writes a whiteout."""

    @pytest.fixture
    def seen(self, show: Show) -> Tree:
        """What is seen."""
        return show(layer({"it": "old"}), layer({"it": Device("char", 0, 0)}))

    def test_it_is_shown(self, seen: Tree) -> None:
        """In a layer, only a name makes a whiteout: a device of whatever number is shown."""
        assert seen == {"it": Device("char", 0, 0)}
