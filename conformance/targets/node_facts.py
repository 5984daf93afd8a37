"""What can be told of somebody's node by reading alone, for the top of a run and for a report."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.model.profile import profile
from conformance.model.registries_conf import fingerprint
from conformance.model.resolution import effective_mode
from conformance.node.socket_process import SocketProcess, SocketProcessError
from conformance.node_config.drop_in import PREFIX
from conformance.node_config.node_config import NodeConfigError
from conformance.node_config.running_crio import RunningCrio, read_crio_table
from conformance.releases.installation import CRIO

if TYPE_CHECKING:
    from conformance.model.registries import Registries, Registry
    from conformance.model.release import Release

SHOWN = 6
"""How many entries of registries.conf are shown."""


@dataclass(frozen=True)
class NodeFacts:
    """Lines for the top of a run, and properties for a report, names and values."""

    told: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)


def read_node_facts(socket: Path, program: str, release: Release) -> NodeFacts:
    """Read what a CRI-O says of itself, and its files where that may be done; of another runtime, nothing is known."""
    if program != CRIO:
        return NodeFacts()
    try:
        process = SocketProcess(socket)
    except (SocketProcessError, OSError) as error:
        return _without_files(socket, str(error))
    try:
        crio = RunningCrio(socket, process)
        found = crio.registries(profile(release))
    except (NodeConfigError, SocketProcessError, OSError) as error:
        return _without_files(socket, str(error))
    finally:
        process.close()
    mode = effective_mode(profile(release), crio.short_name_mode, found)
    properties = crio.properties | {
        "short-name-mode": mode,
        "search-registries": ", ".join(found.search),
        "registries-conf": fingerprint(found),
    }
    return NodeFacts((_runs_with(properties), *_registries_conf(found, mode)), properties)


def _without_files(socket: Path, why: str) -> NodeFacts:
    """Tell what is known where files cannot be read."""
    try:
        properties = RunningCrio.properties_of(read_crio_table(socket))
    except NodeConfigError as error:
        return NodeFacts((str(error),))
    return NodeFacts((_runs_with(properties), f"its registries.conf cannot be read: {why}"), properties)


def _runs_with(properties: dict[str, str]) -> str:
    return (
        f"with {properties['oci-runtime']}, cgroup manager {properties['cgroup-manager']},"
        f" storage driver {properties['storage-driver']}"
    )


def _registries_conf(found: Registries, mode: str) -> list[str]:
    """Tell what registries.conf makes of names, as ``explain`` reads it."""
    search = ", ".join(found.search) or "none"
    where = f" ({found.search_file})" if found.search_file else ""
    lines = [f"search registries: {search}{where}; short-name mode: {mode}"]
    theirs = [each for each in found.registries if not Path(each.file).name.startswith(PREFIX)]
    entries = list(map(_entry, theirs))
    lines += [f"registries.conf: {each}" for each in entries[:SHOWN]]
    if len(entries) > SHOWN:
        lines.append(f"registries.conf: … and {len(entries) - SHOWN} more")
    return lines


def _entry(entry: Registry) -> str:
    """Tell what an entry changes: where it has names asked for, and how."""
    facts = [
        *([f"at {entry.location}"] if entry.location not in {"", entry.prefix} else []),
        *(["insecure"] if entry.insecure else []),
        *(["blocked"] if entry.blocked else []),
        *([f"mirrors {', '.join(each.location for each in entry.mirrors)}"] if entry.mirrors else []),
    ]
    return f"{entry.prefix}: {'; '.join(facts) or 'as it is'}"
