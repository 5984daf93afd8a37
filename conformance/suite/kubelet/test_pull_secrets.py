"""Image pull secrets of a pod with an image volume: what they open, and which registry gets to see the password."""

import uuid
from dataclasses import replace

import pytest

from conformance import (
    Cluster,
    Configuration,
    ImageVolume,
    Login,
    PodTeller,
    Reason,
    RegistryHost,
    Release,
    Runtime,
    WatchedPod,
    image,
    layer,
)

NAME = "rhuss/caikit-flan-t5-small"
FULL = f"quay.io/{NAME}"
REMEMBERS = Release("1.35")


class TestAPrivateImage:
    """quay.io has the image, and wants a login for it."""

    @pytest.fixture(autouse=True)
    def login(self, quay_io: RegistryHost) -> Login:
        """The login that opens it."""
        quay_io.offer(NAME)
        return quay_io.require_login(NAME)

    def test_without_a_secret_the_pod_waits(self, teller: PodTeller, quay_io: RegistryHost) -> None:
        """Without a secret a pod does not get a private image, and the user reads why."""
        state = teller.run(ImageVolume(FULL, at="/models")).waiting("ErrImagePull", "ImagePullBackOff")
        assert state.reasons == {quay_io: Reason.UNAUTHORIZED}

    def test_without_a_secret_no_login_is_shown(self, teller: PodTeller, quay_io: RegistryHost) -> None:
        """Without a secret the registry is asked by a stranger."""
        pod = teller.run(ImageVolume(FULL, at="/models"))
        pod.waiting("ErrImagePull", "ImagePullBackOff")
        assert (pod.asked, pod.shown_login) == ([quay_io], [])

    def test_with_its_secret_the_pod_runs(self, teller: PodTeller, login: Login, quay_io: RegistryHost) -> None:
        """With a secret for the registry in its name a private image is mounted."""
        pod = teller.run(ImageVolume(FULL, at="/models"), secret=login)
        assert pod.running().read("/models/offered-by").startswith(FULL)
        assert pod.shown_login == [quay_io]

    def test_a_wrong_password_is_told(self, teller: PodTeller, login: Login, quay_io: RegistryHost) -> None:
        """With a password that is not right the pod waits, and the user reads which registry refused it."""
        wrong = replace(login, password="not it")  # noqa: S106 (that is the point)
        pod = teller.run(ImageVolume(FULL, at="/models"), secret=wrong)
        assert pod.waiting("ErrImagePull", "ImagePullBackOff").reasons == {quay_io: Reason.LOGIN_REFUSED}

    def test_another_registrys_secret_is_not_shown(
        self, teller: PodTeller, login: Login, quay_io: RegistryHost
    ) -> None:
        """A secret for docker.io does not get to the registry that the image's name names."""
        pod = teller.run(ImageVolume(FULL, at="/models"), secret=replace(login, server="docker.io"))
        pod.waiting("ErrImagePull", "ImagePullBackOff")
        assert (pod.asked, pod.shown_login) == ([quay_io], [])

    def test_another_pod_needs_a_secret_of_its_own(
        self, teller: PodTeller, login: Login, quay_io: RegistryHost
    ) -> None:
        """With the policy Always a pod without the secret waits, although the image is in the store."""
        teller.run(ImageVolume(FULL, at="/models"), secret=login).running()
        stranger = teller.run(ImageVolume(FULL, at="/models", policy="Always"))
        assert stranger.waiting("ErrImagePull", "ImagePullBackOff").reasons == {quay_io: Reason.UNAUTHORIZED}


