"""A CRI-O that does not start, its pool, and the OCI runtime behind a script: shown with programs that only pretend."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from conformance.releases.installation import Installation, find_crio
from conformance.runtime import crio as crio_module
from conformance.runtime import oom
from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import Crio, start_in_world
from conformance.runtime.runtime import RuntimeFailedError
from conformance.targets import pool
from conformance.targets.pool import Pool, TooFewInstancesError
from tests.node.world_traces import mentioning

Fake = Callable[[str], Installation]


def program(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(0o755)


@pytest.fixture
def fake(tmp_path: Path, namespaces: None) -> Fake:
    """Gives an installation whose ``crio`` answers ``--version`` and else does what a shell script says."""
    del namespaces

    def install(script: str) -> Installation:
        for name in ("pinns", "conmon", "runc"):
            program(tmp_path / name, "#!/bin/sh\n")
        program(
            tmp_path / "crio",
            f'#!/bin/sh\nif [ "$*" = --version ]; then echo crio version 1.36.3; exit; fi\n{script}\n',
        )
        return find_crio(str(tmp_path / "crio"))

    return install


def failure(installation: Installation, own_tmpdir: Path, *visible: Path) -> str:
    """Start it in vain; give the one sentence, and see that nothing is left."""
    with pytest.raises(RuntimeFailedError) as caught:
        start_in_world(installation, Configuration(), visible)
    assert list(own_tmpdir.glob("*/*/")) == []
    assert mentioning(f"{own_tmpdir}/crio-conformance") == []
    return str(caught.value)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param(
            """echo 'time="2026-01-01T00:00:00Z" level=info msg="Starting CRI-O"' >&2
            echo 'time="2026-01-01T00:00:00Z" level=fatal msg="no \\"overlay\\" here" file="x.go:1"' >&2
            exit 1""",
            '(exit status 1): no "overlay" here',
            id="its fatal line",
        ),
        pytest.param("echo 'panic: oh' >&2; exit 2", "(exit status 2): panic: oh", id="a panic"),
        pytest.param(
            'for n in 1 2 3 4; do echo "level=error msg=e$n" >&2; done; echo level=info msg=bye; exit 3',
            "(exit status 3): e2; e3; e4",
            id="the last three errors",
        ),
        pytest.param("echo level=info msg=Bye; exit 0", "(exit status 0): Bye", id="its last line, without errors"),
        pytest.param("exit 4", "(exit status 4): its log is empty", id="nothing"),
        pytest.param("kill -9 $$", "(exit status -9): its log is empty", id="killed"),
    ],
)
def test_one_that_ends_at_once_is_told_with_its_last_words(
    fake: Fake, own_tmpdir: Path, script: str, told: str
) -> None:
    assert failure(fake(script), own_tmpdir) == f"CRI-O 1.36.3 ended while it started {told}"


def test_one_that_never_becomes_ready_is_given_up(
    fake: Fake, own_tmpdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crio_module, "READY_SECONDS", 0.3)
    sluggish = fake("""echo 'level=error msg="still thinking"'; setsid sleep 1000 & exec sleep 1001""")
    assert failure(sluggish, own_tmpdir) == "CRI-O 1.36.3 was not ready after 0 s: still thinking"


def test_its_socket_is_free_and_in_its_configuration(fake: Fake, own_tmpdir: Path) -> None:
    looking = fake(
        """listen=$(sed -n 's/^listen = "\\(.*\\)"$/\\1/p' /etc/crio/crio.conf)
        [ -n "$listen" ] && [ ! -e "$listen" ] && : > "$listen" && echo "level=fatal msg=\\"free: $listen\\"" && exit 1
        echo "level=fatal msg=\\"listen unix '$listen': address already in use\\""; exit 1"""
    )
    told = failure(looking, own_tmpdir)
    assert told.startswith(f"CRI-O 1.36.3 ended while it started (exit status 1): free: {own_tmpdir}/crio-conformance-")
    assert told.endswith("/crio.sock")


def test_what_it_finds_inside_is_what_it_needs(fake: Fake, own_tmpdir: Path) -> None:
    looking = fake(
        """cd / && test -x "$(command -v pinns)" && grep -q BEGIN "$SSL_CERT_FILE" && test -d "$HOME" &&
        test -S "$NOTIFY_SOCKET" && test -r /etc/containers/policy.json && grep -q quay.io /etc/hosts &&
        grep -q 'unqualified-search-registries' /etc/containers/registries.conf.d/crio.conf && echo level=fatal msg=all
        exit 1"""
    )
    assert failure(looking, own_tmpdir).endswith("(exit status 1): all")


def test_a_crio_that_is_a_link_is_found_inside(fake: Fake, own_tmpdir: Path, tmp_path: Path) -> None:
    fake("echo level=fatal msg=$0; exit 1")
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "crio"
    link.symlink_to(tmp_path / "crio")
    assert failure(find_crio(str(link)), own_tmpdir).endswith(f": {link}")


def test_the_folders_of_its_companions_are_seen_inside(
    fake: Fake, own_tmpdir: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    companion = tmp_path_factory.mktemp("companion") / "kubelet"
    companion.touch()
    looking = fake(f"test -e {companion} && echo level=fatal msg=seen || echo level=fatal msg=hidden; exit 1")
    assert failure(looking, own_tmpdir, companion.parent).endswith(": seen")
    assert failure(looking, own_tmpdir).endswith(": hidden")


# The OCI runtime where oom_score_adj cannot be lowered


@pytest.mark.parametrize(
    ("capabilities", "may"),
    [("000001ffffffffff", True), ("000001fffeffffff", False), ("0000000001000000", True), ("0000000000000000", False)],
)
def test_the_capability_is_read_from_proc(tmp_path: Path, capabilities: str, may: bool) -> None:
    (tmp_path / "status").write_text(f"CapPrm:\t0000000000000000\nCapEff:\t{capabilities}\nCapBnd:\t000001ffffffffff\n")
    assert oom._may_lower(tmp_path / "status") is may


def test_with_the_capability_the_runtime_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oom, "_may_lower", lambda _: True)
    assert oom.oci_runtime_without_oom_score(Path("/usr/bin/crun"), tmp_path, 1) == Path("/usr/bin/crun")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The script that stands in for a runc which prints its arguments, one a line, and ends with 7."""
    monkeypatch.setattr(oom, "_may_lower", lambda _: False)
    (tmp_path / "it's here").mkdir()
    program(tmp_path / "it's here" / "runc", "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 7\n")
    inside = oom.oci_runtime_without_oom_score(tmp_path / "it's here" / "runc", tmp_path, 1)
    assert inside == Path("/etc/runc"), "conmon, in the locale that CRI-O gives it, takes no path beyond ASCII"
    return tmp_path / "runc"


