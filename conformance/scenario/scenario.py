"""A scenario: how CRI-O is configured, what the registry hosts hold, which calls are made, what is expected of each."""

import enum
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

from conformance.scenario.calls import PullCall, ScenarioCall, ScenarioFile
from conformance.scenario.contents import ContentKind

SYSTEM = "/etc/containers/registries.conf"
USER = "~/.config/containers/registries.conf"
"""The user's own file: where it is there, the system's file and folder do not count."""


class Reachability(enum.StrEnum):
    """How a registry host is reached; ``REFUSED`` has an address where nobody listens, ``UNKNOWN_HOST`` has none."""

    TLS = "TLS"
    PLAIN_HTTP = "plain HTTP"
    UNTRUSTED = "untrusted TLS"
    REFUSED = "refused"
    UNKNOWN_HOST = "unknown"


Part = Literal["manifest", "config", "layer"]


class ScenarioRepository(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a host holds: ``tags`` of one content (none: it is there by its digest alone).

    The content is of a kind and a ``version``, or an index of ``platforms``, or an image with ``files`` (paths and
    texts), which make an artifact where ``artifact`` says so. ``empty`` is a repository that exists and has nothing,
    ``private_to`` the only user who may pull, empty where all may. Parts of the content are ``altered`` on the way, or
    ``lost``.
    """

    name: str
    content: ContentKind = ContentKind.IMAGE
    version: int = 0
    platforms: tuple[str, ...] = ()
    files: Mapping[str, str] = {}
    artifact: bool = False
    empty: bool = False
    tags: tuple[str, ...] = ("latest",)
    private_to: str = ""
    altered: tuple[Part, ...] = ()
    lost: tuple[Part, ...] = ()


class ScenarioAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a host answers to every request of a kind: status, reason phrase, headers, body."""

    to: Literal["ping", "token", "manifest", "blob", "tags"]
    status: int = 200
    phrase: str | None = None
    headers: Mapping[str, str] = {}
    body: str = ""


class ScenarioHost(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A registry host under its real name, with the personality of the real one.

    ``fails`` is the HTTP status that every request for a manifest gets, 0 for none, with ``retry_after`` (seconds);
    ``token`` are members that every token comes with (``expires_in``).
    """

    name: str
    reached: Reachability = Reachability.TLS
    fails: int = 0
    retry_after: int | None = None
    token: Mapping[str, Any] = {}
    answers: tuple[ScenarioAnswer, ...] = field(name="answer", default=())
    repositories: tuple[ScenarioRepository, ...] = field(name="repository", default=())


class CrioKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Keys of crio.conf, in ``[crio.image]``; what is left out is CRI-O's default."""

    short_name_mode: Literal["", "enforcing", "disabled"] = ""
    signature_policy: str = ""


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One situation, whole.

    ``title`` is the behaviour in one sentence, ``upstream`` the issues it is about (``cri-o/cri-o#8780``), ``seen_on``
    the releases on which it was seen live as the file says. ``logins`` are the entries of the auth file, each a key
    and a user.
    """

    title: str = ""
    upstream: tuple[str, ...] = ()
    seen_on: tuple[str, ...] = ()
    crio: CrioKeys = CrioKeys()
    logins: Mapping[str, str] = {}
    files: tuple[ScenarioFile, ...] = field(name="file", default=())
    hosts: tuple[ScenarioHost, ...] = field(name="host", default=())
    calls: tuple[ScenarioCall, ...] = field(name="call", default=())

    @property
    def pull(self) -> PullCall:
        """The first pull, which is all that oracles look at; raises ``StopIteration`` where there is none."""
        return next(each for each in self.calls if isinstance(each, PullCall))

    @property
    def requested_name(self) -> str:
        """The name of that pull as a user would write it."""
        return self.pull.requested_name
