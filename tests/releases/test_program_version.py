"""What programs say that they are."""

from pathlib import Path

import pytest

from conformance.releases.program_version import version_of


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("runc version 1.1.5+ds1\ncommit: 1.1.5\nspec: 1.0.2-dev", "runc 1.1.5+ds1"),
        ("crun version 1.21\ncommit: 1\nrundir: /run/crun", "crun 1.21"),
        ("conmon version 2.1.6\ncommit: unknown", "conmon 2.1.6"),
        ("some program", ""),
        ("", ""),
    ],
)
def test_name_and_version_are_its_own_words(tmp_path: Path, said: str, version: str) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ncat <<E\n{said}\nE\n")
    program.chmod(0o755)
    assert version_of(program) == version


def test_what_cannot_be_run_has_none(tmp_path: Path) -> None:
    assert version_of(tmp_path) == version_of(tmp_path / "none") == ""
