"""PullImage on any CRI runtime, as the CRI (api.proto), the OCI image-spec and the distribution-spec have it.

Nothing here depends on a runtime's words, nor on a search list: every name is a full one.
"""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from conformance import (
    Format,
    Image,
    ImageInfo,
    Index,
    Internet,
    Login,
    Platform,
    Pull,
    RegistryHost,
    Runtime,
    image,
    index,
    layer,
)
from conformance.cri.v1 import api_pb2 as api

pytestmark = pytest.mark.cri


NAME = "team/sub.team/app"
IMAGE = image([layer({"hello": "world"})])
FOREIGN = image([layer({"hello": "elsewhere"})], platform=Platform.host().foreign())
INDEX = index([FOREIGN, IMAGE])
MISSING = "sha256:" + "5" * 64
SUFFIXES = {
    "no tag": "",
    "tag": ":1.2",
    "digest": f"@{IMAGE.digest}",
    "index digest": f"@{INDEX.digest}",
    "tag and digest": f":1.2@{IMAGE.digest}",
}
HOSTS = ["registry.example", "registry.example:5000", "quay.io", "ghcr.io"]


def config_digest(stored: ImageInfo | None) -> str:
    """Give what a runtime calls an image: image-spec, "ImageID"; CRI-O leaves the algorithm out."""
    assert stored is not None
    return "sha256:" + stored.id.removeprefix("sha256:")


@pytest.mark.parametrize("suffix", SUFFIXES.values(), ids=SUFFIXES)
class TestPulled:
    """An image is there, by itself and in an index, and is pulled by one of its names."""

    @pytest.fixture
    def pull(self, runtime: Runtime, registry: RegistryHost, suffix: str) -> Pull:
        """The image is pulled."""
        registry.store(NAME, INDEX, ["1.2", "latest"])
        return runtime.pull(f"{registry}/{NAME}{suffix}")

    def test_it_is_the_image_that_was_asked_for(self, pull: Pull) -> None:
        """What a pull brings is the image itself, whose ID is its config's digest, and not its index."""
        assert config_digest(pull.image) == IMAGE.config.digest

    def test_it_is_found_by_the_name_it_was_pulled_by(self, runtime: Runtime, pull: Pull) -> None:
        """ImageStatus finds an image by the name that it was pulled by, and by what PullImage answered."""
        assert runtime.status(pull.name).image == runtime.status(pull.image_ref).image == pull.image is not None

    def test_it_bears_the_name_it_was_pulled_by(self, pull: Pull, registry: RegistryHost, suffix: str) -> None:
        """The tag that was pulled is among the image's tags; the digest, where one was given, among its digests."""
        _, at, digest = suffix.partition("@")
        assert pull.image is not None
        names, name = (pull.image.digests, f"@{digest}") if at else (pull.image.tags, suffix or ":latest")
        assert f"{registry}/{NAME}{name}" in names


@pytest.mark.parametrize("host", HOSTS)
def test_it_comes_from_the_host_in_its_name(runtime: Runtime, internet: Internet, host: str) -> None:
    """A full name is asked for on the host that it names, port included, and bears that host's name afterwards."""
    internet.host(host).store(NAME, IMAGE, ["1.2"])
    pull = runtime.pull(f"{host}/{NAME}:1.2")
    assert (pull.asked, pull.image_hosts) == ([host], (host,))


