"""The calls of a scenario, and what is expected of each: the contract, and known departures from it."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import fields

from conformance.model.reason import Reason
from conformance.scenario.contents import scenario_digest


class ScenarioFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the node: its ``path``, below ``/etc`` or, beginning with ``~/``, CRI-O's home, and its ``text``."""

    path: str
    text: str


class Expectation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to be seen of a call; what is left out is not looked at.

    ``asked`` are the registry hosts in order, ``repositories`` what was asked for, with its host, ``reasons`` why
    each host that the error names did not serve, ``error`` all of its text, ``error_has`` and ``error_lacks`` parts
    of it, ``answer`` the form of what PullImage answers, ``image_from`` the hosts in the names of the image that
    came, ``tags`` and ``found`` what the store has, ``shown`` the users whose logins each host was sent, ``logged``
    those whose passwords are in CRI-O's log, ``waiting`` why a kubelet says that the container waits, ``files`` what
    a container reads under paths.
    """

    succeeds: bool | None = None
    asked: tuple[str, ...] | None = None
    repositories: tuple[str, ...] | None = None
    reasons: Mapping[str, Reason] | None = None
    error: str | None = None
    error_has: tuple[str, ...] = ()
    error_lacks: tuple[str, ...] = ()
    answer: Literal["ID", "repository and digest"] | None = None
    image_from: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    found: bool | None = None
    shown: Mapping[str, tuple[str, ...]] | None = None
    logged: tuple[str, ...] | None = None
    waiting: str | None = None
    files: Mapping[str, str] | None = None

    def stated(self) -> dict[str, object]:
        """Give what it states, by the name of the key."""
        return {key.name: value for key in STATEMENTS if (value := getattr(self, key.name)) != key.default}


STATEMENTS = fields(Expectation)
"""The keys that state something."""


class Departure(Expectation, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is seen instead on ``releases``, a range such as ``>=1.31,<1.34``; where that is tracked, and ``why``."""

    releases: str
    upstream: str = ""
    why: str = ""


class _Call(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """One call, what is expected of it, and what is seen instead on some releases."""

    expect: Expectation | None = None
    seen: tuple[Departure, ...] = ()


class PullCall(_Call, tag="pull", frozen=True, kw_only=True):
    """PullImage of ``name``.

    ``digest`` is added to the name: that of a content (``index 1``, ``image of index 1`` for the one in it that this
    machine runs), ``unknown``, or none. ``login`` is the user whose login the request brings.
    """

    name: str
    digest: str = ""
    login: str = ""

    @property
    def requested_name(self) -> str:
        """The name as a user would write it, with the digest."""
        return f"{self.name}@{scenario_digest(self.digest)}" if self.digest else self.name


class StatusCall(_Call, tag="status", frozen=True, kw_only=True):
    """ImageStatus of ``name``."""

    name: str


class RemoveCall(_Call, tag="remove", frozen=True, kw_only=True):
    """RemoveImage of ``name``."""

    name: str


class ListCall(_Call, tag="list", frozen=True, kw_only=True):
    """ListImages, filtered by ``name`` where there is one."""

    name: str = ""


class ReloadCall(_Call, tag="reload", frozen=True, kw_only=True):
    """CRI-O reads its configuration anew (SIGHUP), after ``file`` were written in the place of those that are there."""

    files: tuple[ScenarioFile, ...] = field(name="file", default=())


class RestartCall(_Call, tag="restart", frozen=True, kw_only=True):
    """CRI-O is stopped and started anew, on the same store."""


class ScenarioVolume(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An image volume of a pod: ``image``, where it is mounted (``at``), a ``sub_path``, and when it is pulled."""

    image: str
    at: str
    sub_path: str = ""
    policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class PodCall(_Call, tag="pod", frozen=True, kw_only=True):
    """What a kubelet does for a container with these ``volume``; needs the capability ``containers``."""

    volumes: tuple[ScenarioVolume, ...] = field(name="volume")


ScenarioCall: TypeAlias = PullCall | StatusCall | RemoveCall | ListCall | ReloadCall | RestartCall | PodCall

_OF_ERROR = {"succeeds", "error", "error_has", "error_lacks", "reasons"}
_OF_REQUESTS = {"asked", "repositories", "shown"}
STATEMENTS_OF: Mapping[type, set[str]] = {
    PullCall: _OF_ERROR | _OF_REQUESTS | {"answer", "image_from", "tags", "logged"},
    StatusCall: _OF_ERROR | _OF_REQUESTS | {"found", "tags"},
    RemoveCall: _OF_ERROR | _OF_REQUESTS,
    ListCall: _OF_ERROR | _OF_REQUESTS | {"tags"},
    ReloadCall: {"succeeds", "error", "error_has", "error_lacks"},
    RestartCall: {"succeeds", "error", "error_has", "error_lacks"},
    PodCall: _OF_ERROR | _OF_REQUESTS | {"waiting", "files"},
}
"""What can be stated of each kind of call."""
