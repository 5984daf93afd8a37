"""The login in a PullImage request.

Source: CRI-O server/image_pull.go (``decodeDockerAuth``).
"""

from conformance.model.go_base64 import decode_base64


def decode_auth(auth: str) -> tuple[str, str]:
    """Read ``user:password`` in base64; without a colon it is nobody. Raises ``GoBase64Error``."""
    user, colon, password = decode_base64(auth).decode(errors="surrogateescape").partition(":")
    return (user, password.strip("\0")) if colon else ("", "")
