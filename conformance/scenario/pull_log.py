"""What CRI-O logged of pulls: which names, which images on which registries were tried, and how each of them went.

CRI-O's own lines are those of server/image_pull.go, the rest containers/image's (docker/docker_image_src.go,
``newImageSource``), which do not say which pull they belong to. At level info nothing is said of a failure.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from conformance.cri.error_parser import reason_in, reasons_by_registry
from conformance.evidence.log import LogLine
from conformance.model.reason import Reason
from conformance.model.reference import InvalidReferenceError, Reference, parse_normalized


@dataclass
class TriedImage:
    """An image on a registry that was tried; ``reason`` is why it was not had, ``error`` the text that says so.

    Where it is neither ``served`` nor has a reason, the log does not say what the registry answered. One that is no
    image may be ``served`` as an artifact; another that is ``served`` and has a reason was had once, and once was not.
    """

    reference: Reference
    reason: Reason | None = None
    error: str = ""
    served: bool = False

    @property
    def is_both(self) -> bool:
        """Whether it was had once, and once was not."""
        return self.served and self.reason not in {None, Reason.NO_IMAGE}

    def fail(self, reason: Reason, error: str) -> None:
        """Take note of why it was not had; what was said first counts, since an artifact is asked for afterwards."""
        if self.reason is None:
            self.reason, self.error = reason, error


@dataclass
class PullLog:
    """What a log says: ``names`` in the order of their first pull, ``tried`` in the order of the first try of each.

    ``errors`` are what CRI-O answered, ``aliases`` what it said that short names stand for, ``release`` and
    ``short_name_mode`` what it said of itself when it was started.
    """

    names: list[str] = field(default_factory=list)
    tried: list[TriedImage] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    release: str = ""
    short_name_mode: str = ""
    _last: TriedImage | None = None
    _resolved: str = ""

    def note(self, message: str) -> None:
        """Take in one line."""
        for pattern, take in _LINES:
            if found := pattern.fullmatch(message):
                take(self, **found.groupdict())

    def take_pull(self, name: str) -> None:
        """It was asked for an image."""
        if name not in self.names:
            self.names.append(name)

    def take_try(self, name: str) -> None:
        """A registry is asked."""
        self._last = self._image(name)
        if self._last and self._resolved:
            self.aliases[self._resolved] = self._last.reference.name
        self._resolved = ""

    def take_alias(self, name: str) -> None:
        """A short name is another one's; what it stands for is tried next."""
        self._resolved = name

    def take_failure(self, name: str, error: str) -> None:
        """A registry did not give a manifest."""
        if image := self._image(name):
            image.fail(reason_in(error), error)

    def take_parts(self, error: str) -> None:
        """Take note of what an error says of each registry host that it names; of none, it is about the last one."""
        reasons = reasons_by_registry(error)
        if not reasons and self._last and not self._last.served:
            self._last.fail(reason_in(error), error)
        for host, reason in reasons.items():
            for image in self.tried:
                if image.reference.domain == host and not image.served:
                    image.fail(reason, error)

    def take_error(self, error: str) -> None:
        """A call ended with an error."""
        if error not in self.errors:
            self.errors.append(error)
        self.take_parts(error)

    def take_success(self) -> None:
        """A pull ended well, with what was tried last."""
        if self._last:
            self._last.served = True

    def take_version(self, release: str) -> None:
        """CRI-O was started."""
        self.release = release

    def take_configuration(self, text: str) -> None:
        """It printed its crio.conf."""
        self.short_name_mode = _mode(text)

    def _image(self, name: str) -> TriedImage | None:
        """Give what is known of an image, from now on; nothing where the name is none."""
        try:
            reference = parse_normalized(name)
        except InvalidReferenceError:
            return None
        known = next((each for each in self.tried if each.reference == reference), None)
        if known is None:
            self.tried.append(known := TriedImage(reference))
        return known


_LINES: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), take)
    for pattern, take in (
        (r"Starting CRI-O, version: (?P<release>[^\s,]+).*", PullLog.take_version),
        (r"Current CRI-O configuration:\n(?P<text>.*)", PullLog.take_configuration),
        (r"Pulling image: (?P<name>\S+)", PullLog.take_pull),
        (r'Resolved "(?P<name>[^":@]+)[^"]*" as an alias \(.*', PullLog.take_alias),
        (r'Trying to access "(?P<name>[^"]+)"', PullLog.take_try),
        (r'Accessing "(?P<name>[^"]+)" failed: (?P<error>.*)', PullLog.take_failure),
        (r"Falling back to pull (?P<name>\S+) as an OCI artifact: (?P<error>.*)", PullLog.take_failure),
        (r"Error pulling image \S+?: (?P<error>.*)", PullLog.take_parts),
        (r"Response error: (?P<error>.*)", PullLog.take_error),
        (r"Pulled image: .*", PullLog.take_success),
    )
)


def read_pull_log(lines: Iterable[LogLine]) -> PullLog:
    """Read what a log says of pulls."""
    found = PullLog()
    for line in lines:
        found.note(line.message)
    return found


def _mode(text: str) -> str:
    """Give the short-name mode of a crio.conf, empty where it has none or cannot be read."""
    try:
        mode = tomllib.loads(text)["crio"]["image"]["short_name_mode"]
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return ""
    return mode if mode in {"enforcing", "disabled"} else ""
