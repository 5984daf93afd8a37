"""Errors that depend on the Go release are compared without what it changes."""

import pytest

from conformance.model.go_releases import without_go_release


@pytest.mark.parametrize(
    "into",
    [
        "Go struct field Index.manifests.digest of type digest.Digest",
        "Go struct field OCI1IndexPublic.manifests.0.digest of type map[string]string",
        "OCI1IndexPublic.manifests.0 of type v1.Descriptor",
        "Go value of type v1.Descriptor",
        r'Go value of type struct { Token string "json:\"token\""; IssuedAt time.Time "json:\"issued_at\"" }',
    ],
)
def test_types_that_something_does_not_fit_do_not_count(into: str) -> None:
    words = "json: cannot unmarshal number into {}; artifact err: x"
    assert without_go_release(words.format(into)) == words.format("a Go value")


def test_a_time_that_is_no_text_is_told_in_two_ways() -> None:
    told = [
        "Time.UnmarshalJSON: input is not a JSON string; x",
        "json: cannot unmarshal number into Go struct field .issued_at of type time.Time; x",
    ]
    assert {without_go_release(each) for each in told} == {"a time that is no text; x"}


@pytest.mark.parametrize(
    ("before", "since", "words"),
    [
        (
            "invalid character 'ÿ' after object key",
            r"invalid character '\xff' after object key",
            "a character beyond ASCII",
        ),
        (
            "invalid character 'Ã' in literal null (expecting 'u')",
            "invalid character 'é' in literal null (expecting 'u')",
            "",
        ),
        (
            "invalid character 'ï' looking for",
            r"invalid character '\ufeff' looking for",
            "a character beyond ASCII looking for",
        ),
        (
            "invalid character 'ð' looking for",
            "invalid character '😀' looking for",
            "a character beyond ASCII looking for",
        ),
        (
            r"invalid character '\n' in string literal",
            r"invalid character '\n' in string",
            r"invalid character '\n' in string",
        ),
        (
            r"invalid character '\'' in string escape code",
            r"invalid escape sequence `\'` in string",
            "an escape that is none",
        ),
        (
            r"invalid character 'ÿ' in \u hexadecimal character escape",
            r'invalid escape sequence "\\u12\xff4" in string',
            "an escape that is none",
        ),
        (
            "invalid character 'x' after decimal point in numeric literal",
            "invalid character 'x' in numeric literal",
            "",
        ),
        ("invalid character 'x' in exponent of numeric literal", "invalid character 'x' in numeric literal", ""),
        ("invalid character ' ' in literal true (expecting 'e')", "unexpected end of JSON input", ""),
        ("invalid character ' ' in string escape code", "unexpected end of JSON input", ""),
    ],
)
def test_errors_of_the_syntax_are_the_same_for_every_go_release(before: str, since: str, words: str) -> None:
    """The pairs are what Go 1.26.6 and Go 1.27.3 say of the same bytes."""
    told = {without_go_release(f"parse manifest: {each}; artifact err: x") for each in (before, since)}
    assert len(told) == 1
    assert words in told.pop()


def test_other_characters_that_are_wrong_differ() -> None:
    told = {without_go_release(f"invalid character '{each}' looking for beginning of value") for each in "<{a"}
    assert len(told) == 3
