"""The logins that CRI-O would show to registries: this machine's authentication files, read once.

They are CRI-O's, not those of the user who asks: CRI-O runs as root, and does not look at ``XDG_RUNTIME_DIR`` (CRI-O
server/server.go). A file that this user may not read is passed over; ``unreadable`` has its name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from conformance.model.answers import Login
from conformance.model.auth import (
    LEGACY_FILE,
    AuthFile,
    InvalidAuthFileError,
    auth_files,
    credentials,
    unused_login_reason,
)
from conformance.node_config.node_config import NodeConfigError, errno_text


class Logins:
    """The logins of one file, or of several.

    Raises ``NodeConfigError`` where one is ``needed``, and not there or of no use; else what is wrong in a file fails
    what asks for a login, as it fails CRI-O's pulls.
    """

    def __init__(self, *paths: Path, needed: bool = False) -> None:
        self.unreadable: list[str] = []
        self._files: list[AuthFile] = []
        for path in paths:
            if (content := self._content(path, needed=needed)) is not None:
                self._files.append(AuthFile(str(path), content, len(paths) > 1 and path.name == LEGACY_FILE))
        if needed:
            self._check()

    @classmethod
    def of_crio(cls, home: Path, env: Mapping[str, str]) -> Self:
        """Read the files that CRI-O looks at where none is configured, with ``home`` as root's home."""
        return cls(*auth_files({name: value for name, value in env.items() if name != "XDG_RUNTIME_DIR"}, home, 0))

    def _content(self, path: Path, *, needed: bool) -> bytes | None:
        """Read a file; none where it is not there, or, noted in ``unreadable``, may not be read."""
        try:
            return path.read_bytes()
        except OSError as error:
            if needed:
                raise NodeConfigError(f"the authentication file {path} cannot be read: {errno_text(error)}") from None
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                self.unreadable.append(str(path))
            return None

    def _check(self) -> None:
        for file in self._files:
            try:
                file.read()
            except InvalidAuthFileError as error:
                raise NodeConfigError(f"the authentication file cannot be used: {error}") from None

    def login(self, host: str, repository: str) -> Login | None:
        """Give the login for a repository: that of the first file that has one; raises ``InvalidAuthFileError``."""
        return credentials(self._files, host, repository)

    def unused(self, host: str, repository: str) -> str:
        """Say what CRI-O would show instead, or besides."""
        try:
            return unused_login_reason(self._files, host, repository)
        except InvalidAuthFileError:
            return ""
