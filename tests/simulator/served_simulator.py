"""A simulator with a pretend internet around it, and a client on its socket."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Log, LogLine
from conformance.images.builder import Image
from conformance.model.profile import profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.registries import Registries
from conformance.model.release import Release
from conformance.registry_hosts import Exchange, Internet, loopback
from conformance.registry_hosts.internet import authority
from conformance.simulator import SimulatorServer

CONF = "/etc/containers/registries.conf.d/crio.conf"
NAME = "team/app"
RELEASES = ("1.31.13", "1.32.13", "1.33.0", "1.33.13", "1.34.11", "1.35.1", "1.35.6", "1.36.3")


@dataclass
class Run:
    internet: Internet
    client: Client
    log: Log
    served: SimulatorServer

    @property
    def socket(self) -> Path:
        return self.served.socket

    def pull(self, name: str, **auth: str) -> str:
        request = api.PullImageRequest(image=api.ImageSpec(image=name))
        if auth:
            request.auth.CopyFrom(api.AuthConfig(**auth))
        return self.client.pull_image(request).image_ref

    def status(self, name: str, *, verbose: bool = False) -> api.ImageStatusResponse:
        return self.client.image_status(api.ImageStatusRequest(image=api.ImageSpec(image=name), verbose=verbose))

    def images(self, name: str = "") -> list[api.Image]:
        request = api.ListImagesRequest(filter=api.ImageFilter(image=api.ImageSpec(image=name)))
        return list(self.client.list_images(request if name else api.ListImagesRequest()).images)

    def remove(self, name: str) -> None:
        self.client.remove_image(api.RemoveImageRequest(image=api.ImageSpec(image=name)))

    def lines(self) -> tuple[LogLine, ...]:
        return self.log.since(0)

    def exchanges(self) -> list[str]:
        seen = [each for each in self.internet.recorder.since(0) if isinstance(each, Exchange)]
        return [f"{each.server}{each.path} {each.status}" for each in seen]


@contextmanager
def simulated(
    release: str = "1.36.3",
    *,
    mode: str = "disabled",
    search: tuple[str, ...] = ("docker.io", "quay.io"),
    **served: Any,
) -> Iterator[Run]:
    """Serve that release; the log is at level debug."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sim")))
        internet = stack.enter_context(Internet(loopback))
        settings = ModelSettings(
            profile=profile(Release(release)),
            registries=Registries(search=search, search_file=CONF),
            short_name_mode=mode,
        )
        options = {"log": folder / "log", "debug": True, "resolve": internet.bound_address, **served}
        socket = folder / "crio.sock"
        served_ = SimulatorServer(settings, Release(release), socket, authority=authority().cert_pem.bytes(), **options)
        stack.enter_context(served_)
        client = stack.enter_context(Client(str(socket), lambda _call: None))
        log = stack.enter_context(closing(Log(folder / "log")))
        yield Run(internet, client, log, served_)


def refusal(call: Callable[..., object], *arguments: object, **facts: Any) -> CRIError:
    """Make a call that must fail."""
    with pytest.raises(CRIError) as caught:
        call(*arguments, **facts)
    return caught.value


def offered(run: Run, host: str = "quay.io", name: str = NAME) -> Image:
    content = run.internet.host(host).offer(name)
    assert isinstance(content, Image)
    return content


def busy(run: Run, seconds: int) -> None:
    """Let quay.io have too many requests for that long."""
    offered(run)
    run.internet.host("quay.io").fail(429, retry_after=seconds)


def await_refusal(run: Run) -> None:
    """Wait until quay.io has refused a request."""
    end = time.monotonic() + 30
    while not any(each.endswith(" 429") for each in run.exchanges()):
        assert time.monotonic() < end
        time.sleep(0.01)
