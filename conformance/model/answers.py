"""What a registry is asked for, and what it may answer, as far as it decides a pull.

Source: OCI distribution-spec v1.1; what containers/image tells apart (containers/image docker/docker_client.go).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, NamedTuple

from conformance.model.go_json import GoJSONError, parse_json
from conformance.model.go_manifest import go_manifest
from conformance.model.manifest_reading import commit_fault, layer_types, read_manifest
from conformance.model.media_types import IMAGE_CONFIGS, INDEXES, OCI_CONFIG, OCI_MANIFEST, media_type_of
from conformance.model.platform import Platform
from conformance.model.reason import Reason

_TITLES = ("org.opencontainers.image.title", "org.cncf.model.filepath")
"""The annotations that name the file that a layer is, the first that is there (CRI-O internal/ociartifact/store.go,
``artifactName``)."""

_ZSTD = "io.github.containers.compression.zstd"
"""The annotation of an index's entry that has the value "true" where its layers are compressed with zstd."""


@dataclass(frozen=True)
class Login:
    """A user name and password, and the registry host that they are for; the password never shows."""

    user: str
    password: str = field(repr=False)
    server: str = ""


class RegistryRequest(NamedTuple):
    """One request to a registry host: for a manifest by tag or digest, or (``blob``) for a blob by digest.

    ``login`` is what may be shown to the host; ``insecure`` says that any certificate, and plain HTTP, will do;
    ``opens`` that a session begins: the host is pinged, and a token is had, anew. With ``lookup``, only the host's
    address is wanted.
    """

    host: str
    repository: str
    reference: str
    login: Login | None = None
    insecure: bool = False
    blob: bool = False
    opens: bool = False
    lookup: bool = False


class IndexEntry(NamedTuple):
    """An entry of an index; OCI lets it be for no platform in particular. ``zstd``: it is annotated as compressed so.

    Source: containers/image internal/manifest/oci_index.go, ``instanceIsZstd``.
    """

    digest: str
    platform: Platform | None
    zstd: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that came: ``digest`` is computed from its bytes. An index has children, an image a config and layers.

    ``media_type`` is what it is read as, by the header it came with (``media_type_of``); ``fault`` is what is wrong
    with it as one of those, and then nothing else is known; ``commit_fault`` what is wrong with an image once it is
    read by what it says that it is. ``layer_types`` are the media types of the layers, ``config_size`` is the size that
    the config is said to have, ``None`` where that is not known.
    ``config_type``, the media type of the config, and ``artifact_type`` tell an artifact from an image. ``titles`` are
    what the layers of an artifact are called, each empty where it is not, and ``size`` is that of all its layers, in
    bytes; ``rewritten`` is the digest that its manifest has once Go has read and written it (``go_manifest``).
    """

    digest: str
    media_type: str
    children: tuple[IndexEntry, ...] = ()
    config: str = ""
    layers: tuple[str, ...] = ()
    config_type: str = OCI_CONFIG
    artifact_type: str = ""
    titles: tuple[str, ...] = ()
    size: int = 0
    rewritten: str = ""
    config_size: int | None = None
    layer_types: tuple[str, ...] = ()
    fault: str = ""
    commit_fault: str = ""

    @property
    def is_index(self) -> bool:
        """Whether it lists images for several platforms."""
        return self.media_type in INDEXES

    @property
    def is_image(self) -> bool:
        """Whether it counts as a container image, which is never kept as an artifact.

        Source: CRI-O internal/ociartifact/store.go, ``EnsureNotContainerImage``, since 1.35.
        """
        return self.config_type in IMAGE_CONFIGS and not self.artifact_type

    @classmethod
    @lru_cache(maxsize=256)
    def parse(cls, data: bytes, content_type: str) -> "Manifest":
        """Read one as it came under that ``Content-Type``; what is wrong with it is in ``fault``."""
        media_type = media_type_of(content_type)
        try:
            content = read_manifest(data, media_type)
        except GoJSONError as error:
            return cls(_digest(data), media_type, fault=str(error))
        if media_type in INDEXES:
            return cls(_digest(data), media_type, tuple(map(_entry, content["manifests"])))
        config, layers = content.get("config", {}), content.get("layers", ())
        config_type, artifact_type = config.get("mediaType", ""), _artifact_type(data)
        is_image = config_type in IMAGE_CONFIGS and not artifact_type
        return cls(
            digest=_digest(data),
            media_type=media_type,
            config=config.get("digest", ""),
            layers=tuple(each["digest"] for each in layers),
            config_type=config_type,
            artifact_type=artifact_type,
            titles=() if is_image else tuple(map(_title, layers)),
            size=0 if is_image else sum(each["size"] for each in layers),
            rewritten="" if is_image else _digest(go_manifest(parse_json(data))),
            config_size=config.get("size"),
            layer_types=layer_types(content),
            commit_fault=commit_fault(data),
        )


def _artifact_type(data: bytes) -> str:
    """Give the artifact type that a manifest has once it is read as OCI's, whatever it is."""
    try:
        return str(read_manifest(data, OCI_MANIFEST)["artifactType"])
    except GoJSONError:
        return ""


