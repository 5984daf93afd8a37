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
    """How a registry host is reached; ``refused`` has an address where nobody listens, ``unknown`` has none."""

    TLS = "TLS"
    PLAIN_HTTP = "plain HTTP"
    UNTRUSTED = "untrusted TLS"
    REFUSED = "refused"
    UNKNOWN_HOST = "unknown"


Part = Literal["manifest", "config", "layer"]


class ScenarioRepository(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a host holds: one content under some tags.

    ``name``: without the host, ``rhuss/app``.
    ``content``: the kind of content.
    ``version``: another number, other bytes of that kind.
    ``platforms``: in the place of a kind: an index of these, ``linux/arm64``.
    ``files``: in the place of a kind: an image with these files, paths and texts.
    ``artifact``: whether the files make an artifact.
    ``empty``: whether the repository exists and has nothing.
    ``tags``: of the content; none where it is there by its digest alone.
    ``private_to``: the only user who may pull; empty where all may.
    ``altered``: the parts that are other bytes than their digests say.
    ``lost``: the parts that are missing.
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
    """What a host answers to every request of a kind.

    ``to``: the kind of request.
    ``status``: of HTTP.
    ``phrase``: the reason phrase behind the status; null for the usual one.
    ``headers``: of the answer.
    ``body``: of the answer.
    """

    to: Literal["ping", "token", "manifest", "blob", "tags"]
    status: int = 200
    phrase: str | None = None
    headers: Mapping[str, str] = {}
    body: str = ""


class ScenarioHost(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A registry host under its real name, with the personality of the real one.

    ``name``: with a port where need be.
    ``reached``: how it is reached.
    ``fails``: the HTTP status that every request for a manifest gets; 0 for none.
    ``retry_after``: the header of that name that comes with ``fails``, in seconds.
    ``token``: members that every token comes with (``expires_in``).
    ``answer``: what requests of a kind are answered, whatever is held.
    ``repository``: what it holds.
    """

    name: str
    reached: Reachability = Reachability.TLS
    fails: int = 0
    retry_after: int | None = None
    token: Mapping[str, Any] = {}
    answers: tuple[ScenarioAnswer, ...] = field(name="answer", default=())
    repositories: tuple[ScenarioRepository, ...] = field(name="repository", default=())


class CrioKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Keys of crio.conf, in ``[crio.image]``; what is left out is CRI-O's default.

    ``short_name_mode``: of a name without a registry that several search registries may have.
    ``signature_policy``: the path of the policy file.
    """

    short_name_mode: Literal["", "enforcing", "disabled"] = ""
    signature_policy: str = ""


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One situation, whole.

    ``title``: the behaviour in one sentence.
    ``upstream``: the issues it is about (``cri-o/cri-o#8780``).
    ``seen_on``: the releases on which it was seen live as the file says.
    ``crio``: how crio.conf departs from CRI-O's defaults.
    ``logins``: the entries of the auth file, each a key and a user.
    ``file``: other files of the node.
    ``host``: the registry hosts.
    ``call``: what is done, in this order.
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
