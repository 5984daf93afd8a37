"""A cluster made by kind: made where it is not there, and taken away by the run that made it."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from conformance.children import run_to_end
from conformance.interrupts import undisturbed
from conformance.kind.kind_tools import KindError, KindTools, kind_folder
from conformance.node.maker import is_gone, this_maker
from conformance.releases.installation import RuntimeNotFoundError
from conformance.targets.cluster_target import ready_nodes

NETWORK = "kind"
"""The engine's network that kind's nodes are on (kubernetes-sigs/kind, ``fixedNetworkName``)."""
CREATION_SECONDS, READY_SECONDS = 240.0, 60.0
"""How long kind may take, and the nodes after it: five minutes."""
LOOK_SECONDS = 0.5
LOOKED_AT, LINES, WIDTH = 1000, 8, 400
"""How many of a node's last log lines are looked at when a cluster does not come up; how many are told, how wide."""
QUIET = re.compile(r"level=(debug|info)|^I\d{4} ")
"""What tells, in lines of CRI-O and of the kubelet, that nothing is wrong."""
TIMES = re.compile(r"^time=\S+ |(?<=^[EWF])\d{4} \S+ +\d+ ")
"""What makes a line that comes again another one."""
REDIRECT = "/etc/containers/registries.conf.d/zz-crio-conformance.conf"
PLAIN_HTTP = """[[registry]]
location = "{}"
insecure = true
"""


