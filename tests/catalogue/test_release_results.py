"""Results of a release as a file: a line for each case, and what is wrong with one that is none."""

import json
from pathlib import Path

import jsonschema
import pytest

from conformance.catalogue.release_results import (
    ResultsError,
    keep_results,
    read_all_results,
    read_results_file,
    results_text,
)
from conformance.catalogue.results_schema import results_schema
from tests.catalogue.some_results import REFUSED, SHOWN, deviates, passed, results

ROOT = Path(__file__).parents[2]
COMMITTED = sorted((ROOT / "results").glob("*.json"))
MOST_BYTES = 300_000


def test_a_case_is_a_line_in_the_order_of_names(tmp_path: Path) -> None:
    written = results("1.36.3", deviates(SHOWN), passed(REFUSED))
    seen = '"seen":{"pull.shown":["docker.io","quay.io"]}'
    lines = results_text(written).splitlines()
    assert lines[2] == '  "target": "CRI-O 1.36.3",'
    assert lines[-5:] == [
        '  "cases": [',
        f'    {{"case":"{SHOWN}","verdict":"deviates","reason":"unreported: it is shown to all",{seen}}},',
        f'    {{"case":"{REFUSED}","verdict":"passed"}}',
        "  ]",
        "}",
    ]
    (tmp_path / "1.36.3.json").write_text(results_text(written))
    assert read_results_file(tmp_path / "1.36.3.json") == written


def test_releases_are_read_in_their_order(tmp_path: Path) -> None:
    for release in ("1.36.3", "1.9.0", "1.31.13"):
        keep_results(results(release, passed(SHOWN)), tmp_path)
    assert [each.release for each in read_all_results(tmp_path)] == ["1.9.0", "1.31.13", "1.36.3"]


def test_a_release_takes_the_place_of_another_of_its_line(tmp_path: Path) -> None:
    keep_results(results("1.35.6", passed(SHOWN)), tmp_path)
    keep_results(results("1.36.3", passed(SHOWN)), tmp_path)
    assert keep_results(results("1.36.4", passed(SHOWN)), tmp_path) == [
        tmp_path / "1.36.4.json",
        tmp_path / "1.36.3.json",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.35.6.json", "1.36.4.json"]


TEXT = results_text(results("1.36.3", passed(SHOWN)))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "has no results of a release"),
        ("[]", "has no results of a release"),
        (b"\xff", "has no results of a release"),
        (TEXT.replace('"passed"', '"fine"'), "Invalid enum value 'fine'"),
        (TEXT.replace('"1.36.3"', '"new"'), "'new' is no CRI-O release"),
        (TEXT.replace("results-1", "results-9"), "of the form results-9, and this reads results-1"),
        (TEXT.replace('"count": 1', '"count": 2'), "says 2 cases and has 1"),
        (TEXT.replace('"kernel"', '"colour"'), "unknown field `colour`"),
    ],
)
def test_a_broken_file_is_told_in_a_sentence(tmp_path: Path, text: str | bytes, complaint: str) -> None:
    path = tmp_path / "1.36.3.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ResultsError, match=complaint) as told:
        read_all_results(tmp_path)
    assert str(path) in str(told.value)
    assert "crio-conformance catalogue add" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_folder_without_results_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="has no results of a release: add some"):
        read_all_results(tmp_path)
    with pytest.raises(ResultsError, match="cannot be read: No such file"):
        read_results_file(tmp_path / "none.json")


def test_the_schema_in_the_docs_is_that_of_the_types() -> None:
    written = json.loads((ROOT / "docs/schema/results-1.json").read_text())
    assert written == results_schema(), "python -m conformance.catalogue.results_schema > docs/schema/results-1.json"


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_what_is_committed_is_small_and_as_it_would_be_written(path: Path) -> None:
    text = path.read_text()
    found = read_results_file(path)
    jsonschema.validate(json.loads(text), results_schema())
    assert (path.stem, results_text(found) == text) == (found.release, True)
    assert len(text) < MOST_BYTES
    assert [each for each in ("/root", "/home", "/tmp", "redacted") if each in text] == []  # noqa: S108


def test_each_line_is_there_once() -> None:
    lines = [read_results_file(path).line for path in COMMITTED]
    assert len(lines) == len(set(lines)) > 0
