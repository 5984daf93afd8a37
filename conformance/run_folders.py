"""Where the evidence of runs is kept. Every pytest run of the environment asks, so nothing heavy is imported here."""

import os
import re
import time
from pathlib import Path


def state_folder() -> Path:
    """Give where runs are kept (XDG Base Directory Specification, ``$XDG_STATE_HOME``)."""
    state = os.environ.get("XDG_STATE_HOME", "")
    return (Path(state) if state.startswith("/") else Path.home() / ".local" / "state") / "crio-conformance" / "runs"


def new_run_folder(title: str) -> Path:
    """Give a folder of the state folder for a run about ``title``, named by time, so that names are in order."""
    began = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    words = re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-")
    return state_folder() / "-".join(filter(None, (began, words, str(os.getpid()))))
