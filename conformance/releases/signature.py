"""Signatures without keys, verified by cosign where it is on PATH."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from conformance.releases.download import Downloader, DownloadError, UnusableError

SECONDS = 120.0


@dataclass(frozen=True)
class Signature:
    """Who must have signed, as cosign's options.

    ``files`` name the files beside what was signed, each with how it ends, ``signer`` the identity.
    """

    files: dict[str, str]
    signer: tuple[str, ...]


def verify_signature(signature: Signature, signed: Path, url: str, downloader: Downloader) -> bool:
    """Verify a file that is from a URL; tells whether there was a cosign to do it.

    Raises ``DownloadError`` where the signature is not right, or cannot be fetched.
    """
    if (cosign := shutil.which("cosign")) is None:
        return False
    with tempfile.TemporaryDirectory(dir=signed.parent) as folder:
        options = []
        for option, ending in signature.files.items():
            path = Path(folder) / f"signed{ending}"
            downloader.file(url + ending, path, f"its {ending.removeprefix('.')}")
            options += [option, str(path)]
        try:
            done = subprocess.run(
                [cosign, "verify-blob", signed, *options, *signature.signer],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "COSIGN_EXPERIMENTAL": "1"},  # versions before 2.0 verify without keys only then
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DownloadError(f"{cosign} cannot verify it ({error}): mend it, or take it off PATH") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise UnusableError(f"its signature is not right, says cosign ({said[-1]}): it is not used")
    return True
