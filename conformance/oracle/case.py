"""A scenario as a case that can be pasted into a test file, to be seen on a CRI-O."""

import re
from collections.abc import Iterator

from conformance.evidence.comparison import PullResult
from conformance.scenario.scenario import USER, Reachability, Scenario, ScenarioHost

_HOST_METHODS = {
    Reachability.TLS: "host",
    Reachability.PLAIN_HTTP: "plain_http",
    Reachability.UNTRUSTED: "untrusted",
    Reachability.REFUSED: "refuse",
}


def as_case(scenario: Scenario, model: PullResult) -> str:
    """Write the case: it states what the model predicts."""
    return "\n".join([*_head(), *_configuration(scenario), "", "", *_test(scenario, model)]) + "\n"


def _head() -> Iterator[str]:
    yield "import pytest"
    yield ""
    yield "from conformance import Configuration, ContentKind, Login, build_content"
    yield ""
    yield ""


def _configuration(scenario: Scenario) -> Iterator[str]:
    """Write the fixture for registries.conf: the main file becomes the first drop-in, which means the same."""
    own = [file for file in scenario.files if file.path.startswith(USER)] or scenario.files
    yield "@pytest.fixture"
    yield "def configuration():"
    yield "    return Configuration("
    yield "        search_registries=(),"
    yield f"        short_name_mode={scenario.mode or None!r},"
    yield "        drop_ins=("
    for number, file in enumerate(own):
        yield f'            ("{number}.conf", """\\'
        yield from file.text.rstrip("\n").splitlines()
        yield '"""),'
    yield "        ),"
    yield "    )"


def _test(scenario: Scenario, model: PullResult) -> Iterator[str]:
    yield "def test_what_an_oracle_does_otherwise(runtime, internet):"
    yield f'    """What becomes of {scenario.requested_name}."""'
    for host in scenario.hosts:
        yield from (f"    {line}" for line in _host(host))
    if scenario.logins:
        yield f"    # in the auth file: {dict(scenario.logins)}"
    login = f', Login("{scenario.login}", "secret")' if scenario.login else ""
    yield f"    pull = runtime.pull({scenario.requested_name!r}{login})"
    yield f"    assert pull.asked == {[each.host for each in model.asked]!r}"
    named = (f"{each.host}/{re.split('[:@]', name)[0]}" for each in model.asked for name in each.manifests)
    yield f"    assert pull.repositories == {list(dict.fromkeys(named))!r}"
    if model.error:
        yield f"    assert pull.error.message == {model.error!r}"
    else:
        yield "    assert pull.succeeded"


def _host(host: ScenarioHost) -> Iterator[str]:
    if host.spoken is Reachability.UNKNOWN_HOST:
        return
    if host.spoken is Reachability.REFUSED:
        yield f'internet.refuse("{host.name}")'
        return
    yield f'host = internet.{_HOST_METHODS[host.spoken]}("{host.name}")'
    if host.fails:
        yield f"host.fail({host.fails})"
    for each in host.repositories:
        if each.content:
            built = f"build_content(ContentKind.{each.content.name}, {each.version})"
            yield f'host.store("{each.name}", {built}, {list(each.tags)!r})'
        if each.private_to or not each.content:
            yield f'repository = host.origin.repository("{each.name}")'
        if each.private_to:
            yield f'repository.logins["{each.private_to}"] = "secret"'
