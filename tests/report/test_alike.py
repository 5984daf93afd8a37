"""What is the same in several cases, whatever their images, registries and digests are called."""

from types import SimpleNamespace

import pytest

from conformance.report.alike import failure_key, grouped, others_alike
from conformance.report.summary import count_differences
from conformance.report.wording import wording_key

ONE, TWO = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("docker.io: team/app:latest", "quay.io: library/other:1.2"),
        (f"sha256:{ONE} is not sha256:{TWO}", f"sha256:{TWO} is not sha256:{ONE}"),
        ("pulled from 127.0.0.3:41234", "pulled from 127.0.0.9:50001"),
        ("<Runtime object at 0x7f1d88824110>", "<Runtime object at 0x7f52e9b9a3d0>"),
        ("asked docker.io: 401; quay.io: 200", "asked quay.io: 401; ghcr.io: 200"),
    ],
)
def test_names_that_stand_for_the_case_do_not_count(text: str, other: str) -> None:
    names = ("team/app", "library/other")
    assert wording_key(text, names) == wording_key(other, names)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("asked docker.io: 401; quay.io: 200", "asked docker.io: 401; docker.io: 200"),
        (f"sha256:{ONE} is not sha256:{TWO}", f"sha256:{ONE} is not sha256:{ONE}"),
        ("assert 401 == 404", "assert 500 == 404"),
        ("the model: team/app asked, team/app given", "the model: team/app asked, library/other given"),
        ("unauthorized", "manifest unknown"),
    ],
)
def test_what_is_said_of_them_counts_and_which_are_the_same_one(text: str, other: str) -> None:
    names = ("team/app", "library/other")
    assert wording_key(text, names) != wording_key(other, names)


def crash(line: int, message: str) -> SimpleNamespace:
    return SimpleNamespace(reprcrash=SimpleNamespace(path="test_it.py", lineno=line, message=message))


def test_failures_are_equal_that_fail_in_one_statement_with_the_same_words_and_details() -> None:
    key = failure_key(crash(3, "assert 'team/app' == 'x'"), ["PullImage team/app, asked:"], ["team/app"])
    assert key == failure_key(crash(3, "assert 'other' == 'x'"), ["PullImage other, asked:"], ["other"])
    assert key != failure_key(crash(4, "assert 'team/app' == 'x'"), ["PullImage team/app, asked:"], ["team/app"])
    assert key != failure_key(crash(3, "assert 'team/app' == 'x'"), ["PullImage team/app, error:"], ["team/app"])
    assert "password" not in failure_key("the password is password", [], [])


def test_groups_are_in_the_order_of_their_first() -> None:
    assert grouped(["b1", "a1", "b2"], lambda each: each[0]) == [["b1", "b2"], ["a1"]]


def test_some_of_the_others_are_named_and_of_the_same_function_only_the_parameters() -> None:
    assert others_alike("test_a.py::test_x[1]", []) == ""
    assert others_alike("test_a.py::test_x[1]", ["test_a.py::test_x[2]"]) == "1 more case fails with the same: [2]"
    others = ["test_a.py::test_x[2]", "test_a.py::test_xy[2]", "test_b.py::test_z", "test_b.py::test_y"]
    told = "4 more cases fail with the same: [2], test_a.py::test_xy[2], test_b.py::test_z, …"
    assert others_alike("test_a.py::test_x[1]", others) == told


def difference(name: str, model: str, seen: str) -> str:
    return f"PullImage {name}, asked:\n    the model: {model}\n    CRI-O:     {seen}"


def test_equal_differences_from_the_model_are_told_once_with_both_sides() -> None:
    differing = {
        "test_a.py::test_1": [difference("app", "docker.io: app:latest", "quay.io: app:latest")],
        "test_a.py::test_2": [difference("other", "docker.io: other:1", "nothing")],
        "test_a.py::test_3": [difference("b/c", "ghcr.io: b/c:latest", "quay.io: b/c:latest")],
    }
    assert list(count_differences(differing)) == [
        "   2 cases: PullImage, asked, such as test_a.py::test_1, test_a.py::test_3",
        "          the model: docker.io: app:latest",
        "          CRI-O:     quay.io: app:latest",
        "   1 case: PullImage, asked, such as test_a.py::test_2",
        "          the model: docker.io: other:1",
        "          CRI-O:     nothing",
    ]
