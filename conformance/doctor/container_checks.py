"""Whether pods can run here, and with them the cases that look into image volumes."""

from collections.abc import Iterator
from pathlib import Path

from conformance.doctor.crio_checks import named_program
from conformance.doctor.finding import Check, Finding, Need, State
from conformance.node.cgroup_version import cgroup_version
from conformance.releases.installation import OCI_RUNTIMES, RuntimeNotFoundError, needed_program
from conformance.releases.program_version import version_of
from conformance.runtime import cni
from conformance.runtime.container_needs import why_no_cgroups, why_not_root, why_too_old

PODS = "pods, `--require containers`: the families image volumes, volume …, kubelet and pod network"
ROOT = Check("root", PODS, lacking=State.CANNOT)
CGROUPS = Check("control groups", PODS, lacking=State.CANNOT)
OCI_RUNTIME = "OCI runtime"
BRIDGE = Check("CNI plugins", "pods on a bridge, `--require bridge`: the family pod network")


def check_containers(*, root: bool) -> Iterator[Finding]:
    """Look whether the machine lets pods run."""
    yield ROOT.tell(why_not_root(root=root), "this is root")
    yield CGROUPS.tell(why_no_cgroups(), f"mounted, {cgroup_version()}, and root may write them")


def check_oci_runtime(crio: Path) -> Finding:
    """Look for the OCI runtime of a CRI-O: without one it does not start, with too old a one no pod does."""
    try:
        program = needed_program(crio, *OCI_RUNTIMES)
    except RuntimeNotFoundError as error:
        return Check(OCI_RUNTIME, "live runs of the suite", Need.LIVE_RUN).lacks(str(error))
    return Check(OCI_RUNTIME, PODS).tell(why_too_old(version_of(program)), named_program(program))


def check_bridge(crio: Path | None, *, root: bool) -> Finding:
    """Look for CNI plugins beside a CRI-O and where systems have them, and try them, which takes root."""
    plugins = cni.find_plugins(crio.parent if crio else None)
    complaint = cni.why_unusable(plugins) if root or plugins is None else ""
    return BRIDGE.tell(complaint, f"{plugins}{'' if root else ', not tried, since that takes root'}")
