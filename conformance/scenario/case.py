"""A scenario as a case that can be pasted into a test file, to be seen on a CRI-O."""

import re
from collections.abc import Iterator

from conformance.evidence.comparison import PullResult
from conformance.scenario.arrangement import configuration_of
from conformance.scenario.calls import (
    Departure,
    Expectation,
    ListCall,
    PodCall,
    PullCall,
    ReloadCall,
    RemoveCall,
    ScenarioCall,
    StatusCall,
)
from conformance.scenario.policy_file import is_policy_file
from conformance.scenario.scenario import Reachability, Scenario, ScenarioHost, ScenarioRepository

_HOST_METHODS = {
    Reachability.TLS: "host",
    Reachability.PLAIN_HTTP: "plain_http",
    Reachability.UNTRUSTED: "untrusted",
    Reachability.REFUSED: "refuse",
}
_IMPORTED = ("Configuration", "ContentKind", "Login", "RequestKind", "SignaturePolicy", "build_content")
_PASSWORD = "secret"  # noqa: S105 (of a registry in a case)


def as_case(scenario: Scenario, model: PullResult | None = None) -> str:
    """Write the case: it states what is expected of each call or, of the first pull, what the model predicts."""
    body = [*_configuration(scenario), "", "", *_test(scenario, model)]
    return "\n".join([*_head("\n".join(body)), *body]) + "\n"


def _head(body: str) -> Iterator[str]:
    """Import what the case names."""
    yield "import pytest"
    yield ""
    words = set(re.findall(r"\w+", body))
    yield f"from conformance import {', '.join(name for name in _IMPORTED if name in words)}"
    yield ""
    yield ""


def _configuration(scenario: Scenario) -> Iterator[str]:
    """Write the fixture for the configuration."""
    configuration = configuration_of(scenario)
    yield "@pytest.fixture"
    yield "def configuration():"
    yield "    return Configuration("
    yield "        search_registries=(),"
    yield f"        short_name_mode={configuration.short_name_mode!r},"
    if any(is_policy_file(each.path) for each in scenario.files):
        yield "        policies=("
        for path, policy in configuration.policies:
            scopes = tuple((scope, str(requirement)) for scope, requirement in policy.scopes)
            yield f"            ({path!r}, SignaturePolicy({str(policy.default)!r}, {scopes!r})),"
        yield "        ),"
    if configuration.signature_policy:
        yield f"        signature_policy={configuration.signature_policy!r},"
    yield "        files=("
    for path, text in configuration.files:
        yield from (f"            {line}" if number == 0 else line for number, line in enumerate(_file(path, text)))
    yield "        ),"
    yield "    )"


def _file(path: str, text: str) -> Iterator[str]:
    """Write a path and a text, over several lines where that says the same."""
    lines = text.split("\n")
    if text.endswith("\n") and '"""' not in text and "\\" not in text and all(map(str.isprintable, lines)):
        yield f'({path!r}, """\\'
        yield from lines[:-1]
        yield '"""),'
    else:
        yield f"({path!r}, {text!r}),"


def _test(scenario: Scenario, model: PullResult | None) -> Iterator[str]:
    name = re.sub(r"\W+", "_", scenario.title.lower()).strip("_") if scenario.title else "what_an_oracle_does_otherwise"
    for issue in scenario.upstream:
        yield f'@pytest.mark.upstream("{issue}")'
    yield f"def test_{name}(runtime, internet):"
    pulled = next((each.requested_name for each in scenario.calls if isinstance(each, PullCall)), "these calls")
    told = scenario.title or f"What becomes of {pulled}."
    plain = told.isprintable() and "\\" not in told and '"' not in told
    yield f'    """{told}"""' if plain else f"    {told!r}"
    for host in scenario.hosts:
        yield from (f"    {line}" for line in _host(host))
    if scenario.logins:
        yield f"    # in the auth file: {dict(scenario.logins)}"
    for call in scenario.calls:
        yield from (f"    {line}" for line in _call(call))
        if call.expect is not None:
            yield from (f"    {line}" for line in _statements(call, call.expect))
            yield from (f"    # {line}" for departure in call.seen for line in _departure(call, departure))
        elif model is not None and isinstance(call, PullCall):
            yield from (f"    {line}" for line in _predicted(model))
            model = None


