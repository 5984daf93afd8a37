"""The configuration of a node, as far as it decides what becomes of a name: a CRI-O, its settings and its files."""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from conformance.model.pull_sources import ModelSettings


class NodeConfigError(Exception):
    """What was asked for, or this machine's configuration, cannot be used: one sentence that says why."""


def errno_text(error: OSError) -> str:
    """Give the system's reason for an error (strerror(3)), small letters first, for the end of a sentence."""
    return (error.strerror or str(error)).lower()


class Provenance(enum.StrEnum):
    """Where a setting is known from: the command line, a running CRI-O, a configuration file, or nowhere."""

    OPTION = "option"
    SOCKET = "socket"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrioIdentity:
    """The CRI-O that is meant: ``release`` may be a line alone, which stands for the last release of it.

    ``socket`` is where it was asked, ``explained_as`` the newest release line known here, where that one is newer.
    """

    release: str
    origin: Provenance
    platform: str
    socket: str = ""
    explained_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortNameMode:
    """The short-name mode that counts, and where it is from; ``known`` is whether that release has such a setting.

    ``file`` set it; ``crio_conf`` are the files that were read. The setting in ``registries_conf`` counts only for a
    CRI-O that is started without any crio.conf.
    """

    effective: str
    known: bool
    origin: Provenance
    file: str = ""
    crio_conf: tuple[str, ...] = ()
    registries_conf: str = ""


@dataclass(frozen=True, kw_only=True)
class NodeConfig:
    """A CRI-O with its settings, and where we know them from.

    ``login_unused`` says for a host and repository what CRI-O would log in with and this command does not;
    ``unreadable`` are files that CRI-O reads and this user may not.
    """

    settings: ModelSettings
    crio: CrioIdentity
    mode: ShortNameMode
    login_unused: Callable[[str, str], str] = lambda _host, _repository: ""
    unreadable: tuple[str, ...] = ()
