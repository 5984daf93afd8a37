"""The programs that a kind cluster takes: kind itself, and that of the engine its nodes are containers of."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.node.engine_container import ENGINES
from conformance.releases.installation import releases_folder

ENGINE_VARIABLE = "KIND_EXPERIMENTAL_PROVIDER"
"""What tells kind which engine to use (kubernetes-sigs/kind pkg/internal/runtime/runtime.go)."""
SECONDS = 120.0
INSTALL = "install it (https://kind.sigs.k8s.io), or put it into {}"


class KindError(Exception):
    """The cluster cannot be had, or not be taken away: one sentence that says why and what to do."""


class KindOptionError(KindError):
    """What was asked for cannot be done, here or anywhere."""


@dataclass(frozen=True)
class KindTools:
    """``kind``, and ``engine``, the name of the engine's program on ``PATH``.

    ``passed_over`` is what is wrong with an engine that is here, too, and would have been taken; nothing else.
    """

    kind: Path
    engine: str
    passed_over: str = ""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which kind uses that engine."""
        return os.environ | {ENGINE_VARIABLE: self.engine}

    def ask_engine(self, *arguments: str, stdin: str = "", seconds: float = SECONDS) -> str:
        """Run the engine's program to its end, and give what it prints; raises ``KindError``."""
        return self._ask([self.engine, *arguments], stdin, seconds)

    def ask_kind(self, *arguments: str, seconds: float = SECONDS) -> str:
        """Run kind to its end, and give what it prints on standard output; raises ``KindError``."""
        return self._ask([str(self.kind), *arguments], "", seconds)

    def _ask(self, command: list[str], stdin: str, seconds: float) -> str:
        try:
            done = subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                env=self.environment,
                timeout=seconds,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"`{' '.join(command[:3])}` does not end: {error}"
            raise KindError(msg) from None
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            msg = f"`{' '.join(command[:3])}` fails: {said[-1]}"
            raise KindError(msg)
        return done.stdout


def kind_folder() -> Path:
    """Give the folder of the cache for kind, its node images, and what runs on clusters need as long as they last."""
    return releases_folder().parent / "kind"


def find_kind() -> Path:
    """Find kind on ``PATH``, or else in the cache folder; raises ``KindError``."""
    cached = kind_folder() / "bin" / "kind"
    found = shutil.which("kind") or (cached if os.access(cached, os.X_OK) else None)
    if found is None:
        msg = f"kind is not on PATH: {INSTALL.format(cached.parent)}"
        raise KindError(msg)
    return Path(found)


def find_kind_tools() -> KindTools:
    """Find kind, and an engine that answers: the one that kind is told to use, else Docker's, else Podman's.

    Raises ``KindError``.
    """
    kind = find_kind()
    wanted = os.environ.get(ENGINE_VARIABLE, "")
    if wanted not in {"", *ENGINES}:
        msg = f"{ENGINE_VARIABLE} is {wanted!r}: let it name {' or '.join(ENGINES)}"
        raise KindOptionError(msg)
    said = []
    for engine in [wanted] if wanted else ENGINES:
        if shutil.which(engine) is None:
            continue
        tools = KindTools(kind, engine)
        try:
            tools.ask_engine("version")
        except KindError as error:
            said.append(str(error))
        else:
            return replace(tools, passed_over="; ".join(said))
    why = "; ".join(said) or f"{wanted or ' and '.join(ENGINES)} not on PATH"
    msg = f"no engine answers that a kind cluster's nodes could be containers of ({why}): start one"
    raise KindError(msg)