def _host(host: ScenarioHost) -> Iterator[str]:
    if host.reached is Reachability.UNKNOWN_HOST:
        return
    if host.reached is Reachability.REFUSED:
        yield f'internet.refuse("{host.name}")'
        return
    yield f'host = internet.{_HOST_METHODS[host.reached]}("{host.name}")'
    if host.fails:
        after = "" if host.retry_after is None else f", {host.retry_after}"
        yield f"host.fail({host.fails}{after})"
    if host.token:
        yield f"host.amend_tokens(**{dict(host.token)!r})"
    for each in host.answers:
        more = f"status={each.status}, phrase={each.phrase!r}, headers={dict(each.headers)!r}"
        yield f"host.answer(RequestKind.{each.to.upper()}, {each.body!r}, {more})"
    for repository in host.repositories:
        yield from _repository(repository)


def _repository(described: ScenarioRepository) -> Iterator[str]:
    if described.platforms or described.files:
        what = f"platforms={list(described.platforms)!r}" if described.platforms else f"files={dict(described.files)!r}"
        kind = "  # an artifact" if described.artifact else ""
        yield f'content = host.offer("{described.name}", {what}, tags={list(described.tags)!r}){kind}'
    elif not described.empty:
        yield f"content = build_content(ContentKind.{described.content.name}, {described.version})"
        yield f'host.store("{described.name}", content, {list(described.tags)!r})'
    for parts, fault in ((described.altered, "tamper"), (described.lost, "lose")):
        for part in parts:
            yield f"host.{fault}({_PARTS[part]})"
    if described.private_to or described.empty:
        yield f'repository = host.origin.repository(host.personality.repository("{described.name}"))'
    if described.private_to:
        yield f'repository.logins[{described.private_to!r}] = "{_PASSWORD}"'


def _call(call: ScenarioCall) -> Iterator[str]:
    match call:
        case PullCall():
            login = f", Login({call.login!r}, {_PASSWORD!r})" if call.login else ""
            yield f"pull = runtime.pull({call.requested_name!r}{login})"
        case StatusCall():
            yield f"status = runtime.status({call.name!r})"
        case ListCall():
            yield f"images = runtime.listed({call.name!r})" if call.name else "images = runtime.images()"
        case RemoveCall():
            yield f"runtime.remove({call.name!r})"
        case ReloadCall():
            yield f"# here CRI-O is reloaded, after {[each.path for each in call.files]} were written"
        case PodCall():
            yield f"# here a pod is started with {[each.image for each in call.volumes]}: the fixture pod, pod.mount(…)"
        case _:
            yield "runtime.restart()"


_PARTS = {"manifest": "content", "config": "content.blobs()[0]", "layer": "content.blobs()[-1]"}
_ATTRIBUTES = {"asked": "asked", "repositories": "repositories", "reasons": "reasons", "succeeds": "succeeded"}


def _statements(call: ScenarioCall, expected: Expectation) -> Iterator[str]:
    """Write what is expected, as far as a line says it."""
    stated = expected.stated()
    if isinstance(call, PullCall):
        for key, attribute in _ATTRIBUTES.items():
            if key in stated:
                yield f"assert pull.{attribute} == {_plain(stated[key])!r}"
        if expected.image_from is not None:
            yield f"assert pull.image_hosts == {expected.image_from!r}"
        if expected.error is not None:
            yield f"assert pull.error.message == {expected.error!r}"
        yield from (f"assert {part!r} in pull.error.message" for part in expected.error_has)
        yield from (f"assert {part!r} not in pull.error.message" for part in expected.error_lacks)
        if expected.tags is not None:
            yield f"assert pull.image.tags == {expected.tags!r}"
    if isinstance(call, StatusCall) and expected.found is not None:
        yield f"assert (status.image is not None) is {expected.found}"
    if isinstance(call, ListCall) and expected.tags is not None:
        yield f"assert sorted(tag for each in images for tag in each.tags) == {sorted(expected.tags)!r}"


def _departure(call: ScenarioCall, seen: Departure) -> Iterator[str]:
    """Write what is seen instead on some releases, which a suite keeps in a deviations.toml beside its cases."""
    yield " ".join(filter(None, (f"on {seen.releases}", seen.upstream, seen.why and f"({seen.why})", "instead:")))
    yield from (f"  {line}" for line in _statements(call, seen))


def _plain(value: object) -> object:
    """Give a value as a case compares it: lists of hosts, reasons as texts, which they are equal to."""
    if isinstance(value, tuple):
        return list(value)
    return {key: str(each) for key, each in value.items()} if isinstance(value, dict) else value


def _predicted(model: PullResult) -> Iterator[str]:
    yield f"assert pull.asked == {[each.host for each in model.asked]!r}"
    named = (f"{each.host}/{re.split('[:@]', name)[0]}" for each in model.asked for name in each.manifests)
    yield f"assert pull.repositories == {list(dict.fromkeys(named))!r}"
    if model.error:
        yield f"assert pull.error.message == {model.error!r}"
    else:
        yield "assert pull.succeeded"
