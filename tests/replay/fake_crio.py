"""A program that takes CRI-O's place in a world: the simulator, under the release that the file beside it names.

Run as a script: ``fake_crio.py RELEASE`` serves as crio.conf says, and reports to systemd's notification socket.
"""

import os
import signal
import socket
import sys
import tomllib
from argparse import Namespace
from pathlib import Path

PROGRAMS = ("pinns", "conmon", "runc")


def write_programs(folder: Path, release: str) -> None:
    """Write a ``crio`` of that release, and what it needs, as scripts."""
    folder.mkdir(parents=True, exist_ok=True)
    serve = f"exec {sys.executable} -P {__file__} {release}"
    scripts = {
        "crio": f'case "$1" in --version) echo "crio version {release}";; *) {serve};; esac\n',
        **{program: f'echo "{program} version 1.0"\n' for program in PROGRAMS},
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}")
        (folder / name).chmod(0o755)


def main(release: str) -> None:
    """Serve until SIGTERM."""
    from conformance.commands.serve import known_release, this_machine  # noqa: PLC0415 (write_programs does without)
    from conformance.explain.prober import name_server  # noqa: PLC0415
    from conformance.simulator.server import SimulatorServer  # noqa: PLC0415

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    path = Path(tomllib.loads(Path("/etc/crio/crio.conf").read_text())["crio"]["api"]["listen"])
    settings = this_machine(
        Namespace(registries_conf=None, registries_conf_dir=None, short_name_mode=None), known_release(release)
    )
    with (
        SimulatorServer(settings, known_release(release), path, log=sys.stderr, name_server=name_server()),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify,
    ):
        notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main(sys.argv[1])
