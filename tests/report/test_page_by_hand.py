"""What a person types to repeat a case."""

import shlex
import subprocess
from pathlib import Path

import msgspec
import pytest

from conformance.evidence.case_records import CallRecord, CaseRecord
from conformance.report.page.by_hand import by_hand, once_more
from tests.report.page_evidence import HOSTILE_CASE, STORY_OF_8780, WHOLE_RUN


def commands(*calls: CallRecord, **values: object) -> str:
    return by_hand(CaseRecord(case="t", family="f", verdict="passed", calls=calls, **values))  # type: ignore[arg-type]


def test_files_come_first_then_each_call_with_what_came_of_it() -> None:
    assert by_hand(STORY_OF_8780).splitlines() == [
        "mkdir -p /etc/containers/registries.conf.d",
        "cat >/etc/containers/registries.conf.d/crio.conf <<'EOF'",
        'unqualified-search-registries = ["docker.io", "quay.io"]',
        "EOF",
        "",
        "systemctl restart crio",
        "",
        "crictl pull --creds robot:'***' rhuss/caikit-flan-t5-small",
        f"#  → UNKNOWN {STORY_OF_8780.calls[0].error.message}",  # type: ignore[union-attr]
    ]


CALLS = {
    "crictl inspecti a/b:1": CallRecord(name="ImageStatus", at=0, request={"image": {"image": "a/b:1"}}),
    "crictl images": CallRecord(name="ListImages", at=0),
    "crictl images a/b": CallRecord(name="ListImages", at=0, request={"filter": {"image": {"image": "a/b"}}}),
    "crictl rmi 'a b'": CallRecord(name="RemoveImage", at=0, request={"image": {"image": "a b"}}),
    "crictl imagefsinfo": CallRecord(name="ImageFsInfo", at=0, response={"x": 1}),
    "crictl exec --sync c cat '/a b'": CallRecord(
        name="ExecSync", at=0, request={"container_id": "c", "cmd": ["cat", "/a b"]}
    ),
    "# Attach: crictl has no command for this call": CallRecord(name="Attach", at=0, request={"x": 1}),
    "podman pull a/b": CallRecord(name="podman pull a/b", at=0),
}


@pytest.mark.parametrize(("line", "call"), CALLS.items(), ids=CALLS)
def test_a_call_has_its_command(line: str, call: CallRecord) -> None:
    assert commands(call) == line


def test_pods_and_containers_are_named_by_variables() -> None:
    text = commands(
        CallRecord(name="RunPodSandbox", at=0, request={"config": {"a": 1}}, response={"pod_sandbox_id": "p1"}),
        CallRecord(name="CreateContainer", at=1, request={"pod_sandbox_id": "p1"}, response={"container_id": "c1"}),
        CallRecord(name="StartContainer", at=2, request={"container_id": "c1"}),
        CallRecord(name="RunPodSandbox", at=3, response={"pod_sandbox_id": "p2"}),
        CallRecord(name="StopPodSandbox", at=4, request={"pod_sandbox_id": "p2"}),
    )
    lines = [line for line in text.splitlines() if "crictl" in line]
    assert lines == [
        "POD=$(crictl runp pod.json)",
        'CONTAINER=$(crictl create --no-pull "$POD" container.json pod.json)',
        'crictl start "$CONTAINER"',
        "POD2=$(crictl runp pod.json)",
        'crictl stopp "$POD2"',
    ]


def test_a_shell_reads_it_as_it_is_meant(tmp_path: Path) -> None:
    """Whatever stands in names and files, no part of it is run."""
    text = commands(
        CallRecord(name="ImageStatus", at=0, request={"image": {"image": "$(touch ran); `x` 'y'"}}),
        configuration={"~/a b/c.conf": "EOF\n$(touch ran)\n"},
    )
    shell = f"systemctl() {{ :; }}; crictl() {{ printf '%s\\n' \"$@\"; }}\n{text}"
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", "-ec", shell], cwd=tmp_path, capture_output=True, text=True, check=True, env=env)
    assert done.stdout.splitlines() == ["inspecti", "$(touch ran); `x` 'y'"]
    assert (tmp_path / "a b" / "c.conf").read_text() == "EOF\n$(touch ran)\n"
    assert not (tmp_path / "ran").exists()
    assert subprocess.run(["bash", "-n", "-c", by_hand(HOSTILE_CASE)], check=False).returncode == 0


def test_the_case_is_run_again_by_its_module_and_target() -> None:
    assert shlex.split(once_more(STORY_OF_8780, WHOLE_RUN.run)) == [
        "pytest",
        "--pyargs",
        "conformance.suite.names.test_errors::test_every_registry[two]",
        "--runtime",
        "1.36.3",
    ]
    own = msgspec.structs.replace(STORY_OF_8780, case="tests/test_ours.py::test_it")
    run = msgspec.structs.replace(WHOLE_RUN.run, arguments=("--runtime=./bin/crio", "-x"))
    assert once_more(own, run) == "pytest tests/test_ours.py::test_it --runtime=./bin/crio"
