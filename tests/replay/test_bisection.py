"""Where a scenario began to go otherwise: among runtimes, each played once, and among commits, each built."""

import subprocess
from pathlib import Path

import pytest

from conformance.commands.main import main
from conformance.replay.behaviour import Behaviour
from conformance.replay.bisection import find_change
from tests.replay.fake_crio import write_programs

STORY = Path(__file__).parents[2] / "docs" / "scenarios" / "short-name-refused.scenario.toml"


def done(target: int, verdict: str = "passed", error: str = "", asked: str = "quay.io") -> Behaviour:
    return Behaviour(f"CRI-O 1.{target}", verdict, (), (("pull app", {"error": error, "asked": [asked]}),))


@pytest.mark.parametrize("changed", range(1, 8))
def test_the_first_that_is_otherwise_is_found_by_halves(changed: int) -> None:
    played: list[int] = []

    def play(number: int) -> Behaviour:
        played.append(number)
        return done(number, "failed" if number >= changed else "passed", asked="docker.io")

    found = find_change(range(8), play)
    assert (found.before.target, found.after.target) == (f"CRI-O 1.{changed - 1}", f"CRI-O 1.{changed}")
    assert len(played) == len(set(played)) <= 5
    assert found.level == "the verdict"


def test_what_differs_most_is_looked_for() -> None:
    """An error's text changes in 1.1, whom it asks in 1.2: that counts."""
    runs = [done(0), done(1, error="a"), done(2, error="a", asked="docker.io"), done(3, error="b", asked="docker.io")]
    found = find_change(runs, lambda each: each)
    assert found.lines() == [
        "CRI-O 1.1: passed",
        "CRI-O 1.2: passed",
        "First otherwise: CRI-O 1.2; the last before it that is at hand: CRI-O 1.1. Otherwise is what is seen:",
        "  pull app: asked was ['quay.io'], and is ['docker.io']",
    ]


def test_where_nothing_changed_that_is_said() -> None:
    assert find_change([done(0), done(1)], lambda each: each).lines()[-1] == "Nothing changed between them."


@pytest.mark.usefixtures("own_tmpdir")
def test_runtimes_are_searched(capsys: pytest.CaptureFixture[str]) -> None:
    runtimes = [part for line in range(31, 37) for part in ("--runtime", f"simulator:1.{line}")]
    assert main(["scenario", "bisect", str(STORY), *runtimes]) == 0
    printed = capsys.readouterr().out
    assert "First otherwise: the simulator of CRI-O 1.34; the last before it that is at hand: " in printed
    assert "  pull team/app: asked was ['docker.io', 'quay.io'], and is nothing" in printed
    assert main(["scenario", "bisect", str(STORY), *runtimes[-4:]]) == 1
    assert "Nothing changed between them." in capsys.readouterr().out


@pytest.mark.usefixtures("own_tmpdir")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--good", "yesterday"], "--good and --bad name releases: "),
        (["--runtime", "simulator"], "there is only simulator to look among: fetch others"),
        (["--build", "make"], "say all four: --git DIR --build COMMAND --good COMMIT --bad COMMIT"),
        (["--git", "/", "--build", "make", "--good", "a", "--bad", "b"], "git rev-parse in / fails: fatal: "),
    ],
)
def test_what_cannot_be_searched_is_told(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "bisect", str(STORY), *options]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"crio-conformance scenario bisect: {said}")
    assert printed.count("\n") == 1


def test_no_release_in_the_cache_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, own_tmpdir: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(own_tmpdir))
    assert main(["scenario", "bisect", str(STORY)]) == 2
    assert "no release is in the cache folder: fetch others" in capsys.readouterr().err


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository: two commits of 1.33.13, two of 1.36.3, and one that cannot be built."""
    for release in ("1.33.13", "1.36.3"):
        write_programs(tmp_path / release, release)
    path = tmp_path / "checkout"
    path.mkdir()
    git(path, "init", "-q")
    for number, release in enumerate(("1.33.13", "1.33.13", "1.36.3", "1.36.3", "nothing"), 1):
        (path / "release").write_text(f"{tmp_path / release}\n")
        (path / "number").write_text(f"{number}\n")
        git(path, "add", ".")
        git(path, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", f"Commit {number}")
    return path


def git(path: Path, *arguments: str) -> str:
    ended = subprocess.run(["git", "-C", str(path), *arguments], capture_output=True, text=True, check=True)
    return ended.stdout.strip()


BUILD = "mkdir -p bin && cp $(cat release)/* bin/"


@pytest.mark.usefixtures("namespaces", "own_tmpdir")
def test_commits_are_searched_and_the_checkout_stays_as_it_is(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "number").write_text("a change that is not committed\n")
    arguments = [
        "scenario",
        "bisect",
        str(STORY),
        "--git",
        str(checkout),
        "--build",
        BUILD,
        "--good",
        "HEAD~4",
        "--bad",
    ]
    assert main([*arguments, "HEAD~1"]) == 0
    printed = capsys.readouterr().out
    assert "First otherwise: CRI-O 1.36.3; the last before it that is at hand: CRI-O 1.33.13." in printed
    assert printed.endswith(" Commit 3\n")
    assert main([*arguments, "HEAD"]) == 2
    assert f"{git(checkout, 'rev-parse', 'HEAD')} cannot be built and played: cp: " in capsys.readouterr().err
    assert (checkout / "number").read_text() == "a change that is not committed\n"
    assert git(checkout, "worktree", "list").count("\n") == 0
    assert git(checkout, "for-each-ref").count("\n") == 0
