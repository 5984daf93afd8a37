"""JUnit's XML says what was tested."""

import xml.etree.ElementTree as ET
from importlib.metadata import version

import pytest

from tests.plugin.pytest_runs import Run


def properties(pytester: pytest.Pytester) -> dict[str, str]:
    """Those of the test suite, by name."""
    suite = ET.parse(pytester.path / "junit.xml").getroot().find("testsuite")  # noqa: S314 (our own)
    assert suite is not None
    return {each.attrib["name"]: each.attrib["value"] for each in suite.findall("properties/property")}


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
@pytest.mark.parametrize("asked", [[], ["--runtime", "simulator:1.34"]])
def test_the_xml_says_what_was_tested(run: Run, pytester: pytest.Pytester, asked: list[str], more: list[str]) -> None:
    pytester.makepyfile(test_it="def test_it(runtime): assert runtime.images() == []")
    assert run("--junitxml", "junit.xml", *asked, *more).ret == 0
    found = properties(pytester)
    release = "1.34.11" if asked else "1.36.3"
    assert (found["target"], found["release"]) == (f"the simulator of CRI-O {release[:4]}", release)
    assert found["run"].startswith(
        "rehearsal: the simulator was asked for" if asked else "rehearsal: no CRI-O was found"
    )
    assert found["crio-conformance"] == version("crio-conformance")
    assert found["kernel"].startswith("Linux ")


def test_the_xml_of_others_says_nothing(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_it(): pass")
    assert run("--junitxml", "junit.xml").ret == 0
    assert properties(pytester) == {}


def test_an_oci_runtime_that_there_is_not_is_a_usage_error(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_it(runtime): pass")
    result = run("--runtime", "simulator", "--oci-runtime", "crun")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --oci-runtime is for CRI-O, not the simulator of CRI-O 1.36: write *"])
