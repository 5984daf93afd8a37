import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.model.go_base64 import GoBase64Error, decode_base64


@given(st.binary(max_size=20), st.lists(st.integers(0, 30), max_size=4))
def test_what_is_base64_is_decoded_wherever_lines_end(data: bytes, ends: list[int]) -> None:
    text = base64.b64encode(data).decode()
    for end in ends:
        text = text[:end] + "\r\n" + text[end:]
    assert decode_base64(text) == data


# Refused by Go 1.27, with the place that it names.
REFUSED = {
    "a": 0,
    "abcda": 4,
    "abcdab": 4,
    "abcdabc": 4,
    "abcd\nab": 5,
    "=": 0,
    "a=": 1,
    "abcd=": 4,
    "YQ=": 3,
    "YQ=\n": 4,
    "YQ=x": 2,
    "YQ=\nx": 3,
    "YQ==x": 4,
    "YWI=\n\nx": 6,
    "YWI==": 4,
    "abc-": 3,
    "ab cd": 2,
    "é": 0,
    "abcé": 3,
}


@pytest.mark.parametrize(("text", "place"), REFUSED.items())
def test_what_is_none_is_refused_with_the_place(text: str, place: int) -> None:
    with pytest.raises(GoBase64Error, match=f"^illegal base64 data at input byte {place}$"):
        decode_base64(text)
