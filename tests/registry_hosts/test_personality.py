from collections.abc import Iterator
from hashlib import sha256

import pytest

from conformance.images.builder import Image
from conformance.registry_hosts import Login, RegistryHost, RequestKind
from conformance.registry_hosts.personality import WELL_KNOWN
from tests.registry_hosts.web_client import Answer, Web

WITH_TOKENS = ["docker.io", "quay.io", "ghcr.io"]
ALL = [*WELL_KNOWN, "registry.example.com"]


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    with made.internet:
        yield made


@pytest.fixture(params=ALL)
def host(request: pytest.FixtureRequest, web: Web) -> RegistryHost:
    return web.internet.host(request.param)


def challenge(answer: Answer) -> dict[str, str]:
    scheme, _, fields = answer.headers["WWW-Authenticate"].partition(" ")
    assert scheme == "Bearer"
    return {key: value.strip('"') for key, _, value in (each.partition("=") for each in fields.split(","))}


def test_a_ping_tells_where_a_token_is_to_be_had(web: Web, host: RegistryHost) -> None:
    personality = host.personality
    answer = web.ask(f"https://{personality.servers[0]}/v2/")
    assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
    assert (answer.exchange.kind, answer.exchange.user) == (RequestKind.PING, None)
    if personality.realm:
        assert answer.status == 401
        assert challenge(answer) == {"realm": personality.realm, "service": personality.service}
        host.offer("team/app")
        again = web.ask(f"https://{personality.servers[0]}/v2/", token=web.token(host, "team/app"))
        assert (again.status, again.json) == (200, {})
    else:
        assert (answer.status, answer.json) == (200, {})


@pytest.mark.parametrize("name", WITH_TOKENS)
def test_a_request_without_a_token_is_told_the_scope(web: Web, name: str) -> None:
    host = web.internet.host(name)
    host.offer("team/app")
    for auth in ("", "Bearer made-up", "Basic %%%", "Basic Og==", "Digest a"):
        answer = web.ask(f"https://{host.personality.servers[0]}/v2/team/app/manifests/latest", auth=auth)
        assert answer.status == 401
        assert challenge(answer)["scope"] == "repository:team/app:pull"
        unknown = host.personality.strict and auth.startswith("Bearer")
        assert challenge(answer).get("error") == ("invalid_token" if unknown else None)
        assert answer.exchange.user is None


def test_docker_io_says_that_a_token_s_scope_is_insufficient(web: Web) -> None:
    host = web.internet.host("docker.io")
    answer = web.get(host, "team/none/manifests/latest")
    assert (challenge(answer)["error"], challenge(answer)["scope"]) == (
        "insufficient_scope",
        "repository:team/none:pull",
    )
    assert answer.error == (401, "UNAUTHORIZED", "authentication required")
    assert (answer.exchange.user, answer.exchange.note) == ("", "no such repository")


def test_quay_io_answers_in_its_own_words(web: Web) -> None:
    answer = web.get(web.internet.host("quay.io"), "team/none/manifests/latest")
    message = "access to the requested resource is not authorized"
    assert answer.json == {"errors": [{"code": "UNAUTHORIZED", "message": message, "detail": {}}]}
    assert "error" not in challenge(answer)


def test_ghcr_io_refuses_the_token_itself(web: Web) -> None:
    host = web.internet.host("ghcr.io")
    other, _ = host.require_login("team/other"), host.require_login("team/private")
    denied = (403, "DENIED", "requested access to the resource is denied")
    for name, login, error in (
        ("team/none", None, denied),
        ("team/none", other, denied),
        ("team/private", other, denied),
        ("team/private", None, (401, "UNAUTHORIZED", "authentication required")),
        ("team/private", Login("robot", "wrong"), (403, "DENIED", "denied")),
    ):
        answer = web.ask(f"https://ghcr.io/token?service=ghcr.io&scope=repository:{name}:pull", login=login)
        assert answer.error == error
        assert (answer.exchange.kind, answer.exchange.repository) == (RequestKind.TOKEN, name)


def test_registry_k8s_io_names_the_tag_that_it_lacks(web: Web) -> None:
    answer = web.get(web.internet.host("registry.k8s.io"), "pause/manifests/none")
    assert answer.error == (404, "MANIFEST_UNKNOWN", 'Failed to fetch "none"')


def test_registry_k8s_io_sends_everything_to_its_backend(web: Web) -> None:
    host = web.internet.host("registry.k8s.io")
    image = host.offer("pause", tags=["3.10"])
    for path in ("manifests/3.10", f"blobs/{image.blobs()[0].digest}", "tags/list"):
        first = web.ask(f"https://registry.k8s.io/v2/pause/{path}")
        backend = f"https://us-central1-docker.pkg.dev/v2/k8s-artifacts-prod/images/pause/{path}"
        assert (first.status, first.headers["Location"]) == (307, backend)
        second = web.ask(backend)
        assert (second.status, second.exchange.repository) == (200, "pause")
        assert (second.exchange.host, second.exchange.server) == ("registry.k8s.io", "us-central1-docker.pkg.dev")


@pytest.mark.parametrize("name", WITH_TOKENS)
def test_tokens_for_nobody_for_a_login_and_for_a_wrong_one(web: Web, name: str) -> None:
    host = web.internet.host(name)
    host.offer("public/app")
    login = host.require_login("team/app")
    url = f"{host.personality.realm}?scope=repository:"
    for scope, who, status, user in (
        ("public/app", None, 200, None),
        ("public/app", login, 200, "robot"),
        ("team/app", login, 200, "robot"),
        ("team/app", Login("robot", "wrong"), host.personality.bad_login.status, "robot"),
        ("team/app", Login("nobody", login.password), host.personality.bad_login.status, "nobody"),
    ):
        answer = web.ask(f"{url}{scope}:pull", login=who)
        assert (answer.status, answer.exchange.user, answer.exchange.repository) == (status, user, scope)
        assert ("token" in answer.json) is (status == 200)


