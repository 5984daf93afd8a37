import ast
import enum
import re
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from conformance.deviations import Deviation, as_toml_value, covering, evaluate, load_deviations, parse_deviations
from conformance.model.reason import Reason
from conformance.model.release import Release
from conformance.registry_hosts import RegistryHost
from conformance.registry_hosts.personality import WELL_KNOWN

CASE = "test_errors.py::TestStory::test_it_explains"
ENTRY = {
    "cases": f'["{CASE}"]',
    "releases": '">=1.31,<1.34"',
    "upstream": '"cri-o/cri-o#8780"',
    "why": '"only the last one is told"',
    "seen": '{ "pull.reasons" = { "quay.io" = "unauthorized" } }',
}


def entry(**changed: str | None) -> str:
    fields = {**ENTRY, **changed}
    return "[[deviation]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items() if value is not None)


def deviation(*cases: str, releases: str = ">=1.31", seen: dict[str, Any] | None = None) -> Deviation:
    return Deviation(cases=cases, releases=releases, upstream="unreported", why="so", seen=seen or {"a": 1})


def test_a_whole_entry_is_read() -> None:
    (read,) = parse_deviations(entry())
    assert read == Deviation(
        cases=(CASE,),
        releases=">=1.31,<1.34",
        upstream="cri-o/cri-o#8780",
        why="only the last one is told",
        seen={"pull.reasons": {"quay.io": "unauthorized"}},
    )
    assert len(parse_deviations(entry() + entry())) == 2
    assert parse_deviations("") == []


