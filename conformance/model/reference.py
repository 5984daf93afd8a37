"""Image names: the grammar of distribution references, and what Docker's convention makes of them.

Source: distribution/reference as containers/image has it (docker/reference/regexp.go, docker/reference/reference.go,
docker/reference/normalize.go; the same text in CRI-O 1.31.13 and 1.36.3), opencontainers/go-digest (digest.go,
algorithm.go).
"""

import re
from functools import lru_cache
from typing import NamedTuple

DEFAULT_DOMAIN = "docker.io"
LEGACY_DOMAIN = "index.docker.io"
OFFICIAL_NAMESPACE = "library"
REMEMBERED_NAMES = 4096
"""How many names are remembered as they were read: one and the same is read at each step of a pull."""

NAME_LENGTH = 255
"""Bytes that a name without tag and digest may have (``NameTotalLengthMax``)."""

_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"  # Go's says [-]*, which means the same and costs much to retry
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_PORT = r"(?::[0-9]+)?"
_NAMED_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_DOMAIN = rf"{_NAMED_HOST}{_PORT}"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"

DOMAIN = re.compile(_DOMAIN)
"""A registry host, with a port or without, as a name or a search list may have it."""

PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
"""A repository's name on its host."""


def _reference(domain: str) -> re.Pattern[str]:
    """Give the grammar of a name, with that of its domain."""
    return re.compile(rf"((?:({domain})/)?({PATH.pattern}))(?::({_TAG}))?(?:@({_DIGEST}))?")


_REFERENCE = _reference(_DOMAIN)
_DOCKERS_REFERENCE = _reference(rf"(?:{_NAMED_HOST}|\[[a-fA-F0-9:]+\]){_PORT}")
"""distribution/reference has IPv6 addresses as well (regexp.go, ``ipv6address``)."""

ID_LENGTH = 64
_FIRST = re.compile(rf"{_COMPONENT}(?:/|\Z)")
_IDENTIFIER = re.compile(r"[0-9a-f]{64}")
_GO_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


class InvalidReferenceError(ValueError):
    """A text that is no image name; the message is the one that distribution gives."""


class Reference(NamedTuple):
    """An image name in parts: ``domain/path:tag@digest``; what is not there is empty.

    Only a normalised reference has the host that it means in ``domain``: of a short name as it is written, that is its
    first component (``rhuss`` of ``rhuss/app``), or nothing.
    """

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """The name without tag and digest (``reference.Named.Name``)."""
        return f"{self.domain}/{self.path}" if self.domain else self.path

    @property
    def is_short(self) -> bool:
        """Whether no registry host is in it (containers/image pkg/shortnames/shortnames.go, ``IsShortName``)."""
        return not ("." in self.domain or ":" in self.domain or self.domain == "localhost")

    @property
    def tag_or_digest(self) -> str:
        """What a registry is asked for: the digest where there is one."""
        return self.digest or self.tag

    @property
    def familiar(self) -> str:
        """The name as Docker shows it, without ``docker.io/`` and ``library/`` (``FamiliarString``)."""
        if self.domain != DEFAULT_DOMAIN:
            return str(self)
        namespace, slash, last = self.path.rpartition("/")
        path = last if slash and namespace == OFFICIAL_NAMESPACE else self.path
        return _text(path, self.tag, self.digest)

    @property
    def image_name(self) -> str:
        """The name as errors about an image have it, with its transport (containers/image ``transports.ImageName``)."""
        return f"docker://{self.familiar}"

    def on(self, host: str) -> "Reference":
        """Give a short name on a registry host, as ``parse_normalized`` reads the two together, and as it raises.

        Where the host cannot be taken for a path, and the name has no capitals in its first component, nothing needs to
        be read again.
        """
        path = self.name
        if host == DEFAULT_DOMAIN and "/" not in path:
            path = f"{OFFICIAL_NAMESPACE}/{path}"
        has_host = "." in host and host != LEGACY_DOMAIN
        if not has_host or not _FIRST.match(path) or len(host) + 1 + len(path) > NAME_LENGTH:
            return parse_normalized(f"{host}/{self}")
        return Reference(host, path, self.tag, self.digest)

    def with_default_tag(self) -> "Reference":
        """Add ``:latest`` where there is neither tag nor digest (``TagNameOnly``)."""
        return self if self.tag or self.digest else Reference(self.domain, self.path, "latest")

    def without_tag_beside_digest(self) -> "Reference":
        """Drop the tag where there is a digest, as CRI-O does.

        Source: ``RegistryImageReferenceFromRaw``, CRI-O internal/storage/references/registry_reference.go.
        """
        return Reference(self.domain, self.path, "", self.digest) if self.tag and self.digest else self

    def __str__(self) -> str:
        return _text(self.name, self.tag, self.digest)


