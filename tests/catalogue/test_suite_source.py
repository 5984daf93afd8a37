"""Behaviours read from the suite's files are those that pytest collects."""

import pytest

from conformance.catalogue.suite_source import behaviours_in, read_behaviours
from conformance.plugin.verdicts import told

SOURCE = '''
import pytest

pytestmark = pytest.mark.podman

@pytest.mark.upstream("cri-o/cri-o#1")
class TestIt:
    """A class."""

    @pytest.fixture
    def test_data(self): ...

    @pytest.mark.upstream("cri-o/cri-o#2", "cri-o/cri-o#3")
    @pytest.mark.parametrize("a", [1, pytest.param(2, marks=pytest.mark.upstream("cri-o/cri-o#4"))])
    def test_one(self, a):
        """It is one.

        And more.
        """

def test_two(): ...

def helper(): ...
'''


def test_a_behaviour_has_its_name_sentence_and_issues() -> None:
    one, two = (each for each in behaviours_in(SOURCE, "pulls/test_image_gc.py") if "data" not in each.name)
    assert (one.name, one.short_name) == (
        "pulls/test_image_gc.py::TestIt::test_one",
        "test_image_gc.py::TestIt::test_one",
    )
    assert (one.family, one.sentence) == ("image gc", "It is one.")
    assert set(one.upstream) == {f"cri-o/cri-o#{number}" for number in (1, 2, 3, 4)}
    assert (two.name, two.sentence, two.upstream) == ("pulls/test_image_gc.py::test_two", "", ())


class _Collected:
    """A pytest plugin that keeps what is collected."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def test_the_suite_s_are_those_that_pytest_collects(pytester: pytest.Pytester) -> None:
    """Of one folder, since to collect all of them takes seconds."""
    collected = _Collected()
    folder = "policy"
    pytester.inline_run(
        "--collect-only", "--pyargs", f"conformance.suite.{folder}", "-p", "no:cacheprovider", plugins=[collected]
    )
    found: dict[str, tuple[str, str, set[str]]] = {}
    for case in map(told, collected.items):
        name = case.case.removeprefix("conformance/suite/").partition("[")[0]
        _, _, issues = found.setdefault(name, (case.family, case.behaviour, set()))
        issues.update(case.upstream)
    read = [each for each in read_behaviours() if each.name.startswith(f"{folder}/")]
    assert {each.name: (each.family, each.sentence, set(each.upstream)) for each in read} == found
