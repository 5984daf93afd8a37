"""What CRI-O logged of pulls, as a scenario: what can be told of a problem when only its log is there."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import tomli_w
from msgspec.structs import replace

from conformance.cri.error_parser import reason_in, reasons_by_registry
from conformance.model.reason import Reason
from conformance.model.reference import InvalidReferenceError, Reference, parse_normalized
from conformance.model.registries import Registries
from conformance.registry_hosts.personality import WELL_KNOWN, Personality
from conformance.registry_hosts.recorder import RequestKind
from conformance.runtime.configuration import REGISTRIES_CONF
from conformance.scenario.arrangement import puller_of
from conformance.scenario.calls import Expectation, PullCall, ScenarioFile
from conformance.scenario.contents import ContentKind
from conformance.scenario.pull_log import PullLog, TriedImage
from conformance.scenario.scenario import (
    CrioKeys,
    Reachability,
    Scenario,
    ScenarioAnswer,
    ScenarioHost,
    ScenarioRepository,
)
from conformance.scenario.traced import SOMEBODY, joined, registries_text

_REACHED = {
    Reason.UNREACHABLE: Reachability.REFUSED,
    Reason.UNKNOWN_HOST: Reachability.UNKNOWN_HOST,
    Reason.UNTRUSTED_CERTIFICATE: Reachability.UNTRUSTED,
    Reason.PLAIN_HTTP: Reachability.PLAIN_HTTP,
}
_CODES = {
    Reason.UNAUTHORIZED: (401, "UNAUTHORIZED", "authentication required"),
    Reason.LOGIN_REFUSED: (401, "UNAUTHORIZED", "invalid username/password"),
    Reason.DENIED: (403, "DENIED", "requested access to the resource is denied"),
}
_OF_FILES = {Reason.BLOCKED, Reason.UNTRUSTED, Reason.UNREADABLE_LOGINS}
_STATUS = re.compile(r"(?:HTTP status|status code from registry|StatusCode):? (?P<status>5\d\d)")
_OF_A_BLOB = re.compile(r"\bblobs? |\bblob\b.*(?:unknown|match)|writing blob|reading blob")
_UNAVAILABLE = 503


def scenario_of_log(log: PullLog, registries: Registries | None) -> tuple[Scenario, list[str]]:
    """Give the scenario of what was logged, and a sentence for each thing in it that the log does not say.

    Its calls expect what the log has: a replay tells whether it is a reproduction. ``registries`` is what the node's
    registries.conf says; where it is not known, the search list is what short names were seen to be looked for in.
    """
    text = registries_text(registries) if registries else _seen_registries(log)
    scenario = Scenario(
        title=f"What CRI-O{f' {log.release}' if log.release else ''} logged of {', '.join(log.names)}.",
        crio=CrioKeys(short_name_mode=log.short_name_mode or _seen_mode(log)),  # type: ignore[arg-type]
        files=(ScenarioFile(path=REGISTRIES_CONF, text=text),) if text else (),
        calls=tuple(_pull(name) for name in log.names),
    )
    hosts: dict[str, ScenarioHost] = {}
    for image in log.tried:
        host = _host(image)
        hosts[host.name] = joined(hosts[host.name], host) if host.name in hosts else host
    scenario = replace(scenario, hosts=tuple(hosts.values()))
    tried = [_tried(scenario, name, log) for name in log.names]
    astray = [each for each in log.tried if not any(each in of_name for of_name in tried)]
    if len(tried) == 1:
        tried = [log.tried]  # whatever leads there
    calls = tuple(_expecting(_pull(name), of_name, log) for name, of_name in zip(log.names, tried, strict=True))
    return replace(scenario, calls=calls), [*_unsaid(log, registries), *map(_unled, astray)]


def _pull(name: str) -> PullCall:
    """Give the call; a digest becomes that of a stand-in."""
    before, at, _ = name.partition("@")
    return PullCall(name=before, digest="image 0") if at else PullCall(name=name)


def _is_short(name: str) -> bool:
    return name.partition("/")[0] != "localhost" and not re.search(r"[.:].*/", name)


def _full(name: str) -> Reference | None:
    try:
        return parse_normalized(name)
    except InvalidReferenceError:
        return None


def _seen_registries(log: PullLog) -> str:
    """Give the registries.conf that has short names looked for where they were, by its search list or an alias."""
    short = {reference.path for name in log.names if _is_short(name) and (reference := _full(name))}
    bare = {path.removeprefix("library/") for path in short}
    hosts = dict.fromkeys(each.reference.domain for each in log.tried if each.reference.path in short | bare)
    table = {"unqualified-search-registries": list(hosts), "aliases": log.aliases}
    return tomli_w.dumps({key: value for key, value in table.items() if value})


def _seen_mode(log: PullLog) -> str:
    """Give the mode that CRI-O must have had: one that refuses ambiguous names tries none of them."""
    refused = any("short name mode is enforcing" in error for error in log.errors)
    return "" if refused or not any(map(_is_short, log.names)) else "disabled"


def _tried(scenario: Scenario, name: str, log: PullLog) -> list[TriedImage]:
    """Give what was tried of what a name leads to."""
    puller = puller_of(scenario)
    places = {
        (source.reference.domain, source.reference.path)
        for candidate in puller.resolve(_pull(name).name).candidates
        for source in puller.sources(candidate)
    }
    return [each for each in log.tried if (each.reference.domain, each.reference.path) in places]


def _expecting(call: PullCall, tried: Sequence[TriedImage], log: PullLog) -> PullCall:
    """Add what the log has of a call: the hosts that were tried for it, how each answered, how it ended."""
    if not tried:
        refused = any(call.name in error for error in log.errors)
        return replace(call, expect=Expectation(succeeds=False)) if refused else call
    hosts = dict.fromkeys(each.reference.domain for each in tried)
    unreached = {each.reference.domain for each in tried if each.reason in _REACHED}
    told = [
        reasons for error in log.errors if (reasons := reasons_by_registry(error)) and reasons.keys() <= hosts.keys()
    ]
    clear = told and Reason.UNCLEAR not in told[-1].values() and not unreached & told[-1].keys() & WELL_KNOWN.keys()
    served = any(each.served for each in tried)
    expected = Expectation(
        succeeds=None if any(each.is_both for each in tried) else served,
        asked=None if unreached else tuple(hosts),  # whoever cannot be reached is not seen to be asked
        reasons=told[-1] if clear and not served else None,
    )
    return replace(call, expect=expected)


def _host(image: TriedImage) -> ScenarioHost:
    """Give a host that answers as one was heard to answer."""
    name, reason = image.reference.domain.lower(), image.reason
    personality = WELL_KNOWN.get(name)
    if reason is Reason.TOO_MANY_REQUESTS:
        return ScenarioHost(name=name, fails=429, retry_after=0)  # else a replay takes as long as CRI-O's patience
    if reason in _REACHED:
        if personality:
            return ScenarioHost(name=name, fails=_UNAVAILABLE)
        return ScenarioHost(name=name, reached=_REACHED[reason])
    if reason is Reason.BROKEN and not _OF_A_BLOB.search(image.error):
        return _broken(name, image.error)
    if reason in _CODES and not (personality and personality.realm):
        status, code, message = _CODES[reason]
        body = json.dumps({"errors": [{"code": code, "message": message}]})
        return ScenarioHost(name=name, answers=(ScenarioAnswer(to="manifest", status=status, body=body),))
    return ScenarioHost(name=name, repositories=_repositories(image, personality))


def _broken(name: str, error: str) -> ScenarioHost:
    """Give a host that fails, with the status that the error has, or with a manifest that is none."""
    if status := _STATUS.search(error):
        return ScenarioHost(name=name, fails=int(status["status"]))
    return ScenarioHost(name=name, answers=(ScenarioAnswer(to="manifest", body="what came is no manifest\n"),))


def _repositories(image: TriedImage, personality: Personality | None) -> tuple[ScenarioRepository, ...]:
    """Give what a host has under the name that was tried: nothing where it is not there, or where nothing is known."""
    unknown = image.reason is None and not image.served
    missing = image.reason is Reason.NOT_FOUND and personality is None
    if unknown or missing or (image.reason in _CODES and personality and _says_of_all(personality, image.reason)):
        return ()
    there = ScenarioRepository(name=image.reference.path, tags=(image.reference.tag or "latest",))
    return (replace(there, **_wanting(image)),)


def _wanting(image: TriedImage) -> dict[str, Any]:
    """Give what keeps a repository's image from being had, as keys of the scenario."""
    of_a_blob = bool(_OF_A_BLOB.search(image.error))
    match image.reason:
        case Reason.NO_MATCHING_PLATFORM:
            return {"content": ContentKind.FOREIGN_INDEX}
        case Reason.NO_IMAGE:
            return {"files": {"file": "left out"}, "artifact": True}
        case Reason.BROKEN:
            return {"altered": ("layer",)}
        case Reason.NOT_FOUND:
            return {"lost": ("layer",)} if of_a_blob else {"empty": True, "tags": ("latest",)}
    return {"private_to": SOMEBODY} if image.reason in _CODES else {}


