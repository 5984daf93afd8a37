"""containers-auth.json: where it is looked for, and which of its entries is for a repository.

Source: containers/image pkg/docker/config/config.go, the same rules in the containers/image of CRI-O 1.31.13 to 1.36.3.
Where several keys are the same host written differently, Go leaves to chance which counts; here the first does.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from conformance.model.answers import Login
from conformance.model.go_base64 import GoBase64Error, decode_base64
from conformance.model.go_json import TEXT, GoJSONError, Shape, object_of, unmarshal
from conformance.model.go_text import go_quote

LEGACY_FILE = ".dockercfg"
_DOCKER_HOSTS = {"docker.io", "registry-1.docker.io"}
_DOCKER_KEY = "index.docker.io"
_ENTRIES = object_of(Shape("config.dockerAuthConfig", "object", {"auth": TEXT, "identitytoken": TEXT}))
_FILE = Shape("config.dockerConfigFile", "object", {"auths": _ENTRIES, "credHelpers": object_of(TEXT)})

Entries = Mapping[str, Mapping[str, str]]


class InvalidAuthFileError(ValueError):
    """An authentication file that containers/image does not read; the message never shows what is secret in it."""


class AuthFile(NamedTuple):
    """An authentication file: its path, and what is in it; one of the ``legacy`` form has entries for hosts alone."""

    path: str
    content: bytes
    legacy: bool = False

    def read(self) -> Mapping[str, Any]:
        """Read it (``parse``): ``null`` is an object without members, nothing at all is no JSON.

        Raises ``InvalidAuthFileError``, also where an entry is wrong that is for another repository.
        """
        try:
            read: Mapping[str, Any] = unmarshal(self.content, _ENTRIES if self.legacy else _FILE)
        except GoJSONError as error:
            path = go_quote(self.path)
            raise InvalidAuthFileError(f"reading JSON file {path}: unmarshaling JSON at {path}: {error}") from None
        return {"auths": read, "credHelpers": {}} if self.legacy else read


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


def credentials(files: Iterable[AuthFile], host: str, repository: str) -> Login | None:
    """Give the login for ``host/repository``, that of the first file that has one, or nothing.

    In a file the entry with the longest matching key counts, even where it is empty (``findCredentialsInFile``). A
    credential helper is not run, and an identity token not used; ``unused_login_reason`` names both. Raises
    ``InvalidAuthFileError`` where a file that is looked at cannot be read.
    """
    logins = (_found(each, host, repository)[0] for each in files)
    return next((login for login in logins if login is not None), None)


def unused_login_reason(files: Iterable[AuthFile], host: str, repository: str) -> str:
    """Say what CRI-O would use for a repository and ``credentials`` does not; empty where there is no such thing."""
    return next(filter(None, (_found(each, host, repository)[1] for each in files)), "")


def _found(file: AuthFile, host: str, repository: str) -> tuple[Login | None, str]:
    """Give a file's login for a repository, and what stands beside it or in its place."""
    content = file.read()
    entries, helpers = content["auths"], content["credHelpers"]
    if host in helpers:
        return None, f"the credential helper {helpers[host]}"
    key = _key(entries, host, repository, legacy=file.legacy)
    if key is None:
        return None, ""
    user, colon, password = _decoded(entries[key]["auth"]).partition(":")
    if not colon:
        return None, ""
    password = password.strip("\0")
    token = f"the identity token of {key}" if entries[key]["identitytoken"] else ""
    return Login(user, password, host) if user or password else None, token


def _key(entries: Entries, host: str, repository: str, *, legacy: bool) -> str | None:
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


def _decoded(auth: str) -> str:
    """Decode ``user:password``, with bytes that are no UTF-8 as Python has them in names (``decodeDockerAuth``)."""
    try:
        return decode_base64(auth).decode(errors="surrogateescape")
    except GoBase64Error as error:
        raise InvalidAuthFileError(str(error)) from None
