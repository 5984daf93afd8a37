"""From a run's evidence to results: what is refused, and what of the machine is left out."""

from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue.release_results import CaseResult, ResultsError
from conformance.catalogue.run_results import command_of, results_of, without_paths
from conformance.evidence.case_records import SCHEMA, CaseRecord, RunRecord
from conformance.evidence.evidence_folder import RunEvidence
from tests.catalogue.some_results import BEHAVIOURS, DEVIATION, REFUSED, SHOWN, deviates, passed

RECORD = CaseRecord(case=f"conformance/suite/{REFUSED}", family="login", verdict="passed")
DEVIATING = CaseRecord(
    case=f"conformance/suite/{SHOWN}", family="login", verdict="deviates", reason="unreported: it is shown to all"
)
PROPERTIES = {
    "target": "CRI-O 1.36.3",
    "release": "1.36.3",
    "run": "live",
    "kernel": "Linux 6.1",
    "crio-conformance": "0.1.0",
    "oci-runtime": "runc 1.1.5",
}
ARGUMENTS = ("/home/me/venv/bin/pytest", "-q", "-n", "2", "--runtime", "1.36.3", "--pyargs", "conformance.suite")


def evidence(*records: CaseRecord, **run: Any) -> RunEvidence:
    told: dict[str, Any] = {"properties": PROPERTIES, "arguments": ARGUMENTS, "began": 1796086664.0, "exit_code": 0}
    whole = RunRecord(schema=SCHEMA, **(told | {"cases": len(records)} | run))
    return RunEvidence(Path("/runs/one"), whole, records)


def test_a_whole_run_gives_the_results_of_its_release() -> None:
    found = results_of(evidence(DEVIATING, RECORD), BEHAVIOURS, [DEVIATION])
    assert (found.release, found.date, found.version, found.count) == ("1.36.3", "2026-12-01", "0.1.0", 2)
    assert (found.kernel, found.oci_runtime, found.conmon) == ("Linux 6.1", "runc 1.1.5", "")
    assert found.command == "pytest -n 2 --runtime 1.36.3 --pyargs conformance.suite"
    assert found.cases == (deviates(SHOWN), passed(REFUSED))


@pytest.mark.parametrize(
    ("run", "complaint"),
    [
        ({"properties": PROPERTIES | {"run": "rehearsal: no CRI-O"}}, "is of a rehearsal"),
        ({"properties": {}}, "is of a rehearsal"),
        ({"properties": PROPERTIES | {"target": "Podman 4.3.1"}}, "is of a run about Podman 4.3.1"),
        ({"exit_code": None}, r"did not come to its end \(1 of 1 cases\)"),
        ({"exit_code": 2}, "did not come to its end"),
        ({"cases": 2}, r"did not come to its end \(1 of 2 cases\)"),
        ({"arguments": (*ARGUMENTS, "-k", "8780")}, r"is of a run of some cases \(-k\)"),
        ({"arguments": (*ARGUMENTS, "-m", "podman")}, r"is of a run of some cases \(-m\)"),
        ({"arguments": (*ARGUMENTS, "--deselect=x")}, "some cases"),
        ({"arguments": ("pytest", "--pyargs", "conformance.suite.pulls")}, "some cases"),
        ({"arguments": ("pytest", "conformance/suite/pulls/test_login.py")}, "some cases"),
        ({"arguments": (*ARGUMENTS, "--maxfail=1")}, r"has nothing of 1 behaviours \(pulls/test_login.py::"),
        ({"properties": PROPERTIES | {"release": "../../x"}}, "is of a run about no release: "),
    ],
)
def test_what_is_no_whole_live_run_of_the_suite_is_refused(run: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ResultsError, match=f"^/runs/one .*{complaint}"):
        results_of(evidence(RECORD, **run), BEHAVIOURS, [])


def test_other_people_s_cases_are_no_results_of_the_suite() -> None:
    other = CaseRecord(case="test_8780.py::test_it", family="8780", verdict="passed")
    with pytest.raises(ResultsError, match=r"not the suite's \(test_8780.py::test_it\)"):
        results_of(evidence(RECORD, other), BEHAVIOURS, [])


def test_a_deviation_that_is_known_otherwise_by_now_is_refused() -> None:
    with pytest.raises(ResultsError, match=r"deviates on 1.36.3 by 'unreported: it is shown to all', of which"):
        results_of(evidence(DEVIATING), BEHAVIOURS, [])


def test_a_word_of_a_name_that_was_a_password_too_is_put_back() -> None:
    record = CaseRecord(
        case="conformance/suite/pulls/test_login.py::test_it_is_[redacted][a]", family="", verdict="passed"
    )
    parameter = CaseRecord(case=f"conformance/suite/{SHOWN}[[redacted]]", family="", verdict="passed")
    found = results_of(evidence(record, parameter), BEHAVIOURS, [])
    assert [each.case for each in found.cases] == [f"{SHOWN}[[redacted]]", f"{REFUSED}[a]"]


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("/usr/lib/python3/pytest/__main__.py", "--pyargs", "conformance.suite"), "pytest --pyargs conformance.suite"),
        (("/venv/bin/crio-conformance", "run", "--runtime", "1.36.3"), "crio-conformance run --runtime 1.36.3"),
        (("-W", "ignore:x", "--pyargs", "conformance.suite", "-q"), "pytest --pyargs conformance.suite"),
        ((), "pytest"),
        (("pytest", "--evidence=/tmp/x", "-p", "no:cacheprovider", "-n", "2"), "pytest -n 2"),
        (("pytest", "--runtime", "/home/me/crio/bin/crio"), "pytest --runtime crio"),
        (("pytest", "--runtime=/home/me/crio/bin/crio", "-q"), "pytest --runtime=<path>"),
    ],
)
def test_a_command_has_no_place_of_this_machine(arguments: tuple[str, ...], command: str) -> None:
    assert command_of(arguments) == command


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("needs /root/.cache/x/runc, 1.2", "needs <path>, 1.2"),
        ("(/home/me)", "(<path>)"),
        ("docker.io/root/app and /var/lib/x", "docker.io/root/app and /var/lib/x"),
    ],
)
def test_a_reason_has_none_either(text: str, told: str) -> None:
    assert without_paths(text) == told
    skipped = CaseRecord(case=f"conformance/suite/{REFUSED}", family="login", verdict="skipped", reason=text)
    (result,) = results_of(evidence(skipped), BEHAVIOURS[1:], []).cases
    assert result == CaseResult(case=REFUSED, verdict="skipped", reason=told)
