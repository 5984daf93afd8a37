"""What a node's files say and its registries answered, as a scenario: a problem in production, told without a registry.

Contents are stand-ins of the same shape, logins are left out: whoever had one is called ``somebody``.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w

from conformance.explain.pull_trace import PullTrace, SourceVisit
from conformance.model.answers import Answer, ErrorResponse, Manifest, NoResponse, UnusableResponse
from conformance.model.reason import Reason
from conformance.model.reference import Reference
from conformance.model.registries import Registries
from conformance.node_config.node_config import NodeConfig
from conformance.registry_client.requests import TOO_MANY_REQUESTS
from conformance.registry_hosts.personality import WELL_KNOWN
from conformance.registry_hosts.recorder import RequestKind
from conformance.runtime.configuration import REGISTRIES_CONF, registry_table
from conformance.scenario.calls import PullCall, ScenarioFile
from conformance.scenario.contents import ContentKind
from conformance.scenario.scenario import (
    CrioKeys,
    Reachability,
    Scenario,
    ScenarioAnswer,
    ScenarioHost,
    ScenarioRepository,
)

SOMEBODY = "somebody"
LATEST = "latest"
_MOMENTARY = (TOO_MANY_REQUESTS, 500, 502, 503, 504)
_REACHED = {Reason.UNKNOWN_HOST: Reachability.UNKNOWN_HOST, Reason.UNTRUSTED_CERTIFICATE: Reachability.UNTRUSTED}


def scenario_of_trace(name: str, node: NodeConfig, trace: PullTrace) -> Scenario:
    """Give the scenario of a pull whose registries were asked."""
    visits = [(source.reference, visit) for tried in trace.tried for source, visit in tried.visits.items()]
    hosts: dict[str, ScenarioHost] = {}
    logins: dict[str, str] = {}
    for reference, visit in visits:
        if visit.answer is None:
            continue
        domain = reference.domain.lower()
        private = node.settings.credentials(reference.domain, reference.path) is not None
        if private:
            logins[domain] = SOMEBODY
        seen = _host(domain, reference, visit, private=private)
        hosts[domain] = joined(hosts[domain], seen) if domain in hosts else seen
    text = registries_text(node.settings.registries)
    mode = node.settings.short_name_mode if node.settings.profile.has_short_name_mode else ""
    return Scenario(
        title=f"What CRI-O {node.crio.release} makes of {name}.",
        crio=msgspec.convert({"short_name_mode": mode or ""}, CrioKeys),
        logins=logins,
        files=(ScenarioFile(path=REGISTRIES_CONF, text=text),) if text else (),
        hosts=tuple(hosts.values()),
        calls=(PullCall(name=name),),
    )


def registries_text(found: Registries) -> str:
    """Write what all files of registries.conf come to in one."""
    aliases = {short: alias.value for short, alias in {**found.aliases, **found.cached_aliases}.items()}
    table: Mapping[str, Any] = {
        "unqualified-search-registries": list(found.search),
        "short-name-mode": "" if found.short_name_mode == "permissive" else found.short_name_mode,
        "registry": [registry_table(each) for each in found.registries],
        "aliases": aliases,
    }
    return tomli_w.dumps({key: value for key, value in table.items() if value})


def _host(domain: str, reference: Reference, visit: SourceVisit, *, private: bool) -> ScenarioHost:
    """Give a host that answers as one was seen to answer."""
    answer = visit.answer
    if isinstance(answer, Manifest):
        return ScenarioHost(name=domain, repositories=(_repository(domain, reference, answer, private=private),))
    if isinstance(answer, ErrorResponse) and answer.step == "manifest" and answer.status in _MOMENTARY:
        waits = 0 if answer.status == TOO_MANY_REQUESTS else None  # else a replay takes as long as CRI-O's patience
        return ScenarioHost(name=domain, fails=answer.status, retry_after=waits)
    if isinstance(answer, NoResponse) and domain not in WELL_KNOWN:
        return ScenarioHost(name=domain, reached=_REACHED.get(answer.reason, Reachability.REFUSED))
    return ScenarioHost(name=domain, answers=tuple(_answers(domain, answer)))


def _repository(domain: str, reference: Reference, found: Manifest, *, private: bool) -> ScenarioRepository:
    """Give a repository with something of the shape that was seen."""
    personality = WELL_KNOWN.get(domain)
    opens = private and personality is not None and bool(personality.realm)
    tags = (reference.tag or LATEST,)
    private_to = SOMEBODY if opens else ""
    platforms = tuple(dict.fromkeys(str(each.platform) for each in found.children if each.platform))
    if platforms:
        return ScenarioRepository(name=reference.path, tags=tags, private_to=private_to, platforms=platforms)
    if not found.is_index and not found.is_image:
        files = {title or "file": "left out" for title in found.titles or ("",)}
        return ScenarioRepository(name=reference.path, tags=tags, private_to=private_to, files=files, artifact=True)
    return ScenarioRepository(name=reference.path, tags=tags, private_to=private_to, content=ContentKind.IMAGE)


def _answers(domain: str, answer: Answer | None) -> Iterator[ScenarioAnswer]:
    """Give what a host says otherwise than its personality does of what it lacks."""
    if isinstance(answer, UnusableResponse):
        yield ScenarioAnswer(to="manifest", body="what came is no manifest\n")
    if not isinstance(answer, ErrorResponse):
        return
    personality = WELL_KNOWN.get(domain)
    usual = personality.absent(RequestKind.MANIFEST).status if personality else 404
    if answer.step == "manifest" and answer.status == usual:
        return
    body = json.dumps({"errors": [{"code": answer.code, "message": answer.message}]}) if answer.code else answer.body
    step = answer.step
    yield ScenarioAnswer(to=step, status=answer.status, phrase=answer.phrase, body=body)  # type: ignore[arg-type]


def joined(first: ScenarioHost, second: ScenarioHost) -> ScenarioHost:
    """Put together what was seen of a host that was asked for several repositories."""
    there = {each.name for each in first.repositories}
    more = tuple(each for each in second.repositories if each.name not in there)
    return ScenarioHost(
        name=first.name,
        reached=first.reached,
        fails=first.fails or second.fails,
        retry_after=first.retry_after if first.fails else second.retry_after,
        answers=first.answers or second.answers,
        repositories=first.repositories + more,
    )
