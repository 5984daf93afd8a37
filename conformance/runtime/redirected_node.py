"""Somebody's node while a run has leave to reload its CRI-O: one drop-in of registries.conf, and what it leads to.

What is pulled there has names with a word of the run's own in them, by which it is found and removed, also by the next
run where this one is killed.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from contextlib import ExitStack, suppress
from functools import cached_property
from typing import TYPE_CHECKING

import grpc
import tomli_w

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.model.registries import InvalidRegistriesConfError, Registry
from conformance.model.registries_check import checked
from conformance.model.registries_toml import read_settings
from conformance.node.socket_process import SocketProcess, SocketProcessError
from conformance.node_config.drop_in import DropIn, DropInError, abandoned_drop_ins, discard_drop_ins, words_in_use
from conformance.node_config.node_config import NodeConfigError
from conformance.node_config.running_crio import RunningCrio
from conformance.registry_hosts import Exchange
from conformance.runtime.configuration import registry_table
from conformance.runtime.pull import ImageInfo
from conformance.runtime.redirected_internet import RedirectedInternet
from conformance.runtime.redirected_pods import RedirectedPods, has_kubelet, remove_logs, remove_pods
from conformance.runtime.runtime import CapabilityError, RuntimeFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from conformance.runtime.model_monitor import ModelMonitor

WORD = "conformance-"
_WORDS = re.compile(rf"/({WORD}[0-9a-f]+)/")
TOOLS = "/conformance/tools"
"""What the name of the image that pods run has in it."""

RELOAD_SECONDS = 10.0
PROGRAM = "crio"
ABOUT = """# Made by crio-conformance, and removed by it when its run ends: images below {word} are asked for on
# registry hosts of the run, on this machine's loopback. Nothing else is changed.
"""


class RedirectedNode:
    """The node whose CRI-O listens on ``socket``; ``crio`` is what that says of itself, ``word`` the run's own.

    Who asks ``applying``, since calls may be made at once, has what counts there to himself. ``model`` is the last one
    that was beside it.

    Raises ``RuntimeFailedError`` where it cannot be told to reload, or not without changing more than was asked for.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.word = f"{WORD}{secrets.token_hex(4)}"
        self.text = ""
        self.model: ModelMonitor | None = None
        self.applying = threading.RLock()
        self._generation = 0
        with ExitStack() as stack:
            try:
                self.process = SocketProcess(socket)
                stack.callback(self._close_process)
                self.crio = RunningCrio(socket, self.process)
                self._check()
                self._drop_in = DropIn(self.crio.drop_ins, self.word.removeprefix(WORD))
            except (DropInError, NodeConfigError, SocketProcessError) as error:
                raise RuntimeFailedError(f"--allow-reload: {error}") from None
            self.pods = RedirectedPods(self.word, self.crio.properties["cgroup-manager"])
            self.cleanup_client = stack.enter_context(Client(str(socket), lambda _: None))
            self.internet = stack.enter_context(RedirectedInternet(self.process.bind))
            self._stack = stack.pop_all()

    def _close_process(self) -> None:
        """Let go of the process that is there at the end: CRI-O may have been restarted."""
        self.process.close()

    def _check(self) -> None:
        """Refuse a CRI-O of which a reload would change more than registries.conf."""
        if not self.process.name.startswith(PROGRAM):
            msg = f"what listens on {self.socket} is {self.process.name} (PID {self.process.pid}), which is no CRI-O"
            raise NodeConfigError(msg)
        if lost := self.crio.reset_by_reload:
            msg = (
                f"CRI-O was started with {' and '.join(lost)}, which a reload takes away: write it into a file of"
                " /etc/crio/crio.conf.d, and restart CRI-O"
            )
            raise NodeConfigError(msg)

    def apply(self, entries: Iterable[Registry], aliases: Mapping[str, str]) -> None:
        """Let these entries and aliases count on the node, unless they do; raises ``RuntimeFailedError``.

        What CRI-O would refuse is not written, as nobody could have it reload then: ``CapabilityError``.
        """
        registry = [registry_table(each) for each in sorted(entries, key=lambda each: each.prefix)]
        text = tomli_w.dumps({"registry": registry, "aliases": dict(aliases)})
        if text == self.text:
            return
        self._generation += 1
        name = f"{self.internet.probe}/generation-{self._generation}"
        probe = Registry(prefix=name, location=f"{self.internet.probe}/now/{self._generation}", insecure=True)
        tables = {"registry": [*registry, registry_table(probe)], "aliases": dict(aliases)}
        self._write(ABOUT.format(word=self.word) + _checked(tomli_w.dumps(tables)))
        self._await(name, lambda asked: f"now/{self._generation}" in asked)
        self.text = text

    def clear(self) -> None:
        """Remove the pods of the run, and the images that have names of it, but for what pods need."""
        self.pods.clear(self.cleanup_client)
        remove_images(self.cleanup_client, self._is_own, is_kept=lambda name: TOOLS in name)

    def _is_own(self, word: str) -> bool:
        return word == self.word

    @cached_property
    def why_no_pods(self) -> str:
        """Why pods are not made here: a kubelet would kill them, or their own image would have to be fetched."""
        if has_kubelet(self.cleanup_client):
            return "the node's kubelet kills pods that it does not know"
        request = api.ImageStatusRequest(image=api.ImageSpec(image=self.crio.pause_image))
        if self.cleanup_client.image_status(request).HasField("image"):
            return ""
        return f"{self.crio.pause_image} is not in the store of the node, and is not to be fetched for it"

    def _write(self, text: str) -> None:
        """Write the drop-in, and tell CRI-O to read it."""
        try:
            self._drop_in.write(text)
            self._reload()
        except (DropInError, SocketProcessError, OSError) as error:
            raise RuntimeFailedError(f"--allow-reload: {error}") from None

    def _reload(self) -> None:
        """Tell the CRI-O that listens now to reload; one that was restarted is another process."""
        if not self.process.running:
            ended, self.process = self.process, SocketProcess(self.socket)
            ended.close()
        self.process.reload()

    def _await(self, name: str, is_done: Callable[[set[str]], bool]) -> None:
        """Pull what no registry has until it is asked for where it should be: then CRI-O has read its files."""
        until = time.monotonic() + RELOAD_SECONDS
        while time.monotonic() < until:
            mark = self.internet.probes.position()
            try:
                self.cleanup_client.pull_image(api.PullImageRequest(image=api.ImageSpec(image=name)))
            except CRIError as error:
                if error.code is grpc.StatusCode.UNAVAILABLE:
                    raise RuntimeFailedError(f"CRI-O does not answer any more: {error.message}") from None
            records = self.internet.probes.since(mark)
            if is_done({each.repository for each in records if isinstance(each, Exchange)}):
                return
        msg = (
            f"CRI-O (PID {self.process.pid}) was told to reload, and does not ask where {self._drop_in.path.name} says"
            f" after {RELOAD_SECONDS:.0f} s: its log may say why"
        )
        raise RuntimeFailedError(msg)

    def close(self) -> None:
        """Take away the images of the run, its drop-in and what that had changed, and stop serving."""
        with self._stack:
            self._stack.callback(self._drop_in.close)
            if self.process.running:
                self._stack.callback(self._let_redirects_go)
                self.pods.close(self.cleanup_client, self.crio.root)
                remove_images(self.cleanup_client, self._is_own)

    def _let_redirects_go(self) -> None:
        """Let the node be as it was: the file stays, without entries, for as long as any counts in CRI-O."""
        if self._generation:
            self._write(ABOUT.format(word=self.word))
            name = f"{self.internet.probe}/generation-{self._generation}"
            self._await(name, lambda asked: f"now/{self._generation}" not in asked)


