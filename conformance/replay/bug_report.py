"""What was seen of a scenario as Markdown, in the fields that CRI-O's form for a bug asks for.

Source: cri-o/cri-o .github/ISSUE_TEMPLATE/bug-report.yml.
"""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence

from conformance.replay.judgement import title_of
from conformance.replay.replay import Replay
from conformance.scenario.calls import PullCall, RemoveCall, ScenarioCall, StatusCall
from conformance.scenario.scenario import Scenario, ScenarioHost
from conformance.scenario.writer import as_toml

MOST_LOG_LINES = 40


def bug_report(scenario: Scenario, file: str, replays: Mapping[str, Replay]) -> Iterator[str]:
    """Give the lines of the block; ``file`` is the name under which the scenario is kept.

    ``replays`` are by what ``--runtime`` names each runtime.
    """
    command = f"crio-conformance scenario run {file} {' '.join(f'--runtime {each}' for each in replays)}"
    yield from _sections(scenario, file, command, list(replays.values()))


def _sections(scenario: Scenario, file: str, command: str, replays: Sequence[Replay]) -> Iterator[str]:
    yield from _section("What happened?", _happened(scenario, replays))
    yield from _section("What did you expect to happen?", _expected(scenario))
    yield from _section(
        "How can we reproduce it (as minimally and precisely as possible)?", _reproduced(scenario, file, command)
    )
    yield from _section("Anything else we need to know?", _more(replays))
    yield from _section("CRI-O and Kubernetes version", _versions(replays))
    yield from _section("OS version", _system())
    yield from _section("Additional environment details (AWS, VirtualBox, physical, etc.)", _environment(replays))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield from "\n".join(lines).rstrip("\n").split("\n")
    yield ""


def _block(text: str, language: str = "") -> Iterator[str]:
    """Write a text as a block of code, fenced by more backticks than are in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    yield f"{fence}{language}"
    yield text.rstrip("\n")
    yield fence


def _details(title: str, text: str) -> Iterator[str]:
    if text:
        yield f"<details><summary>{title}</summary>"
        yield ""
        yield from _block(text)
        yield ""
        yield "</details>"
        yield ""


def _happened(scenario: Scenario, replays: Sequence[Replay]) -> Iterator[str]:
    """Tell what was seen on each, those on which it is the same together."""
    if scenario.upstream:
        yield f"This is about {', '.join(scenario.upstream)}."
        yield ""
    yield "| | |"
    yield "| --- | --- |"
    for each in replays:
        why = "; ".join(line.strip() for line in each.judgement.lines)
        yield f"| {each.target} | {_cell(f'{each.judgement.verdict}: {why}' if why else str(each.judgement.verdict))} |"
    yield ""
    told: dict[str, list[str]] = {}
    for each in replays:
        told.setdefault(_without_times(each.story), []).append(each.target)
    for story, targets in told.items():
        yield f"{', '.join(targets)}:"
        yield ""
        yield from _block(story or "it did not start")
        yield ""


def _without_times(story: str) -> str:
    """Leave out how long each call took, which is never the same twice."""
    return "\n".join(line.rpartition(" (")[0] if line.endswith(" ms)") else line for line in story.splitlines())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _expected(scenario: Scenario) -> Iterator[str]:
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


def _reproduced(scenario: Scenario, file: str, command: str) -> Iterator[str]:
    for number, described in enumerate(scenario.files):
        yield f"{'Configuration: ' if number == 0 else ''}`{described.path}`"
        yield ""
        yield from _block(described.text, "toml" if described.path.endswith(".conf") else "")
        yield ""
    if mode := scenario.crio.short_name_mode:
        yield f'`short_name_mode = "{mode}"` in `crio.conf`.'
        yield ""
    yield from (f"- {_host(each)}" for each in scenario.hosts)
    yield ""
    yield from _block("\n".join(map(_by_hand, scenario.calls)), "console")
    yield ""
    yield f"Or without any registry, with crio-conformance: `{command}`, where `{file}` is"
    yield ""
    yield from _block(as_toml(scenario), "toml")


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


def _more(replays: Sequence[Replay]) -> Iterator[str]:
    for each in replays:
        differing = "\n".join(each.differences)
        if differing:
            yield from _details(f"{each.target}: what our model of CRI-O had predicted otherwise", differing)
        elif each.is_modelled:
            yield f"Our model of CRI-O predicts what was seen of {each.target}."
            yield ""
    for each in replays:
        yield from _details(f"{each.target}: exchanges", each.exchanges)
        yield from _details(f"{each.target}: log", "\n".join(each.log.splitlines()[-MOST_LOG_LINES:]))


def _versions(replays: Sequence[Replay]) -> Iterator[str]:
    lines = [
        f"{each.target}, {each.properties['oci-runtime']}, conmon {each.properties['conmon']}"
        if "conmon" in each.properties
        else each.target
        for each in replays
    ]
    yield from _block("\n".join([*lines, "no Kubernetes: PullImage and the other calls are made on CRI-O's socket"]))


def _system() -> Iterator[str]:
    uname = os.uname()
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = "no /etc/os-release"
    yield from _block(f"{name}\n{uname.sysname} {uname.release} {uname.machine}")


def _environment(replays: Sequence[Replay]) -> Iterator[str]:
    if any(each.properties.get("run") == "live" for each in replays):
        yield "Each runtime ran in a network namespace of its own, with registry hosts made for it under these names."
    else:
        yield "A rehearsal: nothing here is about CRI-O."
    for key in ("cgroup", "storage-driver", "crio-conformance"):
        values = dict.fromkeys(each.properties[key] for each in replays if key in each.properties)
        if values:
            yield f"- {key}: {', '.join(values)}"
