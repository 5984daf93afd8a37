"""Findings: each has its number for good, shows what deviations say, and was seen where results say so."""

from pathlib import Path

import msgspec
import pytest

from conformance.catalogue.known_findings import (
    KnownFinding,
    Severity,
    SightingKind,
    by_weight,
    load_findings,
    numbers_by_reason,
    parse_findings,
)
from conformance.catalogue.release_results import CaseResult
from conformance.catalogue.suite_source import read_behaviours
from conformance.deviations import Deviation, load_deviations
from conformance.scenario.scenario_reader import read_scenario
from tests.catalogue.some_results import DEVIATION, FINDING, KNOWN, SHOWN, deviates, passed, results, skipped

ROOT = Path(__file__).parents[2]
ENTRY = """
[[finding]]
id = {id}
severity = "{severity}"
title = "It is shown to all"
matters = "Others read it."
"""


@pytest.fixture(scope="module")
def shipped() -> list[KnownFinding]:
    """Those of the suite."""
    return load_findings(load_deviations())


def test_a_finding_is_read() -> None:
    (found,) = parse_findings(ENTRY.format(id=3, severity="security"))
    assert (found.id, found.severity, found.project, found.filed) == (3, Severity.SECURITY, "cri-o/cri-o", "")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ENTRY.format(id=3, severity="bad"), "Invalid enum value 'bad'"),
        (ENTRY.format(id=3, severity="security") + 'colour = "red"', "unknown field `colour`"),
        (ENTRY.format(id=3, severity="security") * 2, "two findings have the id 3"),
        ("[[finding]]\nid = 3", "missing required field `severity`"),
        ("[[finding", "Expected"),
    ],
)
def test_what_is_wrong_with_one_is_said(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_findings(text)


def test_a_deviation_that_shows_none_that_there_is_is_refused() -> None:
    unknown = msgspec.structs.replace(FINDING, id=999)
    with pytest.raises(ValueError, match=r"findings\.toml has no finding 999, which test_login\.py::TestLogin"):
        load_findings([Deviation(**vars(DEVIATION) | {"finding": unknown.id})])


@pytest.mark.parametrize(
    ("release", "case", "kind"),
    [
        ("1.36.3", deviates(SHOWN), SightingKind.SEEN),
        ("1.36.3", deviates(f"{SHOWN}[any]"), SightingKind.SEEN),
        ("1.36.3", passed(SHOWN), SightingKind.NOT_SEEN),
        ("1.33.13", passed(SHOWN), SightingKind.NOT_SEEN),
        ("1.33.13", deviates(SHOWN), SightingKind.NOT_SEEN),  # by what another deviation says of that range
        ("1.36.3", skipped(SHOWN), SightingKind.NOT_ASKED),
        ("1.36.3", passed("pulls/test_x.py::test_other"), SightingKind.NOT_ASKED),
    ],
)
def test_it_is_seen_where_a_case_of_its_deviates(release: str, case: CaseResult, kind: SightingKind) -> None:
    (sighting,) = KNOWN.sightings([results(release, case)])
    assert sighting.kind is kind
    assert sighting.cases == ((case,) if kind is SightingKind.SEEN else ())


def test_one_of_an_oci_runtime_is_seen_with_that_alone() -> None:
    known = KnownFinding(FINDING, (Deviation(**vars(DEVIATION) | {"oci_runtime": "crun"}),))
    kinds = [
        known.sightings([results("1.36.3", deviates(SHOWN), oci_runtime=each)])[0].kind
        for each in ("crun 1.21", "runc 1.1.5")
    ]
    assert kinds == [SightingKind.SEEN, SightingKind.NOT_SEEN]


def test_what_newer_releases_do_not_have_comes_last_and_what_was_filed_not_at_all() -> None:
    older = Deviation(**vars(DEVIATION) | {"releases": "<1.35"})
    mended = KnownFinding(msgspec.structs.replace(FINDING, id=1), (older,))
    filed = KnownFinding(msgspec.structs.replace(FINDING, id=2, filed="cri-o/cri-o#1"), (DEVIATION,))
    found = [results("1.33.13", deviates(SHOWN, older)), results("1.36.3", passed(SHOWN))]
    assert mended.is_mended(found)
    assert not mended.is_mended([results("1.33.13", deviates(SHOWN, older)), results("1.36.3", skipped(SHOWN))])
    assert [each.finding.id for each in by_weight([mended, filed, KNOWN], found)] == [3, 1]


# Those of the suite


def test_every_deviation_that_upstream_was_not_told_of_shows_a_finding() -> None:
    """Those of CRI-O: Podman and containerd are there for contrast."""
    found = {each.cases[0]: (each.finding, each.upstream) for each in load_deviations() if each.runtime == "CRI-O"}
    assert {case for case, (finding, upstream) in found.items() if upstream == "unreported" and not finding} == set()


def test_each_is_shown_by_deviations_that_tell_of_it_as_it_is(shipped: list[KnownFinding]) -> None:
    for known in shipped:
        assert known.deviations, known.finding.id
        assert {each.runtime for each in known.deviations} == {"CRI-O"}
        assert {each.upstream for each in known.deviations} == {known.finding.filed or "unreported"}
        assert known.finding.matters.strip().endswith("."), known.finding.id
        assert not known.finding.title.endswith("."), known.finding.id


def test_the_gravest_come_first(shipped: list[KnownFinding]) -> None:
    order = list(Severity)
    assert [order.index(each.finding.severity) for each in shipped] == sorted(
        order.index(each.finding.severity) for each in shipped
    )


def test_a_reason_leads_to_one_finding(shipped: list[KnownFinding]) -> None:
    pairs = {(f"{of.upstream}: {of.why}", each.finding.id) for each in shipped for of in each.deviations}
    assert dict(pairs) == numbers_by_reason(shipped)
    assert len(pairs) == len(dict(pairs))


def test_a_scenario_that_is_named_is_there_and_tells_of_the_same(shipped: list[KnownFinding]) -> None:
    for known in shipped:
        if known.finding.scenario:
            scenario = read_scenario(ROOT / "docs" / "scenarios" / f"{known.finding.scenario}.scenario.toml")
            told = {departure.why for call in scenario.calls for departure in call.seen}
            assert told & {each.why for each in known.deviations}, known.finding.scenario


def test_the_cases_of_each_are_behaviours_of_the_suite(shipped: list[KnownFinding]) -> None:
    names = {each.short_name for each in read_behaviours()}
    cases = {case.partition("[")[0] for known in shipped for of in known.deviations for case in of.cases}
    assert cases - names == set()