@pytest.mark.parametrize("kind", Format, ids=lambda kind: kind.name)
class TestFormats:
    """An image in the format of OCI, or of Docker (schema 2)."""

    def test_an_image_is_pulled(self, runtime: Runtime, registry: RegistryHost, kind: Format) -> None:
        """An image is pulled, of either format."""
        offered = image([layer({"hello": "world"}, format=kind)], format=kind)
        registry.store(NAME, offered)
        assert config_digest(runtime.pull(f"{registry}/{NAME}").image) == offered.config.digest

    @pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
    def test_an_index_gives_this_machines_image(
        self, runtime: Runtime, registry: RegistryHost, kind: Format, *, last: bool
    ) -> None:
        """Of an index, the image for this machine's platform is pulled, wherever it stands in there."""
        mine, *others = (
            image([layer({"for": str(each)}, format=kind)], platform=each, format=kind)
            for each in (Platform.host(), Platform.host().foreign(), Platform.parse("linux/s390x"))
        )
        registry.store(NAME, index([*others, mine] if last else [mine, *others], format=kind))
        assert config_digest(runtime.pull(f"{registry}/{NAME}").image) == mine.config.digest

    def test_an_index_without_this_machines_image_is_refused(
        self, runtime: Runtime, registry: RegistryHost, kind: Format
    ) -> None:
        """An index that has no image for this machine's platform is refused, and nothing of it is stored."""
        registry.offer(NAME, platforms=[str(Platform.host().foreign())], format=kind)
        pull = runtime.pull(f"{registry}/{NAME}")
        assert [each.served for each in pull.attempts] == [True]
        assert (pull.succeeded, runtime.images()) == (False, [])


@pytest.mark.parametrize("name", ["team/other", f"{NAME}:3", f"{NAME}@{MISSING}"], ids=["repository", "tag", "digest"])
class TestMissing:
    """A repository, a tag or a digest that the registry lacks, while it has another."""

    @pytest.fixture
    def pull(self, runtime: Runtime, registry: RegistryHost, name: str) -> Pull:
        """It is pulled."""
        registry.store(NAME, IMAGE, ["1.2"])
        return runtime.pull(f"{registry}/{name}")

    def test_nothing_is_stored(self, runtime: Runtime, pull: Pull) -> None:
        """What the registry lacks cannot be pulled, and nothing is stored under its name or any other."""
        assert (pull.succeeded, runtime.status(pull.name).image, runtime.images()) == (False, None, [])

    def test_the_error_names_the_image(self, pull: Pull) -> None:
        """The error names the image by its full name, as the user wrote it."""
        assert pull.error is not None
        assert pull.error.says(pull.name)


class TestDamaged:
    """What the registry gives is not what the digest says (distribution-spec, "Pulling manifests", "Pulling blobs").

    A runtime may clean up later what was removed, so each of these cases has content of its own.
    """

    PARTS = ("index", "image", "config", "layer")

    @pytest.fixture
    def content(self, request: pytest.FixtureRequest, registry: RegistryHost) -> Index:
        """An index that no other case has, and which the registry has."""
        content = index([FOREIGN, image([layer({"case": request.node.nodeid})])])
        registry.store(NAME, content)
        return content

    @staticmethod
    def digest(content: Index, part: str) -> str:
        """Give the digest of a part of it."""
        mine = content.images[1]
        assert isinstance(mine, Image)
        digests = (content.digest, mine.digest, mine.config.digest, mine.layers[0].blob.digest)
        return dict(zip(TestDamaged.PARTS, digests, strict=True))[part]

    @pytest.mark.parametrize("part", PARTS[1:])
    def test_altered_content_is_refused(
        self, runtime: Runtime, registry: RegistryHost, content: Index, part: str
    ) -> None:
        """Content that does not match the digest it is referred to by is refused, and nothing is stored."""
        registry.tamper(self.digest(content, part))
        pull = runtime.pull(f"{registry}/{NAME}")
        assert self.digest(content, part) in {*pull.references, *pull.blobs}
        assert (pull.succeeded, runtime.images()) == (False, [])

    @pytest.mark.parametrize("part", PARTS[:2])
    def test_a_manifest_that_is_asked_for_by_digest_has_it(
        self, runtime: Runtime, registry: RegistryHost, content: Index, part: str
    ) -> None:
        """A manifest that does not match the digest in the image's name is refused, and nothing is stored."""
        digest = self.digest(content, part)
        registry.tamper(digest)
        pull = runtime.pull(f"{registry}/{NAME}@{digest}")
        assert (digest in pull.references, pull.succeeded, runtime.images()) == (True, False, [])

    @pytest.mark.parametrize("part", PARTS[1:])
    def test_half_an_image_is_refused(
        self, runtime: Runtime, registry: RegistryHost, content: Index, part: str
    ) -> None:
        """An image of which the registry lacks a part is refused, and nothing is stored."""
        registry.lose(self.digest(content, part))
        pull = runtime.pull(f"{registry}/{NAME}")
        assert self.digest(content, part) in {*pull.references, *pull.blobs}
        assert (pull.succeeded, runtime.images()) == (False, [])

    @pytest.fixture(params=PARTS[1:])
    def mended(self, request: pytest.FixtureRequest, runtime: Runtime, registry: RegistryHost, content: Index) -> Pull:
        """The image is pulled while a part of it is altered, in vain, and once more when it is whole again."""
        registry.tamper(self.digest(content, request.param))
        assert not runtime.pull(f"{registry}/{NAME}").succeeded
        registry.origin.faults.altered.clear()
        return runtime.pull(f"{registry}/{NAME}")

    @pytest.mark.releases(">=1.31", "containerd 1.6 takes what it received before, unless it was collected meanwhile")
    def test_what_was_damaged_can_be_pulled_once_it_is_whole(self, mended: Pull, content: Index) -> None:
        """A pull that failed on a damaged image leaves nothing that would spoil the next one."""
        assert config_digest(mended.image) == self.digest(content, "config")


