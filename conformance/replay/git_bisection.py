"""The commit of a CRI-O checkout at which a scenario began to go otherwise, found by ``git bisect run``.

It works in a worktree of its own, so that the checkout stays as it is; each commit is built there and played by
``git_step``, which keeps what was done in a file named after the commit.
"""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from conformance.node.folders import private_folder
from conformance.replay.behaviour import Behaviour, level_of_change
from conformance.replay.bisection import FoundChange

GOOD, BAD, SKIP = 0, 1, 125
"""What a step says to ``git bisect run`` (git-bisect(1))."""

FIRST_BAD = "refs/bisect/bad"
BEHAVIOURS = "behaviours"
LEVEL = "level"


class GitBisectionError(Exception):
    """A checkout cannot be bisected: one sentence."""


class GitBisection:
    """A bisection of a checkout: ``build`` is a shell command that makes ``binary``, a path below the checkout."""

    def __init__(self, story: Path, checkout: Path, build: str, binary: str) -> None:
        self._story = story.absolute()
        self._checkout = checkout
        self._build = build
        self._binary = binary

    def find(self, good: str, bad: str) -> tuple[str, FoundChange]:
        """Give the first commit that does otherwise than ``good``, and what changed; raises ``GitBisectionError``."""
        good, bad = _commit(self._checkout, good), _commit(self._checkout, bad)
        with private_folder() as folder, self._worktree(folder / "checkout", good) as worktree:
            (folder / BEHAVIOURS).mkdir()
            before, after = self._end(worktree, folder, good), self._end(worktree, folder, bad)
            level = level_of_change(before, after)
            if not level:
                return "", FoundChange("", before, after)
            (folder / LEVEL).write_text(f"{level}\n{good}\n")
            first = self._bisected(worktree, folder, good, bad)
            parent = kept_behaviour(folder, _commit(worktree, f"{first}^")) or before
            return _git(worktree, "show", "-s", "--format=%h %s", first), FoundChange(
                level, parent, kept_behaviour(folder, first) or after
            )

    def _bisected(self, worktree: Path, folder: Path, good: str, bad: str) -> str:
        """Let git go through the commits; gives the first bad one."""
        _git(worktree, "bisect", "start", bad, good)
        done = subprocess.run(
            ["git", "-C", str(worktree), "bisect", "run", "sh", "-c", self._step(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = " ".join((done.stdout.strip() or done.stderr.strip()).split("\n")[-3:])
            raise GitBisectionError(f"git bisect run came to no end: {said}")
        return _commit(worktree, FIRST_BAD)

    def _step(self, folder: Path) -> str:
        """Give the shell command that builds a commit and plays the scenario on what came of it."""
        play = shlex.join(
            [sys.executable, "-P", "-m", "conformance.replay.git_step", str(self._story), self._binary, str(folder)]
        )
        return f"({self._build}) || exit {SKIP}; exec {play}"

    def _end(self, worktree: Path, folder: Path, commit: str) -> Behaviour:
        """Build one end and play the scenario; raises ``GitBisectionError`` where that cannot be done."""
        _git(worktree, "checkout", "--detach", "--force", commit)
        done = subprocess.run(
            ["sh", "-c", self._step(folder)], cwd=worktree, capture_output=True, text=True, check=False
        )
        behaviour = kept_behaviour(folder, commit)
        if behaviour is None:
            said = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()[-1]
            raise GitBisectionError(f"{commit} cannot be built and played: {said}")
        return behaviour

    @contextmanager
    def _worktree(self, path: Path, revision: str) -> Iterator[Path]:
        """Check a revision out beside the checkout, until the block ends."""
        _git(self._checkout, "worktree", "prune")
        _git(self._checkout, "worktree", "add", "--detach", str(path), revision)
        try:
            yield path
        finally:
            _git(self._checkout, "worktree", "remove", "--force", str(path))


def _git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and give what it prints; raises ``GitBisectionError`` with what it complains of."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise GitBisectionError(f"git {arguments[0]} in {folder} fails: {said[-1] if said else 'it says nothing'}")
    return done.stdout.strip()


def _commit(folder: Path, revision: str) -> str:
    return _git(folder, "rev-parse", "--verify", f"{revision}^{{commit}}")


def kept_behaviour(folder: Path, commit: str) -> Behaviour | None:
    """Give what was done at a commit; none where it was not played."""
    path = folder / BEHAVIOURS / commit
    return msgspec.json.decode(path.read_bytes(), type=Behaviour) if path.exists() else None


def keep_behaviour(folder: Path, commit: str, done: Behaviour) -> None:
    """Keep what was done at a commit."""
    (folder / BEHAVIOURS / commit).write_bytes(msgspec.json.encode(done))
