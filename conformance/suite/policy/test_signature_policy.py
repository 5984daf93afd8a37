"""Signature policies (containers-policy.json(5)): which images may be pulled, and mounted, by their names alone."""

import pytest

from conformance import (
    Artifact,
    Configuration,
    ContainerStart,
    Image,
    Platform,
    Pod,
    PodSync,
    Pull,
    Reason,
    RegistryHost,
    Runtime,
    SignaturePolicy,
    WaitingState,
    artifact,
    image,
    image_mount,
    layer,
)
from conformance.cri.v1 import api_pb2 as api
from conformance.model.policy import OF_USER, SYSTEM

NAME = "rhuss/app"
ON_DOCKER_IO, ON_QUAY_IO = f"docker.io/{NAME}", f"quay.io/{NAME}"
PODS = "registry.k8s.io"
"""Where the images lie that pods themselves run on, which a policy must accept for there to be pods."""

NAMED = "/etc/crio/policy.json"
FOR_OUR_PODS = "/etc/crio/policies/conformance.json"
"""The policy for pods of the namespace ``conformance``, which is that of our pods."""

ONE, TWO = image([layer({"which": "one"})]), image([layer({"which": "two"})])
FILES = artifact({"which": "one"})
ALL = SignaturePolicy()
ON_QUAY_IO_ONLY = SignaturePolicy.accepting("quay.io", PODS)
ON_DOCKER_IO_ONLY = SignaturePolicy.accepting("docker.io", PODS)
VERIFIED = pytest.mark.releases(">=1.33", "policies are asked about volumes since cri-o/cri-o#9060")
ARTIFACTS = pytest.mark.releases(">=1.33", "artifacts came with cri-o/cri-o#9062")


def named(policy: SignaturePolicy) -> Configuration:
    """CRI-O with a policy that ``signature_policy`` of crio.conf names, beside a system's own that accepts all."""
    return Configuration(policies=((SYSTEM, ALL), (NAMED, policy)), signature_policy=NAMED)


def for_our_pods(policy: SignaturePolicy, *, system: SignaturePolicy = ALL) -> Configuration:
    """CRI-O with a policy for the namespace of our pods, and the system's own."""
    return Configuration(policies=((SYSTEM, system), (FOR_OUR_PODS, policy)))


# What is not pulled

PLACES = {
    "the-systems-own": Configuration(policies=((SYSTEM, ON_QUAY_IO_ONLY),)),
    "named-in-crio.conf": named(ON_QUAY_IO_ONLY),
    "for-the-transport": Configuration(policies=((SYSTEM, SignaturePolicy.rejecting("", but=("quay.io",))),)),
}


