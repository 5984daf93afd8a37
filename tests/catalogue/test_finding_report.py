"""A finding as a report, and on the page: where it was seen, what should be, how to see it oneself."""

from pathlib import Path

import msgspec
import pytest

from conformance.catalogue.committed import load_catalogue
from conformance.catalogue.finding_report import finding_report
from conformance.catalogue.findings_page import findings_page
from conformance.catalogue.known_findings import KnownFinding
from conformance.deviations import Deviation
from conformance.scenario.scenario_reader import ScenarioError
from tests.catalogue.some_results import BEHAVIOURS, DEVIATION, FINDING, KNOWN, SHOWN, deviates, passed, results

OLD, NEW = results("1.33.13", passed(SHOWN)), results("1.36.3", deviates(SHOWN))
SCENARIOS = Path(__file__).parents[2] / "docs" / "scenarios"
FIELDS = [
    "What happened?",
    "What did you expect to happen?",
    "How can we reproduce it (as minimally and precisely as possible)?",
    "Anything else we need to know?",
    "CRI-O and Kubernetes version",
    "OS version",
    "Additional environment details (AWS, VirtualBox, physical, etc.)",
]
COMMAND = "pytest --runtime 1.36.3 --pyargs conformance.suite.pulls.test_login::TestLogin::test_it_is_shown_to_no_other"


def test_the_report_has_the_fields_of_the_form_in_their_order() -> None:
    text = finding_report(KNOWN, BEHAVIOURS, [OLD, NEW], SCENARIOS)
    assert [line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")] == FIELDS
    assert text.startswith("<!-- For cri-o/cri-o, under the title: A login is shown to all registries -->\n")
    assert "| CRI-O 1.33.13, runc 1.1.5 | it is not so |\n| CRI-O 1.36.3, runc 1.1.5 | it is so |" in text
    assert 'CRI-O 1.36.3:\n\n- `pull.shown` is `["docker.io", "quay.io"]`, in `TestLogin::' in text
    assert "\n- A login is shown to no other registry.\n" in text
    assert f"\n{COMMAND}\n" in text
    assert "```\nCRI-O 1.36.3, runc 1.1.5, conmon 2.1.6\nno Kubernetes: " in text


def test_one_with_a_scenario_has_it_whole() -> None:
    known = KnownFinding(msgspec.structs.replace(FINDING, scenario="login-for-everybody"), (DEVIATION,))
    text = finding_report(known, BEHAVIOURS, [OLD, NEW], SCENARIOS)
    assert "crictl pull --creds robot:PASSWORD team/app" in text
    assert "`crio-conformance scenario run login-for-everybody.scenario.toml --runtime 1.33.13 " in text
    assert '```toml\ntitle = "A login in the request' in text
    with pytest.raises(ScenarioError):
        finding_report(known, BEHAVIOURS, [OLD, NEW], SCENARIOS / "nowhere")


def test_one_that_no_results_show_says_what_its_deviation_does() -> None:
    known = KnownFinding(FINDING, (Deviation(**vars(DEVIATION) | {"oci_runtime": "crun"}),))
    text = finding_report(known, BEHAVIOURS, [OLD, NEW], SCENARIOS)
    assert 'CRI-O >=1.35 with crun:\n\n- `pull.shown` is `["docker.io", "quay.io"]`\n' in text
    assert "pytest --runtime 1.36.3 --oci-runtime crun --pyargs" in text
    assert "of where this was seen no results are kept" in text


def test_every_finding_of_the_suite_can_be_filed() -> None:
    catalogue = load_catalogue()
    for each in catalogue.findings:
        text = finding_report(each, catalogue.behaviours, catalogue.results, SCENARIOS)
        assert (each.finding.id, text.count("\n### ")) == (each.finding.id, len(FIELDS))
        assert each.finding.title in text


def test_the_page_tells_of_each_by_its_weight() -> None:
    known = KnownFinding(msgspec.structs.replace(FINDING, id=9, scenario="login-for-everybody"), (DEVIATION,))
    filed = KnownFinding(msgspec.structs.replace(FINDING, id=1, filed="cri-o/cri-o#1"), (DEVIATION,))
    page = findings_page([filed, KNOWN, known], BEHAVIOURS, [OLD, NEW])
    assert "has not been told: 2 faults" in page
    assert "| 3 | security | 1.36 | [A login is shown to all registries](#finding-3) |" in page
    assert '### <a id="finding-3"></a>3. A login is shown to all registries\n\nOthers read it. So they have it.' in page
    assert "Seen on 1.36, not on 1.33.\n" in page
    assert f"Shown by `{COMMAND}`." in page
    assert "Shown by [login-for-everybody.scenario.toml](scenarios/login-for-everybody.scenario.toml): " in page
    assert page.endswith("## Reported\n\n- 1: [cri-o/cri-o#1](https://github.com/cri-o/cri-o/issues/1)\n")
