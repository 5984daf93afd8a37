"""A composite action run here, as far as ours uses them: its steps in turn, with their environment and conditions.

Source: docs.github.com, "Metadata syntax for GitHub Actions" and "Workflow commands for GitHub Actions".
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SHELL = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]
"""What GitHub makes of ``shell: bash``."""


@dataclass
class Ended:
    """How a job with the action ended: whether it did well, what was printed, and what its steps wrote."""

    succeeded: bool
    printed: str
    summary: str
    outputs: dict[str, str]


def run_action(
    action: Path, inputs: dict[str, str], workspace: Path, runner: Path, env: dict[str, str] | None = None
) -> Ended:
    """Run the steps of ``action`` in ``workspace``; ``runner`` is a folder for what the runner keeps."""
    described = yaml.safe_load(action.read_text())
    assert set(inputs) <= set(described["inputs"])
    given = {name: inputs.get(name, each.get("default")) for name, each in described["inputs"].items()}
    assert None not in given.values(), "an input without a default is required"
    context = {f"inputs.{name}": value for name, value in given.items()} | {"github.action_path": str(action.parent)}
    files = {name: runner / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.touch()
    around = os.environ | {"RUNNER_TEMP": str(runner)} | {name: str(file) for name, file in files.items()} | (env or {})
    succeeded, printed = True, ""
    for step in described["runs"]["steps"]:
        if not {"failure()": not succeeded, "always()": True}.get(step.get("if", ""), succeeded):
            continue
        assert "${{" not in step["run"], "what a user gives is no part of a script"
        own = {name: _filled(value, context) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            [*SHELL, "-c", step["run"]],
            cwd=workspace,
            env=around | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        printed += done.stdout
        succeeded = succeeded and done.returncode == 0
        context |= {
            f"steps.{step.get('id')}.outputs.{name}": value for name, value in _outputs(files["GITHUB_OUTPUT"]).items()
        }
    outputs = {name: _filled(each["value"], context) for name, each in described["outputs"].items()}
    return Ended(succeeded, printed, files["GITHUB_STEP_SUMMARY"].read_text(), outputs)


def _outputs(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def _filled(value: Any, context: dict[str, str]) -> str:
    """Put in what expressions stand for; one that is not known is an error."""
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda match: context[match[1]], str(value))
