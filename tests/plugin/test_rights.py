"""A run on node containers by who may not enter them: it is run anew, and its end is the end of that."""

import pytest

from conformance.releases.installation import RuntimeNotFoundError
from conformance.targets import node_containers


def asked_for(monkeypatch: pytest.MonkeyPatch, status: int | None) -> list[str]:
    """Let nothing be run anew, which would end with this exit status; give what is asked for."""
    asked: list[str] = []

    def run_anew(runtime: str) -> int | None:
        asked.append(runtime)
        return status

    monkeypatch.setattr(node_containers, "run_anew_with_rights", run_anew)
    return asked


def test_a_run_on_a_node_ends_as_the_one_with_rights(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_for(monkeypatch, 6)
    pytester.makeconftest("raise AssertionError('nothing is begun')")
    with pytest.raises(SystemExit) as end:
        pytester.inline_run("--runtime=container:a,b")
    assert end.value.code == 6
    assert asked == ["container:a,b"]


@pytest.mark.parametrize("options", [[], ["--runtime=simulator"]])
def test_other_runs_need_none(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    asked = asked_for(monkeypatch, 6)
    pytester.makepyfile("def test_nothing(): pass")
    assert pytester.runpytest_inprocess(*options).ret == 0
    assert asked == []


def test_without_the_rights_of_an_engine_it_cannot_be_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(runtime: str) -> int | None:
        raise RuntimeNotFoundError(f"--runtime {runtime}: docker says no")

    monkeypatch.setattr(node_containers, "run_anew_with_rights", refuse)
    result = pytester.runpytest_inprocess("--runtime=container:a")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().strip() == "ERROR: --runtime container:a: docker says no"
