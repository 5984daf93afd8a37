"""Finding a CRI-O: ``crio`` on PATH, a path, or a release in the user's cache folder; and a runtime for contrast."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from conformance.model.release import Release
from conformance.releases import program_version

CRIO = "CRI-O"
CONTAINERD = "containerd"
PODMAN = "Podman"
FORMS = (
    "write a release (1.36.3, 1.36, latest or main), the path of a crio binary or of the folder that it is in, or auto"
)
OCI_RUNTIME_FORMS = "write the name of one beside crio or on PATH, such as crun, or its path"
NUMBER = re.compile(r"v?(\d+\.\d+(?:\.\d+)?)", re.ASCII)
"""How a release or a line is written."""
COMMIT = re.compile(r"[0-9a-f]{40}")
COMMIT_PREFIX = "commit-"
"""How the folder of a commit's build begins, so that it is no release's."""
PINNS, CONMON, OCI_RUNTIMES = ("pinns",), ("conmon",), ("runc", "crun")
"""What a CRI-O needs beside itself, each by the names that will do, the first that is there."""
BUNDLED_PLUGINS = "cni-plugins"
"""The folder of CNI plugins beside ``bin`` in upstream's bundle."""
LIBRARY_MISSING = 127
"""The exit status of a program for which the dynamic linker lacks something (ld.so(8))."""


class RuntimeNotFoundError(Exception):
    """No such runtime or program can be had: one sentence that says why and what to do."""


class NoCrioError(RuntimeNotFoundError):
    """Any CRI-O would do, and there is none: neither on PATH nor in the cache."""


@dataclass(frozen=True)
class Installation:
    """The programs that make a CRI-O: ``crio``, ``pinns``, ``conmon`` and an OCI runtime (``runc`` or ``crun``).

    ``enter`` is the beginning of a command that runs a program where they are; nothing where that is this machine.
    """

    crio: Path
    pinns: Path
    conmon: Path
    oci_runtime: Path
    release: Release
    enter: tuple[str, ...] = ()

    @cached_property
    def oci_runtime_version(self) -> str:
        """Name and version of the OCI runtime in its own words, ``runc 1.1.5``; empty where it has none."""
        return program_version.version_of(self.oci_runtime, enter=self.enter)

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that must be visible where it runs."""
        programs = (self.crio, self.pinns, self.conmon, self.oci_runtime)
        folders = {folder for each in programs for folder in (each.parent, each.resolve().parent)}
        plugins = self.crio.parent.parent / BUNDLED_PLUGINS
        return tuple(sorted(folders | ({plugins} if plugins.is_dir() else set())))


def releases_folder() -> Path:
    """Give the folder with one folder per release, ``$XDG_CACHE_HOME/crio-conformance/releases``.

    Raises ``RuntimeNotFoundError`` where it is somebody else's, as after ``sudo -E``.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "crio-conformance" / "releases"
    try:
        folder.stat()
    except PermissionError as error:
        msg = f"what is in {folder} cannot be read: let XDG_CACHE_HOME name a folder of your own, or unset it"
        raise RuntimeNotFoundError(msg) from error
    except OSError:
        pass
    return folder


def find_crio(runtime: str, oci_runtime: str = "") -> Installation:
    """Find what ``--runtime`` asks for, with the programs that it needs.

    ``oci_runtime`` is the name or path of the OCI runtime that it is to have, else it has ``runc``, or ``crun``.

    Raises ``NoCrioError`` where ``auto`` finds none, and ``RuntimeNotFoundError`` for all else that cannot be had, such
    as a program that a CRI-O needs.
    """
    return complete_installation(locate_crio(runtime), oci_runtime)


def locate_crio(runtime: str) -> Path:
    """Say where the ``crio`` is that ``--runtime`` names: ``auto``, a release, line or commit in the cache, or a path.

    Raises ``NoCrioError`` where ``auto`` finds none, and ``RuntimeNotFoundError`` for a name that leads nowhere.
    """
    if runtime == "auto":
        return _automatic()
    if match := NUMBER.fullmatch(runtime):
        return _release(match[1])
    if COMMIT.fullmatch(runtime):
        return _of_commit(runtime)
    if "/" in runtime or runtime in {".", ".."}:
        path = Path(runtime)
        inside = [each for each in (path / "bin" / "crio", path / "crio") if each.is_file()]
        return inside[0] if inside else path
    msg = f"--runtime {runtime!r} is not understood: {FORMS}"
    raise RuntimeNotFoundError(msg)


def must_be_fetched(runtime: str) -> bool:
    """Tell whether ``--runtime`` names what upstream publishes, and the cache cannot answer for.

    Which release is the latest, and which commit main's, only upstream knows. Raises ``RuntimeNotFoundError``.
    """
    if match := NUMBER.fullmatch(runtime):
        return not _matching(match[1])
    if COMMIT.fullmatch(runtime):
        return not _of_commit(runtime).is_file()
    return runtime in {"latest", "main"}


def _automatic() -> Path:
    """Find ``crio`` on PATH, else the newest release in the cache."""
    if (crio := shutil.which("crio")) is not None:
        return Path(crio)
    if found := cached_crios():
        return found[max(found)]
    msg = f"no CRI-O was found: neither crio on PATH nor a release in {releases_folder()} ({FORMS})"
    raise NoCrioError(msg)


def _release(wanted: str) -> Path:
    """Find a release in the cache; of a release line, the newest."""
    if matching := _matching(wanted):
        return matching[max(matching)]
    there = ", ".join(str(release) for release in sorted(cached_crios())) or "none"
    msg = (
        f"CRI-O {wanted} is not in {releases_folder()} (there: {there}): fetch it (crio-conformance releases fetch"
        f" {wanted}), or put crio and pinns into {wanted}/bin there"
    )
    raise RuntimeNotFoundError(msg)


