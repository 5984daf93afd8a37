"""Numbers on a command line."""

import argparse


def positive(text: str) -> int:
    """Read a number of 1 or more; raises ``ArgumentTypeError``, which argparse ends with exit code 2."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        msg = f"{text!r} is no number of 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return number