class TestNoAnswer:
    """A registry that fails, or is not there."""

    @pytest.mark.parametrize("status", [500, 503])
    def test_a_registry_that_fails_is_reported(self, runtime: Runtime, registry: RegistryHost, status: int) -> None:
        """When the registry fails, so does the pull, and the error names the image."""
        registry.store(NAME, IMAGE)
        registry.fail(status)
        pull = runtime.pull(f"{registry}/{NAME}:latest")
        assert pull.error is not None
        assert (pull.error.says(f"{registry}/{NAME}"), runtime.images()) == (True, [])

    def test_a_host_that_refuses_is_reported(self, runtime: Runtime, internet: Internet) -> None:
        """When nobody listens on the host, the pull fails, and the error names the image."""
        host = internet.refuse("nobody.example")
        pull = runtime.pull(f"{host}/{NAME}:latest")
        assert pull.error is not None
        assert (pull.error.says(f"{host}/{NAME}"), runtime.images()) == (True, [])

    @pytest.mark.parametrize("name", ["", "team/App", f"{NAME}:", f"{NAME}@sha256:abc", f"{NAME}:1:2"])
    def test_what_is_no_name_is_refused(self, runtime: Runtime, registry: RegistryHost, name: str) -> None:
        """A text that is no image name is refused, and the registry is not asked, which has an image for others."""
        registry.store(NAME, IMAGE)
        pull, proper = (runtime.pull(f"{registry}/{each}") for each in (name, NAME))
        assert (pull.succeeded, pull.asked) == (False, [])
        assert config_digest(proper.image) == IMAGE.config.digest