def _matching(wanted: str) -> dict[Release, Path]:
    """Give what the cache has of a release or a line."""
    return {each: crio for each, crio in cached_crios().items() if wanted in {str(each), each.line}}


def _of_commit(commit: str) -> Path:
    """Give where the cache has the build of a commit, or would have it."""
    return releases_folder() / f"{COMMIT_PREFIX}{commit}" / "bin" / "crio"


def cached_crios() -> dict[Release, Path]:
    """Give the releases in the cache and the ``crio`` of each."""
    found = {}
    for crio in releases_folder().glob("*/bin/crio"):
        try:
            found[Release(crio.parent.parent.name)] = crio
        except ValueError:
            continue
    return found


def cached_commits() -> dict[str, Path]:
    """Give the builds of commits in the cache and the ``crio`` of each."""
    return {
        crio.parent.parent.name.removeprefix(COMMIT_PREFIX): crio
        for crio in releases_folder().glob(f"{COMMIT_PREFIX}*/bin/crio")
    }


def crio_release(crio: Path, forms: str = FORMS) -> Release:
    """Ask a ``crio`` which release it is; raises ``RuntimeNotFoundError``, which ends with what there is to do."""
    return release_of(crio, r"crio version (\S+)", CRIO, forms)


def complete_installation(crio: Path, oci_runtime: str = "") -> Installation:
    """Complete a ``crio`` binary with the programs it needs, found beside it or on PATH.

    Raises ``RuntimeNotFoundError``.
    """
    crio = crio.absolute()  # a bare name would be looked for on PATH
    release = crio_release(crio)
    return Installation(
        crio=crio,
        pinns=needed_program(crio, *PINNS),
        conmon=needed_program(crio, *CONMON),
        oci_runtime=_oci_runtime(crio, oci_runtime) if oci_runtime else needed_program(crio, *OCI_RUNTIMES),
        release=release,
    )


def release_of(program: Path, answers: str, what: str, forms: str) -> Release:
    """Ask a program which release it is; ``answers`` is the pattern of what it says to ``--version``.

    Raises ``RuntimeNotFoundError``, which says that it is not ``what``, and which ``forms`` there are of naming one.
    """
    try:
        answer = program_version.ask_version(program)
    except OSError as error:
        msg = f"{_cannot_be_run(program, error)}: {forms}"
        raise RuntimeNotFoundError(msg) from error
    except subprocess.TimeoutExpired as error:
        msg = f"{program} does not answer --version within {program_version.SECONDS:.0f} s, so it is no {what}: {forms}"
        raise RuntimeNotFoundError(msg) from error
    match = re.match(answers, answer.stdout)
    try:
        return Release(match[1] if match else "")
    except ValueError:
        said = (answer.stdout or answer.stderr).strip().splitlines()
        if answer.returncode == LIBRARY_MISSING and said:
            msg = f"{program} cannot be run ({said[0].removeprefix(f'{program}: ')}): install that library"
            raise RuntimeNotFoundError(msg) from None
        msg = f"{program} is no {what} (to --version it says {said[0] if said else 'nothing'!r}): {forms}"
        raise RuntimeNotFoundError(msg) from None


def _cannot_be_run(program: Path, error: OSError) -> str:
    return f"{program} cannot be run ({'it is a folder' if program.is_dir() else error.strerror})"


def find_contrast_program(wanted: str, answers: str, what: str) -> tuple[Path, Release]:
    """Find another runtime, by its program's name on PATH or by a path, and its release.

    Raises ``RuntimeNotFoundError``.
    """
    forms = f"install {what}, or write the path of one"
    found = wanted if "/" in wanted else shutil.which(wanted)
    if found is None:
        msg = f"--runtime {wanted}: {wanted} is not on PATH: {forms}"
        raise RuntimeNotFoundError(msg)
    binary = Path(found).absolute()
    return binary, release_of(binary, answers, what, forms)


def _oci_runtime(crio: Path, wanted: str) -> Path:
    """Find the OCI runtime that ``--oci-runtime`` names; raises ``RuntimeNotFoundError``."""
    found = Path(wanted).absolute() if "/" in wanted else _beside_or_on_path(crio, wanted)
    if found is None:
        msg = f"--oci-runtime {wanted}: {wanted} is neither beside {crio} nor on PATH: {OCI_RUNTIME_FORMS}"
        raise RuntimeNotFoundError(msg)
    why = f"{found} does not say to --version that it is one"
    try:
        if program_version.read_version(found):
            return found
    except OSError as error:
        why = _cannot_be_run(found, error)
    except subprocess.TimeoutExpired:
        why = f"{found} does not answer --version within {program_version.SECONDS:.0f} s"
    msg = f"--oci-runtime {wanted}: {why}: {OCI_RUNTIME_FORMS}"
    raise RuntimeNotFoundError(msg)


def needed_program(crio: Path, *names: str) -> Path:
    """Find the first of these programs beside ``crio`` or on PATH; raises ``RuntimeNotFoundError``."""
    for name in names:
        if (found := _beside_or_on_path(crio, name)) is not None:
            return found
    msg = f"{' or '.join(names)}, which CRI-O needs, is neither beside {crio} nor on PATH: install it"
    raise RuntimeNotFoundError(msg)


def _beside_or_on_path(crio: Path, name: str) -> Path | None:
    """Find a program beside ``crio`` or on PATH."""
    beside = [str(crio.parent), str(crio.resolve().parent)]
    path = os.pathsep.join([*beside, os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(name, path=path)
    return Path(found) if found else None
