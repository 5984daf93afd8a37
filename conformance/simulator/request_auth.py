"""The login in a PullImage request.

Source: CRI-O server/image_pull.go (``decodeDockerAuth``), Go encoding/base64.
"""

import re
from base64 import b64decode

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_STRANGE = re.compile(r"[^A-Za-z0-9+/\r\n]")
_QUANTUM = 4


def decode_auth(auth: str) -> tuple[str, str]:
    """Read ``user:password`` in base64; without a colon it is nobody. Raises ``ValueError`` with Go's words."""
    bare = re.sub(r"[\r\n]", "", auth)
    if not _BASE64.fullmatch(bare):  # Python itself allows more
        strange = _STRANGE.search(auth)
        at = strange.start() if strange else len(auth) - len(bare) % _QUANTUM
        msg = f"illegal base64 data at input byte {at}"
        raise ValueError(msg)
    user, colon, password = b64decode(bare).decode(errors="surrogateescape").partition(":")
    return (user, password.strip("\0")) if colon else ("", "")
