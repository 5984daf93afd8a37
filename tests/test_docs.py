"""README and docs: they name only what is there, and their examples do what they say."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import conformance
from conformance import vocabulary

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
OURS = ("conformance/", "tests/", "docs/", "fixtures/", "protos/", "benchmarks/", ".ci/")
MADE = ("fixtures/node/cri-o.",)
"""What a page says is put there by hand."""


def blocks(page: Path) -> Iterator[str]:
    """Give the Python examples of a page."""
    yield from re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


EXAMPLES = [
    pytest.param(block, id=f"{page.name}-{number}") for page in PAGES for number, block in enumerate(blocks(page))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_what_is_there(page: Path) -> None:
    text = page.read_text()
    paths = {each for each in re.findall(r"`([\w./-]+)`", text) if each.startswith(OURS) and not each.startswith(MADE)}
    links = {each for each in re.findall(r"\]\(([^)#:]+)\)", text) if "://" not in each}
    missing = [each for each in paths if not (ROOT / each).exists()]
    missing += [each for each in links if not (page.parent / each).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_modules_that_are_there(page: Path) -> None:
    inside = {path.relative_to(ROOT / "conformance") for path in (ROOT / "conformance").rglob("*.py")}
    named = {each for each in re.findall(r"`([a-z_/]+\.py)`", page.read_text()) if not each.startswith(OURS)}
    known = {str(path) for path in inside} | {path.name for path in inside} | {path.name for path in ROOT.rglob("*.py")}
    assert named - known - {"test_8780.py"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_block_begins_and_ends_on_lines_of_its_own(page: Path) -> None:
    fences = [line.strip() for line in page.read_text().splitlines() if "```" in line]
    assert [line for line in fences if not re.fullmatch(r"```\w*", line)] == []
    assert len(fences) % 2 == 0


def test_the_commands_that_ci_types_are_there() -> None:
    """As ``.ci/fresh`` finds them in README."""
    text = README.read_text()
    assert len(re.findall(r"^python3 -m venv .*\.venv/bin/tox run -e \S+", text, re.MULTILINE)) == 2
    assert re.findall(r"`apt install git [^`]*`", text) == ["`apt install git python3-venv`"]


def test_the_site_has_set_up_commands_of_readme_alone() -> None:
    """Which ``.ci/fresh`` types."""
    (command,) = re.findall(r"^python3 -m venv .*$", (ROOT / "docs" / "index.md").read_text(), re.MULTILINE)
    assert command in README.read_text().splitlines()


def test_the_layers_are_told_as_they_are_checked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = project["tool"]["importlinter"]["contracts"]
    text = (ROOT / "docs" / "architecture.md").read_text()
    told = text.partition("## The layers\n")[2].partition("```\n")[2].partition("```")[0]
    assert told.splitlines() == [layer.replace(" | ", ", ") for layer in contract["layers"] if layer != "__main__"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_imports_from_one_place(example: str) -> None:
    nodes = [node for node in ast.walk(ast.parse(example)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name for node in nodes for alias in node.names
    }
    assert modules <= {"conformance", "pytest"}


def test_the_place_has_all_that_it_promises() -> None:
    for name in vocabulary.__all__:
        assert getattr(conformance, name) is getattr(vocabulary, name)
    with pytest.raises(ImportError, match="cannot import name 'Nonsense' from 'conformance'"):
        from conformance import Nonsense  # type: ignore[attr-defined]  # noqa: F401, PLC0415


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_as_it_stands(example: str, pytester: pytest.Pytester, own_tmpdir: Path) -> None:
    """On the simulator; the one about #8780 fails, as every CRI-O does, and the others pass."""
    del own_tmpdir
    pytester.makepyfile(test_it=example)
    expected = {"failed": 1} if "explains_every_registry" in example else {}
    if not expected and "def test_" in example:
        expected = {"passed": 1}
    result = pytester.runpytest_subprocess("--runtime", "simulator:1.36", "-p", "no:cacheprovider", timeout=120)
    assert result.parseoutcomes() == expected
