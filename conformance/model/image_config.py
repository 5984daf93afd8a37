"""The config of an image, as far as reading it decides a pull.

Source: opencontainers/image-spec specs-go/v1/config.go; containers/image internal/image/oci.go, ``OCIConfig``,
storage/storage_dest.go, ``untrustedLayerDiffID``.
"""

import gzip
import zlib
from functools import lru_cache
from hashlib import sha256

from conformance.model.go_json import TEXT, GoJSONError, Shape, array_of, object_of, unmarshal

_GZIP = b"\x1f\x8b"
_FLAG = Shape("bool", "bool")
_TIME = Shape("time.Time", "time")
_SET = object_of(Shape("struct {}", "object"))
_RUN = Shape(
    "v1.ImageConfig",
    "object",
    {
        "User": TEXT,
        "ExposedPorts": _SET,
        "Env": array_of(TEXT),
        "Entrypoint": array_of(TEXT),
        "Cmd": array_of(TEXT),
        "Volumes": _SET,
        "WorkingDir": TEXT,
        "Labels": object_of(TEXT),
        "StopSignal": TEXT,
        "ArgsEscaped": _FLAG,
    },
)
_HISTORY = Shape(
    "v1.History",
    "object",
    {"created": _TIME, "created_by": TEXT, "author": TEXT, "comment": TEXT, "empty_layer": _FLAG},
)
_ROOTFS = Shape("v1.RootFS", "object", {"type": TEXT, "diff_ids": array_of(Shape("digest.Digest", "string"))})
_CONFIG = Shape(
    "v1.Image",
    "object",
    {
        "created": _TIME,
        "author": TEXT,
        "architecture": TEXT,
        "os": TEXT,
        "os.version": TEXT,
        "os.features": array_of(TEXT),
        "variant": TEXT,
        "config": _RUN,
        "rootfs": _ROOTFS,
        "history": array_of(_HISTORY),
    },
)


@lru_cache(maxsize=1024)
def diff_ids(config: bytes) -> tuple[str, ...]:
    """Give the digests that a config has for its layers unpacked; none where all are empty, or it cannot be read."""
    try:
        found = tuple(unmarshal(config, _CONFIG)["rootfs"]["diff_ids"])
    except GoJSONError:
        return ()
    return found if any(found) else ()


@lru_cache(maxsize=1024)
def unpacked_digest(layer: bytes) -> str:
    """Give the digest of a layer unpacked, empty where it cannot be."""
    try:
        tar = gzip.decompress(layer) if layer.startswith(_GZIP) else layer
    except (EOFError, OSError, zlib.error):
        return ""
    return f"sha256:{sha256(tar).hexdigest()}"


@lru_cache(maxsize=1024)
def config_fault(data: bytes) -> str:
    """Give what is wrong with a config, empty where it can be read."""
    try:
        unmarshal(data, _CONFIG)
    except GoJSONError as error:
        return str(error)
    return ""
