"""A container that runs on this machine, as the program of its engine, Docker's or Podman's, tells of it."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.node.helper import may_enter_nodes
from conformance.node.inner_path import inner_path
from conformance.node.node import PROGRAMS, NodeError

ENGINES = ("docker", "podman")
SECONDS = 20.0
UNKNOWN = re.compile("no such (container|object)", re.IGNORECASE)
"""What an engine says that answers, and has no such container."""

FACTS = "{{.Id}} {{.State.Pid}} {{.Name}} {{.Image}}"
"""What an engine is asked of a container (``inspect``)."""


@dataclass(frozen=True)
class EngineContainer:
    """A running container: its ``name`` and ``id``, and ``pid``, the number of its first process out here.

    ``engine`` is the program of its engine, ``image`` the ID of the image that it was made of,
    ``passed_over`` what an engine said that was asked for it before and does not answer, if any.
    """

    name: str
    id: str
    pid: int
    engine: str = ENGINES[0]
    image: str = ""
    passed_over: str = field(default="", compare=False)

    @property
    def files(self) -> Path:
        """Its root folder as it is seen out here; absolute symbolic links in it lead elsewhere."""
        return Path("/proc", str(self.pid), "root")

    @property
    def enter(self) -> tuple[str, ...]:
        """The beginning of a command that runs a program in it as root, with an environment that says nothing of ours.

        It is util-linux's nsenter.
        """
        namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid")
        root = ("--setuid=0", "--setgid=0")
        return ("nsenter", f"--target={self.pid}", *namespaces, *root, "env", "-i", f"PATH={PROGRAMS}")

    def run(self, *argv: str, seconds: float = SECONDS) -> subprocess.CompletedProcess[str]:
        """Run a program in it to its end, with its output as text; raises ``NodeError`` where it takes too long."""
        try:
            return subprocess.run(
                [*self.enter, *argv],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=seconds,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"{argv[0]} cannot be run in the container {self.name}: {error}"
            raise NodeError(msg) from None

    def write(self, path: Path, text: str) -> None:
        """Write a file in it, which is root's as its folder is; raises ``NodeError`` where a link is on the way."""
        file = inner_path(self.files, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        for each in (file.parent, file):
            os.chown(each, 0, 0)


def find_container(name: str) -> EngineContainer:
    """Find a running container that this process may enter, as ``look_up_container`` does; raises ``NodeError``."""
    if not may_enter_nodes():
        msg = f"the container {name} can be entered by root only, on the machine where its engine runs: run as root"
        raise NodeError(msg)
    return look_up_container(name)


def look_up_container(name: str) -> EngineContainer:
    """Find a running container by its name or ID, with the first engine that knows it; raises ``NodeError``."""
    said: list[str] = []
    for engine in filter(shutil.which, ENGINES):
        try:
            container, complaint = _inspect(engine, name)
        except (OSError, subprocess.TimeoutExpired) as error:
            container, complaint = None, str(error)
        if container is not None:
            passed_over = "; ".join(each for each in said if not UNKNOWN.search(each))
            return replace(_checked(container), passed_over=passed_over)
        said.append(complaint)
    if not said:
        msg = f"to find the container {name}, docker or podman must be on PATH: install one"
        raise NodeError(msg)
    if any(map(UNKNOWN.search, said)):
        msg = f"there is no container {name} here: {'; '.join(said)}"
    else:
        msg = f"no engine answers that could know the container {name} ({'; '.join(said)}): start it"
    raise NodeError(msg)


def _inspect(engine: str, name: str) -> tuple[EngineContainer | None, str]:
    """Ask an engine's program; give the container, or what it says instead."""
    done = subprocess.run(
        [engine, "inspect", "--type", "container", "--format", FACTS, "--", name],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return None, f"{engine} says {said[-1]}"
    container_id, pid, known_as, image = done.stdout.split()
    return EngineContainer(known_as.lstrip("/"), container_id, int(pid), engine, image), ""


def _checked(container: EngineContainer) -> EngineContainer:
    """Make sure that it runs, and on this machine; raises ``NodeError``."""
    if container.pid == 0:
        msg = f"the container {container.name} does not run: start it ({container.engine} start {container.name})"
        raise NodeError(msg)
    try:
        groups = Path("/proc", str(container.pid), "cgroup").read_text()
    except OSError:
        groups = ""
    if container.id not in groups:
        msg = (
            f"the container {container.name} runs on another machine than this process, or is hidden from it: run on"
            f" the machine of its engine ({container.engine}), outside of containers"
        )
        raise NodeError(msg)
    return container
