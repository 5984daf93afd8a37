import grpc

from conformance.cri import Call, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Evidence, LogLine
from conformance.evidence.case_records import CaseRecord
from conformance.evidence.recording import CaseTold, record_case
from conformance.evidence.secrets import Secrets
from conformance.registry_hosts import Exchange, NameLookup, RequestKind
from conformance.report.story import exchanges, log, sections, story
from conformance.report.summary import Verdict, count_reasons, totals_table

NAME = "rhuss/caikit-flan-t5-small"
LINES = (
    LogLine("Pulling image: rhuss/app", "info"),
    LogLine("Request: &PullImageRequest{…}", "debug"),
    LogLine("Response: &PullImageResponse{…}", "debug"),
    LogLine("goroutine 1 [running]:"),
)


def exchange(host: str, at: float, status: int, note: str, user: str | None = "") -> Exchange:
    kind = RequestKind.PING if user is None else RequestKind.MANIFEST
    server = {"docker.io": "registry-1.docker.io"}.get(host, host)
    path = f"/v2/{NAME}/manifests/latest"
    return Exchange(
        host=host, server=server, method="GET", path=path, status=status, kind=kind, user=user, note=note, at=at
    )


PULL = api.PullImageRequest(image=api.ImageSpec(image=NAME))
ERROR = CRIError("PullImage", grpc.StatusCode.UNKNOWN, "unauthorized")
EVIDENCE = Evidence(
    calls=(
        Call(rpc="PullImage", request=PULL, error=ERROR, at=10.0, duration=0.0314),
        Call(rpc="PullImage", request=PULL, response=api.PullImageResponse(image_ref="x"), at=20.0, duration=0.5),
        Call(rpc="Version", request=api.VersionRequest(), response=api.VersionResponse(), at=30.0, duration=0.001),
    ),
    exchanges=(
        exchange("docker.io", 9.9, 500, "another's"),
        exchange("docker.io", 10.0, 401, "authentication required", None),
        exchange("docker.io", 10.01, 200, "an index for linux/arm64"),
        exchange("quay.io", 10.02, 401, "not authorized", "robot"),
        NameLookup(host="nowhere.example", at=20.1),
        exchange("quay.io", 20.5, 200, "an image"),
        exchange("quay.io", 20.6, 404, "after it"),
    ),
    read_lines=lambda: LINES,
)


def record(evidence: Evidence) -> CaseRecord:
    return record_case(CaseTold("test_x.py::test_y", "x"), evidence, 9.0, {}, Secrets(()))


RECORD = record(EVIDENCE)


def test_a_story_tells_each_call_what_was_asked_meanwhile_and_what_the_user_saw() -> None:
    assert story(RECORD).splitlines() == [
        f"PullImage {NAME} (31 ms)",
        "    asked docker.io: 200 an index for linux/arm64",
        "    asked quay.io: 401 not authorized",
        "    the user saw: unauthorized",
        f"PullImage {NAME} (500 ms)",
        "    asked nowhere.example: no such host",
        "    asked quay.io: 200 an image",
        "Version (1 ms)",
    ]


def test_a_story_names_pods_and_commands() -> None:
    metadata = api.PodSandboxMetadata(name="pod")
    calls = (
        Call(rpc="RunPodSandbox", request=api.RunPodSandboxRequest(config=api.PodSandboxConfig(metadata=metadata))),
        Call(rpc="ExecSync", request=api.ExecSyncRequest(cmd=["cat", "/m/hello"])),
    )
    assert story(record(Evidence(calls, (), tuple))) == "RunPodSandbox pod (0 ms)\nExecSync cat /m/hello (0 ms)"
    assert story(record(Evidence((), (), tuple))) == ""


def test_every_exchange_is_a_line_with_who_asked() -> None:
    listed = exchanges(RECORD.exchanges).splitlines()
    assert len(listed) == len(RECORD.exchanges)
    url = f"https://registry-1.docker.io/v2/{NAME}/manifests/latest"
    assert listed[1] == f"docker.io: GET {url} -> 401 authentication required"
    assert listed[2] == f"docker.io: GET {url} as anonymous -> 200 an index for linux/arm64"
    assert listed[3] == f"quay.io: GET https://quay.io/v2/{NAME}/manifests/latest as robot -> 401 not authorized"
    assert listed[4] == "nowhere.example: no such name"


def test_the_log_is_shown_without_what_is_printed_of_every_call() -> None:
    assert log(RECORD.log) == "info: Pulling image: rhuss/app\n?: goroutine 1 [running]:"


def test_a_failed_case_shows_story_exchanges_and_log() -> None:
    shown = dict(sections(RECORD))
    assert shown == {
        "the story": story(RECORD),
        "exchanges": exchanges(RECORD.exchanges),
        "CRI-O's log": log(RECORD.log),
    }


VERDICTS = [
    Verdict("login", "passed"),
    Verdict("login", "failed"),
    Verdict("search order", "passed"),
    Verdict("search order", "passed"),
    Verdict("search order", "deviates", "cri-o/cri-o#8780: only the last"),
    Verdict("image volumes", "skipped", "no root"),
    Verdict("image volumes", "skipped", "too old"),
    Verdict("image volumes", "skipped", "no root"),
]


def test_the_table_counts_verdicts_by_family() -> None:
    assert [line.split() for line in totals_table(VERDICTS)] == [
        ["family", "passed", "deviates", "failed", "skipped"],
        ["image", "volumes", "0", "0", "0", "3"],
        ["login", "1", "0", "1", "0"],
        ["search", "order", "2", "1", "0", "0"],
        ["all", "3", "1", "1", "3"],
    ]
    assert len({len(line) for line in totals_table(VERDICTS)}) == 1, "the columns stand under one another"
    assert [line.split()[0] for line in totals_table([])] == ["family", "all"]


def test_reasons_are_counted_the_most_frequent_first() -> None:
    assert list(count_reasons(VERDICTS, "skipped")) == ["   2 cases: no root", "   1 case: too old"]
    assert list(count_reasons(VERDICTS, "deviates")) == ["   1 case: cri-o/cri-o#8780: only the last"]
    assert list(count_reasons([], "skipped")) == []