@pytest.mark.parametrize("missing", ENTRY)
def test_an_entry_that_lacks_something_is_refused_and_named(missing: str) -> None:
    with pytest.raises(ValueError, match=f"^deviation 2: .*{missing}"):
        parse_deviations(entry() + entry(**{missing: None}))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"seen": "{}"}, "what is seen instead"),
        ({"cases": "[]"}, "cases is a list"),
        ({"cases": f'"{CASE}"'}, "cases is a list"),
        ({"releases": '"from 1.31 on"'}, "'from 1.31 on' is no range"),
        ({"until": '"1.40"'}, "nothing else"),
    ],
)
def test_an_entry_that_is_wrong_is_refused_with_the_reason(wrong: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^deviation 1.*{complaint}"):
        parse_deviations(entry(**wrong))


@pytest.mark.parametrize(
    ("named", "case", "covered"),
    [
        (CASE, CASE, True),
        (CASE, f"{CASE}[one]", True),
        (CASE, f"{CASE}[a-[b]]", True),
        (f"{CASE}[one]", f"{CASE}[one]", True),
        (f"{CASE}[one]", f"{CASE}[two]", False),
        (f"{CASE}[one]", CASE, False),
        (CASE, f"{CASE}_too", False),
        (CASE, CASE.partition("::")[2], False),
    ],
)
def test_a_case_is_covered_by_its_name_with_or_without_parameters(named: str, case: str, covered: bool) -> None:
    assert deviation(named).covers(case, Release("1.36.3")) is covered


@pytest.mark.parametrize(
    ("release", "covered"),
    [("1.30.9", False), ("1.31.0", True), ("1.33.13", True), ("1.34.0-rc.1", False), ("1.34.0", False)],
)
def test_a_release_is_covered_within_the_range(release: str, covered: bool) -> None:
    assert deviation(CASE, releases=">=1.31,<1.34").covers(CASE, Release(release)) is covered


def test_one_of_an_oci_runtime_is_about_no_other() -> None:
    of_crun = replace(deviation(CASE), oci_runtime="crun")
    found = [of_crun.covers(CASE, Release("1.36.3"), "CRI-O", each) for each in ("crun", "runc", "")]
    assert found == [True, False, False]
    assert deviation(CASE).covers(CASE, Release("1.36.3"), "CRI-O", "crun")


def test_the_more_particular_name_wins() -> None:
    general, particular = deviation(CASE), deviation(f"{CASE}[one]")
    for known in ([general, particular], [particular, general]):
        assert covering(known, f"{CASE}[one]", Release("1.36.3")) is particular
        assert covering(known, f"{CASE}[two]", Release("1.36.3")) is general
    assert covering([general], "test_other.py::test_it", Release("1.36.3")) is None
    assert covering([deviation(CASE, releases="<1.34")], CASE, Release("1.36.3")) is None


@dataclass
class Error:
    reasons: dict[str, Reason]
    hosts: tuple[str, ...] = ()


@dataclass
class Pull:
    error: Error | None
    asked: list[str]


DOCKER_IO = RegistryHost(WELL_KNOWN["docker.io"])
FIXTURES = {"pull": Pull(Error({DOCKER_IO: Reason.NOT_FOUND}, ("docker.io",)), [DOCKER_IO]), "leaks": []}


def test_an_expression_is_followed_over_the_fixtures() -> None:
    assert evaluate("pull.error.reasons", FIXTURES) == {"docker.io": "not found"}
    assert evaluate("pull.error.hosts", FIXTURES) == ["docker.io"]
    assert evaluate("pull.asked", FIXTURES) == ["docker.io"]
    assert evaluate("leaks", FIXTURES) == []


def test_differences_tell_what_was_seen_and_what_was_not() -> None:
    seen = {"pull.asked": ["docker.io"], "pull.error.reasons": {"quay.io": "unauthorized"}}
    (difference,) = deviation(CASE, seen=seen).differences(FIXTURES)
    assert difference == (
        "pull.error.reasons is {'docker.io': 'not found'}, and {'quay.io': 'unauthorized'} in the deviation"
    )
    assert deviation(CASE, seen={"pull.asked": ["docker.io"]}).differences(FIXTURES) == []


@pytest.mark.parametrize("expression", ["pull.error.reasons", "pull.none", "walk.reasons"])
def test_what_has_no_value_is_a_difference(expression: str) -> None:
    (difference,) = deviation(CASE, seen={expression: "x"}).differences({"pull": Pull(None, [])})
    assert difference.startswith(f"{expression} has no value here")
    assert difference.endswith("'x' in the deviation")


class Colour(enum.Enum):
    RED = "red"
    BOTH = (1, "two")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("a", "a"),
        (DOCKER_IO, "docker.io"),
        (Reason.DENIED, "denied"),
        (Colour.BOTH, [1, "two"]),
        (True, True),
        (1.5, 1.5),
        ((1, None), [1, ""]),
        ({DOCKER_IO: (Colour.RED,), 1: {}}, {"docker.io": ["red"], "1": {}}),
        (Release("1.36.3"), "1.36.3"),
    ],
)
def test_values_are_compared_in_toml_s_terms(value: Any, expected: Any) -> None:
    found = as_toml_value(value)
    assert (found, type(found)) == (expected, type(expected))


def cases_of_the_suite() -> set[str]:
    """Name every test function in the suite as ``deviations.toml`` does, without parameters."""
    found = set()
    for file in Path(str(files("conformance.suite"))).rglob("test_*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                found.add(f"{file.name}::{node.name}")
            elif isinstance(node, ast.ClassDef):
                functions = (each.name for each in node.body if isinstance(each, ast.FunctionDef))
                found |= {f"{file.name}::{node.name}::{name}" for name in functions if name.startswith("test_")}
    return found


def test_the_shipped_deviations_are_complete_and_name_cases_that_exist() -> None:
    shipped = load_deviations()
    assert shipped
    assert {case.partition("[")[0] for each in shipped for case in each.cases} <= cases_of_the_suite()


@pytest.mark.parametrize("shipped", load_deviations(), ids=lambda each: f"{each.upstream}-{each.releases}")
def test_a_shipped_deviation_says_where_and_why(shipped: Deviation) -> None:
    assert re.fullmatch(r"[\w.-]+/[\w.-]+#\d+|unreported", shipped.upstream)
    assert shipped.why
    assert not shipped.why.endswith(".")


@pytest.mark.parametrize("release", ["1.31.13", "1.32.13", "1.33.13", "1.34.11", "1.35.6", "1.36.3", "1.37.0"])
def test_no_case_has_two_deviations_on_one_release(release: str) -> None:
    named = [case for each in load_deviations() if Release(release).within(each.releases) for case in each.cases]
    assert len(named) == len(set(named))
