"""``.github/workflows``: the steps are bash, call what README calls, and give the action what it takes."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
INPUTS = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]


def steps(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in described["jobs"].values():
        yield from job["steps"]


def in_docs() -> Iterator[dict[str, Any]]:
    """Give the steps of the examples in docs/in-ci.md, which are jobs, or lists of steps."""
    text = (ROOT / "docs" / "in-ci.md").read_text()
    for block in re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        described = yaml.safe_load(block)
        if isinstance(described, list):
            yield from described
        else:
            yield from (step for job in described.values() if isinstance(job, dict) for step in job.get("steps", []))


ALL = [*(step for path in WORKFLOWS for step in steps(yaml.safe_load(path.read_text()))), *in_docs()]


@pytest.mark.parametrize("script", [step["run"] for step in ALL if "run" in step])
def test_a_script_is_bash_and_has_nothing_put_into_it(script: str) -> None:
    assert "${{" not in script
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_the_action_gets_what_it_takes() -> None:
    used = [step.get("with", {}) for step in ALL if step.get("uses", "").endswith(("./", "./crio-conformance"))]
    assert len(used) >= 3
    for given in used:
        assert "runtime" in given
        assert set(given) <= set(INPUTS)


def test_the_tests_are_run_as_readme_says() -> None:
    scripts = [step["run"] for path in WORKFLOWS for step in steps(yaml.safe_load(path.read_text())) if "run" in step]
    commands = re.findall(
        r"^python3 -m venv .*tox run -e lint,types,py$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert len(commands) == 1
    assert commands[0] in scripts
