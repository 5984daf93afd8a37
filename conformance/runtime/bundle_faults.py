"""Faults in what the OCI runtime is given, so that cases that look into containers can be tested on a live CRI-O.

This file is itself the program that stands in for the OCI runtime: it changes a container's ``config.json``
(runtime-spec, "Configuration"), or the process that is to run in one later, and becomes the real one. So it imports
nothing of ours, and runs on Python alone. Each function below is a fault: its name with hyphens is the fault's, its
docstring says it.
"""

import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONTAINER_TYPE = "io.kubernetes.cri-o.ContainerType"
"""CRI-O's annotation that tells a container from a sandbox."""

IMAGE_VOLUMES = "/image-volumes"
"""The end of the empty folder that CRI-O puts below every image volume (``ensureImageVolumesPath``)."""

ARTIFACTS = "/artifacts/"
LOWER = "lowerdir="
ANOTHER_UID = 4242


class Bundle:
    """What an OCI runtime is given: a container's ``config.json``, or a process to be run in one, read into ``spec``.

    A command that takes no file has an empty one.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        content: dict[str, Any] = json.loads(file.read_text()) if file else {}
        self.is_process = "process" not in content
        self.spec: dict[str, Any] = {"process": content, "mounts": []} if self.is_process else content

    @property
    def folder(self) -> Path:
        """The folder that it lies in."""
        return self.file.parent if self.file else Path()

    @property
    def is_sandbox(self) -> bool:
        """Whether it is known to be a sandbox's."""
        return bool(self.spec.get("annotations", {}).get(CONTAINER_TYPE) == "sandbox")

    @property
    def images(self) -> list[dict[str, Any]]:
        """The mounts that are images."""
        return [each for each in self.spec["mounts"] if any(map(_is_lower, each.get("options", ())))]

    @property
    def artifacts(self) -> list[dict[str, Any]]:
        """The mounts that are files of artifacts."""
        return [each for each in self.spec["mounts"] if ARTIFACTS in each["source"]]

    def write(self) -> None:
        """Write it back, if there is a file."""
        if self.file:
            self.file.write_text(json.dumps(self.spec["process"] if self.is_process else self.spec))


def _is_lower(option: str) -> bool:
    return option.startswith(LOWER) and option.endswith(IMAGE_VOLUMES)


def _folders(mount: dict[str, Any]) -> list[str]:
    """Give the folders that an image's mount shows, the upper ones first; the last is CRI-O's empty one."""
    (lower,) = filter(_is_lower, mount["options"])
    return str(lower).removeprefix(LOWER).split(":")


def _show(mount: dict[str, Any], folders: list[str]) -> None:
    """Let an image's mount show other folders."""
    mount["options"] = [LOWER + ":".join(folders) if _is_lower(each) else each for each in mount["options"]]


def _layers(folder: str) -> tuple[list[str], str]:
    """Give the layers of an image that is mounted on a folder, the upper ones first, and the part of it that is."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():  # proc_pid_mountinfo(5)
        fields, _, more = line.partition(" - ")
        part, point = (each.encode().decode("unicode_escape") for each in fields.split()[3:5])
        if os.path.realpath(point) == os.path.realpath(folder):
            options = more.split()[2].split(",")
            (lower,) = [each.removeprefix(LOWER) for each in options if each.startswith(LOWER)]
            return lower.split(":"), part
    return [folder], "/"


# The faults


def leaves_volumes_out(bundle: Bundle) -> None:
    """Starts containers without their image volumes."""
    volumes = [*bundle.images, *bundle.artifacts]
    bundle.spec["mounts"] = [each for each in bundle.spec["mounts"] if each not in volumes]


def makes_volumes_writable(bundle: Bundle) -> None:
    """Lets containers write into their image volumes."""
    for number, mount in enumerate(bundle.images):
        upper, work = (bundle.folder / f"{kind}-{number}" for kind in ("upper", "work"))
        upper.mkdir()
        work.mkdir()
        mount["options"] += [f"upperdir={upper}", f"workdir={work}"]
    for mount in bundle.artifacts:
        mount["options"] = ["rw" if each == "ro" else each for each in mount["options"]]


def shows_the_containers_own_image(bundle: Bundle) -> None:
    """Shows the container's own image in place of a volume's."""
    for mount in bundle.images:
        _show(mount, [bundle.spec["root"]["path"], *_folders(mount)[1:]])
    for mount in bundle.artifacts:
        mount["source"] = str(bundle.folder / "config.json")


def keeps_programs_from_being_run(bundle: Bundle) -> None:
    """Mounts image volumes noexec, which Kubernetes does not say since 1.36."""
    for mount in bundle.images:
        mount["options"] += ["noexec"]


def mounts_at_another_path(bundle: Bundle) -> None:
    """Mounts image volumes beside the path that was asked for."""
    for mount in (*bundle.images, *bundle.artifacts):
        folder, _, name = mount["destination"].rstrip("/").rpartition("/")
        mount["destination"] = f"{folder}/beside-{name}"


def ignores_sub_paths(bundle: Bundle) -> None:
    """Shows a whole image, whatever part of it was asked for."""
    for mount in bundle.images:
        layers, _ = _layers(_folders(mount)[0])
        _show(mount, [*filter(os.path.isdir, layers), *_folders(mount)[1:]])


def swaps_two_volumes(bundle: Bundle) -> None:
    """Shows each of several image volumes where the next one was asked for."""
    for mounts in (bundle.images, bundle.artifacts):
        places = [each["destination"] for each in mounts]
        for mount, place in zip(mounts, places[1:] + places[:1], strict=True):
            mount["destination"] = place


def leaves_the_upper_layer_out(bundle: Bundle) -> None:
    """Shows an image without its uppermost layer."""
    for mount in bundle.images:
        layers, part = _layers(_folders(mount)[0])
        _show(mount, [*filter(os.path.isdir, (f"{each}{part}" for each in layers[1:])), *_folders(mount)[1:]])


def runs_as_another_user(bundle: Bundle) -> None:
    """Runs containers as a user that nobody asked for."""
    bundle.spec["process"]["user"] = {"uid": ANOTHER_UID, "gid": ANOTHER_UID}


def gives_no_new_privileges(bundle: Bundle) -> None:
    """Lets no program give its user more rights, as CRI-O does not."""
    bundle.spec["process"]["noNewPrivileges"] = True


def mounts_nosuid_and_nodev(bundle: Bundle) -> None:
    """Mounts image volumes nosuid and nodev, as CRI-O asks for in vain."""
    for mount in bundle.images:
        mount["options"] += ["nosuid", "nodev"]


def ends_containers_at_once(bundle: Bundle) -> None:
    """Runs a program that ends at once in place of the container's own."""
    bundle.spec["process"]["args"] = ["/bin/sh", "-c", ":"]


