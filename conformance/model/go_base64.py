"""Base64 as Go reads it (encoding/base64 base64.go, ``StdEncoding``): with padding, and across ends of lines."""

import base64
import string

_DIGITS = frozenset((string.ascii_letters + string.digits + "+/").encode())
_LINE_ENDS = b"\r\n"
_PADDING = b"="[0]
_QUANTUM = 4


class GoBase64Error(ValueError):
    """What is no base64, in Go's words: the place is that of a byte, from 0 on."""

    def __init__(self, place: int) -> None:
        super().__init__(f"illegal base64 data at input byte {place}")


def decode_base64(text: str) -> bytes:
    """Decode; raises ``GoBase64Error``."""
    data = text.encode()
    if (place := _fault(data)) is not None:
        raise GoBase64Error(place)
    return base64.b64decode(data.translate(None, _LINE_ENDS))


def _fault(data: bytes) -> int | None:
    """Give the place where it is refused (``decodeQuantum``); none where all is well."""
    held = 0
    places = ((place, byte) for place, byte in enumerate(data) if byte not in _LINE_ENDS)
    for place, byte in places:
        if byte in _DIGITS:
            held = (held + 1) % _QUANTUM
        elif byte != _PADDING or held < _QUANTUM // 2:
            return place
        else:
            return _fault_behind(list(places), len(data), whole=held == _QUANTUM - 1)
    return len(data) - held if held else None


def _fault_behind(rest: list[tuple[int, int]], end: int, *, whole: bool) -> int | None:
    """Give what is wrong behind the first byte of a padding, which is the whole of it, or wants another."""
    if not whole:
        if not rest:
            return end
        place, byte = rest.pop(0)
        if byte != _PADDING:
            return place - 1
    return rest[0][0] if rest else None