def call(script: Path, *arguments: str) -> list[str]:
    done = subprocess.run([script, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "")
    return done.stdout.splitlines()


def bundle(score: int) -> dict[str, object]:
    """Give as much of a runtime bundle's configuration as matters here."""
    return {"process": {"args": ["sh", "-c", "a b"], "oomScoreAdj": score}, "linux": {"resources": {"pids": -1}}}


@pytest.mark.parametrize(
    ("separators", "score", "then"), [((",", ":"), -998, 0), ((", ", ": "), -1, 0), (None, 500, 500)]
)
def test_without_it_a_bundle_asks_for_what_is_allowed(
    stand_in: Path, tmp_path: Path, separators: tuple[str, str] | None, score: int, then: int
) -> None:
    config = tmp_path / "a bundle" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps(bundle(score), separators=separators))
    arguments = ["--root", "/run/runc", "create", "--bundle", str(config.parent), "--pid-file", "a file", "id"]
    assert call(stand_in, *arguments) == arguments
    assert json.loads(config.read_text()) == bundle(then)


def test_calls_without_a_bundle_are_handed_on_as_they_are(stand_in: Path) -> None:
    arguments = ["--root", "/run/runc", "exec", "id", "sh", "-c", 'echo "$x" *', ""]
    assert stand_in.name == "runc"
    assert call(stand_in, *arguments) == arguments


