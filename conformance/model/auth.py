"""containers-auth.json: where it is looked for, and which of its entries is for a repository.

Source: containers/image pkg/docker/config/config.go, the same rules in the containers/image of CRI-O 1.31.13 to 1.36.3.
Where several keys are the same host written differently, Go leaves to chance which counts; here the first does.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from conformance.model.answers import Login

LEGACY_FILE = ".dockercfg"
_DOCKER_HOSTS = {"docker.io", "registry-1.docker.io"}
_DOCKER_KEY = "index.docker.io"
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


class InvalidAuthFileError(ValueError):
    """An authentication file that containers/image does not read; the message never shows what is secret in it."""


class _Entry(NamedTuple):
    """An entry of the file as it is written."""

    auth: str = ""
    identity_token: str = ""


def auth_files(env: Mapping[str, str], home: Path, uid: int) -> list[Path]:
    """Give the files in the order in which they are looked at, there or not (``getAuthFilePaths``).

    The first one that has something for a repository counts. A runtime folder that does not exist is passed over. The
    last file, ``.dockercfg``, is of an older form (``legacy``).
    """
    runtime = env.get("XDG_RUNTIME_DIR")
    if not runtime:
        first = [Path(f"/run/containers/{uid}/auth.json")]
    else:
        first = [Path(runtime, "containers/auth.json")] if Path(runtime).exists() else []
    return [
        *first,
        Path(env.get("XDG_CONFIG_HOME") or home / ".config", "containers/auth.json"),
        Path(env.get("DOCKER_CONFIG") or home / ".docker", "config.json"),
        home / LEGACY_FILE,
    ]


def credentials(content: Mapping[str, Any], host: str, repository: str, *, legacy: bool = False) -> Login | None:
    """Give the login for ``host/repository``, or nothing (``findCredentialsInFile``); raises ``InvalidAuthFileError``.

    The entry with the longest matching key counts, even where it is empty. A file of the ``legacy`` form has entries
    for hosts alone. A credential helper is not run, and an identity token not used; ``unused_login_reason`` names both.
    """
    return _found(content, host, repository, legacy=legacy)[0]


def unused_login_reason(content: Mapping[str, Any], host: str, repository: str, *, legacy: bool = False) -> str:
    """Say what CRI-O would use for a repository and ``credentials`` does not; empty where there is no such thing."""
    return _found(content, host, repository, legacy=legacy)[1]


def _found(content: Mapping[str, Any], host: str, repository: str, *, legacy: bool) -> tuple[Login | None, str]:
    """Give the login for a repository, and what stands beside it or in its place."""
    entries = {key: _entry(key, value) for key, value in (content if legacy else _object(content, "auths")).items()}
    helpers = {} if legacy else _object(content, "credHelpers")
    if host in helpers:
        return None, f"the credential helper {helpers[host]}"
    key = _key(entries, host, repository, legacy=legacy)
    if key is None:
        return None, ""
    user, colon, password = _decoded(entries[key].auth, key).partition(":")
    if not colon:
        return None, ""
    password = password.strip("\0")
    token = f"the identity token of {key}" if entries[key].identity_token else ""
    return Login(user, password, host) if user or password else None, token


def _key(entries: Mapping[str, _Entry], host: str, repository: str, *, legacy: bool) -> str | None:
    """Choose the key that counts for a repository: one that is its name or covers it, else the same host otherwise."""
    for key in (host,) if legacy else _keys(f"{host}/{repository}" if repository else host):
        if key in entries:
            return key
    return next((key for key in entries if _host_of(key, legacy=legacy) == _normal(host)), None)


def _keys(name: str) -> Iterator[str]:
    """Give the keys that cover a name, the longest first (``authKeyLookupOrder``)."""
    yield name
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def _host_of(key: str, *, legacy: bool) -> str:
    """Give the host that a key is for, which may be a URL (``normalizeAuthFileKey``)."""
    bare = key.removeprefix("http://").removeprefix("https://")
    return _normal(bare.partition("/")[0] if legacy or bare != key else bare)


def _normal(host: str) -> str:
    """Give docker.io's hosts one name (``normalizeRegistry``)."""
    return _DOCKER_KEY if host in _DOCKER_HOSTS else host


def _decoded(auth: str, key: str) -> str:
    """Decode ``user:password``, with bytes that are no UTF-8 as Python has them in names (``decodeDockerAuth``)."""
    text = auth.replace("\r", "").replace("\n", "")
    if len(text) % 4 or not _BASE64.fullmatch(text):  # Python itself allows more
        raise InvalidAuthFileError(f"illegal base64 data in the entry of {key}")
    return base64.b64decode(text).decode(errors="surrogateescape")


def _member(content: Mapping[str, Any], name: str) -> Any:
    """Give a member that is spelt so, or else so but for the case, or ``None`` (encoding/json)."""
    if name in content:
        return content[name]
    return next((value for each, value in content.items() if each.casefold() == name.casefold()), None)


def _object(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a member that is an object, empty where it is not there."""
    value = _member(content, name)
    if value is not None and not isinstance(value, Mapping):
        raise InvalidAuthFileError(f"{name} is no object")
    return value or {}


def _entry(key: str, value: Any) -> _Entry:
    """Read an entry; all are read, so that a wrong one spoils the file, as in Go."""
    if value is not None and not isinstance(value, Mapping):
        raise InvalidAuthFileError(f"the entry of {key} is no object")
    members = [_member(value or {}, name) or "" for name in ("auth", "identitytoken")]
    if not all(isinstance(each, str) for each in members):
        raise InvalidAuthFileError(f"the entry of {key} holds something else than text")
    return _Entry(*members)
