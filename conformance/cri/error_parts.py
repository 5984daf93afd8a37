"""Where an error of a pull speaks of which registry: CRI-O's and containers/image's ways to put several into one text.

The texts are in containers/image docker/docker_image_src.go and docker/docker_client.go, and CRI-O
internal/storage/image.go; what a part says is read in ``error_parser``.
"""

import re
from typing import NamedTuple

from conformance.model.error_texts import DOCKER_SERVER

_ARTIFACT_HALF = re.compile(r"; artifact err: .*?(?=unable to pull image|\Z)", re.DOTALL)
"""From 1.33.4 on the same registry's second try, as an artifact, follows the first (CRI-O internal/storage/image.go,
``pullImageImplementation``). Should a release report more candidates than the last, the next error begins there."""

_ASKED = re.compile(
    r"(?:docker://(?!\S+ \(Mirrors also failed: )|\(Mirrors also failed: \[|\]\n\[|\]\): )"
    r"(?P<name>[^\s:@]+(?::\d+(?=/)[^\s:@]*)?)(?:[:@]\S+)?"
)
"""An image on a registry that was asked: in the familiar form of the ``docker`` transport, which leaves docker.io out,
or, where there are mirrors, ``(Mirrors also failed: [NAME: …]\\n[NAME: …]): NAME: …``, the last being the registry that
the mirrors stand for (containers/image docker/docker_image_src.go, ``newImageSource``)."""

_GAVE = re.compile(r"reading manifest \S+ in (?P<name>\S+?): ")
"""Who did not give a manifest: the mirror that gave an index, say, and lacks its image, where ``docker://`` is the
image that was asked for (containers/image docker/docker_client.go, ``fetchManifest``)."""

_PINGED = re.compile(r"pinging container registry (?P<server>[^\s/]+?): ")
"""Who did not answer at all (containers/image docker/docker_client.go, ``detectProperties``)."""


class ErrorPart(NamedTuple):
    """What an error says of one registry host: from ``start`` to ``end`` in its text, the name ending at ``named``."""

    host: str
    start: int
    named: int
    end: int


def parts_by_registry(message: str) -> tuple[ErrorPart, ...]:
    """Give the parts of a pull's error that are about a registry host each, in its order; none where it names none."""
    text = _ARTIFACT_HALF.sub(lambda match: "\n".ljust(len(match[0])), message)
    found = next(filter(None, (list(each.finditer(text)) for each in (_ASKED, _GAVE, _PINGED))), [])
    ends = [*(match.start() for match in found), len(text)][1:]
    return tuple(
        ErrorPart(_blamed(match, text[match.end() : end]), match.start(), match.end(), end)
        for match, end in zip(found, ends, strict=True)
    )


def without_artifact_half(message: str) -> str:
    """Leave out what the same registries said when they were asked for an artifact instead of an image."""
    return _ARTIFACT_HALF.sub("\n", message)


def _blamed(asked: re.Match[str], after: str) -> str:
    """Give the registry host that a part of an error is about: the one that did not give a manifest, else the asked."""
    if asked.re is _PINGED:
        return {DOCKER_SERVER: "docker.io"}.get(asked["server"], asked["server"])
    gave = _GAVE.search(after)
    return host_of((gave or asked)["name"])


def host_of(name: str) -> str:
    """Give the registry host of an image's name in its familiar form (``busybox`` and ``a/b`` are docker.io's)."""
    first, slash, _ = name.partition("/")
    return first if slash and (set(first) & {".", ":"} or first == "localhost") else "docker.io"
