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
    """What a call that failed said.

    ``code``: the gRPC status code's name; empty where it is none.
    ``message``: the text as it came.
    """

    code: str = ""
    message: str


class AttemptRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One registry host that was asked during a call.

    ``host``: the registry host.
    ``answer``: how it answered in the end.
    ``users``: as whom it was asked.
    """

    host: str
    answer: str
    users: tuple[str, ...] = ()


class CallRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call of the CRI, or a command.

    ``name``: of the call, as the CRI has it (``PullImage``), or of the command.
    ``subject``: what it is about: an image, a pod, a container, a command.
    ``at``: seconds since the case began.
    ``duration``: seconds.
    ``request``: the message as JSON, fields named as in the CRI (cri-api api.proto); a command has none.
    ``response``: the answer, likewise.
    ``error``: what it said where it failed.
    ``asked``: the registry hosts that were asked meanwhile, in order; their exchanges are the case's.
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

    ``host``: the registry host.
    ``at``: seconds since the case began.
    ``method``: of HTTP.
    ``url``: what was asked, on whatever server of the host.
    ``kind``: what the request is for: a ping, a token, a manifest, a blob, …
    ``repository``: the repository that it is about.
    ``reference``: the tag or digest.
    ``user``: as whom (null: no credentials; empty: an anonymous token).
    ``status``: of HTTP; 0 where nothing answered.
    ``size``: the bytes of the answer's body.
    ``note``: why it was answered so.
    ``headers``: those of the request that matter, of credentials only their kind.
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
    """A line of the runtime's log; none of those of every call.

    ``message``: its text.
    ``level``: how grave it is, in the runtime's word.
    ``time``: as the line gives it.
    """

    message: str
    level: str = ""
    time: str = ""


class MessageRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of what a kubelet wants, or tells the user.

    ``at``: seconds since the case began.
    ``text``: the line.
    """

    at: float
    text: str


class PredictionRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model said before a call.

    ``call``: the call that it is about.
    ``asked``: of whom what would be asked, a line for each host.
    ``result``: the image, or what else would be given.
    ``error``: the text of the error that would come.
    """

    call: str
    asked: tuple[str, ...] = ()
    result: str = ""
    error: str = ""


class CaseRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is known of one case.

    ``case``: its node ID, as pytest takes it.
    ``family``: the family that it belongs to.
    ``verdict``: one of passed, deviates, failed, skipped.
    ``behaviour``: the sentence that it states.
    ``reason``: why it deviates or was skipped, or the first line of how it failed.
    ``failure``: all that pytest says of that.
    ``upstream``: the issues that it is about, or that it deviates by (``cri-o/cri-o#8780``).
    ``began``: seconds since 1970.
    ``duration``: seconds.
    ``worker``: who ran it.
    ``configuration``: the files that CRI-O was given for it, path and text.
    ``calls``: the calls that were made, in order.
    ``exchanges``: what was asked of registry hosts, in order.
    ``log``: what the runtime logged.
    ``messages``: what a kubelet wanted and told.
    ``predictions``: what the model said of each call.
    ``differences``: what the model had predicted otherwise.
    ``goroutines``: what CRI-O was doing when it did not answer in time.
    ``unread``: why its log was not read.
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

    ``schema``: the version of what is written, ``evidence-1``.
    ``properties``: those of the target: ``target``, ``release``, ``run`` (live, or why it is a rehearsal), and more.
    ``arguments``: pytest's.
    ``began``: seconds since 1970.
    ``duration``: seconds.
    ``cases``: how many there are to run.
    ``exit_code``: pytest's; none while the run goes on, and for ever where it was killed.
    """

    schema: str
    properties: dict[str, str] = {}
    arguments: tuple[str, ...] = ()
    began: float = 0.0
    duration: float = 0.0
    cases: int = 0
    exit_code: int | None = None