def _checked(text: str) -> str:
    """Give the text of a drop-in that CRI-O reads; raises ``CapabilityError`` for any other."""
    try:
        checked(read_settings(text.encode(), reads_toml_1_1=False), "drop-in", drop_in=True)
    except InvalidRegistriesConfError as error:
        raise CapabilityError("configurable", f"the node's CRI-O would not reload with it: {error}") from None
    return text


def restore_node(socket: Path) -> None:
    """Take away what runs that were killed left on the node whose runtime listens on a socket.

    Raises ``RuntimeFailedError`` where it cannot be.
    """
    try:
        process = SocketProcess(socket)
    except (SocketProcessError, OSError):
        return
    try:
        if not process.name.startswith(PROGRAM):
            return
        crio = RunningCrio(socket, process)
        abandoned, active = abandoned_drop_ins(crio.drop_ins), words_in_use(crio.drop_ins)

        def is_abandoned(word: str) -> bool:
            return word.removeprefix(WORD) not in active

        with Client(str(socket), lambda _: None) as client:
            remove_pods(client, is_abandoned)
            remove_images(client, is_abandoned)
        remove_logs(crio.root, is_abandoned)
        discard_drop_ins(abandoned, process.reload)
    except (NodeConfigError, SocketProcessError):
        return  # nothing of ours was ever made where this cannot be read
    except DropInError as error:
        raise RuntimeFailedError(f"a run that was killed left a drop-in there: {error}") from None
    except CRIError as error:
        raise RuntimeFailedError(f"what a run that was killed left there cannot be removed: {error}") from None
    finally:
        process.close()


def remove_images(
    client: Client, is_meant: Callable[[str], bool], is_kept: Callable[[str], bool] = lambda _name: False
) -> None:
    """Remove images by their names that have a run's word in them which is meant; others' names of them stay."""

    def is_ours(name: str) -> bool:
        found = _WORDS.search(name)
        return found is not None and is_meant(found[1]) and not is_kept(name)

    def remove(name: str) -> None:
        client.remove_image(api.RemoveImageRequest(image=api.ImageSpec(image=name)))

    for image in _images(client):
        if (image.tags or image.digests) and all(map(is_ours, (*image.tags, *image.digests))):
            remove(image.id)
    for image in _images(client):  # an artifact is not removed by its whole ID, and others' names of an image stay
        for name in filter(is_ours, (*image.tags, *image.digests)):
            with suppress(CRIError):  # which goes with another of its names
                remove(name)


def _images(client: Client) -> list[ImageInfo]:
    return list(map(ImageInfo.of, client.list_images(api.ListImagesRequest()).images))
