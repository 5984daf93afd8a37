"""Challenges, and what they say of a token."""

import pytest

from conformance.registry_client.challenge import Challenge, challenges, insufficient_scope, scope_error


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="https://a/b",service="s x",scope="r:n:pull"', {"realm": "https://a/b", "service": "s x"}),
        ('BEARER  Realm = "x"', {}),
        ('bearer REALM="x" , error=invalid_token', {"realm": "x", "error": "invalid_token"}),
        (r'bearer realm="a\"b"', {"realm": 'a"b'}),
        ("bearer realm=https://a/b,service=s", {"realm": "https"}),
        ('bearer realm="x",service="",scope="s"', {"realm": "x"}),
        ('bearer realm="unended', {}),
        ("bearer", {}),
    ],
)
def test_challenges_are_read_as_containers_image_reads_them(header: str, expected: dict[str, str]) -> None:
    challenge = Challenge.parse(header)
    assert challenge is not None
    assert challenge.scheme == "bearer"
    read = dict(challenge.parameters)
    assert {key: value for key, value in read.items() if key != "scope"} == expected


def test_what_is_no_challenge() -> None:
    assert challenges(["", '"x"', "Basic realm=x"]) == (Challenge("basic", {"realm": "x"}),)


@pytest.mark.parametrize(
    ("error", "scope", "lacking", "said"),
    [
        ("insufficient_scope", "repository:a:pull", "repository:a:pull", "insufficient_scope"),
        ("insufficient_scope", "a b", "", "insufficient_scope"),
        ("invalid_token", "repository:a:pull", "", "invalid_token"),
        ("other", "repository:a:pull", "", ""),
    ],
)
def test_what_is_wrong_with_a_token(error: str, scope: str, lacking: str, said: str) -> None:
    parameters = {"error": error, "scope": scope, "error_description": "ask for more"}
    found = [Challenge("basic", {}), Challenge("bearer", parameters)]
    assert (insufficient_scope(found), scope_error(found)) == (lacking, (said, "ask for more" if said else ""))
