"""Whose containers are whose: each has labels that say which process started it, so that what is left can be found."""

import os
import socket
from pathlib import Path

import docker
from docker.errors import APIError

PLACE = "crio-conformance.place"
PROCESS = "crio-conformance.process"
CONFLICT = 409
NOT_FOUND = 404
START_TIME = 19
"""Where proc(5), ``/proc/PID/stat``, has the start time, counted after the name in parentheses."""


def owner_labels() -> dict[str, str]:
    """Give the labels of what this process starts."""
    return {PLACE: _place(), PROCESS: f"{os.getpid()}/{_started(os.getpid())}"}


def _place() -> str:
    """Say where process numbers mean what they mean here: machine, PID namespace, user."""
    return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').stat().st_ino}/{os.geteuid()}"


def _started(pid: int) -> str:
    """Give when a process started, in clock ticks since the machine did; nothing when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[START_TIME]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _lives(process: str) -> bool:
    pid, _, started = process.partition("/")
    return pid.isdigit() and started != "" and _started(int(pid)) == started


def remove_leftover_containers(client: docker.DockerClient) -> list[str]:
    """Remove the containers that processes of this user left which are no more; give their names."""
    found = client.containers.list(all=True, filters={"label": f"{PLACE}={_place()}"}, ignore_removed=True)
    left = [str(each.name) for each in found if not _lives(each.labels.get(PROCESS, ""))]
    for name in left:
        remove_container(client, name)
    return left


def remove_container(client: docker.DockerClient, name: str) -> None:
    """Remove a container and its volumes, whatever it is doing; one that is not there, or is going, is no error."""
    try:
        client.api.remove_container(name, v=True, force=True)
    except APIError as error:
        if error.status_code not in {NOT_FOUND, CONFLICT}:
            raise
