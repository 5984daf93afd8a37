"""Text as Go writes it in errors."""

import re

_GO_ESCAPES = {
    "\\": r"\\",
    '"': r"\"",
    "\n": r"\n",
    "\t": r"\t",
    "\r": r"\r",
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\v": r"\v",
}
_SPECIAL = re.compile(r'[\\"]|[^ -~]')

_BROKEN_BYTES = range(0xDC80, 0xDD00)
"""What stands for the bytes 0x80 to 0xff that are no UTF-8 (PEP 383)."""


def go_quote(text: str) -> str:
    """Quote a text as Go's ``%q`` does (``strconv.Quote``).

    Bytes that are no UTF-8 are those that Python has in text as "surrogateescape", and are written as they are.
    """
    return f'"{_SPECIAL.sub(lambda match: _escaped(match[0]), text)}"'


def _escaped(character: str) -> str:
    """Give one character as Go writes it between quotes."""
    if character in _GO_ESCAPES:
        return _GO_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code in _BROKEN_BYTES:
        return f"\\x{code - _BROKEN_BYTES.start + 0x80:02x}"
    if code < 0x80:  # noqa: PLR2004 (ASCII)
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 (the basic plane)
