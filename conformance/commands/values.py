"""Values on a command line; what is none raises ``ArgumentTypeError``, which argparse ends with exit code 2."""

import argparse


def positive(text: str) -> int:
    """Read a number of 1 or more."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        msg = f"{text!r} is no number of 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return number


def filled(text: str) -> str:
    """Read a text that is not empty, as that of an unset variable is."""
    if not text:
        msg = "it is empty, as an unset variable is: give it a value, or leave it out"
        raise argparse.ArgumentTypeError(msg)
    return text
