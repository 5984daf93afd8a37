"""Pull policies of image volumes: what a container gets by each, and what a user reads when it gets nothing."""

import pytest

from conformance import (
    Configuration,
    ContainerStart,
    ImageVolume,
    Internet,
    Login,
    Platform,
    Pod,
    PodSync,
    PullPolicy,
    Reason,
    RegistryHost,
    Runtime,
    WaitingState,
    image,
    image_mount,
    layer,
)

NAME = "rhuss/caikit-flan-t5-small"
FULL = f"quay.io/{NAME}"
OLD, NEW = image([layer({"which": "old"})]), image([layer({"which": "new"})])
ELSEWHERE = str(Platform.host().foreign())
TAGS = ("latest", "1.2")
WHATEVER_IS_THERE = pytest.mark.parametrize("policy", ["IfNotPresent", "Never"])
ENFORCING = pytest.mark.releases(">=1.34", "short_name_mode came with cri-o/cri-o#9401")


class TestAbsent:
    """quay.io has the image, the store does not."""

    @pytest.fixture(autouse=True)
    def offered(self, quay_io: RegistryHost) -> None:
        """quay.io has it."""
        quay_io.store(NAME, OLD)

    @pytest.mark.parametrize("policy", ["Always", "IfNotPresent"])
    def test_it_is_pulled(self, pod: Pod, policy: PullPolicy) -> None:
        """An image that is not in the store is pulled by every policy but Never."""
        assert pod.mount_image(FULL, at="/models", policy=policy).running.mounted_images() == {"/models": OLD.id}

    def test_never_asks_nobody(self, pod: Pod, runtime: Runtime) -> None:
        """With the policy Never, an image is not asked for, and is mounted only once it is in the store."""
        absent = pod.mount_image(FULL, at="/models", policy="Never")
        assert (absent.asked, absent.waiting_reason) == ([], "ErrImageNeverPull")
        runtime.pull(FULL)
        assert pod.mount_image(FULL, at="/models", policy="Never").mounted == {"/models": OLD.id}


