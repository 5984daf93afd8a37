"""``crio-conformance node restore``: what it says, and how it ends."""

import pytest

from conformance.commands.main import main
from conformance.node import NodeError, engine_container, helper_container, takeover
from conformance.node.engine_container import EngineContainer


@pytest.fixture(autouse=True)
def _rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper_container, "run_this_with_rights", lambda _: None)


def test_who_is_lent_the_rights_has_it_done_anew_with_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(helper_container, "run_this_with_rights", lambda _: 3)
    assert main(["node", "restore", "kind-worker"]) == 3
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("left", "said"),
    [(True, "kind-worker is given back\n"), (False, "kind-worker is as it was: no run has left anything there\n")],
)
def test_it_says_whether_there_was_anything_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: str, *, left: bool
) -> None:
    monkeypatch.setattr(engine_container, "find_container", lambda name: EngineContainer(name, "0123", 42))
    monkeypatch.setattr(takeover, "restore", lambda container: container.name == "kind-worker" and left)
    assert main(["node", "restore", "kind-worker"]) == 0
    assert capsys.readouterr().out == said


def test_a_container_that_cannot_be_had_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> EngineContainer:
        msg = f"there is no container {name} here: docker says no"
        raise NodeError(msg)

    monkeypatch.setattr(engine_container, "find_container", missing)
    assert main(["node", "restore", "kind-worker"]) == 3
    assert capsys.readouterr().err == (
        "crio-conformance node restore: there is no container kind-worker here: docker says no\n"
    )
