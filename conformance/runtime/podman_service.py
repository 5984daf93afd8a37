"""Podman's service, asked over its socket (libpod's REST API, version 4)."""

import base64
import json
import socket
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import grpc

from conformance.cri import CallError
from conformance.cri.error_parser import fault_alone
from conformance.registry_hosts import Login
from conformance.runtime.pull import ImageInfo
from conformance.runtime.runtime import CapabilityError

SECONDS = 60.0
API = "/v4.0.0/libpod"
NO_CRI = "Podman has no CRI"
NO_CONTENT, NOT_FOUND, ERRORS = 204, 404, 400
NOT_THERE = "failed to find image"


class PodmanError(CallError):
    """A command that failed, with Podman's text; what is the CRI's alone raises ``CapabilityError``."""

    @property
    def fault_of_name(self) -> str:
        """What Podman says is wrong with the image's name, empty where the text is about something else."""
        return fault_alone(self.message)

    @property
    def code(self) -> grpc.StatusCode:
        """None: raises ``CapabilityError``, as Podman is not asked by gRPC."""
        raise CapabilityError("cri", NO_CRI)

    @property
    def cri_codes(self) -> tuple[str, ...]:
        """None: raises ``CapabilityError``, as only a CRI runtime has error codes of the CRI."""
        raise CapabilityError("cri", NO_CRI)

    @property
    def cri_code(self) -> str:
        """None: raises ``CapabilityError``, as only a CRI runtime has error codes of the CRI."""
        raise CapabilityError("cri", NO_CRI)


class _Connection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("podman", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class PodmanService:
    """A connection to the service on a socket. Methods raise ``PodmanError`` for what it refuses."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = _Connection(path)

    @property
    def answers(self) -> bool:
        """Whether the service answers a ping by now; no socket is no answer."""
        try:
            return self._path.exists() and self._ask("GET", "/_ping")[0] < ERRORS
        except OSError:
            self._connection.close()
            return False

    def pull(self, name: str, login: Login | None) -> str:
        """Pull as ``podman pull`` does, and give the ID of the image."""
        headers = {"X-Registry-Auth": _authorization(login)} if login else {}
        path = f"/images/pull?reference={quote(name, safe='')}&policy=always"
        status, body = self._ask("POST", path, headers)
        answers = [json.loads(line) for line in body.splitlines()]
        if status >= ERRORS:
            raise PodmanError("podman pull", answers[0]["message"])
        if error := next((each["error"] for each in answers if "error" in each), ""):
            raise PodmanError("podman pull", error)
        return str(answers[-1]["id"])

    def exists(self, name: str) -> bool:
        """Tell whether the store has an image of that name or ID, as ``podman image exists`` does."""
        status, body = self._ask("GET", f"/images/{quote(name, safe='')}/exists")
        if status == NO_CONTENT:
            return True
        answer = json.loads(body)
        if status != NOT_FOUND or not answer["cause"].startswith(NOT_THERE):
            raise PodmanError("podman image exists", answer["cause"])
        return False

    def image(self, name: str) -> ImageInfo:
        """Look at an image that is there, as ``podman image inspect`` does."""
        return _stored(self._known("GET", f"/images/{quote(name, safe='')}/json"))

    def images(self) -> list[ImageInfo]:
        """List the images, as ``podman images`` does."""
        return list(map(_stored, self._known("GET", "/images/json")))

    def remove_all(self) -> None:
        """Remove every image, as ``podman rmi --all --force`` does."""
        self._known("DELETE", "/images/remove?all=true&force=true")

    def _known(self, method: str, path: str) -> Any:
        """Make a request whose answer is JSON; raises ``PodmanError`` for a refusal."""
        status, body = self._ask(method, path)
        answer = json.loads(body)
        if status >= ERRORS:
            raise PodmanError(f"podman {method} {path}", answer["message"])
        return answer

    def _ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Make a request; give the status and the body."""
        self._connection.request(method, API + path, headers=headers or {})
        response = self._connection.getresponse()
        return response.status, response.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _authorization(login: Login) -> str:
    """Put a login into the header that the API takes: for one server, or for any."""
    pair = {"username": login.user, "password": login.password}
    return base64.urlsafe_b64encode(json.dumps({login.server: pair} if login.server else pair).encode()).decode()


def _stored(image: dict[str, Any]) -> ImageInfo:
    """Read an image as the service describes it; its names have no order."""
    return ImageInfo(image["Id"], tuple(sorted(image["RepoTags"] or ())), tuple(sorted(image["RepoDigests"] or ())))
