"""Which oracle is meant, and whether it is here."""

from pathlib import Path
from typing import NamedTuple

from conformance.oracle.crio_oracle import CrioOracle
from conformance.oracle.known_programs import OracleNotFoundError, find_oracle_program
from conformance.oracle.oracle import Oracle
from conformance.oracle.program_oracles import PodmanOracle, ProgramOracle, SkopeoOracle
from conformance.releases.download_options import DownloadOptions
from conformance.releases.installation import Installation, RuntimeNotFoundError, find_crio
from conformance.releases.obtaining import obtain_crio

KNOWN: dict[str, type[ProgramOracle]] = {each.program: each for each in (SkopeoOracle, PodmanOracle)}

EXAMPLES = {"skopeo": 2000, "podman": 300}
EXAMPLES_OF_CRIO = 2000


class FoundOracle(NamedTuple):
    """An oracle that is here: the name of the program, and where that is; its release line, or a CRI-O's programs."""

    program: str
    path: str
    line: str = ""
    installation: Installation | None = None

    @property
    def examples(self) -> int:
        """How many scenarios it is tried on by default."""
        return EXAMPLES.get(self.program, EXAMPLES_OF_CRIO)

    def start(self) -> Oracle:
        """Start it, in a world of its own; raises ``NodeError`` and ``RuntimeFailedError``."""
        if self.installation is not None:
            return CrioOracle(self.installation)
        return KNOWN[self.program](self.path, self.line)


def find_oracle(asked: str, downloads: DownloadOptions = DownloadOptions()) -> FoundOracle:  # noqa: B008 (it is frozen)
    """Find the oracle that is asked for, a CRI-O that is not here upstream; raises ``OracleNotFoundError``."""
    program = Path(asked).name
    if program not in KNOWN:
        try:
            installation = find_crio(obtain_crio(asked, downloads))
        except RuntimeNotFoundError as error:
            raise OracleNotFoundError(str(error).replace("--runtime", "--oracle")) from None
        return FoundOracle(f"CRI-O {installation.release}", asked, installation=installation)
    return FoundOracle(program, *find_oracle_program(asked))


def available_oracles() -> tuple[list[FoundOracle], list[str]]:
    """Find skopeo and Podman, those that are here; gives also why another is not."""
    found, missing = [], []
    for program in KNOWN:
        try:
            found.append(find_oracle(program))
        except OracleNotFoundError as error:
            missing.append(str(error))
    return found, missing
