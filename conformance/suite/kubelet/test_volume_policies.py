"""Pull policies of image volumes: what a container gets by each, and what a user reads when it gets nothing."""

import pytest

from conformance.images.builder import image, layer
from conformance.kubelet import ImageVolume, Pod, Start, Told, Walk, image_mount
from conformance.kubelet.volume import PullPolicy
from conformance.model.platform import Platform
from conformance.model.reason import Reason
from conformance.registry_hosts import Internet, Login, RegistryHost
from conformance.runtime.configuration import Configuration
from conformance.runtime.runtime import Runtime

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

    def test_never_asks_nobody(self, pod: Pod) -> None:
        """With the policy Never, an image that is not in the store is not asked for, and the pod waits."""
        walk = pod.mount_image(FULL, at="/models", policy="Never")
        assert (walk.asked, walk.waits_for) == ([], "ErrImageNeverPull")


class TestPresent:
    """The image is in the store, and at quay.io as well."""

    @pytest.fixture(autouse=True)
    def stored(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """It was pulled some time ago."""
        quay_io.store(NAME, OLD)
        runtime.pull(FULL)

    def test_always_asks_again(self, pod: Pod, quay_io: RegistryHost) -> None:
        """With the policy Always, the registry is asked although the image is in the store."""
        walk = pod.mount_image(FULL, at="/models", policy="Always")
        assert (walk.asked, walk.running.mounted_images()) == ([quay_io], {"/models": OLD.id})

    @WHATEVER_IS_THERE
    def test_others_ask_nobody(self, pod: Pod, policy: PullPolicy) -> None:
        """With the policies IfNotPresent and Never, an image that is in the store is mounted, and nobody is asked."""
        walk = pod.mount_image(FULL, at="/models", policy=policy)
        assert (walk.asked, walk.running.mounted_images()) == ([], {"/models": OLD.id})

    def test_one_that_was_removed_is_pulled_again(self, runtime: Runtime, pod: Pod, quay_io: RegistryHost) -> None:
        """With the policy IfNotPresent, an image that was removed from the store is pulled again."""
        runtime.remove(FULL)
        assert pod.mount_image(FULL, at="/models").asked == [quay_io]

    def test_always_fails_without_the_registry(self, pod: Pod, quay_io: RegistryHost) -> None:
        """With the policy Always, a registry that does not answer stops the pod although the image is in the store."""
        quay_io.fail(503)
        walk = pod.mount_image(FULL, at="/models", policy="Always")
        assert (walk.container, walk.reasons) == (None, {quay_io: Reason.BROKEN})


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
        walk = pod.mount_image(FULL, at="/models", policy="Always")
        assert walk.running.mounted_images() == {"/models": NEW.id}

    @WHATEVER_IS_THERE
    def test_others_keep_the_old_one(self, pod: Pod, policy: PullPolicy) -> None:
        """With the policies IfNotPresent and Never, a container gets what the tag meant when it was pulled."""
        walk = pod.mount_image(FULL, at="/models", policy=policy)
        assert walk.running.mounted_images() == {"/models": OLD.id}

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
        walk = pod.mount(ImageVolume(FULL + reference, "/models", None))
        assert walk.running.mounted_images() == {"/models": seen}


class TestPulledWithALogin:
    """The image is private, and in the store: another pod with a login has pulled it."""

    @pytest.fixture
    def login(self, runtime: Runtime, quay_io: RegistryHost) -> Login:
        """The login that opens it."""
        quay_io.store(NAME, OLD)
        login = quay_io.require_login(NAME)
        runtime.pull(FULL, login)
        return login

    def test_always_wants_the_login_again(self, pod: Pod, login: Login, quay_io: RegistryHost) -> None:
        """With the policy Always, a pod without the login does not get a private image that is in the store."""
        del login
        walk = pod.mount_image(FULL, at="/models", policy="Always")
        assert (walk.container, walk.reasons) == (None, {quay_io: Reason.UNAUTHORIZED})

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
        walk = pod.mount_image(NAME, at="/models", policy="Always")
        assert (walk.asked, walk.running.mounted_images()) == ([docker_io], {"/models": NEW.id})

    @WHATEVER_IS_THERE
    def test_others_take_what_any_registry_gave(self, pod: Pod, policy: PullPolicy) -> None:
        """With the policies IfNotPresent and Never, a short name means what the store has, whoever gave it."""
        walk = pod.mount_image(NAME, at="/models", policy=policy)
        assert (walk.asked, walk.running.mounted_images()) == ([], {"/models": OLD.id})


# What a user reads


class TestTheStoryOf8780:
    """The report as ``kubectl describe pod`` shows it: docker.io foreign, quay.io unauthorized."""

    @pytest.fixture
    def told(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> Told:
        """What the kubelet tells."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.require_login(NAME)
        told = pod.mount_image(NAME, at="/models").told
        assert told is not None
        return told

    @pytest.fixture
    def later(self, told: Told) -> Told:
        """What it tells until it tries again."""
        assert told.then is not None
        return told.then

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_container_waits_for_the_pull(self, told: Told, later: Told) -> None:
        """A volume whose image cannot be pulled makes its container wait, first for the error and then to try again."""
        assert (told.reason, later.reason) == ("ErrImagePull", "ImagePullBackOff")

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_user_reads_of_both_registries(
        self, told: Told, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """What the user reads when the pull has failed explains every registry that was asked."""
        assert told.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_user_reads_of_both_registries_later(
        self, later: Told, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """What the user reads until the next try explains every registry that was asked."""
        assert later.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}

    def test_the_events_name_the_image(self, told: Told) -> None:
        """The events about the pull and about its failure name the image as the pod does."""
        assert [event.reason for event in told.events if event.says(f'"{NAME}"')] == ["Pulling", "Failed"]


class TestOtherReasons:
    """What a container waits for, by what is wrong."""

    @pytest.fixture
    def walk(self, internet: Internet, pod: Pod) -> Walk:
        """The registry of the image is down."""
        return pod.mount_image(f"{internet.refuse('registry.down.example')}/{NAME}", at="/models")

    def test_a_registry_that_is_down(self, walk: Walk) -> None:
        """A registry that refuses connections has a reason of its own."""
        assert walk.waits_for == "RegistryUnavailable"

    def test_a_registry_that_is_down_is_tried_again(self, walk: Walk) -> None:
        """The pull from a registry that refuses connections is tried again later, as any other."""
        assert walk.told is not None
        assert walk.told.then is not None
        assert walk.told.then.reason == "ImagePullBackOff"

    @pytest.fixture
    def start(self, pod: Pod) -> Start:
        """A container is asked for with an image volume whose image has gone since the kubelet saw it."""
        return pod.start(image_mount(FULL, "/models"))

    def test_an_image_that_has_gone(self, start: Start) -> None:
        """A volume that CreateContainer does not find makes its container wait, and the user reads which it is."""
        assert start.told is not None
        assert (start.told.reason, start.told.says(FULL)) == ("CreateContainerError", True)


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
        told = pod.mount_image(NAME, at="/models", policy=policy).told
        assert told is not None
        assert (told.reason, told.says(NAME)) == (reason, True)
