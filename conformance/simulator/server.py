"""A simulator on a Unix socket, in an event loop and a thread of its own."""

import asyncio
import threading
from functools import partial
from pathlib import Path
from typing import Self, TextIO

import grpc

from conformance.cri.socket_target import SocketTarget
from conformance.cri.v1 import api_pb2 as api
from conformance.model.image_facts import ImageFacts
from conformance.model.pull_sources import ModelSettings
from conformance.model.release import Release
from conformance.registry_client.http_transport import Resolve
from conformance.simulator.log_file import LogFile
from conformance.simulator.records import PodRecords
from conformance.simulator.rpc import Dispatcher
from conformance.simulator.variant import Variant

OPTIONS = (("grpc.max_receive_message_length", 64 << 20), ("grpc.so_reuseport", 0))


class SimulatorServer:
    """Serves while it is entered: the socket answers then, and is gone afterwards.

    ``log`` is a file or stream for what CRI-O would log, ``debug`` its level; ``resolve``, ``shown``, ``authority`` and
    ``name_server`` say how registries are reached (``conformance.registry_client.HTTPTransport``). Entering raises
    ``OSError`` when the socket cannot be had.
    """

    def __init__(
        self,
        settings: ModelSettings,
        release: Release,
        socket: Path,
        *,
        log: Path | TextIO | None = None,
        debug: bool = False,
        resolve: Resolve | None = None,
        shown: Resolve | None = None,
        authority: Path | bytes | None = None,
        name_server: str | None = None,
        variant: Variant | None = None,
    ) -> None:
        self.settings = settings
        self.release = release
        self.socket = socket
        self.variant = variant or Variant()
        self.log = LogFile(log, debug=debug)
        self.pods = PodRecords()
        self.client = self.variant.client(
            resolve=resolve,
            shown=shown,
            authority=authority,
            name_server=name_server,
            pings_v1=settings.profile.pings_v1,
        )
        self.service = self.variant.service(
            settings,
            self.log.write,
            in_use=self.pods.mounting,
            runs=self.pods.running,
            puller=self.variant.puller,
            facts=partial(ImageFacts.read, contents=self.client.contents),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulator", daemon=True)
        self._server: grpc.aio.Server | None = None
        self._target = SocketTarget(socket.absolute())

    async def _start(self) -> None:
        images = self.variant.images(self.service, self.client, self.release, self.log)
        runtime = self.variant.runtime(self.service, self.pods, self.release, self.log, self.variant.volumes)
        dispatcher = Dispatcher(self.release, self.log)
        services = api.DESCRIPTOR.services_by_name
        self._server = grpc.aio.server(options=OPTIONS)
        self._server.add_generic_rpc_handlers(
            (
                dispatcher.handlers(services["ImageService"], images),
                dispatcher.handlers(services["RuntimeService"], runtime),
            )
        )
        try:
            self._server.add_insecure_port(self._target.uri)
        except RuntimeError as error:
            msg = f"{self.socket} cannot be served on: {error}"
            raise OSError(msg) from error
        await self._server.start()

    async def _stop(self) -> None:
        """Stop at once, whatever is under way."""
        if self._server is not None:
            await self._server.stop(None)
        await self.client.close()

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def forget(self) -> None:
        """Take away all images, pods and containers; no call may be under way."""
        self.service.clear()
        self.pods.clear()

    def close(self) -> None:
        """Stop serving at once; calls that are under way fail."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.log.close()
        self.socket.unlink(missing_ok=True)
        self._target.close()