class KindCluster:
    """The cluster ``name``, there as long as this is entered; one that was there before stays.

    ``config`` is a file as kind reads it, ``image`` what each node is made of. ``kubeconfig`` is a file that is there
    as long, ``nodes`` the containers' names. With ``keep`` a cluster that was made here stays as well.
    Entering raises ``KindError`` where it does not come up in time; it is taken away then, unless it is to be kept.
    """

    def __init__(self, tools: KindTools, name: str, config: Path, image: str, *, keep: bool = False) -> None:
        self.tools = tools
        self.name = name
        self.config = config
        self.image = image
        self.keep = keep
        self.nodes: list[str] = []
        self.created = False
        self._folder = kind_folder() / "runs" / name
        self.kubeconfig = self._folder / "kubeconfig"
        self._had_network = True

    @property
    def workers(self) -> list[str]:
        """The nodes that the suite may have for itself: the worker nodes, or where there are none, all."""
        return [each for each in self.nodes if each.startswith(f"{self.name}-worker")] or self.nodes

    @property
    def gateway(self) -> str:
        """This machine's IPv4 address on the network of the nodes; raises ``KindError``."""
        gateways = "{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}"
        found = self.tools.ask_engine("inspect", "--type", "container", "--format", gateways, self.nodes[0]).split()
        if not found:
            msg = f"the node {self.nodes[0]} has no IPv4 gateway: remove the network {NETWORK}, kind makes it anew"
            raise KindError(msg)
        return found[0]

    @property
    def _maker(self) -> Path:
        """The file that says which process has this cluster."""
        return self._folder / "maker"

    @property
    def _made(self) -> Path:
        """The file that is there when that process made it, and does not keep it; it names a network that it made."""
        return self._folder / "made"

    def __enter__(self) -> Self:
        self._clear_up_after_killed_run()
        try:
            self._folder.mkdir(0o700, parents=True)
        except FileExistsError:
            self._refuse_second()
        except OSError as error:
            msg = f"{self._folder} cannot be made ({error.strerror}): let XDG_CACHE_HOME name a folder of your own"
            raise KindError(msg) from None
        try:
            self._maker.write_text(this_maker())
            self._had_network = NETWORK in self.tools.ask_engine("network", "ls", "--format", "{{.Name}}").split()
            if self.name in self.tools.ask_kind("get", "clusters").split():
                self.kubeconfig.touch(0o600)
                self.kubeconfig.write_text(self.tools.ask_kind("get", "kubeconfig", "--name", self.name))
            else:
                self._create()
            self._await_nodes()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def _clear_up_after_killed_run(self) -> None:
        """Delete a cluster that a run made which was killed; raises ``KindError`` where one still runs."""
        if not self._folder.exists():
            return
        if self._maker.exists() and not is_gone(self._maker.read_text()):
            self._refuse_second()
        if self._made.exists():
            self._had_network = not self._made.read_text()
            self._delete()
        shutil.rmtree(self._folder)

    def _refuse_second(self) -> NoReturn:
        msg = f"another run has the cluster {self.name}: let it end first, or write another --name"
        raise KindError(msg)

    def _create(self) -> None:
        """Create the cluster; kind tells progress itself."""
        if not self.keep:
            self._made.write_text("" if self._had_network else NETWORK)
        self.created = True
        command = [str(self.tools.kind), "create", "cluster", "--name", self.name, "--config", str(self.config)]
        command += ["--image", self.image, "--kubeconfig", str(self.kubeconfig)]
        command += ["--retain", "--wait", f"{CREATION_SECONDS:.0f}s"]
        try:
            code = run_to_end(command, env=self.tools.environment, seconds=CREATION_SECONDS)
        except subprocess.TimeoutExpired:
            self._refuse(f"the cluster {self.name} is not made after {CREATION_SECONDS:.0f} s")
        if code:
            self._refuse(f"kind does not make the cluster {self.name}, as it says above")

    def _await_nodes(self) -> None:
        """Wait until every node is ready; kind itself waits for the control plane."""
        self.nodes = sorted(self.tools.ask_kind("get", "nodes", "--name", self.name).split())
        until = time.monotonic() + READY_SECONDS
        while why := self._why_not_ready():
            if time.monotonic() > until:
                self._refuse(why)
            time.sleep(LOOK_SECONDS)

    def _why_not_ready(self) -> str:
        """Say why it cannot be used yet, if it cannot; raises ``KindError`` where it never will be."""
        try:
            ready = ready_nodes(self.kubeconfig)
        except RuntimeNotFoundError as error:
            return str(error)
        if foreign := [f"{name} runs {runtime}" for name, runtime in ready.items() if "cri-o:" not in runtime]:
            msg = f"the cluster {self.name} is there, and {foreign[0]}: kind delete cluster --name {self.name}"
            raise KindError(msg)
        lacking = sorted({*self.nodes} - ready.keys())
        return f"of the cluster {self.name}, {', '.join(lacking)} is not ready" if lacking else ""

    def _refuse(self, why: str) -> None:
        """Raise ``KindError`` with the last lines that the nodes have logged."""
        told = []
        for node in sorted(self.tools.ask_kind("get", "nodes", "--name", self.name).split()):
            log = ("journalctl", "--no-pager", "--output=cat", f"--lines={LOOKED_AT}", "--unit=crio", "--unit=kubelet")
            try:
                lines = self.tools.ask_engine("exec", node, *log).splitlines()
            except KindError:  # it has no systemd that answers
                lines = self.tools.ask_engine("logs", f"--tail={LINES}", node).splitlines()
            last = dict.fromkeys(TIMES.sub("", line)[:WIDTH] for line in lines if not QUIET.search(line))
            told += [f"  {node}: {line}" for line in list(last)[-LINES:]]
        remedy = "" if self.created else f", and it was there before: kind delete cluster --name {self.name}"
        raise KindError("\n".join([why + remedy, *told]))

    def let_pull_from(self, registry: str) -> None:
        """Let every node speak plain HTTP to a registry, as long as the cluster is entered; raises ``KindError``."""
        for node in self.nodes:
            self.tools.ask_engine(
                "exec", "--interactive", node, "sh", "-c", f"cat >{REDIRECT}", stdin=PLAIN_HTTP.format(registry)
            )
            self.tools.ask_engine("exec", node, "systemctl", "restart", "crio")

    def _forget_registry(self) -> None:
        for node in self.nodes:
            there = f"test ! -e {REDIRECT} || {{ rm {REDIRECT} && systemctl restart crio; }}"
            self.tools.ask_engine("exec", node, "sh", "-c", there)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with undisturbed():
            if self.created and not self.keep:
                self._delete()
            else:
                self._forget_registry()
            shutil.rmtree(self._folder)

    def _delete(self) -> None:
        """Delete the cluster, and the network of the nodes where that was not there before."""
        self.tools.ask_kind("delete", "cluster", "--name", self.name, "--kubeconfig", str(self.kubeconfig))
        if not self._had_network:
            self.tools.ask_engine("network", "rm", NETWORK)
