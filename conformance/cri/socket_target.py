"""Unix sockets as gRPC names them, whatever their paths are written in."""

import os
import re
from pathlib import Path
from typing import Self
from urllib.parse import quote

PLAIN = re.compile(r"[\w./@+=~-]+", re.ASCII)


class SocketTarget:
    """The ``uri`` under which gRPC finds a Unix socket while this is open; it is made in a folder that is there.

    gRPC parts addresses at commas and takes UTF-8 alone (its doc/naming.md), so that a folder with another path is
    named by a descriptor. Raises ``OSError`` where that folder cannot be opened, or the socket's own name has a comma.
    """

    def __init__(self, socket: Path) -> None:
        self._folder: int | None = None
        if PLAIN.fullmatch(str(socket)):
            self.uri = f"unix://{socket.absolute()}"
            return
        if "," in socket.name:
            msg = f"{socket}: gRPC takes no comma in the name of a socket"
            raise OSError(msg)
        self._folder = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY)
        self.uri = f"unix:///proc/self/fd/{self._folder}/{quote(os.fsencode(socket.name))}"

    def close(self) -> None:
        """Close the folder; who has been told the ``uri`` has no more use for it."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
