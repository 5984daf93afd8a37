"""Why no namespace can be made here, and what to do about it: one sentence."""

from pathlib import Path


def why_no_namespaces(complaint: str, *, root: bool, proc: Path = Path("/proc")) -> str:
    """Explain a failed unshare(1) by the setting that forbids it; ``complaint`` is what unshare printed."""
    for setting, forbidden, remedy in _SETTINGS:
        if not root and _read(proc / "sys" / setting) == forbidden:
            name = setting.replace("/", ".")
            return f"an ordinary user may make no namespaces here ({name} is {forbidden}): {remedy}, or run as root"
    if "Operation not permitted" in complaint or "Permission denied" in complaint:
        who = "root" if root else "an ordinary user"
        return (
            f"{who} may make no namespaces here ({complaint}): in a container, start it with"
            f" --security-opt seccomp=unconfined --security-opt systempaths=unconfined{' --privileged' if root else ''}"
        )
    return f"no namespaces can be made here: {complaint}"


def _read(path: Path) -> str:
    """Give a kernel setting, empty where there is none."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


_SETTINGS = [
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "run `sysctl kernel.unprivileged_userns_clone=1` as root",
    ),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "run `sysctl kernel.apparmor_restrict_unprivileged_userns=0` as root, as Ubuntu describes",
    ),
    (
        "user/max_user_namespaces",
        "0",
        "run `sysctl user.max_user_namespaces=15000` as root",
    ),
]
