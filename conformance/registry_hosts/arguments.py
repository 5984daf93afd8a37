"""What a case tells a registry host: what would arrange nothing, or something else, is refused with one sentence."""

import re
from collections.abc import Iterable

from conformance.model.reference import DOMAIN, PATH
from conformance.registry_hosts.faults import Faulty

FAILURES = range(400, 600)
"""The HTTP statuses that say no (RFC 9110, 15.5 and 15.6)."""

_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]+")


def checked_host(name: str) -> str:
    """Give the name of a registry host, a port behind it where it has one; raises ``ValueError`` for what is none."""
    if not isinstance(name, str) or not DOMAIN.fullmatch(name):
        msg = f"{name!r} is no registry host: write its name as quay.io, with a port as registry.example:5000"
        raise ValueError(msg)
    return name


def checked_path(host: str, name: str) -> str:
    """Give a repository's name on a host; raises ``ValueError`` for what no request can ask for there."""
    if isinstance(name, str) and name.startswith(f"{host}/"):
        msg = f"{name!r} begins with the host's own name: {host} has it as {name.removeprefix(f'{host}/')!r}"
        raise ValueError(msg)
    if not isinstance(name, str) or not PATH.fullmatch(name):
        msg = f"{name!r} is no repository on {host}: write small letters and digits, parted by slashes, without a tag"
        raise ValueError(msg)
    return name


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Give tags; raises ``ValueError`` for one text, which would be a tag a letter."""
    return _texts("tags", tags)


def checked_platforms(platforms: Iterable[str]) -> tuple[str, ...]:
    """Give platforms; raises ``ValueError`` for one text."""
    return _texts("platforms", platforms)


def _texts(what: str, values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        msg = f"{what} is a list, and not {values!r}: write {what}=[{values!r}]"
        raise ValueError(msg)  # noqa: TRY004 (as all that a case says wrongly)
    return tuple(values)


def check_failure(status: int, retry_after: int | None) -> None:
    """Raise ``ValueError`` for what is no HTTP status of a failure, or no number of seconds."""
    if not isinstance(status, int) or status not in FAILURES:
        msg = f"{status!r} is no HTTP status of a failure: write a number from {FAILURES.start} to {FAILURES.stop - 1}"
        raise ValueError(msg)
    if retry_after is not None and (not isinstance(retry_after, int) or retry_after < 0):
        msg = f"retry_after is a number of seconds, and not {retry_after!r}"
        raise ValueError(msg)


def checked_faulty(content: Faulty) -> Faulty:
    """Give what is to have a fault; raises ``ValueError`` for a text that is no digest, such as a tag."""
    if isinstance(content, str) and not _DIGEST.fullmatch(content):
        msg = f"{content!r} is no digest: give what was offered, a blob of it, or the digest of either"
        raise ValueError(msg)
    return content
