"""A node container without an engine: namespaces of a test, in which a script stands for systemd."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.node import init
from conformance.node.engine_container import EngineContainer
from tests.node.world_traces import init_of

SYSTEMCTL = """#!/bin/sh
# Keeps the state of units in /run/units: a file with the PID of each that runs. Every call is noted.
echo "$*" >>/run/calls
command=$1
for unit; do :; done
pid=$(cat "/run/units/$unit" 2>/dev/null)
stop() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    while [ -n "$pid" ] && grep -q '^State:.[^Z]' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; done
    rm -f "/run/units/$unit"
}
start() {
    ran=$(sed -n 's/^ExecStart=\\(..*\\)/\\1/p' "/run/systemd/system/$unit.d/"*.conf 2>/dev/null)
    setsid ${ran:-sleep 1000} >/dev/null 2>&1 &
    echo $! >"/run/units/$unit"
}
case $command in
is-active) [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null ;;
stop) stop ;;
start) [ -n "$pid" ] || start ;;
restart) stop; start; [ ! -e /run/refuses ] ;;
show) printf 'MainPID=%s\\nResult=exit-code\\nExecMainCode=1\\nExecMainStatus=3\\n' "$pid" ;;
daemon-reload) ;;
esac
"""

PASSING = {"run/calls", "run/mount", "run/mount/utab"}

SETUP = f"""
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/units
mount -t tmpfs tmpfs /usr/local/bin && cat >/usr/local/bin/systemctl && chmod 755 /usr/local/bin/systemctl
{sys.executable} -ISc 'import sys; sys.path.insert(0, "{Path(init.__file__).parent}"); import init; init.loopback_up()'
systemctl start crio.service && systemctl start kubelet.service && echo ready && exec sleep 1000
"""


@contextmanager
def pretended_node() -> Iterator[EngineContainer]:
    """Make one whose CRI-O and kubelet, which sleep, are active; it ends with the block."""
    namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"]
    command = ["unshare", *namespaces, "--propagation", "private", "sh", "-ec", SETUP]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as unshare:
        assert unshare.stdin is not None
        assert unshare.stdout is not None
        unshare.stdin.write(SYSTEMCTL)
        unshare.stdin.close()
        try:
            assert unshare.stdout.readline() == "ready\n"
            yield EngineContainer("pretended", "0123", init_of(unshare.pid))
        finally:
            unshare.kill()


def state(container: EngineContainer) -> tuple[str, ...]:
    """Give what a run must leave as it was: mounts, network, files below /run, names of what runs."""
    mounts = Path("/proc", str(container.pid), "mountinfo").read_text().splitlines()
    files = [str(each.relative_to(container.files)) for each in (container.files / "run").rglob("*")]
    interfaces = [line.partition(":")[0] for line in container.run("cat", "/proc/net/dev").stdout.splitlines()[2:]]
    forwards = container.run("cat", "/proc/sys/net/ipv4/ip_forward").stdout
    return (forwards, *mounts, *sorted(file for file in files if file not in PASSING), *running(container), *interfaces)


def running(container: EngineContainer) -> list[str]:
    """Give the names of what runs; its first process reaps nobody."""
    stats = [(each / "stat").read_text() for each in (container.files / "proc").glob("[0-9]*")]
    return sorted(stat.partition("(")[2].partition(")")[0] for stat in stats if ") Z " not in stat)
