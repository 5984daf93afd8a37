"""When a machine, or what was given for it, cannot be read."""


class NodeConfigError(Exception):
    """What was asked for, or this machine's configuration, cannot be used: one sentence that says why."""


def why(error: OSError) -> str:
    """Say why the system could not do something."""
    return (error.strerror or str(error)).lower()
