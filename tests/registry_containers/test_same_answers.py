"""Our own manners held against the CNCF distribution registry: a plain host, and one with a token service."""

import base64
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.images.builder import Image, image, layer
from tests.registry_containers.fake_engine import registry
from tests.registry_hosts.web_client import SECONDS, Web

NAME, MISSING = "team/app", "team/missing"
NOTHING = "sha256:" + 64 * "0"
IMAGE = image([layer({"a": "b"})])
ISSUER, SERVICE, REALM = "auth.conformance.example", "conformance", "https://auth.conformance.example/token"

UNAUTHORIZED = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]}

PATHS = {
    "ping": "",
    "manifest": f"{NAME}/manifests/latest",
    "no tag": f"{NAME}/manifests/none",
    "no manifest": f"{NAME}/manifests/{NOTHING}",
    "blob": f"{NAME}/blobs/{IMAGE.config.digest}",
    "no blob": f"{NAME}/blobs/{NOTHING}",
    "tags": f"{NAME}/tags/list",
    "no repository": f"{MISSING}/manifests/latest",
    "no repository, by digest": f"{MISSING}/manifests/{NOTHING}",
    "no repository, a blob": f"{MISSING}/blobs/{NOTHING}",
    "no repository, tags": f"{MISSING}/tags/list",
}


@dataclass(frozen=True)
class Said:
    """What counts of an answer: a challenge and a body of JSON, whatever the order of the fields of both."""

    status: int
    challenge: frozenset[str]
    media_type: str
    digest: str
    body: Any

    @classmethod
    def of(cls, status: int, headers: http.client.HTTPMessage, body: bytes) -> "Said":
        challenge = headers.get("WWW-Authenticate", "").replace(" ", ",").split(",")
        media_type = headers.get_content_type()
        told = json.loads(body) if media_type == "application/json" else body
        if isinstance(told, dict):  # a detail that is null says no more than one that is not there
            for error in told.get("errors", ()):
                error.setdefault("detail", None)
        return cls(status, frozenset(challenge) - {""}, media_type, headers.get("Docker-Content-Digest", ""), told)


@dataclass
class Real:
    """A registry in a container that holds an image, and the key of its token service, if it has one."""

    url: str
    signer: trustme.LeafCert | None = None

    def ask(self, method: str, path: str, authorization: str = "", body: bytes = b"", kind: str = "") -> Said:
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=SECONDS)
        headers = {"Authorization": authorization} if authorization else {}
        if kind:
            headers |= {"Content-Type": kind, "Accept": kind}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            if location := answer.headers["Location"]:
                self.location = location
            return Said.of(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def push(self, content: Image) -> None:
        """Push an image."""
        right = self.token(NAME, "pull", "push") if self.signer else ""
        for blob in content.blobs():
            assert self.ask("POST", f"/v2/{NAME}/blobs/uploads/", right).status == 202
            path = self.location.partition(self.url)[2]
            assert self.ask("PUT", f"{path}&digest={blob.digest}", right, blob.data).status == 201
        manifest = content.manifest
        path = f"/v2/{NAME}/manifests/latest"
        assert self.ask("PUT", path, right, manifest.data, manifest.media_type).status == 201

    def token(self, name: str, *actions: str, seconds: int = 300) -> str:
        """Sign a token as the token service would (distribution's ``docs/spec/auth/jwt``)."""
        assert self.signer is not None
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": SERVICE,
            "sub": "robot",
            "iat": now - 600,
            "nbf": now - 600,
            "exp": now + seconds,
        }
        access = [{"type": "repository", "name": name, "actions": list(actions)}]
        certificate = x509.load_pem_x509_certificate(self.signer.cert_chain_pems[0].bytes())
        chain = [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]
        key = self.signer.private_key_pem.bytes()
        return "Bearer " + jwt.encode({**claims, "access": access}, key, algorithm="ES256", headers={"x5c": chain})


@pytest.fixture(scope="module")
def real() -> Iterator[Real]:
    with registry("open") as made:
        one = Real(made.url)
        one.push(IMAGE)
        yield one


