"""What errors say otherwise when a program is built with another release of Go.

Source: Go encoding/json scanner.go and decode.go up to 1.26, encoding/json/v2 from 1.27 on.
"""

import re


def without_go_release(text: str) -> str:
    """Give an error without what depends on the Go release that a program was built with.

    From Go 1.27 on encoding/json stands on encoding/json/v2: it names the types that something did not fit in another
    way, quotes a character instead of its first byte, calls an escape as a whole wrong, is less exact about numbers and
    texts, and tells an end within a literal as an end. The model words them as Go 1.27 does.
    """
    for pattern, words in _GO_RELEASES:
        text = pattern.sub(words, text)
    return text


_STRUCT = r'struct \{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}'
_ANY_TYPE = rf"into (?:Go value|(?:Go struct field )?\S+) of type (?:{_STRUCT}|\S+?)(?=[;:)\n]|$)"
_TIME_TYPE = r"json: cannot unmarshal \w+ into (?:Go struct field \S+|Go value) of type \*?time\.Time"
_IN_ESCAPE = r"in (?:string escape code|\\u hexadecimal character escape)"
_ESCAPE = r'invalid escape sequence (?:"(?:[^"\\]|\\.)*"|`[^`]*`) in string'
_GO_RELEASES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (rf"Time\.UnmarshalJSON: input is not a JSON string|{_TIME_TYPE}", "a time that is no text"),
        (_ANY_TYPE, "into a Go value"),
        (rf"invalid character ' ' (?:in literal \w+ \(expecting '.'\)|{_IN_ESCAPE})", "unexpected end of JSON input"),
        (rf"invalid character '(?:\\'|[^'])*' {_IN_ESCAPE}|{_ESCAPE}", "an escape that is none"),
        (r"invalid character '(?:[^ -~]|\\x[89a-f][0-9a-f]|\\[uU][0-9a-f]+)'", "a character beyond ASCII"),
        (r"(?:after decimal point in|in exponent of|in) numeric literal", "in a number"),
        (r"in string literal", "in string"),
    )
)
