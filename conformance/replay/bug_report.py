"""What was seen of a scenario as Markdown, in the fields that CRI-O's form for a bug asks for."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence

from conformance.replay.bug_form import BugForm, code_block, folded, table_cell
from conformance.replay.judgement import in_one_line
from conformance.replay.replay import Replay
from conformance.replay.reproduction import expectation, reproduction
from conformance.report.issue_links import issue_url
from conformance.scenario.scenario import Scenario

MOST_LOG_LINES = 40


def bug_report(scenario: Scenario, file: str, replays: Mapping[str, Replay]) -> Iterator[str]:
    """Give the lines of the block; ``file`` is the name under which the scenario is kept.

    ``replays`` are by what ``--runtime`` names each runtime.
    """
    command = f"crio-conformance scenario run {file} {' '.join(f'--runtime {each}' for each in replays)}"
    played = list(replays.values())
    form = BugForm(
        happened=_happened(scenario, played),
        expected=expectation(scenario),
        reproduced=reproduction(scenario, file, command),
        more=_more(played),
        versions=_versions(played),
        system=_system(),
        environment=_environment(played),
    )
    yield from form.lines()


def _happened(scenario: Scenario, replays: Sequence[Replay]) -> Iterator[str]:
    """Tell what was seen on each, those on which it is the same together."""
    if issues := [each for each in scenario.upstream if issue_url(each)]:
        yield f"This is about {', '.join(issues)}."
        yield ""
    yield "| | |"
    yield "| --- | --- |"
    for each in replays:
        why = in_one_line(each.judgement.lines)
        verdict = f"{each.judgement.verdict}: {why}" if why else str(each.judgement.verdict)
        yield f"| {each.target} | {table_cell(verdict)} |"
    yield ""
    told: dict[str, list[str]] = {}
    for each in replays:
        told.setdefault(_without_times(each.story), []).append(each.target)
    for story, targets in told.items():
        yield f"{', '.join(targets)}:"
        yield ""
        yield from code_block(story or "it did not start")
        yield ""


def _without_times(story: str) -> str:
    """Leave out how long each call took, which is never the same twice."""
    return "\n".join(line.rpartition(" (")[0] if line.endswith(" ms)") else line for line in story.splitlines())


def _more(replays: Sequence[Replay]) -> Iterator[str]:
    for each in replays:
        differing = "\n".join(each.differences)
        if differing:
            yield from folded(f"{each.target}: what our model of CRI-O had predicted otherwise", differing)
        elif each.is_modelled:
            yield f"Our model of CRI-O predicts what was seen of {each.target}."
            yield ""
    for each in replays:
        yield from folded(f"{each.target}: exchanges", each.exchanges)
        yield from folded(f"{each.target}: log", "\n".join(each.log.splitlines()[-MOST_LOG_LINES:]))


def _versions(replays: Sequence[Replay]) -> Iterator[str]:
    lines = [
        f"{each.target}, {each.properties['oci-runtime']}, conmon {each.properties['conmon']}"
        if "conmon" in each.properties
        else each.target
        for each in replays
    ]
    yield from code_block(
        "\n".join([*lines, "no Kubernetes: PullImage and the other calls are made on CRI-O's socket"])
    )


def _system() -> Iterator[str]:
    uname = os.uname()
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = "no /etc/os-release"
    yield from code_block(f"{name}\n{uname.sysname} {uname.release} {uname.machine}")


def _environment(replays: Sequence[Replay]) -> Iterator[str]:
    if any(each.properties.get("run") == "live" for each in replays):
        yield "Each runtime ran in a network namespace of its own, with registry hosts made for it under these names."
    else:
        yield "A rehearsal: nothing here is about CRI-O."
    for key in ("cgroup", "storage-driver", "crio-conformance"):
        values = dict.fromkeys(each.properties[key] for each in replays if key in each.properties)
        if values:
            yield f"- {key}: {', '.join(values)}"
