"""One thing that a run needs or can use, and whether it is here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from conformance.node import WorldError
from conformance.releases.installation import RuntimeNotFoundError

REFUSALS = (OSError, RuntimeNotFoundError, WorldError)
"""Errors that are a sentence for the user."""


class State(StrEnum):
    """Whether it is here; if not, whether it can be added (``missing``), or the machine forbids it (``cannot``)."""

    OK = "ok"
    MISSING = "missing"
    CANNOT = "cannot"


class Need(StrEnum):
    """How much of a run hangs on it: every run, a rehearsal too; every live one; or some cases and commands."""

    ANY_RUN = "any run"
    LIVE_RUN = "a live run"
    PART = "a part"


@dataclass(frozen=True)
class Finding:
    """What was found ``about`` one thing.

    ``says`` has what is here or, where that is not ok, what is wrong and what to do; ``allows`` what it is good for.
    """

    about: str
    state: State
    says: str
    allows: str
    need: Need = Need.PART


@dataclass(frozen=True)
class Check:
    """What is looked for, and what hangs on it; ``lacking`` is the state of a thing that is not ok."""

    about: str
    allows: str
    need: Need = Need.PART
    lacking: State = State.MISSING

    def ask(self, look: Callable[[], str], refusals: tuple[type[Exception], ...] = REFUSALS) -> Finding:
        """Make a finding of what ``look`` gives, or of the sentence with which it refuses."""
        try:
            return Finding(self.about, State.OK, look(), self.allows, self.need)
        except refusals as error:
            return self.lacks(str(error))

    def tell(self, complaint: str, fact: str) -> Finding:
        """Make a finding of a complaint, which is empty where all is well, and of the fact that is told then."""
        return self.lacks(complaint) if complaint else Finding(self.about, State.OK, fact, self.allows, self.need)

    def lacks(self, complaint: str) -> Finding:
        """Make a finding of a complaint."""
        return Finding(self.about, self.lacking, complaint, self.allows, self.need)