# The pool


class Stub:
    """Stands in for a running CRI-O."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.process = self.world = self
        self.running = True
        self.dirty = False
        self.ended = 0
        self.closed = 0

    def end(self) -> None:
        self.ended += 1

    def close(self) -> None:
        self.closed += 1


def number(n: int) -> Configuration:
    return Configuration(search_registries=(f"r{n}.example",))


@pytest.fixture
def started() -> list[Stub]:
    return []


@pytest.fixture
def stubs(started: list[Stub]) -> Pool:
    """A pool that starts stubs."""

    def start(configuration: Configuration) -> Crio:
        started.append(Stub(configuration))
        return cast("Crio", started[-1])

    return Pool(start, limit=3)


def test_the_same_configuration_gives_the_same_crio(stubs: Pool, started: list[Stub]) -> None:
    assert stubs.get(number(1)) is stubs.get(number(1))
    assert stubs.get(number(2)) is not stubs.get(number(1))
    assert [each.configuration for each in started] == [number(1), number(2)]


def test_the_one_not_used_for_longest_makes_room(stubs: Pool, started: list[Stub]) -> None:
    for n in (1, 2, 3, 1, 4):
        stubs.get(number(n))
    assert [each.closed for each in started] == [0, 1, 0, 0]
    stubs.get(number(2))
    assert [each.closed for each in started] == [0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("allowed", "workers", "at_once"), [(128, 1, 12), (128, 2, 12), (128, 4, 6), (1024, 8, 12), (16, 2, 1)]
)
def test_workers_share_the_inotify_instances_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int, workers: int, at_once: int
) -> None:
    (tmp_path / "max_user_instances").write_text(f"{allowed}\n")
    monkeypatch.setattr(pool, "MAX_INSTANCES", tmp_path / "max_user_instances")
    assert pool.crios_at_once(workers) == at_once
    with pytest.raises(TooFewInstancesError, match=rf"^fs.inotify.max_user_instances is {allowed}, too low for 900 "):
        pool.crios_at_once(900)


def test_a_dead_one_is_closed_and_replaced(stubs: Pool, started: list[Stub]) -> None:
    stubs.get(number(1))
    started[0].running = False
    found: object = stubs.get(number(1))
    assert found is started[1]
    assert [each.closed for each in started] == [1, 0]


def test_a_spoiled_one_is_closed_and_replaced(stubs: Pool, started: list[Stub]) -> None:
    stubs.get(number(1))
    started[0].dirty = True
    found: object = stubs.get(number(1))
    assert found is started[1]
    assert [each.closed for each in started] == [1, 0]


def test_closing_the_pool_ends_and_closes_all_once(stubs: Pool, started: list[Stub]) -> None:
    for n in (1, 2):
        stubs.get(number(n))
    stubs.close()
    stubs.close()
    assert [(each.ended, each.closed) for each in started] == [(1, 1), (1, 1)]


def test_a_start_that_fails_leaves_the_pool_usable() -> None:
    def fail(configuration: Configuration) -> Crio:
        raise RuntimeFailedError(configuration.search_registries[0])

    broken = Pool(fail)
    with pytest.raises(RuntimeFailedError, match="r1"):
        broken.get(number(1))
    with pytest.raises(RuntimeFailedError, match="r2"):
        broken.get(number(2))
    broken.close()


def test_what_one_lacks_is_said() -> None:
    able = SimpleNamespace(
        capabilities={"cri", "pods"}, _without_containers="it takes root", _without_bridge="there are no CNI plugins"
    )
    told = [Crio.why_lacking(cast("Crio", able), each) for each in ("cri", "containers", "bridge")]
    assert told == ["", "it takes root", "there are no CNI plugins"]
