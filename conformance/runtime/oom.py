"""For machines whose root may not lower ``oom_score_adj``: the OCI runtime behind a script that does not ask for it.

CRI-O gives every sandbox -998 (CRI-O server/sandbox_run.go, ``PodInfraOOMAdj``); without CAP_SYS_RESOURCE, as in many
containers and small virtual machines, runc refuses that and no pod starts. CRI-O itself stays as it is.
"""

import re
import shlex
from pathlib import Path

CAP_SYS_RESOURCE = 24

_SCRIPT = """\
#!/bin/sh
previous=
for argument in "$@"; do
    if [ "$previous" = --bundle ]; then
        sed -i 's/"oomScoreAdj": *-[0-9]*/"oomScoreAdj": 0/' "$argument/config.json"
    fi
    previous=$argument
done
exec {runtime} "$@"
"""


def oci_runtime_without_oom_score(oci_runtime: Path, etc: Path, pid: int) -> Path:
    """Give the OCI runtime, or where the node needs it a script in its ``etc`` that stands in for it.

    ``pid`` is a process that may do what the node's programs may. The path is that on the node: conmon takes no path
    beyond ASCII in the locale that CRI-O starts it with.
    """
    if _may_lower(Path("/proc", str(pid), "status")):
        return oci_runtime
    script = etc / oci_runtime.name
    script.write_text(_SCRIPT.format(runtime=shlex.quote(str(oci_runtime))), encoding="utf-8")
    script.chmod(0o755)
    return Path("/etc", oci_runtime.name)


def _may_lower(status: Path) -> bool:
    """Tell whether a process has CAP_SYS_RESOURCE."""
    match = re.search(r"^CapEff:\s*([0-9a-f]+)$", status.read_text(), re.MULTILINE)
    return match is None or bool(int(match[1], 16) >> CAP_SYS_RESOURCE & 1)
