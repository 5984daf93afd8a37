"""What an explanation is about, besides the name: a CRI-O, its node and its files."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.explain.explanation import Crio, Mode
from conformance.model.places import Settings


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """A CRI-O with its settings, and where we know them from.

    ``login_unused`` says for a host and repository what CRI-O would log in with and this command does not;
    ``unreadable`` are files that CRI-O reads and this user may not.
    """

    settings: Settings
    crio: Crio
    mode: Mode
    login_unused: Callable[[str, str], str] = lambda _host, _repository: ""
    unreadable: tuple[str, ...] = ()
