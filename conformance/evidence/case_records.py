"""Evidence as it is written to disk: what was run, and one record for each case. Its schema is ``docs/schema/``.

A reader takes members that it does not know for absent, and absent ones for their defaults, so that members may be
added under the same version; what changes the meaning of one is a new version.
"""

from typing import Any

from msgspec import Struct

SCHEMA = "evidence-1"
"""The version of what is written."""

VERDICTS = ("passed", "deviates", "failed", "skipped")


class ErrorRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a call that failed said: the gRPC status code's name, empty where it is none, and the text as it came."""

    code: str = ""
    message: str


class AttemptRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One registry host that was asked during a call: how it answered in the end, and as whom it was asked."""

    host: str
    answer: str
    users: tuple[str, ...] = ()


class CallRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call of the CRI, or a command; ``subject`` is what it is about: an image, a pod, a container, a command.

    ``request`` and ``response`` are the messages as JSON, fields named as in the CRI (cri-api api.proto); a command has
    neither. ``asked`` are the registry hosts that were asked meanwhile, in order; their ``exchanges`` are the case's.
    ``at`` is seconds since the case began, ``duration`` is seconds.
    """

    name: str
    subject: str = ""
    at: float
    duration: float = 0.0
    request: dict[str, Any] = {}
    response: dict[str, Any] = {}
    error: ErrorRecord | None = None
    asked: tuple[AttemptRecord, ...] = ()


class ExchangeRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One HTTP request to a registry host, with its answer; or a name that was looked up in vain (no ``method``).

    ``host`` is the registry host, ``url`` what was asked, on whatever server of its; ``user`` is as whom (null: no
    credentials; empty: an anonymous token), ``size`` the bytes of the answer's body, ``note`` why it was answered so,
    ``headers`` those of the request that matter, of credentials only their kind. ``at`` is seconds since the case
    began.
    """

    host: str
    at: float
    method: str = ""
    url: str = ""
    kind: str = ""
    repository: str = ""
    reference: str = ""
    user: str | None = None
    status: int = 0
    size: int = 0
    note: str = ""
    headers: dict[str, str] = {}


class LineRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the runtime's log: message, level, and the time that it gives; none of those of every call."""

    message: str
    level: str = ""
    time: str = ""


class MessageRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of what a kubelet wants, or tells the user; ``at`` is seconds since the case began."""

    at: float
    text: str


class PredictionRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model said before a call: of whom what would be asked, a line for each host, and what would come of it.

    ``result`` is the image, or what else is given; ``error`` the text of the error.
    """

    call: str
    asked: tuple[str, ...] = ()
    result: str = ""
    error: str = ""


class CaseRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is known of one case.

    ``case`` is its node ID, as pytest takes it; ``behaviour`` the sentence that it states, ``verdict`` one of passed,
    deviates, failed, skipped, ``reason`` why it deviates or was skipped, or the first line of how it failed,
    ``failure`` all that pytest says of that. ``upstream`` are the issues that it is about, or that it deviates by
    (``cri-o/cri-o#8780``). ``began`` is in seconds since 1970, ``duration`` in seconds, ``worker`` who ran it.
    ``configuration`` are the files that CRI-O was given for it, path and text. ``differences`` are what the model had
    predicted otherwise, ``goroutines`` what CRI-O was doing when it did not answer in time, ``unread`` why its log was
    not read.
    """

    case: str
    family: str
    verdict: str
    behaviour: str = ""
    reason: str = ""
    failure: str = ""
    upstream: tuple[str, ...] = ()
    began: float = 0.0
    duration: float = 0.0
    worker: str = ""
    configuration: dict[str, str] = {}
    calls: tuple[CallRecord, ...] = ()
    exchanges: tuple[ExchangeRecord, ...] = ()
    log: tuple[LineRecord, ...] = ()
    messages: tuple[MessageRecord, ...] = ()
    predictions: tuple[PredictionRecord, ...] = ()
    differences: tuple[str, ...] = ()
    goroutines: tuple[str, ...] = ()
    unread: str = ""


class RunRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was run.

    ``properties`` are those of the target: ``target``, ``release``, ``run`` (live, or why it is a rehearsal), and more.

    ``arguments`` are pytest's, ``began`` is in seconds since 1970, ``duration`` in seconds. ``exit_code`` is pytest's;
    none while the run goes on, and for ever where it was killed. ``cases`` is how many there are to run.
    """

    schema: str
    properties: dict[str, str] = {}
    arguments: tuple[str, ...] = ()
    began: float = 0.0
    duration: float = 0.0
    cases: int = 0
    exit_code: int | None = None
