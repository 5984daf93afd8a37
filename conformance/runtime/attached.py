"""A CRI runtime that already runs: nothing of its configuration is changed, and only images of ours are removed."""

import json
import socket as sockets
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Collector, Log
from conformance.model.release import Release
from conformance.node.maker import is_gone, this_maker
from conformance.node.socket_process import SocketProcess, SocketProcessError
from conformance.registry_hosts import Internet, RegistryHost, loopback
from conformance.releases.installation import CRIO
from conformance.runtime.configuration import Configuration
from conformance.runtime.pull import ImageInfo
from conformance.runtime.runtime import Runtime, RuntimeFailedError

SECONDS = 10.0
UNPRIVILEGED = 1024
"""The first port that takes no privilege to listen on."""

HELP = {
    CRIO: "Let the run do something about that with --allow-reload, or let CRI-O speak plain HTTP there: [[registry]],"
    ' location = "127.0.0.1", insecure = true in a file of /etc/containers/registries.conf.d, and reload it',
    "": "Let it speak plain HTTP to 127.0.0.1",
}
LOOPBACK = "127.0.0.1"
LABEL = "crio-conformance.maker"
"""The label by which an image on somebody's runtime is known to be of a run, and of which (``this_maker``)."""


class AttachedRuntime(Runtime):
    """A runtime on this machine that others use as well, and a registry on loopback that it can ask.

    Raises ``RuntimeFailedError`` when it cannot pull from there.
    """

    def __init__(self, socket: Path, program: str, release: Release, configuration: Configuration) -> None:
        self.program = program
        self.release = release
        self.configuration = configuration
        with ExitStack() as stack:
            bind = _binder(socket, stack)
            with bind(0) as free:
                self._host = f"{LOOPBACK}:{free.getsockname()[1]}"
            self.internet = stack.enter_context(
                Internet(
                    lambda kind, address, port: loopback(kind, address, port) if port < UNPRIVILEGED else bind(port)
                )
            )
            self.evidence = Collector(self.internet.recorder, Log(Path("/nowhere")))
            self.client = stack.enter_context(Client(str(socket), self.evidence.calls.append))
            self.cleanup_client = stack.enter_context(Client(str(socket), lambda _: None))
            self._sweep()
            self._probe()
            self._stack = stack.pop_all()

    def _sweep(self) -> None:
        """Remove the images of runs that were killed, which are found by their label."""
        for image in map(ImageInfo.of, self.cleanup_client.list_images(api.ListImagesRequest()).images):
            is_local = any(name.startswith(f"{LOOPBACK}:") for name in (*image.tags, *image.digests))
            if (is_local or _is_nameless(image)) and is_gone(self._labels(image.id).get(LABEL, "")):
                self._remove(self.cleanup_client, image.id)

    def _labels(self, image_id: str) -> dict[str, str]:
        """Read an image's labels where a verbose ImageStatus has them; CRI-O and containerd both put them there."""
        request = api.ImageStatusRequest(image=api.ImageSpec(image=image_id), verbose=True)
        try:
            info = json.loads(self.cleanup_client.image_status(request).info.get("info", "{}"))
            return dict(info["imageSpec"]["config"]["Labels"])
        except (CRIError, KeyError, TypeError, ValueError):
            return {}

    def _probe(self) -> None:
        """Pull something, so that what is in the way is reported once."""
        self.registry.offer("conformance/probe")
        try:
            self.cleanup_client.pull_image(
                api.PullImageRequest(image=api.ImageSpec(image=f"{self._host}/conformance/probe"))
            )
        except CRIError as error:
            msg = (
                f"{self.program} cannot pull from the registry that this run started ({self._host}): {error.message}."
                f" {HELP.get(self.program, HELP[''])}"
            )
            raise RuntimeFailedError(msg) from None
        self.reset()

    @property
    def registry(self) -> RegistryHost:
        """A registry on this machine's loopback, without TLS."""
        return self.internet.plain_http(self._host)

    @property
    def capabilities(self) -> frozenset[str]:
        """What this runtime lets a case do (docs/glossary.md)."""
        return frozenset({"live", "cri"})

    def why_lacking(self, capability: str) -> str:
        """Say why it lacks a capability; nothing where it has it."""
        return "" if capability in self.capabilities else f"this {self.program} is somebody's, and is left as it is"

    @property
    def running(self) -> bool:
        """Whether it runs is not ours to say; a call that it does not answer fails."""
        return True

    def _is_case_image(self, image: ImageInfo) -> bool:
        """Tell whether an image has a name of the registry that this run started, or had one and is of this run."""
        if any(name.startswith(f"{self._host}/") for name in (*image.tags, *image.digests)):
            return True
        return _is_nameless(image) and self._labels(image.id).get(LABEL) == this_maker()

    def _clean_store(self) -> None:
        """Remove images of ours; what else there is, pods among it, is somebody's."""
        for image in self._case_images():
            self._remove(self.cleanup_client, image.id)

    def end(self) -> None:
        """Do nothing: the runtime is somebody's, and runs on."""

    def close(self) -> None:
        """Remove the images of ours, close the registry, and disconnect."""
        self._clean_store()
        self._stack.close()


def _is_nameless(image: ImageInfo) -> bool:
    """Tell whether an image may be one from a loopback registry whose tag another image has by now.

    CRI-O lists it by the name that it had, with its digest (server/image_list.go, ``ConvertImage``): of
    that, what is before the first colon, ``127.0.0.1`` (seen with 1.33.13 and 1.36.3).
    """
    return not image.tags and any(name.startswith(f"{LOOPBACK}@") for name in image.digests)


def _binder(socket: Path, stack: ExitStack) -> Callable[[int], sockets.socket]:
    """Give what binds a port, 0 for a free one, on the loopback of the runtime that listens on a socket.

    Where it cannot be told whose network that is, it is taken for this process's.
    """
    try:
        process = SocketProcess(socket)
        stack.callback(process.close)
        process.bind(LOOPBACK).close()
    except (SocketProcessError, OSError):
        return _bound
    return lambda port: process.bind(LOOPBACK, port)


def _bound(port: int) -> sockets.socket:
    """Bind a port of this process's loopback."""
    handle = sockets.socket()
    handle.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    handle.bind((LOOPBACK, port))
    return handle
