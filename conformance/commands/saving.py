"""Files that a command writes for its user: never over one that is there."""

from pathlib import Path

from conformance.node_config.node_config import NodeConfigError, errno_text


def write_new(path: Path, text: str) -> None:
    """Write a file where there is none yet, for the option ``--save``; raises ``NodeConfigError``."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise NodeConfigError(f"{path} is there already: let --save name another file") from None
    except OSError as error:
        raise NodeConfigError(f"{path} cannot be written: {errno_text(error)}") from None