def _digest(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def _title(layer: Mapping[str, Any]) -> str:
    """Give what a layer of an artifact is called."""
    annotations = layer.get("annotations") or {}
    return next((annotations[each] for each in _TITLES if each in annotations), "")


def _entry(entry: Mapping[str, Any]) -> IndexEntry:
    """Give an entry of an index as far as it decides which one is taken."""
    zstd = (entry.get("annotations") or {}).get(_ZSTD) == "true"
    return IndexEntry(entry["digest"], _platform(entry["platform"]), zstd)


def _platform(members: Mapping[str, str] | None) -> Platform | None:
    return Platform(members["os"], members["architecture"], members["variant"]) if members is not None else None


@dataclass(frozen=True, slots=True)
class FetchedBlob:
    """A blob that came: ``digest`` is computed from its bytes, which are ``content`` where they are at hand.

    ``size`` is their number, none where only a registry's word was taken that it has them.
    """

    digest: str
    size: int | None = None
    content: bytes | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: bytes) -> "FetchedBlob":
        """Describe the bytes of a blob by their sha256 digest and their number."""
        return cls(_digest(data), len(data), data)


@dataclass(frozen=True, slots=True)
class HostAddress:
    """The address of a host, as far as it matters: whether it is in 127.0.0.0/8."""

    loopback: bool

    @classmethod
    def of(cls, address: str) -> "HostAddress":
        """Look at an address; ``::1`` is none of those that CRI-O means, which are a range of IPv4.

        Source: CRI-O internal/storage/image.go, ``isSecureIndex``, up to 1.34.
        """
        found = ip_address(address)
        return cls(found.version == 4 and found.is_loopback)  # noqa: PLR2004 (IPv4)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """An HTTP answer that is no, at one step: ``ping``, ``token``, ``manifest`` or ``blob``.

    ``code``, ``message`` and ``detail`` (whether there is one) are those of the body's first error, empty where the
    body is not of the distribution-spec's form; ``body`` is how it begins then, bytes that are no UTF-8 as Python has
    them in names ("surrogateescape"). ``scope_error`` is the ``error`` in the challenge of a 401 that came although
    there was a token, ``description`` its ``error_description``. ``phrase`` is the server's own reason phrase (RFC
    9112, "Status Line"), ``None`` where it is the usual one.
    """

    step: str
    status: int
    code: str = ""
    message: str = ""
    detail: bool = False
    body: str = ""
    scope_error: str = ""
    description: str = ""
    phrase: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableResponse:
    """An answer that came, and of which no use can be made: at which step, and what is said of it.

    Source: containers/image docker/docker_client.go, ``getBearerToken``, ``newBearerTokenFromHTTPResponseBody``.
    """

    step: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoResponse:
    """No HTTP answer: at which step, of which URL, and why in Go's words (``dial tcp …: connect: connection refused``).

    ``reason`` is what that means, ``refused`` that the connection was refused (ECONNREFUSED).
    """

    step: str
    url: str
    words: str
    reason: Reason = Reason.UNREACHABLE
    refused: bool = False


Refusal = ErrorResponse | UnusableResponse | NoResponse
"""An answer without what was asked for."""

Answer = Manifest | FetchedBlob | HostAddress | Refusal
