import base64
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.model.answers import Login
from conformance.model.auth import AuthFile, InvalidAuthFileError, auth_files, credentials, unused_login_reason

HOME = Path("/home/me")


def auth(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def entries(*keys: str) -> dict[str, Any]:
    """Entries with a user of the key's own name."""
    return {key: {"auth": auth(f"{number}:secret")} for number, key in enumerate(keys)}


def file(content: Any, *, legacy: bool = False) -> list[AuthFile]:
    """The file that has this content, alone."""
    return [AuthFile("/auth.json", json.dumps(content).encode(), legacy)]


def login(number: int, host: str) -> Login:
    return Login(str(number), "secret", host)


@pytest.mark.parametrize(
    ("keys", "host", "repository", "found"),
    [
        (["quay.io", "quay.io/a", "quay.io/a/b"], "quay.io", "a/b", 2),
        (["quay.io", "quay.io/a", "quay.io/a/b"], "quay.io", "a/c", 1),
        (["quay.io", "quay.io/a", "quay.io/a/b"], "quay.io", "ab", 0),
        (["quay.io", "quay.io/a"], "quay.io", "", 0),
        (["quay.io/a"], "quay.io", "b", None),
        (["quay.io/a"], "quay.io", "", None),
        (["quay.io"], "quay.io:443", "a", None),
        (["quay.io:443"], "quay.io", "a", None),
        (["localhost:5000/a"], "localhost:5000", "a/b", 0),
        (["https://quay.io/v2/"], "quay.io", "a", 0),
        (["http://quay.io"], "quay.io", "a", 0),
        (["https://quay.io", "quay.io"], "quay.io", "a", 1),
        (["https://quay.io/a"], "quay.io", "a", 0),
        (["quay.io/"], "quay.io", "a", None),
        (["https://index.docker.io/v1/"], "docker.io", "library/busybox", 0),
        (["index.docker.io"], "docker.io", "library/busybox", 0),
        (["registry-1.docker.io"], "docker.io", "library/busybox", 0),
        (["https://index.docker.io/v1/", "docker.io"], "docker.io", "library/busybox", 1),
        (["docker.io", "docker.io/rhuss"], "docker.io", "rhuss/app", 1),
        (["docker.io"], "registry-1.docker.io", "a", 0),
        (["https://index.docker.io/v1/", "index.docker.io"], "docker.io", "a", 0),
        ([], "quay.io", "a", None),
    ],
)
def test_the_entry_with_the_longest_key_counts(keys: list[str], host: str, repository: str, found: int | None) -> None:
    expected = None if found is None else login(found, host)
    assert credentials(file({"auths": entries(*keys)}), host, repository) == expected


@pytest.mark.parametrize(
    ("keys", "host", "found"),
    [
        (["quay.io/a", "quay.io"], "quay.io", 1),
        (["quay.io/a"], "quay.io", 0),
        (["https://index.docker.io/v1/"], "docker.io", 0),
        (["other.io"], "quay.io", None),
    ],
)
def test_the_older_form_knows_hosts_alone(keys: list[str], host: str, found: int | None) -> None:
    expected = None if found is None else login(found, host)
    assert credentials(file(entries(*keys), legacy=True), host, "a") == expected


@pytest.mark.parametrize(
    ("entry", "user", "password"),
    [
        ({"auth": auth("me:pass:word")}, "me", "pass:word"),
        ({"Auth": auth("me:secret")}, "me", "secret"),
        ({"auth": auth("me:secret\0\0")}, "me", "secret"),
        ({"auth": auth("me:secret")[:4] + "\r\n" + auth("me:secret")[4:]}, "me", "secret"),
        ({"auth": auth("me:")}, "me", ""),
        ({"auth": auth("me:geheim€")}, "me", "geheim€"),
        ({"auth": base64.b64encode(b"me:\xff").decode()}, "me", "\udcff"),
    ],
)
def test_a_password_is_read(entry: dict[str, str], user: str, password: str) -> None:
    assert credentials(file({"auths": {"quay.io": entry}}), "quay.io", "a") == Login(user, password, "quay.io")


@pytest.mark.parametrize("entry", [{}, None, {"auth": ""}, {"auth": auth("no colon")}, {"auth": auth(":")}])
def test_an_entry_without_a_login_hides_those_with_shorter_keys(entry: dict[str, str] | None) -> None:
    content = {"auths": {"quay.io/a": entry, **entries("quay.io")}}
    assert credentials(file(content), "quay.io", "a") is None
    assert credentials(file(content), "quay.io", "b") == login(0, "quay.io")


@pytest.mark.parametrize("content", [{}, {"auths": None}, {"auths": {}}, {"credHelpers": None}, {"other": 1}])
def test_a_file_without_entries_has_no_login(content: dict[str, Any]) -> None:
    assert credentials(file(content), "quay.io", "a") is None
    assert unused_login_reason(file(content), "quay.io", "a") == ""


TOKEN = {"auth": auth("me:"), "identitytoken": "secret-token"}


@pytest.mark.parametrize(
    ("content", "found", "beside"),
    [
        ({"auths": {"quay.io": TOKEN}}, Login("me", "", "quay.io"), "the identity token of quay.io"),
        ({"auths": {"quay.io": TOKEN | {"auth": auth(":")}}}, None, "the identity token of quay.io"),
        ({"auths": {"quay.io": TOKEN | {"auth": ""}}}, None, ""),
        ({"auths": entries("quay.io"), "credHelpers": {"quay.io": "pass"}}, None, "the credential helper pass"),
        ({"auths": entries("quay.io"), "credHelpers": {"quay.io/a": "pass"}}, login(0, "quay.io"), ""),
    ],
)
def test_helpers_and_tokens_are_told_of_and_not_followed(
    content: dict[str, Any], found: Login | None, beside: str
) -> None:
    assert credentials(file(content), "quay.io", "a") == found
    assert unused_login_reason(file(content), "quay.io", "a") == beside


UNREAD = 'reading JSON file "/auth.json": unmarshaling JSON at "/auth.json":'
UNFIT = f"{UNREAD} json: cannot unmarshal"
ENTRIES = "map[string]config.dockerAuthConfig"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"auths": []}, f"{UNFIT} array into Go struct field dockerConfigFile.auths of type {ENTRIES}"),
        ([], f"{UNFIT} array into Go value of type config.dockerConfigFile"),
        (
            {"auths": {}, "credHelpers": "pass"},
            f"{UNFIT} string into Go struct field dockerConfigFile.credHelpers of type map[string]string",
        ),
        (
            {"auths": {"other.io": "secret"}},
            f"{UNFIT} string into Go struct field dockerConfigFile.auths.other.io of type config.dockerAuthConfig",
        ),
        (
            {"auths": {"other.io": {"auth": 1}}},
            f"{UNFIT} number into Go struct field dockerConfigFile.auths.other.io.auth of type string",
        ),
        ({"auths": {"quay.io": {"auth": "secret!"}}}, "illegal base64 data at input byte 6"),
        ({"auths": {"quay.io": {"auth": "YTpi="}}}, "illegal base64 data at input byte 4"),
        ({"auths": {"quay.io": {"auth": "YTpiYw"}}}, "illegal base64 data at input byte 4"),
        ({"auths": {"quay.io": {"auth": "é"}}}, "illegal base64 data at input byte 0"),
    ],
)
def test_a_wrong_file_is_refused_without_its_secrets(content: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidAuthFileError) as caught:
        credentials(file(content), "quay.io", "a")
    assert str(caught.value) == message


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "unexpected end of JSON input"),
        (b" \n", "unexpected end of JSON input"),
        (b'{"auths": {', "unexpected end of JSON input"),
        (b"me:secret", "invalid character 'm' looking for beginning of value"),
    ],
)
def test_what_is_no_json_is_refused(content: bytes, message: str, legacy: bool) -> None:
    with pytest.raises(InvalidAuthFileError) as caught:
        credentials([AuthFile("/auth.json", content, legacy)], "quay.io", "a")
    assert str(caught.value) == f"{UNREAD} {message}"


