"""The logins that CRI-O would show to registries: this machine's authentication files, read once.

They are CRI-O's, not those of the user who asks: CRI-O runs as root, and does not look at ``XDG_RUNTIME_DIR`` (CRI-O
server/server.go). A file that this user may not read is passed over; ``unreadable`` has its name.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from conformance.model.answers import Login
from conformance.model.auth import LEGACY_FILE, InvalidAuthFileError, auth_files, credentials, unused_login_reason
from conformance.node_config.node_config import NodeConfigError, errno_text


class _File(NamedTuple):
    """A file and what is in it."""

    path: Path
    content: Mapping[str, Any]
    legacy: bool


class Logins:
    """The logins of one file, which must be there if it is ``needed``, or of several; raises ``NodeConfigError``."""

    def __init__(self, *paths: Path, needed: bool = False) -> None:
        self.unreadable: list[str] = []
        self._files: list[_File] = []
        for path in paths:
            if (content := self._content(path, needed=needed)) is not None:
                self._files.append(_File(path, content, len(paths) > 1 and path.name == LEGACY_FILE))

    @classmethod
    def of_crio(cls, home: Path, env: Mapping[str, str]) -> Self:
        """Read the files that CRI-O looks at where none is configured, with ``home`` as root's home."""
        return cls(*auth_files({name: value for name, value in env.items() if name != "XDG_RUNTIME_DIR"}, home, 0))

    def _content(self, path: Path, *, needed: bool) -> Mapping[str, Any] | None:
        """Read a file's JSON object; none where it is not there, or, noted in ``unreadable``, may not be read."""
        try:
            content = json.loads(path.read_bytes() or b"{}")
        except OSError as error:
            if needed:
                raise NodeConfigError(f"the authentication file {path} cannot be read: {errno_text(error)}") from None
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                self.unreadable.append(str(path))
            return None
        except (ValueError, RecursionError):
            raise NodeConfigError(f"the authentication file {path} is no valid JSON") from None
        if not isinstance(content, Mapping):
            raise NodeConfigError(f"the authentication file {path} holds no JSON object")
        return content

    def login(self, host: str, repository: str) -> Login | None:
        """Give the login for a repository: that of the first file that has one."""
        for each in self._files:
            try:
                login = credentials(each.content, host, repository, legacy=each.legacy)
            except InvalidAuthFileError as error:
                raise NodeConfigError(f"the authentication file {each.path} cannot be used: {error}") from None
            if login is not None:
                return login
        return None

    def unused(self, host: str, repository: str) -> str:
        """Say what CRI-O would show instead, or besides."""
        reasons = (unused_login_reason(each.content, host, repository, legacy=each.legacy) for each in self._files)
        return next(filter(None, reasons), "")
