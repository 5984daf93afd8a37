"""Which CRI-O is explained: the one that was named, the one that answers here, or the newest line known."""

import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from conformance.model.profile import PROFILES, Profile, known_lines, newest_line, newest_of, profile
from conformance.model.release import Release
from conformance.node_config.node_config import NodeConfigError, Provenance, errno_text

NEWEST = Release(newest_line())
LATEST = Release(known_lines()[-1])
"""The last line of which something is known, also where it has no release."""

OLDEST = Release(PROFILES[0].since)
SOCKETS = "/run/crio/crio.sock", "/var/run/crio/crio.sock"
SECONDS = 3.0
_NUMBERS = re.compile(r"v?(\d+\.\d+(?:\.\d+)?)(?:[-+~].*)?")


class KnownRelease(NamedTuple):
    """A release, or a line, and where we know it from."""

    release: Release
    origin: Provenance
    socket: str = ""

    @property
    def text(self) -> str:
        """The release, or the line, as it is written."""
        return str(self.release)

    @property
    def profile(self) -> Profile:
        """How it behaves; a line behaves as its last release."""
        return profile(self.release if self.explained_as else newest_of(str(self.release)))

    @property
    def explained_as(self) -> str:
        """The newest line known, where this is newer."""
        newer = (self.release.major, self.release.minor) > (LATEST.major, LATEST.minor)
        return str(LATEST) if newer else ""


def find_release(named: str | None, socket: str | None, sockets: Iterable[str] = SOCKETS) -> KnownRelease:
    """Find out which CRI-O is meant: the one named, the one that answers here, or the newest line known.

    Raises ``NodeConfigError`` where one that is named, or its socket, is of no use.
    """
    if named is not None:
        return KnownRelease(_checked(named, f"--release {named}"), Provenance.OPTION)
    if socket is not None:
        return KnownRelease(_checked(_asked(socket), f"the CRI-O on {socket}"), Provenance.SOCKET, socket)
    for path in filter(_is_socket, sockets):
        try:
            version = _asked(path)
        except NodeConfigError:
            continue
        return KnownRelease(_checked(version, f"the CRI-O on {path}"), Provenance.SOCKET, path)
    return KnownRelease(NEWEST, Provenance.DEFAULT)


def _checked(text: str, whose: str) -> Release:
    """Read a release, as distributions extend it, too (1.31.5-2.el9)."""
    found = _NUMBERS.fullmatch(text)
    if not found:
        raise NodeConfigError(f"{whose} is no CRI-O release: write it like 1.36 or 1.36.3")
    release = Release(found[1])
    if release < OLDEST:
        raise NodeConfigError(f"{whose} is older than what is known here: CRI-O {OLDEST} and later")
    return release


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False


def _asked(path: str) -> str:
    from conformance.cri.client import Client  # noqa: PLC0415 (gRPC is heavy, and not needed where there is no CRI-O)
    from conformance.cri.errors import CRIError  # noqa: PLC0415
    from conformance.cri.v1 import api_pb2 as api  # noqa: PLC0415

    try:
        if not stat.S_ISSOCK(Path(path).stat().st_mode):
            raise NodeConfigError(f"{path} is no socket")
    except OSError as error:
        raise NodeConfigError(f"no CRI-O answers on {path}: {errno_text(error)}") from None
    try:
        with Client(path, lambda _call: None, timeout=SECONDS) as client:
            answer = client.version(api.VersionRequest())
    except CRIError:
        raise NodeConfigError(f"no CRI-O answers on {path} within {SECONDS:.0f} s") from None
    except OSError as error:
        raise NodeConfigError(str(error)) from None
    if answer.runtime_name != "cri-o":
        raise NodeConfigError(f"what answers on {path} is {answer.runtime_name} {answer.runtime_version}, no CRI-O")
    return answer.runtime_version
