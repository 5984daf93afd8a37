"""When a machine, or what was given for it, cannot be read."""


class Unusable(Exception):  # noqa: N818 (nothing is wrong with the program: what was asked for cannot be used)
    """What was asked for, or this machine's configuration, cannot be used: one sentence that says why."""


def why(error: OSError) -> str:
    """Say why the system could not do something."""
    return (error.strerror or str(error)).lower()