def test_files_are_read_in_order_as_far_as_need_be() -> None:
    null, of_quay = AuthFile("null", b"null"), AuthFile("of-quay", json.dumps({"auths": entries("quay.io")}).encode())
    files = [null, AuthFile("old", b"null", legacy=True), of_quay, AuthFile("empty", b"")]
    assert credentials(files, "quay.io", "a") == login(0, "quay.io")
    with pytest.raises(InvalidAuthFileError, match='"empty": unexpected end of JSON input'):
        credentials(files, "docker.io", "a")


def test_another_entry_need_not_be_base64() -> None:
    content = {"auths": {"other.io": {"auth": "!"}, **entries("quay.io")}}
    assert credentials(file(content), "quay.io", "a") == login(0, "quay.io")


@pytest.mark.parametrize(
    ("env", "files"),
    [
        (
            {},
            ["/run/containers/7/auth.json", ".config/containers/auth.json", ".docker/config.json", ".dockercfg"],
        ),
        (
            {"XDG_RUNTIME_DIR": "/", "XDG_CONFIG_HOME": "/conf", "DOCKER_CONFIG": "/docker"},
            ["/containers/auth.json", "/conf/containers/auth.json", "/docker/config.json", ".dockercfg"],
        ),
        (
            {"XDG_RUNTIME_DIR": "", "XDG_CONFIG_HOME": "", "DOCKER_CONFIG": ""},
            ["/run/containers/7/auth.json", ".config/containers/auth.json", ".docker/config.json", ".dockercfg"],
        ),
        (
            {"XDG_RUNTIME_DIR": "/there/is/none"},
            [".config/containers/auth.json", ".docker/config.json", ".dockercfg"],
        ),
    ],
)
def test_files_are_looked_at_in_order(env: dict[str, str], files: list[str]) -> None:
    assert auth_files(env, HOME, 7) == [HOME / file for file in files]