def test_a_manifest_is_given_by_tag_and_by_digest(web: Web, host: RegistryHost) -> None:
    image = host.offer("team/app", tags=["latest", "1.2"])
    for method in ("GET", "HEAD"):
        for reference in ("latest", "1.2", image.digest):
            answer = web.get(host, f"team/app/manifests/{reference}", method=method)
            assert (answer.status, answer.headers["Docker-Content-Digest"]) == (200, image.digest)
            assert answer.headers["Content-Type"] == "application/vnd.oci.image.manifest.v1+json"
            assert answer.headers["Content-Length"] == str(image.manifest.size)
            assert answer.body == (image.manifest.data if method == "GET" else b"")
            exchange = answer.exchange
            assert (exchange.host, exchange.kind, exchange.method) == (host, RequestKind.MANIFEST, method)
            assert (exchange.repository, exchange.reference) == ("team/app", reference)
            assert (exchange.status, exchange.size) == (200, len(answer.body))
            assert exchange.user == ("" if host in WITH_TOKENS else None)
            assert exchange.note == "an image"


def test_an_index_is_given_with_its_platforms_on_record(web: Web, host: RegistryHost) -> None:
    index = host.offer("app", platforms=["linux/arm64", "linux/arm/v7"])
    answer = web.get(host, f"{host.personality.repository('app')}/manifests/latest")
    assert answer.body == index.manifest.data
    assert answer.exchange.note == "an index for linux/arm64, linux/arm/v7"


def test_a_missing_tag_is_answered_in_the_host_s_words(web: Web, host: RegistryHost) -> None:
    host.offer("team/app")
    refusal = host.personality.no_manifest
    for reference in ("none", "sha256:" + "5" * 64):
        answer = web.get(host, f"team/app/manifests/{reference}")
        said = refusal.asked("team/app", reference)
        assert answer.error == (404, "MANIFEST_UNKNOWN", said.message)
        assert answer.body == said.body()
        assert (answer.exchange.status, answer.exchange.note) == (404, said.message)


def test_a_missing_repository_is_answered_in_the_host_s_words(web: Web, host: RegistryHost) -> None:
    refusal = host.personality.absent(RequestKind.MANIFEST).asked("team/none", "latest")
    if host == "ghcr.io":  # gives no token for it, and so wants one
        assert web.get(host, "team/none/manifests/latest").status == 401
        host.offer("team/other")
        token = web.token(host, "team/other")
        answer = web.ask("https://ghcr.io/v2/team/none/manifests/latest", token=token)
    else:
        answer = web.get(host, "team/none/manifests/latest")
    assert answer.error == (refusal.status, refusal.code, refusal.message)


@pytest.mark.parametrize("name", WITH_TOKENS)
def test_a_private_repository_opens_to_its_own_login_only(web: Web, name: str) -> None:
    host = web.internet.host(name)
    image = host.offer("team/app")
    right, other = host.require_login("team/app"), host.require_login("team/other")
    path = "team/app/manifests/latest"
    assert web.ask(f"https://{host.personality.servers[0]}/v2/{path}").status == 401
    assert web.get(host, path).status in {401, 403}
    assert web.get(host, path, login=other).status in {401, 403}
    opened = web.get(host, path, login=right)
    assert (opened.status, opened.body, opened.exchange.user) == (200, image.manifest.data, "robot")


@pytest.mark.parametrize("name", WITH_TOKENS)
def test_a_stranger_is_not_told_whether_a_private_repository_exists(web: Web, name: str) -> None:
    host = web.internet.host(name)
    host.offer("team/app")
    host.require_login("team/app")
    private, missing = (web.get(host, f"team/{each}/manifests/latest") for each in ("app", "none"))
    assert (private.status, private.error) == (missing.status, missing.error)


def test_a_blob_comes_from_where_the_host_keeps_it(web: Web, host: RegistryHost) -> None:
    image = host.offer("team/app", files={"hello": "world"})
    assert isinstance(image, Image)
    personality = host.personality
    for blob in image.blobs():
        answer = web.get(host, f"team/app/blobs/{blob.digest}")
        assert (answer.status, "sha256:" + sha256(answer.body).hexdigest()) == (200, blob.digest)
        assert answer.exchange.server == (personality.blobs or personality.backend[0] or host)
        assert (answer.exchange.kind, answer.exchange.size) == (RequestKind.BLOB, blob.size)
    missing = web.get(host, "team/app/blobs/sha256:" + "5" * 64)
    assert missing.error == (404, "BLOB_UNKNOWN", "blob unknown to registry")


def test_tags_are_listed_and_other_paths_unknown(web: Web, host: RegistryHost) -> None:
    host.offer("team/app", tags=["b", "a"])
    listed = web.get(host, "team/app/tags/list")
    assert (listed.json["tags"], listed.exchange.kind) == (["a", "b"], RequestKind.TAGS)
    for method, path in (("GET", "/v1/search"), ("PUT", "/v2/team/app/manifests/latest"), ("GET", "/")):
        answer = web.ask(f"https://{host.personality.servers[0]}{path}", method=method)
        assert (answer.status, answer.exchange.kind, answer.exchange.method) == (404, RequestKind.OTHER, method)
