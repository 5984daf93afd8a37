"""Somebody's CRI-O, live: what is theirs is the same before and after a run, with leave or without, however it ends."""

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.model.release import Release
from conformance.releases.installation import RuntimeNotFoundError
from tests.targets.somebodys_node import CONFIGURATION, NodeRun, SomebodysNode, somebodys_node

pytestmark = [
    pytest.mark.usefixtures("namespaces", "own_tmpdir"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root enters another's network"),
]
RELEASES = ("1.33.13", "1.36.3")
SUITE = "conformance.suite"
NAMES = f"{SUITE}.names.test_search_order"
OWN_LIST = f"{SUITE}.names.test_own_search_list"
OWN_CASES = {"asking": 16, "refusing": 8, "empty": 4}
"""How many of the cases about the node's own search list say something of a node whose list and mode are so."""
CASES = ("--pyargs", f"{SUITE}.pulls.test_login", f"{SUITE}.pulls.test_mirrors", f"{SUITE}.volumes.test_image_volumes")
KILLS = {"1.33.13": 3, "1.36.3": 10}
"""How often runs are killed, one after the other."""


@pytest.fixture(params=RELEASES)
def node(request: pytest.FixtureRequest, own_tmpdir: Path) -> Iterator[SomebodysNode]:
    """A CRI-O of that release, with images, a running pod and a registries.conf."""
    del own_tmpdir
    try:
        with somebodys_node(request.param) as found:
            yield found
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))


def total(output: str, what: str) -> int:
    found = re.search(rf"(\d+) {what}", output.splitlines()[-1])
    return int(found[1]) if found else 0


@pytest.mark.slow
def test_with_leave_names_login_mirrors_and_volumes_are_tested(node: SomebodysNode, tmp_path: Path) -> None:
    before = node.state()
    code, output = NodeRun(node, tmp_path, "--allow-reload", *CASES, NAMES).end()
    assert (code, total(output, "failed"), total(output, "error")) == (0, 0, 0), output
    assert total(output, "passed") > 100
    assert re.search(r"^image volumes +[1-9]", output, re.MULTILINE), "though there is a pod of theirs"
    assert "search registries: docker.io, quay.io (/etc/containers/registries.conf.d/crio.conf)" in output
    assert "registries.conf: quay.io/theirs: mirrors mirror.theirs.example/m" in output
    assert node.state().minus(before) == {}
    assert not node.redirects_last_applied


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("search", "mode"),
    [
        pytest.param(("ghcr.io", "registry.theirs.example:5000", "docker.io"), "disabled", id="three"),
        pytest.param(("quay.io", "docker.io"), None, id="enforcing"),
        pytest.param((), None, id="none"),
    ],
)
def test_with_leave_its_own_search_list_and_mode_are_tested(
    tmp_path: Path, own_tmpdir: Path, release: str, search: tuple[str, ...], mode: str | None
) -> None:
    del own_tmpdir
    effective = (mode or "enforcing") if Release(release).within(">=1.34") else "disabled"
    configuration = replace(CONFIGURATION, search_registries=search, short_name_mode=mode)
    try:
        with somebodys_node(release, configuration) as node:
            before = node.state()
            code, output = NodeRun(node, tmp_path, "--allow-reload", "--pyargs", OWN_LIST).end()
            assert node.state().minus(before) == {}
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))
    assert (code, total(output, "failed"), total(output, "error")) == (0, 0, 0), output
    assert f"search registries: {', '.join(search) or 'none'}" in output
    assert f"short-name mode: {effective}" in output
    kind = "empty" if not search else "asking" if effective == "disabled" else "refusing"
    assert total(output, "passed") == OWN_CASES[kind]


def test_without_leave_nothing_but_what_any_runtime_must_do(node: SomebodysNode, tmp_path: Path) -> None:
    before = node.state()
    code, output = NodeRun(node, tmp_path, "--pyargs", f"{SUITE}.cri.test_cri_store", NAMES).end()
    assert (code, total(output, "failed")) == (0, 0), output
    assert total(output, "passed") > 10
    assert node.state().minus(before) == {}
    assert node.reloads == 1


def test_an_image_that_loses_its_tag_goes_with_the_rest(node: SomebodysNode, tmp_path: Path) -> None:
    """No later case pulls it again, by which it would get its name back; CRI-O lists it as one of 127.0.0.1."""
    before = node.state()
    case = "test_a_tag_that_moves_names_the_new_image"
    code, output = NodeRun(node, tmp_path, "--pyargs", f"{SUITE}.cri.test_cri_store", "-k", case).end()
    assert (code, total(output, "passed")) == (0, 2), output
    assert node.state().minus(before) == {}


def test_ctrl_c_in_the_middle(node: SomebodysNode, tmp_path: Path) -> None:
    before = node.state()
    run = NodeRun(node, tmp_path, "--allow-reload", *CASES)
    run.wait_until(lambda: bool(node.drop_ins))
    code, output = run.end(signal.SIGINT)
    assert code == pytest.ExitCode.INTERRUPTED, output
    assert node.state().minus(before) == {}
    assert not node.redirects_last_applied


@pytest.mark.slow
def test_killed_again_and_again(node: SomebodysNode, tmp_path: Path) -> None:
    """What a killed run left goes at the next start, also of one without leave."""
    before = node.state()
    for count in range(KILLS[str(node.crio.release)]):
        run = NodeRun(node, tmp_path, "--allow-reload", "--pyargs", f"{SUITE}.volumes.test_image_volumes", *CASES[1:3])
        changes: set[int] = set()

        def has_changed(run_changes: set[int] = changes, wanted: int = 1 + count % 3) -> bool:
            run_changes.update(path.lstat().st_ino for path in node.drop_ins if path.exists())
            return len(run_changes) >= wanted

        run.wait_until(has_changed)
        run.end(signal.SIGKILL)
        assert node.drop_ins, "of which one may be half written"
    code, output = NodeRun(node, tmp_path, "--pyargs", f"{SUITE}.cri.test_cri_store", "-k", "removed").end()
    assert code == 0, output
    assert node.drop_ins == []
    assert node.state().minus(before) == {}
    assert not node.redirects_last_applied
