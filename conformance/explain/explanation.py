"""The explanation of a pull as one value; its fields are the keys of ``--json``, described in docs/explain.md."""

import dataclasses
import enum
import json
from dataclasses import dataclass

from conformance.node_config.node_config import CrioIdentity, ShortNameMode


class CandidateState(enum.StrEnum):
    """What became of a candidate: ``UNKNOWN`` if nobody was asked, ``NOT_REACHED`` if CRI-O stops before it."""

    PULLED = "pulled"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameReading:
    """How a name was read; ``tag`` and ``digest`` are as written, ``first`` is the first of several components.

    ``full`` is the name that a full name or an alias means, ``error`` why a name is none.
    """

    how: str
    short: bool = False
    first: str = ""
    tag: str = ""
    digest: str = ""
    full: str = ""
    alias: str = ""
    alias_file: str = ""
    search: tuple[str, ...] = ()
    search_file: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAnswer:
    """What one pull source answered: a manifest's ``digest`` and ``platforms`` (of an index), or why there is none.

    ``error`` is in CRI-O's words, ``reason`` ours, ``status`` that of HTTP, 0 where nothing answered. ``user`` is who
    the pull source was asked as, ``login_unused`` what CRI-O would have used and this command does not.
    """

    digest: str = ""
    index: bool = False
    platforms: tuple[str, ...] = ()
    status: int = 0
    code: str = ""
    reason: str = ""
    error: str = ""
    user: str = ""
    login_unused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedSource:
    """A pull source: a mirror, or the image's own registry. ``unused`` is the setting by which it is not asked."""

    image: str
    host: str
    mirror: bool = False
    insecure: bool = False
    loopback: bool = False
    blocked: str = ""
    unused: str = ""
    found: SourceAnswer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An image that the name may mean; ``prefix`` and ``file`` are those of the ``[[registry]]`` that it falls under.

    ``digest`` is what the tag stands for, where it would be pulled; ``error`` and ``reason`` why it does not come.
    """

    image: str
    familiar: str
    host: str
    prefix: str = ""
    file: str = ""
    places: tuple[ExplainedSource, ...] = ()
    state: CandidateState = CandidateState.UNKNOWN
    digest: str = ""
    reason: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedOutcome:
    """How the pull ends: ``succeeds`` is ``None`` where nobody was asked; ``error`` is what the user reads.

    ``refused`` is whether CRI-O refuses the name itself, ``ambiguous`` whether since it has several candidates.
    """

    succeeds: bool | None
    refused: bool = False
    ambiguous: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A name to write instead; ``pinned`` is the same with the digest that was found."""

    image: str
    digest: str = ""
    pinned: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that can be said about a pull; ``files`` are those of registries.conf, ``fingerprint`` is of what they mean.

    ``unreadable`` are files that CRI-O reads and this user may not, ``probed`` is whether registries were asked.
    """

    name: str
    crio: CrioIdentity
    files: tuple[str, ...]
    fingerprint: str
    unreadable: tuple[str, ...]
    mode: ShortNameMode
    reading: NameReading
    probed: bool
    candidates: tuple[Candidate, ...]
    end: ExplainedOutcome
    instead: tuple[Suggestion, ...]

    @property
    def exit_code(self) -> int:
        """0 where the pull would succeed, or might: nobody was asked; else 1."""
        return 1 if self.end.succeeds is False else 0

    def as_json(self) -> str:
        """Give all of it as one JSON object, indented, keys as in docs/explain.md."""
        return json.dumps(dataclasses.asdict(self), indent=2)