def _text(name: str, tag: str, digest: str) -> str:
    return f"{name}{':' if tag else ''}{tag}{'@' if digest else ''}{digest}"


@lru_cache(maxsize=REMEMBERED_NAMES)
def parse(text: str) -> Reference:
    """Read a name as it is written, short or not (``reference.Parse``); raises ``InvalidReferenceError``."""
    name, reference = _parsed(text, _REFERENCE)
    return _checked(reference, name)


def _parsed(text: str, grammar: re.Pattern[str]) -> tuple[str, Reference]:
    """Read a name by a grammar; give what is before tag and digest, too."""
    match = grammar.fullmatch(text)
    if match is None:
        if not text:
            raise InvalidReferenceError("repository name must have at least one component")
        if grammar.fullmatch(text.replace("\u0130", "i").lower()):  # Go makes this letter one, not two
            raise InvalidReferenceError("repository name must be lowercase")
        raise InvalidReferenceError("invalid reference format")
    name, domain, path, tag, digest = match.groups(default="")
    return name, Reference(domain, path, tag, digest)


def _checked(reference: Reference, measured: str) -> Reference:
    """Refuse a name of which that part is too long, or the digest is none."""
    if len(measured) > NAME_LENGTH:
        raise InvalidReferenceError(f"repository name must not be more than {NAME_LENGTH} characters")
    if reference.digest:
        _check_digest(reference.digest)
    return reference


def _check_digest(digest: str) -> None:
    """Refuse what go-digest refuses (``digest.Parse``)."""
    algorithm, _, encoded = digest.partition(":")
    length = _DIGEST_LENGTHS.get(algorithm)
    if length is None:
        known = "unsupported digest algorithm" if _GO_DIGEST.fullmatch(digest) else "invalid checksum digest format"
        raise InvalidReferenceError(known)
    if len(encoded) != length:
        raise InvalidReferenceError("invalid checksum digest length")
    if encoded != encoded.lower():
        raise InvalidReferenceError("invalid checksum digest format")


def parse_normalized(text: str) -> Reference:
    """Read a name by Docker's convention: docker.io where no host is, ``library/`` before one component.

    ``reference.ParseNormalizedNamed``; raises ``InvalidReferenceError``.
    """
    _check_no_id(text)
    domain, remainder = _split_domain(text)
    name = remainder.partition(":")[0]
    if name.lower() != name:
        raise InvalidReferenceError("invalid reference format: repository name must be lowercase")
    return parse(f"{domain}/{remainder}")


def _check_no_id(text: str) -> None:
    """Refuse what is an ID."""
    if len(text) == ID_LENGTH and _IDENTIFIER.fullmatch(text):
        raise InvalidReferenceError(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")


def parse_as_docker(text: str) -> Reference:
    """Read a name as Docker's own library does, which a kubelet has; raises ``InvalidReferenceError``.

    Capitals differ: they make a first component a host, and the error says in which name they must not be. A host may
    be an IPv6 address in brackets, and the path alone may not be too long. Source: distribution/reference 0.6,
    normalize.go (``ParseNormalizedNamed``), regexp.go, reference.go (``RepositoryNameTotalLengthMax``).
    """
    _check_no_id(text)
    first, slash, rest = text.partition("/")
    domain, remainder = (first, rest) if slash and first.lower() != first else _split_domain(text)
    name = remainder.partition(":")[0]
    if name.lower() != name:
        raise InvalidReferenceError(f"invalid reference format: repository name ({name}) must be lowercase")
    reference = _parsed(f"{domain}/{remainder}", _DOCKERS_REFERENCE)[1]
    return _checked(reference, reference.path)


def _split_domain(name: str) -> tuple[str, str]:
    """Split a name into host and rest, both as Docker means them (``splitDockerDomain``)."""
    first, slash, rest = name.partition("/")
    domain, remainder = DEFAULT_DOMAIN, name
    if slash and ("." in first or ":" in first or first == "localhost"):
        domain, remainder = first, rest
    if domain == LEGACY_DOMAIN:
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in remainder:
        remainder = f"{OFFICIAL_NAMESPACE}/{remainder}"
    return domain, remainder


def parse_canonical(text: str) -> Reference:
    """Read a name that must be whole already (``reference.ParseNamed``); raises ``InvalidReferenceError``."""
    reference = parse_normalized(text)
    if str(reference) != text:
        raise InvalidReferenceError("repository name must be canonical")
    return reference
