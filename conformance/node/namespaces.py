"""Why no namespace can be made here, and what to do about it: one sentence."""

from pathlib import Path


def why_no_namespaces(complaint: str, *, root: bool, proc: Path = Path("/proc")) -> str:
    """Explain a failed unshare(1) by the setting that forbids it; ``complaint`` is what unshare printed."""
    who = "root" if root else "an ordinary user"
    for setting, forbidden, remedy in [*_LIMITS, *([] if root else _FOR_USERS)]:
        if _read(proc / "sys" / setting) == forbidden:
            name = setting.replace("/", ".")
            return f"{who} may make no namespaces here ({name} is {forbidden}): {remedy}"
    if _is_chroot(proc) and any(each in complaint for each in ("not permitted", "denied", "Invalid argument")):
        return f"{who} may make no namespaces in a chroot, and this is one ({complaint}): leave it"
    if "Operation not permitted" in complaint or "Permission denied" in complaint:
        options = ["--security-opt seccomp=unconfined", "--security-opt systempaths=unconfined"]
        return (
            f"{who} may make no namespaces here ({complaint}): leave the chroot if this is one; in a container, start"
            f" it with {' '.join([*options, *(['--privileged'] if root else [])])}"
        )
    if "No space left on device" in complaint:
        return (
            f"{who} may make no more namespaces here ({complaint}): raise user.max_user_namespaces and its like for"
            " net, mnt and pid, here and, where this is a user namespace, around it"
        )
    return f"no namespaces can be made here: {complaint}"


def _is_chroot(proc: Path) -> bool:
    """Tell whether the root folder is no mount, which only a chroot's can be (proc(5), mountinfo)."""
    mounts = _read(proc / "self" / "mountinfo").splitlines()
    return bool(mounts) and not any(line.split()[4] == "/" for line in mounts)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


_LIMITS = [
    (f"user/max_{kind}_namespaces", "0", f"run `sysctl user.max_{kind}_namespaces=15000` as root")
    for kind in ("net", "mnt", "pid")
]
"""namespaces(7): each user namespace has its own, and its root, too, is bound by them."""

_FOR_USERS = [
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "run `sysctl kernel.unprivileged_userns_clone=1` as root, or run as root",
    ),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "run `sysctl kernel.apparmor_restrict_unprivileged_userns=0` as root, as Ubuntu describes, or run as root",
    ),
    (
        "user/max_user_namespaces",
        "0",
        "run `sysctl user.max_user_namespaces=15000` as root, or run as root",
    ),
]
"""Root's worlds need no user namespace; all others do."""
