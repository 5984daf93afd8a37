import gzip
import json
from collections.abc import Iterator
from hashlib import sha256

import pytest

from conformance.images.builder import Blob, Image, Index, image, index, layer
from conformance.registry_hosts import RegistryHost, RequestKind
from conformance.registry_hosts.faults import Faults, alter, digest_of
from conformance.registry_hosts.personality import WELL_KNOWN
from tests.registry_hosts.web_client import Web

IMAGE = image([layer({"hello": "world"})])
LAYER = IMAGE.layers[0].blob
PATHS = {"manifest": f"manifests/{IMAGE.digest}", "config": f"blobs/{IMAGE.config.digest}"}


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    with made.internet:
        yield made


@pytest.fixture(params=["docker.io", "quay.io", "registry.k8s.io", "registry.example.com"])
def host(request: pytest.FixtureRequest, web: Web) -> RegistryHost:
    host = web.internet.host(request.param)
    host.store("team/app", IMAGE)
    return host


def digest(data: bytes) -> str:
    return "sha256:" + sha256(data).hexdigest()


def test_altered_bytes_say_the_same_under_another_digest() -> None:
    assert json.loads(alter(IMAGE.manifest.data)) == json.loads(IMAGE.manifest.data)
    assert gzip.decompress(alter(LAYER.data)) == gzip.decompress(LAYER.data)
    for data in (IMAGE.manifest.data, IMAGE.config.data, LAYER.data):
        assert digest(alter(data)) != digest(data)


@pytest.mark.parametrize("content", [IMAGE, LAYER, index([IMAGE])], ids=["image", "blob", "index"])
def test_a_fault_is_about_what_has_that_digest(content: Image | Index | Blob) -> None:
    assert digest_of(content) == digest_of(content.digest) == content.digest


@pytest.mark.parametrize("reference", ["latest", IMAGE.digest])
def test_a_tampered_manifest_has_other_bytes_under_the_same_names(web: Web, host: RegistryHost, reference: str) -> None:
    host.tamper(IMAGE)
    answer = web.get(host, f"team/app/manifests/{reference}")
    assert (answer.status, answer.body) == (200, alter(IMAGE.manifest.data))
    assert answer.headers["Docker-Content-Digest"] == IMAGE.digest
    assert (answer.exchange.note, answer.exchange.size) == ("an image, altered", len(answer.body))


def test_a_tampered_blob_alone_is_altered(web: Web, host: RegistryHost) -> None:
    host.tamper(LAYER)
    for blob, expected in ((LAYER, alter(LAYER.data)), (IMAGE.config, IMAGE.config.data)):
        answer = web.get(host, f"team/app/blobs/{blob.digest}")
        assert (answer.status, answer.body) == (200, expected)
        assert answer.exchange.note == ("altered" if blob is LAYER else "")


def test_a_lost_blob_is_missing_although_its_manifest_is_there(web: Web, host: RegistryHost) -> None:
    host.lose(LAYER.digest)
    assert web.get(host, f"team/app/blobs/{LAYER.digest}").error == (404, "BLOB_UNKNOWN", "blob unknown to registry")
    assert web.get(host, f"team/app/blobs/{IMAGE.config.digest}").status == 200
    assert web.get(host, "team/app/manifests/latest").body == IMAGE.manifest.data


def test_a_lost_manifest_is_missing_under_every_name(web: Web, host: RegistryHost) -> None:
    host.lose(IMAGE)
    for reference in ("latest", IMAGE.digest):
        assert web.get(host, f"team/app/manifests/{reference}").error[:2] == (404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize(
    ("status", "code"), [(500, "UNKNOWN"), (503, "UNAVAILABLE"), (429, "TOOMANYREQUESTS"), (418, "UNKNOWN")]
)
def test_a_failing_host_answers_every_request_for_a_manifest_so(
    web: Web, host: RegistryHost, status: int, code: str
) -> None:
    host.fail(status)
    for path in ("team/app/manifests/latest", f"team/app/{PATHS['manifest']}", "team/none/manifests/1"):
        answer = web.ask(f"https://{host.personality.servers[0]}/v2/{path}")
        assert answer.error[:2] == (status, code)
        assert answer.headers["Retry-After"] is None
        assert (answer.exchange.kind, answer.exchange.status) == (RequestKind.MANIFEST, status)
    assert web.get(host, f"team/app/{PATHS['config']}").status == 200
    assert web.ask(f"https://{host.personality.servers[0]}/v2/").status in {200, 401}


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_failing_host_says_when_to_come_again(web: Web, host: RegistryHost, seconds: int) -> None:
    host.fail(429, retry_after=seconds)
    assert web.get(host, "team/app/manifests/latest").headers["Retry-After"] == str(seconds)


def test_faults_are_one_host_s_own_and_gone_when_the_internet_is_cleared(web: Web) -> None:
    docker_io, quay_io = (web.internet.host(name) for name in ("docker.io", "quay.io"))
    docker_io.fail(500)
    docker_io.tamper(IMAGE)
    docker_io.lose(LAYER)
    assert quay_io.origin.faults == Faults()
    web.internet.clear()
    assert docker_io.origin.faults == Faults()
    docker_io.store("team/app", IMAGE)
    assert web.get(docker_io, "team/app/manifests/latest").body == IMAGE.manifest.data
    assert web.get(docker_io, f"team/app/blobs/{LAYER.digest}").body == LAYER.data


def test_a_host_that_was_never_told_so_has_no_faults() -> None:
    faults = RegistryHost(WELL_KNOWN["docker.io"]).origin.faults
    assert (faults.refusal, faults.headers, faults.served(None)) == (None, {}, None)
    assert faults.served(LAYER) == LAYER.data