def _says_of_all(personality: Personality, reason: Reason | None) -> bool:
    """Tell whether a registry says the same of what is not there."""
    absent = personality.absent(RequestKind.MANIFEST)
    return reason_in(f"{absent.code.lower()}: {absent.message}") is reason


def _unled(image: TriedImage) -> str:
    """Say that nothing in the file leads to what was tried."""
    why = "a location, a mirror or an alias of a registries.conf that is not here"
    return f"{image.reference} was tried, and nothing in this file leads there: {why}."


def _unsaid(log: PullLog, registries: Registries | None) -> Iterator[str]:
    """Say what is a guess."""
    if registries is None:
        yield "registries.conf was not given (--registries-conf): its search list is where short names were looked for."
    for image in log.tried:
        name = image.reference
        if image.is_both:
            yield f"{name} was had once, and once was not ({image.reason}): this file has it as it was then."
        elif image.reason is Reason.LOGIN_REFUSED:
            yield f"The login that {name.domain} refused is not in the log, and in this file nobody logs in."
        elif image.reason is Reason.NO_IMAGE and name.digest:
            yield f"{name} is an artifact by its digest, which a scenario cannot say: this file has another digest."
        elif image.reason is None and not image.served:
            yield f"The log does not say how {name} went (CRI-O does at log level debug): it is not there in this file."
        elif image.reason is Reason.UNCLEAR:
            yield f"Why {name} was not had is not clear, and this file has it: {image.error}"
        elif image.reason in _OF_FILES:
            yield f"{name} was refused by a file that this one lacks ({image.reason}): {image.error}"
        elif image.reason in _REACHED and name.domain in WELL_KNOWN:
            yield f"{name.domain} could not be reached as it should; in this file it answers {_UNAVAILABLE}."