@pytest.fixture(scope="module")
def real_tokens() -> Iterator[Real]:
    authority = trustme.CA()
    with registry("token", {"issuer.pem": authority.cert_pem.bytes()}) as made:
        one = Real(made.url, authority.issue_cert(ISSUER))
        one.push(IMAGE)
        yield one


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    made = Web()
    with made.internet:
        yield made


def ours(web: Web, server: str, path: str, authorization: str = "") -> Said:
    answer = web.ask(f"https://{server}/v2/{path}", auth=authorization)
    return Said.of(answer.status, answer.headers, answer.body)


@pytest.mark.parametrize("what", PATHS)
def test_a_plain_host_answers_as_distribution_does(real: Real, web: Web, what: str) -> None:
    web.internet.clear()
    web.internet.host("registry.example.com").store(NAME, IMAGE)
    asked = real.ask("GET", f"/v2/{PATHS[what]}", kind=IMAGE.manifest.media_type)
    assert ours(web, "registry.example.com", PATHS[what]) == asked


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# Who asks docker.io, whose registry is distribution with a token service, and who asks the one in the container.
CALLERS = (
    "nobody",
    "a user with a password",
    "somebody with no token of its",
    "somebody with a token",
    "another token",
)
OF_OTHERS = ("no repository", "no repository, by digest", "no repository, a blob", "no repository, tags")


@pytest.mark.parametrize("what", PATHS)
@pytest.mark.parametrize("caller", CALLERS)
def test_docker_io_answers_as_distribution_with_a_token_service_does(
    real_tokens: Real, web: Web, what: str, caller: str
) -> None:
    path, mine, theirs = PATHS[what], "", ""
    web.internet.clear()
    host = web.internet.host("docker.io")
    host.store(NAME, IMAGE)
    match caller:
        case "a user with a password":
            mine = theirs = basic("robot", "secret")
        case "somebody with no token of its":
            mine = theirs = "Bearer none.of.them"
        case "somebody with a token" if what not in OF_OTHERS:
            mine, theirs = f"Bearer {web.token(host, NAME)}", real_tokens.token(NAME, "pull")
        case "somebody with a token" | "another token":  # a repository that is not there is given to nobody
            host.require_login(NAME)
            mine, theirs = f"Bearer {web.token(host, NAME)}", real_tokens.token("team/other", "pull")
    said = real_tokens.ask("GET", f"/v2/{path}", theirs, kind=IMAGE.manifest.media_type)
    got = ours(web, host.personality.servers[0], path, mine)
    if said.status == 404 and "blob" in what:  # docker.io has sent the caller to another server then
        assert got.status == 307
        return
    if said.status == 200 and what == "blob":
        assert got.status == 307
        return
    named = frozenset(
        each.replace(host.personality.realm, REALM).replace(host.personality.service, SERVICE) for each in got.challenge
    )
    assert (got.status, named, got.body) == (said.status, said.challenge, said.body)


def test_a_token_that_is_too_old_is_none(real_tokens: Real) -> None:
    fresh = real_tokens.ask("GET", f"/v2/{NAME}/tags/list", real_tokens.token(NAME, "pull"))
    old = real_tokens.ask("GET", f"/v2/{NAME}/tags/list", real_tokens.token(NAME, "pull", seconds=-300))
    assert (fresh.status, old.status) == (200, 401)
    assert 'error="invalid_token"' in old.challenge


def test_distribution_with_passwords_says_the_same_to_nobody_and_to_a_wrong_login() -> None:
    with registry("htpasswd", {"htpasswd": b"robot:$2b$04$" + b"x" * 53 + b"\n"}) as made:
        one = Real(made.url)
        said = [one.ask("GET", "/v2/", who) for who in ("", basic("robot", "wrong"), basic("nobody", "wrong"))]
    assert said == 3 * [Said(401, frozenset({"Basic", 'realm="conformance"'}), "application/json", "", UNAUTHORIZED)]
