"""Where a node has a program, looked for out here below its root folder."""

import os
from collections.abc import Iterable
from pathlib import Path


def find_on_node(name: str, folders: Iterable[str], root: Path) -> Path | None:
    """Find a program in the first of these folders of a node that has it, none where no one has.

    What counts is what this process may do, with capabilities if it has any; ``shutil.which`` asks what its user may.
    """
    for folder in folders:
        file = Path("/", folder, name)
        seen = root / file.relative_to("/")
        if seen.is_file() and os.access(seen, os.X_OK, effective_ids=True):
            return file
    return None
