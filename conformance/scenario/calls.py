"""The calls of a scenario, and what is expected of each: the contract, and known departures from it."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import fields

from conformance.model.reason import Reason
from conformance.scenario.contents import scenario_digest


class ScenarioFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the node.

    ``path``: below ``/etc`` or, beginning with ``~/``, CRI-O's home.
    ``text``: what is in it.
    """

    path: str
    text: str


class Expectation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to be seen of a call; what is left out is not looked at.

    ``succeeds``: whether the call does.
    ``asked``: the registry hosts, in order.
    ``repositories``: what was asked for, with its host.
    ``reasons``: why each host that the error names did not serve.
    ``error``: all of its text.
    ``error_has``: parts of it.
    ``error_lacks``: what is no part of it.
    ``answer``: the form of what PullImage answers.
    ``image_from``: the hosts in the names of the image that came.
    ``tags``: those that the image, or each image of the list, has in the store.
    ``found``: whether the store has the image.
    ``shown``: the users whose logins each host was sent.
    ``logged``: those whose passwords are in CRI-O's log.
    ``waiting``: why a kubelet says that the container waits; empty where it does not.
    ``files``: what a container reads under paths.
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
    """What is seen instead on some releases.

    ``releases``: a range such as ``>=1.31,<1.34``.
    ``upstream``: where that is tracked.
    ``why``: what those releases do, in a sentence.
    """

    releases: str
    upstream: str = ""
    why: str = ""


class _Call(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """One call.

    ``do``: which one.
    ``expect``: what is to be seen of it.
    ``seen``: what is seen instead on some releases.
    """

    expect: Expectation | None = None
    seen: tuple[Departure, ...] = ()


class PullCall(_Call, tag="pull", frozen=True, kw_only=True):
    """PullImage.

    ``name``: of the image.
    ``digest``: added to the name: that of a content (``index 1``, ``image of index 1`` for the one in it that this
    machine runs), ``unknown``, or none.
    ``login``: the user whose login the request brings.
    """

    name: str
    digest: str = ""
    login: str = ""

    @property
    def requested_name(self) -> str:
        """The name as a user would write it, with the digest."""
        return f"{self.name}@{scenario_digest(self.digest)}" if self.digest else self.name


class StatusCall(_Call, tag="status", frozen=True, kw_only=True):
    """ImageStatus.

    ``name``: of the image, as the request has it.
    """

    name: str


class RemoveCall(_Call, tag="remove", frozen=True, kw_only=True):
    """RemoveImage.

    ``name``: of the image, as the request has it.
    """

    name: str


class ListCall(_Call, tag="list", frozen=True, kw_only=True):
    """ListImages.

    ``name``: the filter; empty for none.
    """

    name: str = ""


class ReloadCall(_Call, tag="reload", frozen=True, kw_only=True):
    """CRI-O reads its configuration anew (SIGHUP).

    ``file``: written before, in the place of those that are there.
    """

    files: tuple[ScenarioFile, ...] = field(name="file", default=())


class RestartCall(_Call, tag="restart", frozen=True, kw_only=True):
    """CRI-O is stopped and started anew, on the same store."""


class ScenarioVolume(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An image volume of a pod.

    ``image``: the name of the image.
    ``at``: where it is mounted.
    ``sub_path``: what of the image is mounted; empty for all.
    ``policy``: when it is pulled.
    """

    image: str
    at: str
    sub_path: str = ""
    policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class PodCall(_Call, tag="pod", frozen=True, kw_only=True):
    """What a kubelet does for a container with image volumes; needs the capability ``containers``.

    ``volume``: the volumes.
    """

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