@pytest.mark.parametrize("host", ["quay.io", "ghcr.io"])
class TestPrivate:
    """A private image, on a registry that gives tokens for a login."""

    @pytest.fixture
    def private(self, internet: Internet, host: str) -> RegistryHost:
        """The registry host that has the image."""
        private = internet.host(host)
        private.store(NAME, IMAGE)
        return private

    @pytest.fixture
    def login(self, private: RegistryHost) -> Login:
        """The login that opens it, as a kubelet sends it: user and password, and no server's address."""
        return replace(private.require_login(NAME), server="")

    def test_the_login_in_the_request_opens_it(self, runtime: Runtime, private: RegistryHost, login: Login) -> None:
        """With the user and the password in the request's AuthConfig, a private image is pulled."""
        pull = runtime.pull(f"{private}/{NAME}", login)
        assert config_digest(pull.image) == IMAGE.config.digest
        assert login.user in pull.credentials[private]

    def test_without_a_login_it_is_refused(self, runtime: Runtime, private: RegistryHost, login: Login) -> None:
        """Without a login a private image cannot be pulled, and nobody is shown one."""
        del login
        pull = runtime.pull(f"{private}/{NAME}")
        assert (pull.succeeded, pull.credentials, runtime.images()) == (False, {private: ()}, [])

    def test_a_wrong_login_is_refused_and_not_told(self, runtime: Runtime, private: RegistryHost, login: Login) -> None:
        """With a wrong password a private image cannot be pulled, and the error does not contain the password."""
        wrong = Login(login.user, "not-the-password")
        pull = runtime.pull(f"{private}/{NAME}", wrong)
        assert pull.error is not None
        assert (pull.credentials, pull.error.says(wrong.password), runtime.images()) == (
            {private: (login.user,)},
            False,
            [],
        )

    def test_a_login_is_for_its_request_only(self, runtime: Runtime, private: RegistryHost, login: Login) -> None:
        """A login that opened a private image does not open it for a later request without one."""
        pulls = [runtime.pull(f"{private}/{NAME}", each) for each in (login, None)]
        assert [pull.succeeded for pull in pulls] == [True, False]

    def test_the_login_may_be_encoded(self, runtime: Runtime, private: RegistryHost, login: Login) -> None:
        """The AuthConfig's auth, user and password in Base64 as in Docker's config.json, opens it as well."""
        encoded = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
        runtime.evidence.secrets.add(encoded)
        asked = api.ImageSpec(image=f"{private}/{NAME}")
        answer = runtime.client.pull_image(api.PullImageRequest(image=asked, auth=api.AuthConfig(auth=encoded)))
        found = runtime.client.image_status(api.ImageStatusRequest(image=api.ImageSpec(image=answer.image_ref)))
        assert config_digest(ImageInfo.of(found.image)) == IMAGE.config.digest


class TestAtOnce:
    """Pulls at the same time, which the model does not predict: they are made by the client itself."""

    @staticmethod
    def pulled(runtime: Runtime, names: list[str]) -> list[str]:
        """Pull all names at the same time; give the answers, in that order."""

        def pull(name: str) -> str:
            request = api.PullImageRequest(image=api.ImageSpec(image=name))
            return runtime.client.pull_image(request).image_ref

        with ThreadPoolExecutor(len(names)) as threads:
            return list(threads.map(pull, names))

    @staticmethod
    def stored(runtime: Runtime, registry: RegistryHost) -> list[ImageInfo]:
        """List the images of that registry: pods that ran before have left some of their own."""
        found = map(ImageInfo.of, runtime.client.list_images(api.ListImagesRequest()).images)
        return [each for each in found if registry in each.registries]

    def test_one_image_is_stored_once(self, runtime: Runtime, registry: RegistryHost) -> None:
        """One image that is pulled several times at once is there once, and every pull has the same answer."""
        registry.store(NAME, IMAGE)
        answers = self.pulled(runtime, [f"{registry}/{NAME}:latest"] * 4)
        assert len(set(answers)) == 1
        assert [config_digest(each) for each in self.stored(runtime, registry)] == [IMAGE.config.digest]

    def test_images_with_a_common_layer_are_all_stored(self, runtime: Runtime, registry: RegistryHost) -> None:
        """Images that share a layer can be pulled at once, and all are there afterwards."""
        common = layer({"common": "x" * 1000})
        images = [image([common, layer({"own": str(number)})]) for number in range(4)]
        for number, each in enumerate(images):
            registry.store(NAME, each, [f"v{number}"])
        self.pulled(runtime, [f"{registry}/{NAME}:v{number}" for number in range(4)])
        assert {config_digest(each) for each in self.stored(runtime, registry)} == {
            each.config.digest for each in images
        }