class TestPresent:
    """The image is in the store, and at quay.io as well."""

    @pytest.fixture(autouse=True)
    def stored(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """It was pulled some time ago."""
        quay_io.store(NAME, OLD)
        assert runtime.pull(FULL).image is not None

    def test_always_asks_again(self, pod: Pod, quay_io: RegistryHost) -> None:
        """With the policy Always, the registry is asked although the image is in the store."""
        sync = pod.mount_image(FULL, at="/models", policy="Always")
        assert (sync.asked, sync.running.mounted_images()) == ([quay_io], {"/models": OLD.id})

    @WHATEVER_IS_THERE
    def test_others_ask_nobody(self, pod: Pod, policy: PullPolicy) -> None:
        """With the policies IfNotPresent and Never, an image that is in the store is mounted, and nobody is asked."""
        sync = pod.mount_image(FULL, at="/models", policy=policy)
        assert (sync.asked, sync.running.mounted_images()) == ([], {"/models": OLD.id})

    def test_one_that_was_removed_is_pulled_again(self, runtime: Runtime, pod: Pod, quay_io: RegistryHost) -> None:
        """With the policy IfNotPresent, an image that was removed from the store is pulled again."""
        runtime.remove(FULL)
        sync = pod.mount_image(FULL, at="/models")
        assert (sync.asked, sync.mounted) == ([quay_io], {"/models": OLD.id})

    def test_always_fails_without_the_registry(self, pod: Pod, quay_io: RegistryHost) -> None:
        """With the policy Always, a registry that does not answer stops the pod although the image is in the store."""
        quay_io.fail(503)
        sync = pod.mount_image(FULL, at="/models", policy="Always")
        assert (sync.container, sync.reasons) == (None, {quay_io: Reason.BROKEN})


class TestChanged:
    """The tags were moved to another image at quay.io since it was pulled."""

    @pytest.fixture(autouse=True)
    def stored(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """The store has the old image by both tags, quay.io a new one."""
        quay_io.store(NAME, OLD, TAGS)
        for tag in TAGS:
            runtime.pull(f"{FULL}:{tag}")
        quay_io.store(NAME, NEW, TAGS)

    def test_always_gets_the_new_one(self, pod: Pod) -> None:
        """With the policy Always, a container gets what the tag means at the registry now."""
        sync = pod.mount_image(FULL, at="/models", policy="Always")
        assert sync.running.mounted_images() == {"/models": NEW.id}

    @WHATEVER_IS_THERE
    def test_others_keep_the_old_one(self, pod: Pod, policy: PullPolicy) -> None:
        """With the policies IfNotPresent and Never, a container gets what the tag meant when it was pulled."""
        sync = pod.mount_image(FULL, at="/models", policy=policy)
        assert sync.running.mounted_images() == {"/models": OLD.id}

    @pytest.mark.usefixtures("containers")
    def test_a_container_that_runs_keeps_what_it_has(self, pod: Pod) -> None:
        """A container goes on seeing the image that it was started with when another one gets the new one."""
        first = pod.mount_image(FULL, at="/models", policy="IfNotPresent")
        second = pod.mount_image(FULL, at="/models", policy="Always")
        assert (first.read("/models/which"), second.read("/models/which")) == ("old", "new")

    def test_each_volume_has_its_own_policy(self, pod: Pod) -> None:
        """Two volumes of one name with different policies are the old and the new image, in one container."""
        kept, latest = ImageVolume(FULL, "/kept", "IfNotPresent"), ImageVolume(FULL, "/latest", "Always")
        assert pod.mount(kept, latest).running.mounted_images() == {"/kept": OLD.id, "/latest": NEW.id}

    @pytest.mark.parametrize(
        ("reference", "seen"),
        [("", NEW.id), (":1.2", OLD.id), (f"@{OLD.digest}", OLD.id)],
        ids=["no-tag", "another-tag", "digest"],
    )
    def test_where_no_policy_is_written(self, pod: Pod, reference: str, seen: str) -> None:
        """Without a policy, the tag ``latest`` is always pulled, what has another tag or a digest if not present."""
        sync = pod.mount(ImageVolume(FULL + reference, "/models", None))
        assert sync.running.mounted_images() == {"/models": seen}


class TestPulledWithALogin:
    """The image is private, and in the store: another pod with a login has pulled it."""

    @pytest.fixture
    def login(self, runtime: Runtime, quay_io: RegistryHost) -> Login:
        """The login that opens it."""
        quay_io.store(NAME, OLD)
        login = quay_io.require_login(NAME)
        assert runtime.pull(FULL, login).image is not None
        return login

    def test_always_wants_the_login_again(self, pod: Pod, login: Login, quay_io: RegistryHost) -> None:
        """With the policy Always, a pod without the login does not get a private image that is in the store."""
        del login
        sync = pod.mount_image(FULL, at="/models", policy="Always")
        assert (sync.container, sync.reasons) == (None, {quay_io: Reason.UNAUTHORIZED})

    def test_if_not_present_wants_none(self, pod: Pod, login: Login) -> None:
        """With the policy IfNotPresent, CRI-O gives a private image that is in the store to a pod without a login."""
        del login
        assert pod.mount_image(FULL, at="/models").running.mounted_images() == {"/models": OLD.id}


class TestAShortName:
    """quay.io's image is in the store; docker.io, which is searched first, has another one by now."""

    @pytest.fixture(autouse=True)
    def stored(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The short name was pulled before docker.io had an image of that name."""
        quay_io.store(NAME, OLD)
        runtime.pull(NAME)
        docker_io.store(NAME, NEW)

    def test_always_gets_the_first_registrys(self, pod: Pod, docker_io: RegistryHost) -> None:
        """With the policy Always, a short name is searched for anew, from the first registry on."""
        sync = pod.mount_image(NAME, at="/models", policy="Always")
        assert (sync.asked, sync.running.mounted_images()) == ([docker_io], {"/models": NEW.id})

    @WHATEVER_IS_THERE
    def test_others_take_what_any_registry_gave(self, pod: Pod, policy: PullPolicy) -> None:
        """With the policies IfNotPresent and Never, a short name means what the store has, whoever gave it."""
        sync = pod.mount_image(NAME, at="/models", policy=policy)
        assert (sync.asked, sync.running.mounted_images()) == ([], {"/models": OLD.id})


# What a user reads


class TestTheStoryOf8780:
    """The report as ``kubectl describe pod`` shows it: docker.io foreign, quay.io unauthorized."""

    @pytest.fixture
    def waiting(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> WaitingState:
        """What the kubelet tells."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.require_login(NAME)
        waiting = pod.mount_image(NAME, at="/models").waiting
        assert waiting is not None
        return waiting

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_user_reads_of_both_registries(
        self, waiting: WaitingState, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """What the user reads when the pull has failed explains every registry that was asked."""
        assert waiting.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}


class TestOtherReasons:
    """What a container waits for, by what is wrong."""

    @pytest.fixture
    def sync(self, internet: Internet, pod: Pod) -> PodSync:
        """The registry of the image is down."""
        return pod.mount_image(f"{internet.refuse('registry.down.example')}/{NAME}", at="/models")

    def test_a_registry_that_is_down(self, sync: PodSync) -> None:
        """A registry that refuses connections has a reason of its own, and the user reads which one it is."""
        assert (sync.waiting_reason, sync.reasons) == (
            "RegistryUnavailable",
            {"registry.down.example": Reason.UNREACHABLE},
        )

    @pytest.fixture
    def start(self, pod: Pod) -> ContainerStart:
        """A container is asked for with an image volume whose image has gone since the kubelet saw it."""
        return pod.start(image_mount(FULL, "/models"))

    def test_an_image_that_has_gone(self, start: ContainerStart) -> None:
        """A volume that CreateContainer does not find makes its container wait, and the user reads which it is."""
        assert start.waiting is not None
        assert (start.waiting.reason, start.waiting.says(FULL)) == ("CreateContainerError", True)
        assert start.failure.is_missing_image


@ENFORCING
@pytest.mark.upstream("cri-o/cri-o#9401")
class TestEnforcing:
    """The default short-name mode; both search registries have the image."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with two search registries and its own default short-name mode."""
        return Configuration(short_name_mode=None)

    @pytest.mark.parametrize(
        ("policy", "reason"),
        [("Always", "ErrImagePull"), ("IfNotPresent", "ImageInspectError"), ("Never", "ImageInspectError")],
    )
    def test_the_user_reads_that_the_name_is_refused(self, pod: Pod, policy: PullPolicy, reason: str) -> None:
        """An ambiguous name stops the pod at the pull where the policy is Always, else at the look into the store."""
        sync = pod.mount_image(NAME, at="/models", policy=policy)
        assert sync.waiting is not None
        assert sync.error is not None
        assert (sync.waiting_reason, sync.waiting.says(NAME), sync.error.is_ambiguous_name) == (reason, True, True)
