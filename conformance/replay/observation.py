"""What is seen of a call, under the keys by which a scenario expects it, in plain values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.cri import CallError
from conformance.evidence import Evidence
from conformance.kubelet import PodSync
from conformance.model.answers import Login
from conformance.runtime.pull import ImageInfo, ImageStatusResult, Pull
from conformance.scenario.calls import ScenarioCall

Observed = dict[str, Any]
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class CallResult:
    """A call that was made, and what was seen of it."""

    call: ScenarioCall
    observed: Observed


def observed_error(error: CallError | Exception | None) -> Observed:
    """Give what an error says; where there is none, that the call succeeded."""
    if isinstance(error, CallError):
        reasons = {host: str(reason) for host, reason in error.reasons.items()}
        return {"succeeds": False, "error": error.message, "reasons": reasons}
    return {"succeeds": error is None, "error": str(error or ""), "reasons": {}}


def observed_requests(evidence: Evidence) -> Observed:
    """Give who was asked for what, and was shown whose login."""
    attempts = evidence.attempts
    named = (f"{each.host}/{name}" for each in attempts for name in each.repositories)
    shown: dict[str, list[str]] = {}
    for each in attempts:
        if each.users:
            shown[each.host] = sorted({*shown.get(each.host, []), *each.users})
    return {
        "asked": [each.host for each in attempts],
        "repositories": list(dict.fromkeys(named)),
        "shown": shown,
    }


def observed_pull(pull: Pull, login: Login | None = None) -> Observed:
    """Give what is seen of PullImage, which was sent a login."""
    return {
        **observed_error(pull.error),
        **observed_requests(pull.evidence),
        "answer": _form(pull.image_ref),
        "image_from": list(pull.image_hosts),
        "tags": _tags([pull.image] if pull.image else []),
        "logged": None if pull.evidence.unread else _logged(pull.evidence, login),
    }


def _logged(evidence: Evidence, login: Login | None) -> list[str]:
    """Name the user whose password is in the log."""
    return [login.user] if login and any(login.password in line.message for line in evidence.lines) else []


def _form(image_ref: str) -> str:
    """Say in which form PullImage answers."""
    if _ID.fullmatch(image_ref):
        return "ID"
    return "repository and digest" if "@" in image_ref else image_ref


def observed_status(status: ImageStatusResult) -> Observed:
    """Give what is seen of ImageStatus."""
    return {
        **observed_error(status.error),
        **observed_requests(status.evidence),
        "found": status.image is not None,
        "tags": _tags([status.image] if status.image else []),
    }


def observed_list(images: Iterable[ImageInfo], error: CallError | None, evidence: Evidence) -> Observed:
    """Give what is seen of ListImages."""
    return {**observed_error(error), **observed_requests(evidence), "tags": _tags(images)}


def observed_pod(sync: PodSync, paths: Iterable[str], *, runs: bool) -> Observed:
    """Give what is seen of a pod; of a container that ``runs``, what it reads under paths."""
    container = sync.container
    return {
        **observed_error(sync.error),
        "succeeds": container is not None,
        **observed_requests(sync.evidence),
        "waiting": sync.waiting.reason if sync.waiting else "",
        "files": {path: container.read(path) for path in paths} if container and runs else {},
    }


def _tags(images: Iterable[ImageInfo]) -> list[str]:
    return sorted(tag for each in images for tag in each.tags)
