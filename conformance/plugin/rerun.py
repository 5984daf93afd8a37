"""The command that runs one case again, from any folder, with what this run was told."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.plugin.collection import SUITE
from conformance.plugin.lifecycle import RUN_OPTIONS
from conformance.releases.download_options import DownloadOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS_OF_THE_RUN = "conformance_options"
TOLD_OPTIONS = ("runtime", *RUN_OPTIONS, "registries", "registry_base", *DownloadOptions.__dataclass_fields__)
"""Options that change what a case sees, by the names under which pytest has them."""
USUAL = {"registries": "memory"}
_SCHEME = re.compile(r"[a-z]+:")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker what the run was told: its own options name what was found or fetched for that."""
    node.workerinput[OPTIONS_OF_THE_RUN] = list(_options(node.config))


def rerun_command(item: pytest.Item) -> str:
    """Give the command that runs a case alone, quoted for a shell."""
    config = item.config
    told = getattr(config, "workerinput", {}).get(OPTIONS_OF_THE_RUN)
    options = list(_options(config)) if told is None else told
    return shlex.join([*_pytest(), *options, *_selection(item)])


def _pytest() -> list[str]:
    """Give pytest as it is called: by its name where that is this one."""
    found = shutil.which("pytest")
    if found is not None and Path(found).parent == Path(sys.executable).parent:
        return ["pytest"]
    return [sys.executable, "-m", "pytest"]


def _options(config: pytest.Config) -> Iterator[str]:
    """Give the options that were given, files by their whole paths; one with a login in it is left out."""
    from conformance.evidence.secrets import Secrets

    given = vars(config.known_args_namespace)
    for name in TOLD_OPTIONS:
        value = given.get(name)
        if value is None or value is False or value == USUAL.get(name):
            continue
        option = f"--{name.replace('_', '-')}"
        if value is True:
            yield option
        elif Secrets(()).removed_from(value) == value:
            yield from (option, _from_anywhere(name, value))


def _from_anywhere(name: str, value: str) -> str:
    """Give an option's value so that it means the same in another folder."""
    is_path = ("/" in value or value in {".", ".."} or (name == "cluster" and value != "world")) and not (
        name == "registry_base" or _SCHEME.match(value)
    )
    return str(Path(value).absolute()) if is_path else value


def _selection(item: pytest.Item) -> list[str]:
    """Name a case: by its module where it is the suite's, which lies wherever it is installed, else by its file."""
    name = item.nodeid.partition("::")[2]
    if SUITE in item.path.parents:
        module = ".".join(("conformance", "suite", *item.path.relative_to(SUITE).with_suffix("").parts))
        return ["--pyargs", f"{module}::{name}"]
    return [f"{item.path}::{name}"]