class TestPulledByAnotherPod:
    """quay.io wants a login for the image; a pod that had it has pulled the image, and the kubelet remembers that."""

    @pytest.fixture
    def login(self, cluster: Cluster, quay_io: RegistryHost) -> Login:
        """The login, with which the image came into the store."""
        if cluster.release.base < REMEMBERS:
            pytest.skip(f"speaks of kubelets from {REMEMBERS} on: KubeletEnsureSecretPulledImages (KEP-2535)")
        # of no other case: a kubelet does not forget that anybody had an image
        quay_io.store(NAME, image([layer({"which": uuid.uuid4().hex})]))
        login = quay_io.require_login(NAME)
        cluster.run(ImageVolume(FULL, at="/models"), secret=login).running()
        return login

    @pytest.fixture
    def stranger(self, cluster: Cluster, login: Login) -> WatchedPod:
        """A pod without the secret."""
        del login
        pod = cluster.run(ImageVolume(FULL, at="/models"))
        pod.settled()
        return pod

    @pytest.mark.upstream("cri-o/cri-o#9728")
    def test_a_pod_without_the_secret_does_not_get_it(self, stranger: WatchedPod, quay_io: RegistryHost) -> None:
        """A kubelet asks the registry again for a pod that has not the secret, and so does not give it the image."""
        assert (stranger.asked, stranger.state.reasons) == ([quay_io], {quay_io: Reason.UNAUTHORIZED})

    def test_a_pod_with_the_secret_gets_what_is_there(self, cluster: Cluster, login: Login) -> None:
        """For a pod with the same login no registry is asked."""
        pod = cluster.run(ImageVolume(FULL, at="/models"), secret=login)
        assert ({*pod.running().mounted_images()}, pod.asked) == ({"/models"}, [])


class TestAShortName:
    """docker.io is searched first, then quay.io; the pod names no registry."""

    def test_a_secret_for_docker_io_opens_it(
        self, teller: PodTeller, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """For a kubelet a short name is docker.io's, whose secret opens a private image there."""
        docker_io.offer(NAME)
        pod = teller.run(ImageVolume(NAME, at="/models"), secret=docker_io.require_login(NAME))
        pod.running()
        assert (pod.shown_login, quay_io in pod.asked) == ([docker_io], False)

    @pytest.fixture
    def pod(self, teller: PodTeller, docker_io: RegistryHost, quay_io: RegistryHost) -> WatchedPod:
        """A pod with a secret for docker.io, whose image is public, and at quay.io only."""
        quay_io.offer(NAME)
        pod = teller.run(ImageVolume(NAME, at="/models"), secret=docker_io.require_login(NAME))
        pod.settled()
        return pod

    def test_it_is_shown_to_docker_io_alone(self, pod: WatchedPod, docker_io: RegistryHost) -> None:
        """The password of a secret for docker.io gets to no other registry of the search list."""
        assert pod.shown_login == [docker_io]

    def test_a_secret_for_quay_io_is_not_used(
        self, teller: PodTeller, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """For a kubelet a short name is docker.io's, so that a secret for quay.io does not open what is found there."""
        quay_io.offer(NAME)
        pod = teller.run(ImageVolume(NAME, at="/models"), secret=quay_io.require_login(NAME))
        state = pod.waiting("ErrImagePull", "ImagePullBackOff")
        assert state.reasons["quay.io"] == Reason.UNAUTHORIZED
        assert (pod.asked, pod.shown_login) == ([docker_io, quay_io], [])


class TestOneSearchRegistry:
    """quay.io is the only search registry."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """A search list without docker.io."""
        return Configuration(search_registries=("quay.io",))

    @pytest.fixture
    def pod(self, teller: PodTeller, runtime: Runtime, quay_io: RegistryHost) -> WatchedPod:
        """A pod with a short name, and a secret for docker.io, which nobody asks."""
        quay_io.offer(NAME)
        login = runtime.internet.host("docker.io").require_login(NAME)
        pod = teller.run(ImageVolume(NAME, at="/models"), secret=login)
        pod.settled()
        return pod

    def test_the_registry_that_is_asked_is_shown_no_other_ones_login(self, pod: WatchedPod) -> None:
        """A login for docker.io is not shown to the only registry that is asked."""
        assert pod.shown_login == []
