"""Which other programs are here: for contrast, as oracles, for registries in containers, for kind, for signatures."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial

from conformance.doctor.finding import Check, Finding
from conformance.kind import KindError, find_kind
from conformance.oracle.known_programs import KNOWN_LINES, OracleNotFoundError, find_oracle_program
from conformance.targets.contrast import ContainerdTarget, PodmanTarget, find_containerd, find_podman

CONTRAST: dict[str, Callable[[str], ContainerdTarget | PodmanTarget]] = {
    "podman": find_podman,
    "containerd": find_containerd,
}
ENGINE = Check("Docker engine", "`--registries containers`, `tox run -e containers`, kind")
KIND = Check("kind", "`tox run -e kind`, a cluster whose nodes run CRI-O")
COSIGN = Check("cosign", "signatures of what is fetched, verified besides its checksums")


def check_contrast() -> Iterator[Finding]:
    """Look for other runtimes."""

    def look(name: str) -> str:
        target = CONTRAST[name](name)
        return f"{target.title} ({target.binary})"

    for name in CONTRAST:
        yield Check(name, f"`--runtime {name}`, for contrast").ask(partial(look, name))


def check_oracles() -> Iterator[Finding]:
    """Look for the programs that the model is held against."""

    def look(name: str) -> str:
        path, line = find_oracle_program(name)
        return f"{name} {line} ({path})"

    for name in KNOWN_LINES:
        check = Check(f"{name} as oracle", f"`crio-conformance oracles --oracle {name}`")
        yield check.ask(partial(look, name), (OracleNotFoundError,))


def check_engine() -> Finding:
    """Ask the Docker engine who it is."""
    from conformance.registry_containers.engine import RegistryContainerError, engine  # noqa: PLC0415 (it is heavy)

    def look() -> str:
        with engine() as client:
            return f"Docker {client.version()['Version']}"

    return ENGINE.ask(look, (RegistryContainerError,))


def check_kind() -> Finding:
    """Look for kind."""
    return KIND.ask(lambda: str(find_kind()), (KindError,))


def check_cosign() -> Finding:
    """Look for cosign; it is enough that it is on PATH."""
    found = shutil.which(COSIGN.about)
    return COSIGN.tell("" if found else "cosign is not on PATH: install it (https://docs.sigstore.dev)", str(found))
