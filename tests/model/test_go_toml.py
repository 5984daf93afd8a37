"""TOML that BurntSushi/toml reads and tomllib does not, and the other way round."""

import tomllib
from datetime import UTC, datetime, time
from typing import Any

import pytest

from conformance.model.go_toml import load_toml

TIMES = time(7, 32), time(7, 32, 15)
TWICE = 'search = ["a"]\nsearch = ["b"]\n'


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (TWICE, {"search": ["b"]}),
        ('search = ["a"]\nsearch = ["b"]\nsearch = []\nmode = "x"\n', {"search": [], "mode": "x"}),
        ('search = ["a"]\r\n"search" = [\r\n  "b", # not "a"\r\n  "c",\r\n]', {"search": ["b", "c"]}),
        ('a = ["a"]\nb = ["b"]\na = ["c"]\nb = ["d"]', {"a": ["c"], "b": ["d"]}),
        (
            '[registries.search]\nregistries = ["a"]\nregistries = ["b"]',
            {"registries": {"search": {"registries": ["b"]}}},
        ),
        (
            '[[registry]]\nmirror = []\nmirror = [{location = "a"}]\n[[registry]]\nmirror = []',
            {"registry": [{"mirror": [{"location": "a"}]}, {"mirror": []}]},
        ),
        ('search = ["a"]\nsearch = "b"', {"search": "b"}),
    ],
)
def test_of_lists_that_are_there_twice_the_last_counts_up_to_1_5(text: str, read: dict[str, Any]) -> None:
    assert load_toml(text, reads_toml_1_1=False) == read
    with pytest.raises(tomllib.TOMLDecodeError, match=r"^Cannot overwrite a value \(at "):
        load_toml(text, reads_toml_1_1=True)


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('mode = "a"\nmode = "b"\n', 2),
        ('mode = "a"\n\nmode = ["b"]\n', 3),
        ('search = ["a"]\nsearch = ["b"]\nmode = "a"\nmode = "b"\n', None),
        ("[aliases]\n[aliases]\n", None),
        ('registry = [{location = "a", location = "b"}]', None),
        ('registry = [{mirror = [{location = "a"}], mirror = [{location = "b"}]}]', None),
        ('registry = [{mirror = [], mirror = "a"}]', None),
        ('aliases = {app = "docker.io/a/app", app = "quay.io/b/app"}', None),
    ],
)
def test_nothing_else_may_be_there_twice(text: str, line: int | None, newer: bool) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        load_toml(text, reads_toml_1_1=newer)
    assert line is None or f"Cannot overwrite a value (at line {line}, " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            'registry = [{\n  location = "a", # "{"\n  prefix = "b",\n}]',
            {"registry": [{"location": "a", "prefix": "b"}]},
        ),
        ("a = {\n}\nb = [\n1,\n]", {"a": {}, "b": [1]}),
        ("a = {b = {c = [\n{d = 1,},\n],\n},}", {"a": {"b": {"c": [{"d": 1}]}}}),
        (r'a = "\x41\e\\x41"', {"a": "A\x1b\\x41"}),
        ("a = '\\x41'\nb = '''{\n\\e,\n}'''\nc = {d = 1,}", {"a": "\\x41", "b": "{\n\\e,\n}", "c": {"d": 1}}),
        ('a = """\n"{\n\\e\n"""', {"a": '"{\n\x1b\n'}),
        ("a = 07:32 # 08:15\nb = '09:45'", {"a": time(7, 32), "b": "09:45"}),
        ("a = 1979-05-27T07:32\nb = [07:32, 07:32:15]", {"a": datetime(1979, 5, 27, 7, 32), "b": [*TIMES]}),
        ("a = {b = 1979-05-27 07:32Z}", {"a": {"b": datetime(1979, 5, 27, 7, 32, tzinfo=UTC)}}),
        ("a = 1979-05-27 07:32-08:00", {"a": datetime(1979, 5, 27, 15, 32, tzinfo=UTC)}),
    ],
)
def test_toml_1_1_is_read_from_1_6_on(text: str, read: dict[str, Any]) -> None:
    assert load_toml(text, reads_toml_1_1=True) == read
    with pytest.raises(tomllib.TOMLDecodeError):
        load_toml(text, reads_toml_1_1=False)


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize(
    "text",
    ["a = {,}", "a = {b = 1,,}", "a = {b = 1\n", 'a = "\\q"', "a = \n", 'a = "\\x4"', "a = }", "a = 25:61", "a = 7:32"],
)
def test_what_is_no_toml_at_all_is_refused_where_it_is_written(text: str, newer: bool) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        load_toml(text, reads_toml_1_1=newer)
    with pytest.raises(tomllib.TOMLDecodeError) as expected:
        tomllib.loads(text)
    assert str(caught.value) == str(expected.value)