def leaves_a_process(bundle: Bundle) -> None:
    """Leaves a process on the node for every container."""
    del bundle
    if os.fork() == 0:
        os.setsid()
        os.closerange(0, os.sysconf("SC_OPEN_MAX"))  # conmon waits until nobody has its pipes
        os.execv("/bin/sleep", ["sleep", "infinity"])  # noqa: S606 (it outlives the container, and ends with the world)


def joins_the_nodes_network(bundle: Bundle) -> None:
    """Runs containers in the node's network, and not in their pod's."""
    namespaces = bundle.spec["linux"]["namespaces"]
    bundle.spec["linux"]["namespaces"] = [each for each in namespaces if each["type"] != "network"]


def refuses_volumes(bundle: Bundle) -> None:
    """Creates no container that has an image volume."""
    if bundle.images or bundle.artifacts:
        sys.exit("a container with such a mount is not created")


def refuses_to_delete(bundle: Bundle) -> None:
    """Deletes no container."""
    del bundle
    sys.exit("the container is not deleted")


FAULTS: dict[str, Callable[[Bundle], None]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        leaves_volumes_out,
        makes_volumes_writable,
        shows_the_containers_own_image,
        keeps_programs_from_being_run,
        mounts_at_another_path,
        ignores_sub_paths,
        swaps_two_volumes,
        leaves_the_upper_layer_out,
        runs_as_another_user,
        gives_no_new_privileges,
        mounts_nosuid_and_nodev,
        ends_containers_at_once,
        leaves_a_process,
        joins_the_nodes_network,
        refuses_volumes,
        refuses_to_delete,
    )
}
COMMANDS: dict[Callable[[Bundle], None], tuple[str, ...]] = {
    runs_as_another_user: ("create", "exec"),
    gives_no_new_privileges: ("create", "exec"),
    refuses_to_delete: ("delete",),
}
"""At which commands of the OCI runtime a fault shows itself, if not only when a container is created."""

FILES = {"create": ("--bundle", "config.json"), "exec": ("--process", "")}
"""The option that names what a command is given, and the file in that."""


def oci_runtime_with_fault(fault: str, oci_runtime: Path, etc: Path) -> Path:
    """Give a program in a world's ``etc`` that has a fault and stands in for the OCI runtime; its path inside."""
    folder = etc / "faulty"
    folder.mkdir()
    (folder / "fault.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    python = shlex.join([sys.executable, "-I", "-S", "-X", "utf8", "/etc/faulty/fault.py", fault, str(oci_runtime)])
    script = folder / oci_runtime.name
    script.write_text(f'#!/bin/sh\nexec {python} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return Path("/etc/faulty", oci_runtime.name)


def main(fault: str, oci_runtime: str, *arguments: str) -> None:
    """Put the fault into what a command is given, and become the OCI runtime."""
    change = FAULTS[fault]
    command = next((each for each in arguments if each in {"create", "exec", "delete"}), "")
    if command in COMMANDS.get(change, ("create",)):
        option, file = FILES.get(command, ("", ""))
        bundle = Bundle(Path(arguments[arguments.index(option) + 1], file) if option in arguments else None)
        if not bundle.is_sandbox:
            change(bundle)
            bundle.write()
    os.execv(oci_runtime, [oci_runtime, *arguments])  # noqa: S606 (it is the same process to conmon)


if __name__ == "__main__":
    main(*sys.argv[1:])
