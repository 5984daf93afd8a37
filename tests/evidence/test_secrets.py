import base64
import json
from urllib.parse import quote

import pytest

from conformance.evidence.secrets import Secrets, secrets_in_auth_file

PASSWORD = 'corr"ect hörse&\\/+%'
SECRETS = Secrets({PASSWORD})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


AUTH_FILE = json.dumps({"auths": {"quay.io": {"auth": encoded(f"robot:{PASSWORD}")}}})
FORMS = {
    "plain": PASSWORD,
    "JSON": json.dumps({"password": PASSWORD}),
    "JSON with other letters": json.dumps({"said": PASSWORD}, ensure_ascii=False),
    "quoted twice": json.dumps(json.dumps(PASSWORD)),
    "URL": f"https://quay.io/token?account=robot&service={quote(PASSWORD, safe='')}",
    "URL's path": f"https://quay.io/v2/{quote(PASSWORD)}",
    "bytes": repr(PASSWORD.encode()),
    "hexadecimal": PASSWORD.encode().hex(),
    "Python": repr({"said": PASSWORD}),
    "basic credentials": encoded(f"robot:{PASSWORD}"),
    "basic credentials for a URL": base64.urlsafe_b64encode(f"robot:{PASSWORD}".encode()).decode().rstrip("="),
    "an auth file": AUTH_FILE,
    "a pod's secret": json.dumps({"data": {".dockerconfigjson": encoded(AUTH_FILE)}}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_form(form: str) -> None:
    text = f"a message with {FORMS[form]} in it"
    shown = SECRETS.removed_from(text)
    assert "[redacted]" in shown
    assert shown.startswith("a message with ")
    assert shown.endswith(" in it")
    for each in (PASSWORD, "hörse", "h\\u00f6rse", quote("hörse"), encoded(PASSWORD)[4:12]):
        assert each not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic cm9ib3Q6c2VjcmV0", "Authorization: Basic [redacted]"),
        ("authorization=Bearer abc.def-ghi_jkl", "authorization=Bearer [redacted]"),
        ("http://user:pa55word@proxy.example:3128/", "http://user:[redacted]@proxy.example:3128/"),
        ("docker://bob:hunter2@quay.io/team/app", "docker://bob:[redacted]@quay.io/team/app"),
        ("bob:hunter2@quay.io/team/app:1", "bob:[redacted]@quay.io/team/app:1"),
        ("https://a/token?service=x&password=hunter2&scope=y", "https://a/token?service=x&password=[redacted]&scope=y"),
        ('{"identitytoken": "abc"}', '{"identitytoken": "[redacted]"}'),
        ('msg="{\\"auth\\":\\"YTpi\\"}"', 'msg="{\\"auth\\":\\"[redacted]\\"}"'),
        ("token conformance-token-Ab_1-x.", "token [redacted]."),
    ],
)
def test_what_is_a_secret_wherever_it_stands(text: str, shown: str) -> None:
    assert Secrets(()).removed_from(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        'Www-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
        "pulling quay.io/team/app:v1@sha256:0123456789abcdef and app:v1@sha256:0123",
        "unauthorized: access to the requested resource is not authorized",
        "authorization: Bearer",
        "https://registry.example:5000/v2/team/app@sha256/x",
        '{"auths": {"quay.io": {}}}',
        "pulled a robot's image",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert Secrets({"a-password"}).removed_from(text) == text


def test_what_pytest_shows_of_a_long_text_has_no_part_of_one() -> None:
    secrets = Secrets({"correct horse battery staple"})
    shown = secrets.removed_from("assert ('correct hor...ery staple', 'x') == ('other...', '...')")
    assert shown == "assert ('[redacted]...[redacted]', 'x') == ('other...', '...')"


def test_a_short_one_is_found_in_base64() -> None:
    assert Secrets({"xxxy"}).removed_from("auth eHh4eQ== it is") == "auth [redacted] it is"


def test_what_is_too_short_is_no_secret() -> None:
    assert Secrets({"", "abc"}).removed_from("abc") == "abc"


def test_texts_are_looked_for_in_a_value() -> None:
    value = {"env": [{"a-password": "x a-password"}, 7, None, True]}
    assert Secrets({"a-password"}).removed_from_value(value) == {"env": [{"[redacted]": "x [redacted]"}, 7, None, True]}


def test_the_secrets_of_an_auth_file() -> None:
    written = {
        "auths": {
            "quay.io": {"auth": encoded("robot:of:the-robot\0")},
            "ghcr.io": {"identitytoken": "identity", "auth": "not base64!"},
            "docker.io": {"username": "me", "password": "mine"},
        }
    }
    found = set(secrets_in_auth_file(json.dumps(written)))
    assert found == {encoded("robot:of:the-robot\0"), "of:the-robot", "identity", "not base64!", "mine"}
    assert list(secrets_in_auth_file("no JSON")) == []
