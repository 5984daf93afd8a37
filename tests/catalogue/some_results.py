"""Results and findings as tests need them: small, and none of CRI-O's."""

from typing import Any

from conformance.catalogue.known_findings import CrioFinding, KnownFinding, Severity
from conformance.catalogue.release_results import SCHEMA, CaseResult, ReleaseResults
from conformance.catalogue.suite_source import StatedBehaviour
from conformance.deviations import Deviation

FILE = "pulls/test_login.py"
SHOWN = f"{FILE}::TestLogin::test_it_is_shown_to_no_other"
REFUSED = f"{FILE}::test_it_is_refused"
BEHAVIOURS = [
    StatedBehaviour(SHOWN, "login", "A login is shown to no other registry.", ()),
    StatedBehaviour(REFUSED, "login", "A wrong login is refused.", ("cri-o/cri-o#6370",)),
]
DEVIATION = Deviation(
    cases=(SHOWN.partition("/")[2],),
    releases=">=1.35",
    upstream="unreported",
    why="it is shown to all",
    seen={"pull.shown": ["docker.io", "quay.io"]},
    finding=3,
)
FINDING = CrioFinding(
    id=3,
    severity=Severity.SECURITY,
    title="A login is shown to all registries",
    matters="Others read it.\nSo they have it.",
    source="server/image_pull.go",
)
KNOWN = KnownFinding(FINDING, (DEVIATION,))


def deviates(case: str, deviation: Deviation = DEVIATION) -> CaseResult:
    reason = f"{deviation.upstream}: {deviation.why}"
    return CaseResult(case=case, verdict="deviates", reason=reason, seen=dict(deviation.seen))


def passed(case: str) -> CaseResult:
    return CaseResult(case=case, verdict="passed")


def skipped(case: str, reason: str = "needs the capability cluster: none was asked for") -> CaseResult:
    return CaseResult(case=case, verdict="skipped", reason=reason)


def results(release: str, *cases: CaseResult, **more: Any) -> ReleaseResults:
    told = {
        "target": f"CRI-O {release}",
        "date": "2026-12-01",
        "version": "0.1.0",
        "command": f"pytest --runtime {release} --pyargs conformance.suite",
        "kernel": "Linux 6.1",
        "oci_runtime": "runc 1.1.5",
        "conmon": "2.1.6",
        "cgroup": "v2",
        "storage_driver": "overlay",
    }
    return ReleaseResults(schema=SCHEMA, release=release, count=len(cases), cases=cases, **(told | more))
