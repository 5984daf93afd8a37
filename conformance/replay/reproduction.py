"""How a scenario is repeated: its files and hosts, what a person types, and the scenario file itself."""

from collections.abc import Iterator, Sequence

from conformance.replay.bug_form import code_block
from conformance.replay.judgement import title_of
from conformance.scenario.calls import PullCall, RemoveCall, ScenarioCall, StatusCall
from conformance.scenario.scenario import Scenario, ScenarioHost
from conformance.scenario.writer import as_toml


def reproduction(scenario: Scenario, file: str, command: str) -> Iterator[str]:
    """Give the lines; ``file`` is the name under which the scenario is kept, ``command`` plays it."""
    for number, described in enumerate(scenario.files):
        yield f"{'Configuration: ' if number == 0 else ''}`{described.path}`"
        yield ""
        yield from code_block(described.text, "toml" if described.path.endswith(".conf") else "")
        yield ""
    if mode := scenario.crio.short_name_mode:
        yield f'`short_name_mode = "{mode}"` in `crio.conf`.'
        yield ""
    yield from (f"- {_host(each)}" for each in scenario.hosts)
    yield ""
    yield from code_block("\n".join(map(_by_hand, scenario.calls)), "console")
    yield ""
    yield f"Or without any registry, with crio-conformance: `{command}`, where `{file}` is"
    yield ""
    yield from code_block(as_toml(scenario), "toml")


def _host(host: ScenarioHost) -> str:
    """Say of a host how it is reached and what it has."""
    parts = [] if host.reached == "TLS" else [f"reached as: {host.reached}"]
    if host.fails:
        parts.append(f"every manifest is answered {host.fails}")
    parts += [f"every {each.to} is answered {each.status}" for each in host.answers]
    for each in host.repositories:
        what = "nothing" if each.empty else _content_in_words(each.content, each.platforms, each.files)
        private = f", private to {each.private_to}" if each.private_to else ""
        faults = [f", its {part} altered" for part in each.altered] + [f", its {part} lost" for part in each.lost]
        parts.append(f"`{each.name}` ({', '.join(each.tags)}): {what}{private}{''.join(faults)}")
    return f"{host.name}: {'; '.join(parts) or 'has nothing'}"


def _content_in_words(content: str, platforms: Sequence[str], files: object) -> str:
    if platforms:
        return f"an index for {', '.join(platforms)}"
    return "files" if files else content.replace("foreign", "other architecture's")


def _by_hand(call: ScenarioCall) -> str:
    """Give the command for a call."""
    match call:
        case PullCall():
            login = f"--creds {call.login}:PASSWORD " if call.login else ""
            return f"$ crictl pull {login}{call.requested_name}"
        case StatusCall():
            return f"$ crictl inspecti {call.name}"
        case RemoveCall():
            return f"$ crictl rmi {call.name}"
    return {
        "list": f"$ crictl images {getattr(call, 'name', '')}".rstrip(),
        "reload": "$ systemctl reload crio",
        "restart": "$ systemctl restart crio",
        "pod": f"# a pod with image volumes: {title_of(call).removeprefix('pod ')}",
    }[str(call.__struct_config__.tag)]


def expectation(scenario: Scenario) -> Iterator[str]:
    """Give the lines that say what is expected, of the whole and of each call."""
    yield scenario.title or "(the scenario does not say)"
    for call in scenario.calls:
        if call.expect is not None:
            yield ""
            yield f"Of `{title_of(call)}`:"
            yield from (f"- {key}: `{_value(value)}`" for key, value in call.expect.stated().items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value(each)}" for key, each in value.items()) or "nothing"
    if isinstance(value, tuple):
        return ", ".join(map(_value, value)) or "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)
