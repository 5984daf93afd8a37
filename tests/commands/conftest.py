import argparse
from pathlib import Path

import pytest

from conformance.commands import explain
from tests.commands.explain_command import Ended, Run
from tests.node_config.node_files import write_node_files


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a node's files, which is the whole node."""
    return write_node_files(tmp_path, monkeypatch)


@pytest.fixture
def run(files: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command on those files."""
    del files

    def explained(*arguments: str) -> Ended:
        parser = argparse.ArgumentParser(prog="crio-conformance")
        explain.add_command(parser.add_subparsers(required=True))
        given = ["--registries-conf", "registries.conf", "--registries-conf-dir", "d"]
        parsed = parser.parse_args(["explain", *given, *arguments])
        code = parsed.run(parsed)
        return Ended(code, *capsys.readouterr())

    return explained
