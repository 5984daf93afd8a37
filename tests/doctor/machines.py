"""Machines that lack something, each by one patch, and the check that finds it."""

import resource
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.doctor import container_checks, crio_checks, limit_checks, program_checks, world_checks
from conformance.doctor.finding import Finding
from conformance.model.release import Release
from conformance.node import WorldError, world
from conformance.node.folders import worlds_path
from conformance.node.namespaces import why_no_namespaces
from conformance.runtime import cni, container_needs
from conformance.targets import pool

EPERM = "unshare failed: Operation not permitted"
ENOSPC = "unshare failed: No space left on device"
CRIO = Release("1.36.3")


class Machine:
    """A machine with nothing on PATH and nothing in its cache, in a folder of its own; what it lacks is patched in."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch
        self.path = folder / "bin"
        self.path.mkdir()
        patch.setenv("PATH", str(self.path))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("DOCKER_HOST", f"unix://{folder}/docker.sock")
        patch.setattr(cni, "FOLDERS", (self.path,))
        which = shutil.which
        patch.setattr(shutil, "which", lambda name, path=None: which(name, path=path and path.split(":/usr/sbin")[0]))

    def program(self, name: str, says: str) -> Path:
        """Put a program on its PATH that says this, whatever it is asked."""
        path = self.path / name
        path.write_text(f"#!/bin/sh\necho '{says}'\n")
        path.chmod(0o755)
        return path

    def crio(self) -> Path:
        """Put a ``crio`` on its PATH."""
        return self.program("crio", "crio version 1.36.3")

    def lies_in(self, tmpdir: Path) -> None:
        """Let TMPDIR be that folder."""
        self.patch.setattr(tempfile, "tempdir", str(tmpdir))


Case = Callable[[Machine], Finding]


def few_instances(machine: Machine) -> Finding:
    (machine.folder / "instances").write_text("3\n")
    machine.patch.setattr(pool, "MAX_INSTANCES", machine.folder / "instances")
    return limit_checks.check_inotify(1)


def few_files(machine: Machine) -> Finding:
    machine.patch.setattr(resource, "getrlimit", lambda _: (64, 64))
    return limit_checks.check_open_files()


def long_folder(machine: Machine) -> Finding:
    machine.lies_in(Path("/", "x" * 100))
    return world_checks.check_folder()


def no_folder(machine: Machine) -> Finding:
    machine.patch.setenv("TMPDIR", str(machine.folder / "none"))
    return world_checks.check_folder()


def folder_beyond_utf8(machine: Machine) -> Finding:
    machine.lies_in(Path("/\udcff"))
    return world_checks.check_folder()


def folder_of_somebody_else(machine: Machine) -> Finding:
    machine.lies_in(machine.folder)
    worlds_path().mkdir(mode=0o755)
    return world_checks.check_folder()


def full_disk(machine: Machine) -> Finding:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device", str(folder))

    machine.patch.setattr(world, "write_etc", full)
    return world_checks.check_namespaces()


def full_disk_at_once(machine: Machine) -> Finding:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    machine.patch.setattr(tempfile, "TemporaryDirectory", full)
    return world_checks.check_namespaces()


def no_unshare(machine: Machine) -> Finding:
    del machine
    return world_checks.check_namespaces()


def forbidden(complaint: str, *, root: bool = True, setting: str = "", chroot: bool = False) -> Case:
    def case(machine: Machine) -> Finding:
        proc = machine.folder / "proc"
        path = proc / (f"sys/{setting}" if setting else "self/mountinfo")
        path.parent.mkdir(parents=True)
        path.write_text("1 2 0:3 / /proc rw - proc proc rw\n" if chroot else "0\n" if setting else "")

        def refuse() -> None:
            raise WorldError(why_no_namespaces(complaint, root=root, proc=proc))

        machine.patch.setattr(world_checks, "World", refuse)
        return world_checks.check_namespaces()

    return case


def named(runtime: str, *, says: str = "") -> Case:
    def case(machine: Machine) -> Finding:
        if says:
            machine.program("crio", says)
        return crio_checks.check_crio(runtime)[0]

    return case


def locked_cache(machine: Machine) -> Finding:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    machine.patch.setattr(Path, "stat", refuse)
    return crio_checks.check_cache()


def without(name: str) -> Case:
    def case(machine: Machine) -> Finding:
        found = crio_checks.check_programs(machine.crio())
        return next(each for each in found if each.about == name)

    return case


def no_oci_runtime(machine: Machine) -> Finding:
    return container_checks.check_oci_runtime(machine.crio())


def old_crun(machine: Machine) -> Finding:
    machine.program("crun", "crun version 1.8.1")
    return container_checks.check_oci_runtime(machine.crio())


def no_counters(machine: Machine) -> Finding:
    machine.patch.setenv("GOCOVERDIR", str(machine.folder / "nowhere"))
    return next(crio_checks.check_coverage())


def ordinary_user(machine: Machine) -> Finding:
    del machine
    return next(container_checks.check_containers(root=False))


def mounted(text: str) -> Case:
    def case(machine: Machine) -> Finding:
        path = machine.folder / "mounts"
        path.write_text(text)
        machine.patch.setattr(container_checks, "why_no_cgroups", lambda: container_needs.why_no_cgroups(path))
        return list(container_checks.check_containers(root=True))[1]

    return case


def no_plugins(machine: Machine) -> Finding:
    return container_checks.check_bridge(machine.crio(), root=True)


def failing_plugin(machine: Machine) -> Finding:
    for name in cni.PLUGINS:
        machine.program(name, "nothing")
    return container_checks.check_bridge(None, root=True)


def empty_cache(machine: Machine) -> Finding:
    del machine
    return crio_checks.check_cache()


def no_kubelet(machine: Machine) -> Finding:
    del machine
    return crio_checks.check_kubelet(CRIO)


def no_kube_apiserver(machine: Machine) -> Finding:
    del machine
    return crio_checks.check_control_plane(CRIO)


def no_etcd(machine: Machine) -> Finding:
    program = machine.program("kube-apiserver", "Kubernetes v1.36.3")
    cached = machine.folder / "cache/crio-conformance/kubernetes/1.36.3/bin"
    cached.mkdir(parents=True)
    program.rename(cached / program.name)
    return crio_checks.check_control_plane(CRIO)


def contrast(number: int) -> Case:
    def case(machine: Machine) -> Finding:
        del machine
        return list(program_checks.check_contrast())[number]

    return case


def oracle(number: int, says: str = "") -> Case:
    def case(machine: Machine) -> Finding:
        if says:
            machine.program("skopeo", says)
        return list(program_checks.check_oracles())[number]

    return case


def no_engine(machine: Machine) -> Finding:
    del machine
    return program_checks.check_engine()


def no_kind(machine: Machine) -> Finding:
    del machine
    return program_checks.check_kind()


def no_cosign(machine: Machine) -> Finding:
    del machine
    return program_checks.check_cosign()


LACKING: dict[str, Case] = {
    "few inotify instances": few_instances,
    "few open files": few_files,
    "a long TMPDIR": long_folder,
    "a TMPDIR that is not there": no_folder,
    "a TMPDIR beyond UTF-8": folder_beyond_utf8,
    "a TMPDIR of somebody else": folder_of_somebody_else,
    "a full disk": full_disk,
    "a full disk before the world": full_disk_at_once,
    "a user without namespaces": forbidden(EPERM, root=False, setting="kernel/unprivileged_userns_clone"),
    "root without namespaces": forbidden(EPERM),
    "a chroot": forbidden(EPERM, chroot=True),
    "too many namespaces": forbidden(ENOSPC),
    "another unshare": forbidden("unrecognized option '--kill-child'"),
    "no unshare": no_unshare,
    "no CRI-O": named("auto"),
    "not that CRI-O": named("1.36"),
    "a cache of somebody else": locked_cache,
    "another crio": named("auto", says="hello"),
    "no crio at the path": named("/nowhere/crio"),
    "no OCI runtime": no_oci_runtime,
    "no conmon": without("conmon"),
    "no pinns": without("pinns"),
    "no folder for counters": no_counters,
    "an ordinary user": ordinary_user,
    "no control groups": mounted("proc /proc proc rw 0 0\n"),
    "read-only control groups": mounted("cgroup /sys/fs/cgroup cgroup2 ro,relatime 0 0\n"),
    "an old crun": old_crun,
    "no CNI plugins": no_plugins,
    "a CNI plugin that fails": failing_plugin,
    "no kubelet": no_kubelet,
    "no kube-apiserver": no_kube_apiserver,
    "no etcd": no_etcd,
    "an empty cache": empty_cache,
    "no podman": contrast(0),
    "no containerd": contrast(1),
    "no skopeo": oracle(0),
    "no podman as oracle": oracle(1),
    "an unknown skopeo": oracle(0, "skopeo version 7.0.0"),
    "no engine": no_engine,
    "no kind": no_kind,
    "no cosign": no_cosign,
}
