"""A case as commands that a person types on a node: files of configuration, and crictl's words for its calls."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

from conformance.evidence.case_records import CallRecord, CaseRecord, RunRecord

_ANY_IMAGE = {"PullImage": "pull", "ImageStatus": "inspecti", "RemoveImage": "rmi", "ListImages": "images"}
_ANY_ID = {
    "StartContainer": ("start", "container_id"),
    "StopContainer": ("stop", "container_id"),
    "RemoveContainer": ("rm", "container_id"),
    "ContainerStatus": ("inspect", "container_id"),
    "ContainerStats": ("stats", "container_id"),
    "StopPodSandbox": ("stopp", "pod_sandbox_id"),
    "RemovePodSandbox": ("rmp", "pod_sandbox_id"),
    "PodSandboxStatus": ("inspectp", "pod_sandbox_id"),
}
_NO_ARGUMENT = {
    "Version": "version",
    "Status": "info",
    "ImageFsInfo": "imagefsinfo",
    "ListContainers": "ps --all",
    "ListPodSandbox": "pods",
}
"""Commands of crictl by the calls of the CRI that they make (cri-tools docs/crictl.md)."""


def by_hand(record: CaseRecord) -> str:
    """Write the commands, for a shell of root on a node: its files first, then each call with what came of it."""
    files = [line for path, text in record.configuration.items() for line in _file(path, text)]
    if files:
        files += ["systemctl restart crio", ""]
    names: dict[str, str] = {}
    return "\n".join([*files, *(line for call in record.calls for line in _call(call, names))])


def once_more(record: CaseRecord, run: RunRecord) -> str:
    """Write the command that runs the case again, with registry hosts that answer as they did."""
    path, _, name = record.case.partition("::")
    module = path.removesuffix(".py").replace("/", ".")
    inside = module.startswith("conformance.suite.")
    case = ["--pyargs", f"{module}::{name}"] if inside else [record.case]
    return shlex.join(["pytest", *case, *_target(run.arguments)])


def _target(arguments: tuple[str, ...]) -> Iterator[str]:
    """Give the options that say what the run was about, as they were typed."""
    for name in ("--runtime", "--kubelet", "--cluster", "--oci-runtime"):
        for position, each in enumerate(arguments):
            if each == name:
                yield from arguments[position : position + 2]
            elif each.startswith(f"{name}="):
                yield each


def _file(path: str, text: str) -> list[str]:
    end = "EOF" if "EOF" not in text else "END-OF-FILE"
    folder, name = _path(path.rpartition("/")[0] or "/"), _path(path)
    return [f"mkdir -p {folder}", f"cat >{name} <<'{end}'", text.rstrip("\n"), end, ""]


def _path(path: str) -> str:
    """Quote a path for a shell; the home folder stays what it is."""
    return f"~/{shlex.quote(path[2:])}" if path.startswith("~/") else shlex.quote(path)


def _call(call: CallRecord, names: dict[str, str]) -> list[str]:
    """Give the lines of a call; ``names`` are the shell's variables for IDs of pods and containers, and grow."""
    command = _command(call, names)
    if call.error:
        first = call.error.message.partition("\n")[0]
        return [*command, f"#  → {call.error.code} {first}".rstrip()]
    return command


def _command(call: CallRecord, names: dict[str, str]) -> list[str]:
    request = call.request

    def known(key: str) -> str:
        value = str(request.get(key, ""))
        return f'"${names[value]}"' if value in names else shlex.quote(value)

    if call.name in _ANY_IMAGE:
        image = _image(request)
        return [" ".join(("crictl", _ANY_IMAGE[call.name], *_login(request), *([shlex.quote(image)] if image else [])))]
    if call.name in _ANY_ID:
        command, key = _ANY_ID[call.name]
        return [f"crictl {command} {known(key)}"]
    if call.name in _NO_ARGUMENT:
        return [f"crictl {_NO_ARGUMENT[call.name]}"]
    if call.name == "ExecSync":
        return [f"crictl exec --sync {known('container_id')} {shlex.join(request.get('cmd', []))}"]
    return _creation(call, known("pod_sandbox_id"), names)


def _creation(call: CallRecord, pod: str, names: dict[str, str]) -> list[str]:
    """Give the lines of a call that makes a pod or a container, or of one that crictl does not know."""
    match call.name:
        case "RunPodSandbox":
            name = _named(call.response.get("pod_sandbox_id"), "POD", names)
            return [*_json_file("pod.json", call.request.get("config", {})), f"{name}=$(crictl runp pod.json)"]
        case "CreateContainer":
            name = _named(call.response.get("container_id"), "CONTAINER", names)
            files = _json_file("container.json", call.request.get("config", {}))
            return [*files, f"{name}=$(crictl create --no-pull {pod} container.json pod.json)"]
    if call.request or call.response:
        return [f"# {call.name}: crictl has no command for this call"]
    return [call.name]


def _named(value: str | None, name: str, names: dict[str, str]) -> str:
    """Give a variable for an ID that is there from now on."""
    count = sum(each.startswith(name) for each in names.values())
    variable = f"{name}{count + 1}" if count else name
    if value:
        names[value] = variable
    return variable


def _image(request: dict[str, Any]) -> str:
    spec = request.get("image") or request.get("filter", {}).get("image") or {}
    return str(spec.get("image") or spec.get("user_specified_image") or "")


def _login(request: dict[str, Any]) -> list[str]:
    auth = request.get("auth")
    return ["--creds", f"{shlex.quote(auth.get('username') or 'USER')}:'***'"] if auth else []


def _json_file(name: str, value: dict[str, Any]) -> list[str]:
    return [f"cat >{name} <<'EOF'", json.dumps(value, indent=2), "EOF"]
