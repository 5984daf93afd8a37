"""The programs that can be oracles beside CRI-Os, and whether one is here; nothing heavy is imported."""

import shutil
from pathlib import Path

from conformance.model.profile import PODMAN_4_3, PODMAN_5_4, SKOPEO_1_9, SKOPEO_1_18
from conformance.releases.installation import RuntimeNotFoundError, release_of

FORMS = "write skopeo, podman, a CRI-O's release (1.36.3) or the path of one of these programs"
KNOWN_LINES = {
    "skopeo": (SKOPEO_1_9.since, SKOPEO_1_18.since),
    "podman": (PODMAN_4_3.since, PODMAN_5_4.since),
}
"""The programs that the model knows, and which release lines of each."""


class OracleNotFoundError(Exception):
    """There is no such oracle here: one sentence that says why and what to do."""


def find_oracle_program(asked: str) -> tuple[str, str]:
    """Give the path of a known program, asked for by its name or a path, and its release line.

    Raises ``OracleNotFoundError``.
    """
    program = Path(asked).name
    path = asked if "/" in asked else shutil.which(asked)
    if path is None:
        raise OracleNotFoundError(f"{asked} is not on PATH: install it (apt-get install {asked}), or {FORMS}")
    try:
        release = release_of(Path(path), rf"{program} version (\S+)", program, FORMS)
    except RuntimeNotFoundError as error:
        raise OracleNotFoundError(str(error)) from None
    if release.line not in KNOWN_LINES[program]:
        lines = " and ".join(KNOWN_LINES[program])
        known = f"{program} {lines}, as Debian 12 and 13 have them"
        raise OracleNotFoundError(f"{path} is {program} {release}, and the model only knows {known}")
    return path, release.line
