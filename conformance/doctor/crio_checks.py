"""Whether there is a CRI-O here, the programs that it needs beside itself, and releases in the cache folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from conformance.doctor.finding import Check, Finding, Need
from conformance.model.release import Release
from conformance.releases.cache import cached_programs, why_nothing_cached
from conformance.releases.control_plane_programs import find_control_plane
from conformance.releases.installation import (
    CONMON,
    CRIO,
    PINNS,
    RuntimeNotFoundError,
    crio_release,
    locate_crio,
    must_be_fetched,
    needed_program,
)
from conformance.releases.kubelet_binary import NONE_AT_HAND, find_kubelet
from conformance.releases.program_version import version_of

LIVE = "live runs of the suite"
CACHE = Check("cache folder", "`--runtime` and `--kubelet` with these releases, without a network")
KUBELET = Check("kubelet", "the family kubelet (with root)")
CONTROL_PLANE = Check("control plane", "`--cluster world` (with root, beside a kubelet)")
COVERAGE = Check("GOCOVERDIR", LIVE, Need.LIVE_RUN)


def check_crio(runtime: str) -> tuple[Finding, Path | None, Release | None]:
    """Look for the CRI-O that ``--runtime`` names; give where it is and its release as well, if there is one."""
    check = Check(CRIO, f"{LIVE}, `--runtime {runtime}`", Need.LIVE_RUN)
    try:
        crio, release = _find(runtime)
    except RuntimeNotFoundError as error:
        return check.lacks(str(error)), None, None
    return check.tell("", f"{CRIO} {release} ({crio})"), crio, release


def is_fetched(runtime: str) -> bool:
    """Tell whether a run fetches the CRI-O that ``--runtime`` names, as it is not here."""
    try:
        return must_be_fetched(runtime)
    except RuntimeNotFoundError:
        return False


def _find(runtime: str) -> tuple[Path, Release]:
    """Give the ``crio`` that ``--runtime`` names, and which release it is; raises ``RuntimeNotFoundError``."""
    if must_be_fetched(runtime):
        msg = (
            f"{CRIO} {runtime} is not in the cache folder: a run fetches it, as `crio-conformance releases fetch"
            f" {runtime}` does"
        )
        raise RuntimeNotFoundError(msg)
    crio = locate_crio(runtime).absolute()
    return crio, crio_release(crio)


def check_programs(crio: Path) -> Iterator[Finding]:
    """Look for the programs that a CRI-O needs, but for its OCI runtime."""
    for names in (PINNS, CONMON):
        check = Check(names[0], LIVE, Need.LIVE_RUN)
        yield check.ask(lambda names=names: named_program(needed_program(crio, *names)))  # type: ignore[misc]


def named_program(program: Path) -> str:
    """Name a program by its version, if it has one, and its path."""
    version = version_of(program)
    return f"{version} ({program})" if version else str(program)


def check_coverage() -> Iterator[Finding]:
    """Look where coverage counters are to go, if that is asked for."""
    if not os.environ.get("GOCOVERDIR"):
        return
    from conformance.runtime.coverage_counters import coverage_folder  # noqa: PLC0415 (it brings gRPC)
    from conformance.runtime.runtime import RuntimeFailedError  # noqa: PLC0415 (likewise)

    yield COVERAGE.ask(lambda: f"a CRI-O's coverage counters go to {coverage_folder()}", (RuntimeFailedError,))


def check_cache() -> Finding:
    """List the releases in the cache folder."""
    try:
        found = ", ".join(each.title for each in cached_programs())
    except RuntimeNotFoundError as error:
        return CACHE.lacks(str(error))
    return CACHE.tell("" if found else why_nothing_cached(), found)


def check_kubelet(release: Release) -> Finding:
    """Look for a kubelet that suits a CRI-O."""

    def look() -> str:
        if kubelet := find_kubelet(None, release):
            return f"kubelet {kubelet.release} ({kubelet.path})"
        msg = f"{NONE_AT_HAND}: `crio-conformance releases fetch {release.line} --kubelet` fetches one"
        raise RuntimeNotFoundError(msg)

    return KUBELET.ask(look)


def check_control_plane(release: Release) -> Finding:
    """Look for etcd and a kube-apiserver that suit the kubelet that suits a CRI-O, or else one of its line."""

    def look() -> str:
        kubelet = find_kubelet(None, release)
        return find_control_plane(kubelet.release if kubelet else release).title

    return CONTROL_PLANE.ask(look)