@pytest.mark.parametrize("configuration", PLACES.values(), ids=PLACES, scope="class")
class TestARejectedRegistry:
    """The policy accepts quay.io's images only; docker.io has the image."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost) -> Pull:
        """The image is pulled from docker.io."""
        docker_io.store(NAME, ONE)
        return runtime.pull(ON_DOCKER_IO)

    def test_the_error_has_the_cri_code(self, pull: Pull) -> None:
        """An image that the policy rejects is not pulled, which is reported with the CRI's code for signatures."""
        assert pull.error is not None
        assert pull.error.cri_code == "SignatureValidationFailed"

    def test_the_error_says_that_it_is_rejected(self, pull: Pull, docker_io: RegistryHost) -> None:
        """The error says which registry's image is not trusted."""
        assert pull.reasons == {docker_io: Reason.UNTRUSTED}

    def test_nothing_is_stored(self, pull: Pull, runtime: Runtime, docker_io: RegistryHost) -> None:
        """An image that the policy rejects is not in the store."""
        assert (pull.reasons, runtime.images()) == ({docker_io: Reason.UNTRUSTED}, [])

    def test_no_content_is_fetched(self, pull: Pull) -> None:
        """Neither the config nor a layer of a rejected image is asked for."""
        assert (pull.references, pull.blobs) == (["latest"], [])

    def test_the_next_registry_serves(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """A short name whose image on the first registry is rejected comes from the next one that is accepted."""
        docker_io.store(NAME, ONE)
        quay_io.store(NAME, TWO)
        pull = runtime.pull(NAME)
        assert (pull.asked, pull.image_hosts) == ([docker_io, quay_io], (quay_io,))


class TestOtherContent:
    """crio.conf names a policy that accepts quay.io's images only."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that policy."""
        return named(ON_QUAY_IO_ONLY)

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost) -> Pull:
        """The short name is pulled; docker.io has it in an index, and quay.io lacks it."""
        docker_io.offer(NAME, platforms=[str(Platform.host()), str(Platform.host().foreign())])
        return runtime.pull(NAME)

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_error_explains_both_registries(
        self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """Where the next registry lacks the image, the error says as well that the first one's is rejected."""
        assert pull.reasons == {docker_io: Reason.UNTRUSTED, quay_io: Reason.UNAUTHORIZED}

    @ARTIFACTS
    def test_an_artifact_is_rejected_as_an_image_is(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """An artifact that the policy rejects is not pulled either."""
        docker_io.store(NAME, FILES)
        pull = runtime.pull(ON_DOCKER_IO)
        assert (pull.reasons, pull.blobs) == ({docker_io: Reason.UNTRUSTED}, [])

    @pytest.fixture
    def waiting(self, pod: Pod, docker_io: RegistryHost) -> WaitingState:
        """What the user of a pod reads whose volume is rejected."""
        docker_io.store(NAME, ONE)
        waiting = pod.mount_image(ON_DOCKER_IO, at="/models").waiting
        assert waiting is not None
        return waiting

    def test_the_user_reads_the_reason(self, waiting: WaitingState, docker_io: RegistryHost) -> None:
        """A pod whose volume is rejected waits for a reason of its own, and the user reads which image it is about."""
        assert (waiting.reason, waiting.says(ON_DOCKER_IO)) == ("SignatureValidationFailed", True)
        assert waiting.reasons == {docker_io: Reason.UNTRUSTED}


# Which policy counts


def by_policy(accepted: bool, host: str) -> tuple[tuple[str, ...], dict[str, Reason]]:
    """Give what a policy wants of a pull from a host: who serves, and why it does not."""
    return ((host,), {}) if accepted else ((), {host: Reason.UNTRUSTED})


OPPOSITES = {
    "stricter": (for_our_pods(ON_DOCKER_IO_ONLY), False),
    "laxer": (for_our_pods(ALL, system=ON_DOCKER_IO_ONLY), True),
}


@pytest.mark.parametrize(("configuration", "accepted"), OPPOSITES.values(), ids=OPPOSITES, scope="class")
class TestThePolicyOfANamespace:
    """There is a policy for the namespace of our pods: it rejects what the system's own accepts, or the opposite."""

    def _pull(self, runtime: Runtime, quay_io: RegistryHost, namespace: str) -> Pull:
        """Pull the image from quay.io for a pod of a namespace."""
        quay_io.store(NAME, ONE)
        pod = api.PodSandboxConfig(metadata=api.PodSandboxMetadata(namespace=namespace)) if namespace else None
        return runtime.pull(ON_QUAY_IO, sandbox=pod)

    def test_it_counts_for_pods_of_the_namespace(self, runtime: Runtime, quay_io: RegistryHost, accepted: bool) -> None:
        """Whether an image may be pulled for a pod is said by the policy of the pod's namespace alone."""
        pull = self._pull(runtime, quay_io, "conformance")
        assert (pull.image_hosts, pull.reasons) == by_policy(accepted, quay_io)

    @pytest.mark.parametrize("namespace", ["", "another"], ids=["for-no-pod", "for-another-namespace"])
    def test_it_counts_for_nobody_else(
        self, runtime: Runtime, quay_io: RegistryHost, namespace: str, accepted: bool
    ) -> None:
        """Whether an image may be pulled for others is said by the system's own policy."""
        pull = self._pull(runtime, quay_io, namespace)
        assert (pull.image_hosts, pull.reasons) == by_policy(not accepted, quay_io)


BESIDE_THE_USERS_OWN = {
    "stricter": (Configuration(policies=((SYSTEM, ALL), (OF_USER, ON_DOCKER_IO_ONLY))), False),
    "laxer": (Configuration(policies=((SYSTEM, ON_DOCKER_IO_ONLY), (OF_USER, ALL))), True),
    "the-only-one": (Configuration(policies=((OF_USER, ON_DOCKER_IO_ONLY),)), False),
    "another-is-named": (
        Configuration(
            policies=((SYSTEM, ON_QUAY_IO_ONLY), (OF_USER, ALL), (NAMED, ON_DOCKER_IO_ONLY)), signature_policy=NAMED
        ),
        False,
    ),
}


@pytest.mark.parametrize(
    ("configuration", "accepted"), BESIDE_THE_USERS_OWN.values(), ids=BESIDE_THE_USERS_OWN, scope="class"
)
class TestThePolicyOfTheUser:
    """The user that CRI-O is has a policy in its home, beside the system's own."""

    def test_it_takes_the_place_of_the_systems(self, runtime: Runtime, quay_io: RegistryHost, accepted: bool) -> None:
        """The user's own policy counts before the system's, but not before one that crio.conf names."""
        quay_io.store(NAME, ONE)
        pull = runtime.pull(ON_QUAY_IO)
        assert (pull.image_hosts, pull.reasons) == by_policy(accepted, quay_io)


MISSING = {SYSTEM: Configuration(policies=()), NAMED: Configuration(signature_policy=NAMED)}


@pytest.mark.parametrize(
    ("configuration", "path"),
    [(configuration, path) for path, configuration in MISSING.items()],
    ids=["the-systems-own", "named-in-crio.conf"],
    scope="class",
)
class TestAMissingPolicy:
    """The policy that counts is missing: the system's own, or the one that crio.conf names."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost) -> Pull:
        """An image is pulled that docker.io has."""
        docker_io.store(NAME, ONE)
        return runtime.pull(ON_DOCKER_IO)

    def test_the_error_names_the_file(self, pull: Pull, path: str) -> None:
        """Without its policy CRI-O pulls nothing, and the error says which file is missing."""
        assert pull.error is not None
        assert pull.error.says(path)

    def test_no_registry_is_asked(self, pull: Pull, path: str) -> None:
        """Without its policy CRI-O asks no registry."""
        assert pull.error is not None
        assert (pull.error.says(path), pull.asked) == (True, [])


# What is not mounted


class TestVolumes:
    """crio.conf names a policy that accepts quay.io's images only, and quay.io has the image."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that policy."""
        return named(ON_QUAY_IO_ONLY)

    @pytest.fixture(autouse=True)
    def stored(self, quay_io: RegistryHost, runtime: Runtime) -> None:
        """The image is in the store."""
        quay_io.store(NAME, ONE)
        runtime.pull(ON_QUAY_IO)

    @pytest.mark.parametrize("suffix", ["", f"@{ONE.digest}", f":latest@{ONE.digest}"], ids=["tag", "digest", "both"])
    def test_a_pod_gets_what_is_accepted(self, pod: Pod, suffix: str) -> None:
        """A volume whose image the policy accepts is mounted."""
        assert pod.mount_image(f"{ON_QUAY_IO}{suffix}", at="/models").running.mounted_images() == {"/models": ONE.id}

    @pytest.fixture
    def sync(self, pod: Pod) -> PodSync:
        """A kubelet's pod sync, up to a container with the short name as a volume, which docker.io lacks."""
        return pod.mount_image(NAME, at="/models", policy="Always")

    def test_a_pod_gets_a_short_name_that_is_accepted(self, sync: PodSync) -> None:
        """A volume by short name is mounted where the policy accepts the image of the registry that it came from."""
        assert sync.mounted == {"/models": ONE.id}

    @VERIFIED
    @pytest.mark.upstream("cri-o/cri-o#9060")
    def test_a_volume_that_cannot_be_judged_is_refused(self, pod: Pod) -> None:
        """Where it is not said how the pod names a volume's image, the policy cannot judge it: it is not mounted."""
        error = pod.start(image_mount(ON_QUAY_IO, "/models", user_specified="")).failure
        assert (error.cri_code, error.is_without_user_specified_image) == ("ImageVolumeMountFailed", True)

    @VERIFIED
    @pytest.mark.upstream("cri-o/cri-o#9060")
    def test_the_refusal_says_what_is_rejected(self, pod: Pod, docker_io: RegistryHost) -> None:
        """A volume that the policy rejects is refused because of that, with the CRI's code for image volumes."""
        error = pod.start(image_mount(ON_QUAY_IO, "/models", user_specified=ON_DOCKER_IO)).failure
        assert (error.cri_code, error.reasons) == ("ImageVolumeMountFailed", {docker_io: Reason.UNTRUSTED})

    def test_the_image_of_a_container_is_judged_as_well(self, pod: Pod, docker_io: RegistryHost) -> None:
        """A container is not created of an image that the policy rejects by the name that the pod has for it."""
        assert pod.start(image=ON_QUAY_IO, user_specified=ON_DOCKER_IO).failure.reasons == {docker_io: Reason.UNTRUSTED}


class TestVolumesThatThePodsPolicyRejects:
    """The policy for the namespace of our pods accepts docker.io's images only; quay.io's is in the store."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that policy."""
        return for_our_pods(ON_DOCKER_IO_ONLY)

    @pytest.fixture
    def content(self) -> Image | Artifact:
        """What quay.io has."""
        return ONE

    @pytest.fixture(autouse=True)
    def stored(self, quay_io: RegistryHost, runtime: Runtime, content: Image | Artifact) -> None:
        """It was pulled for nobody in particular."""
        quay_io.store(NAME, content)
        runtime.pull(ON_QUAY_IO)

    @pytest.fixture
    def written(self) -> str:
        """What the pod calls it."""
        return ON_QUAY_IO

    @pytest.fixture
    def start(self, pod: Pod, written: str) -> ContainerStart:
        """A container with it as a volume is asked for."""
        return pod.start(image_mount(ON_QUAY_IO, "/models", user_specified=written))

    @pytest.fixture
    def mounted(self, start: ContainerStart, content: Image | Artifact) -> bool:
        """Whether it is mounted."""
        return start.mounted == {"/models": content.id}

    @pytest.mark.upstream("cri-o/cri-o#9060")
    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(ONE, id="image"),
            pytest.param(FILES, id="artifact", marks=[ARTIFACTS, pytest.mark.upstream("cri-o/cri-o#9135")]),
        ],
    )
    def test_it_is_not_mounted(self, start: ContainerStart, mounted: bool, quay_io: RegistryHost) -> None:
        """What the policy of a pod's namespace rejects is not mounted in the pod, although it is in the store."""
        assert (start.reasons, mounted) == ({quay_io: Reason.UNTRUSTED}, False)

    @pytest.mark.parametrize("written", [NAME])
    def test_it_is_not_mounted_by_a_short_name(
        self, start: ContainerStart, mounted: bool, quay_io: RegistryHost
    ) -> None:
        """What the policy rejects is not mounted either where the pod has a short name for it."""
        assert (start.reasons, mounted) == ({quay_io: Reason.UNTRUSTED}, False)
