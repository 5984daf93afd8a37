"""Evidence made up for the page: a run with a case of each verdict, told as the records tell it."""

from pathlib import Path

import msgspec

from conformance.evidence.case_records import (
    SCHEMA,
    AttemptRecord,
    CallRecord,
    CaseRecord,
    ErrorRecord,
    ExchangeRecord,
    LineRecord,
    MessageRecord,
    PredictionRecord,
    RunRecord,
)
from conformance.evidence.evidence_folder import CASES, RUN, RunEvidence

NAME = "rhuss/caikit-flan-t5-small"
DIGEST = "sha256:" + "ab12" * 16
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'</script>"
"""What a registry may answer, so that it appears in notes, errors and lines of the log."""

ERROR = (
    f"initializing source docker://quay.io/{NAME}:latest: reading manifest latest in quay.io/{NAME}: unauthorized: no;"
    f" artifact err: reading manifest latest in quay.io/{NAME}: unauthorized: no"
)


def exchange(host: str, at: float, status: int = 200, kind: str = "manifest", **more: object) -> ExchangeRecord:
    values = {"method": "GET", "url": f"https://{host}/v2/", "repository": NAME, "reference": "latest"} | more
    return msgspec.convert({"host": host, "at": at, "status": status, "kind": kind, **values}, ExchangeRecord)


def pull(at: float = 0.1, error: str = "", asked: tuple[AttemptRecord, ...] = ()) -> CallRecord:
    return CallRecord(
        name="PullImage",
        subject=NAME,
        at=at,
        duration=0.05,
        request={"image": {"image": NAME}, "auth": {"username": "robot", "password": "…"}},
        response={} if error else {"image_ref": "ab12" * 16},
        error=ErrorRecord(code="UNKNOWN", message=error) if error else None,
        asked=asked,
    )


STORY_OF_8780 = CaseRecord(
    case="conformance/suite/names/test_errors.py::test_every_registry[two]",
    family="error reporting",
    verdict="deviates",
    behaviour="When a pull fails, the error says for each registry asked why it did not serve.",
    reason="cri-o/cri-o#8780: only the last registry's error is reported",
    upstream=("cri-o/cri-o#8780",),
    began=1000.0,
    duration=0.5,
    configuration={
        "/etc/containers/registries.conf.d/crio.conf": 'unqualified-search-registries = ["docker.io", "quay.io"]\n'
    },
    calls=(
        pull(
            error=ERROR,
            asked=(
                AttemptRecord(host="docker.io", answer="200 an index for linux/arm64"),
                AttemptRecord(host="quay.io", answer="401 private", users=("robot",)),
            ),
        ),
    ),
    exchanges=(
        exchange("docker.io", 0.11, 401, "ping", reference="", note="authentication required"),
        exchange("docker.io", 0.12, 200, "token", url="https://auth.docker.io/token", reference=""),
        exchange("docker.io", 0.13, note="an index for linux/arm64", user=""),
        exchange("quay.io", 0.14, 401, note="private", user="robot", headers={"authorization": "Basic"}),
    ),
    log=(LineRecord(message="Pulling image: x", level="info", time="2026-11-30T23:50:34.979493526Z"),),
    predictions=(PredictionRecord(call=f"PullImage {NAME}", asked=("docker.io: it", "quay.io: it"), error=ERROR),),
)
HOSTILE_CASE = CaseRecord(
    case=f"conformance/suite/names/test_errors.py::test_hostile[{HOSTILE}]",
    family="names",
    verdict="failed",
    behaviour=f"Nothing of this is markup: {HOSTILE}",
    reason=HOSTILE,
    failure=HOSTILE,
    upstream=(HOSTILE,),
    began=1001.0,
    configuration={f"/etc/{HOSTILE}": HOSTILE},
    calls=(pull(error=f"docker://quay.io/{HOSTILE}: {HOSTILE}"),),
    exchanges=(exchange("quay.io", 0.12, 500, note=HOSTILE, user=HOSTILE, url=f"https://quay.io/{HOSTILE}"),),
    log=(LineRecord(message=HOSTILE, level="error"),),
    messages=(MessageRecord(at=0.2, text=HOSTILE),),
    predictions=(PredictionRecord(call=HOSTILE, asked=(HOSTILE,), error=HOSTILE),),
    differences=(HOSTILE,),
    goroutines=(HOSTILE,),
    unread=HOSTILE,
)
PASSED = CaseRecord(
    case="conformance/suite/names/test_names.py::TestNames::test_it_is_pulled",
    family="names",
    verdict="passed",
    behaviour="An image is pulled by its full name.",
    began=1002.0,
    calls=(pull(),),
    exchanges=(exchange("quay.io", 0.12, note="an image"),),
)
SKIPPED = CaseRecord(
    case="conformance/suite/kubelet/test_kubelet.py::test_a_cluster",
    family="kubelet",
    verdict="skipped",
    behaviour="A cluster tells the same.",
    reason="needs the capability cluster: none was asked for (--cluster world)",
    began=1003.0,
)


def run_of(*cases: CaseRecord, release: str = "1.36.3", exit_code: int | None = 1, count: int = 0) -> RunEvidence:
    properties = {"target": f"CRI-O {release}", "release": release, "run": "live", "conmon": "2.1.6"}
    run = RunRecord(
        schema=SCHEMA,
        properties=properties,
        arguments=("pytest", "--runtime", release),
        began=1796082518.0,
        duration=0.0 if exit_code is None else 93.0,
        cases=count or len(cases),
        exit_code=exit_code,
    )
    return RunEvidence(Path("somewhere"), run, cases)


WHOLE_RUN = run_of(STORY_OF_8780, HOSTILE_CASE, PASSED, SKIPPED)


def write_evidence(folder: Path, evidence: RunEvidence, name: str = CASES, rest: bytes = b"") -> Path:
    """Write a folder of evidence as a run leaves it; ``rest`` is the beginning of a line that was not written whole."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RUN).write_bytes(msgspec.json.encode(evidence.run))
    lines = b"".join(msgspec.json.encode(each) + b"\n" for each in evidence.cases)
    (folder / name).write_bytes(lines + rest)
    return folder
