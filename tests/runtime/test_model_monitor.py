"""The model beside a runtime: silent where they agree, and otherwise telling both sides."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import pytest

from conformance.cri import CRIError
from conformance.evidence import Evidence
from conformance.model.answers import Login
from conformance.model.image_service import ImageLookup as Looked
from conformance.model.image_store import ListedImage
from conformance.model.prediction import Prediction
from conformance.model.profile import profile
from conformance.model.pull import Outcome
from conformance.model.pull_sources import Settings
from conformance.model.registries import Registries
from conformance.model.registries_conf import RegistriesConfPaths
from conformance.model.release import Release
from conformance.registry_hosts import Exchange, Internet, NameLookup, RequestKind, loopback
from conformance.runtime import model_monitor as comparison
from conformance.runtime import simulated
from conformance.runtime.configuration import Configuration
from conformance.runtime.model_monitor import ModelMonitor, PredictedContainer, model_settings
from conformance.runtime.pull import ImageInfo, ImageStatusResult, Pull
from conformance.runtime.simulated import SimulatedRuntime
from conformance.simulator.mutants import mutant

NAME, FIVES = "rhuss/app", "5" * 64


@pytest.fixture
def simulator(own_tmpdir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., SimulatedRuntime]]:
    """Make runtimes: of a release, with a piece of a mutant in it, and beside a model of another release."""
    made: list[SimulatedRuntime] = []
    assert own_tmpdir.exists()

    def make(
        release: str = "1.36.3", *, wrong: str = "", beside: str = "", mode: str | None = "disabled"
    ) -> SimulatedRuntime:
        if wrong:
            monkeypatch.setattr(simulated, "Variant", lambda: mutant(wrong).variant)
        runtime = SimulatedRuntime(Release(release), Configuration(short_name_mode=mode))
        made.append(runtime)
        if beside:
            assert runtime.model_monitor is not None
            search = Registries(search=("docker.io", "quay.io"))
            other = Settings(profile=profile(Release(beside)), registries=search, short_name_mode=mode or "")
            runtime.model_monitor = ModelMonitor(other, runtime.internet)
        return runtime

    yield make
    for runtime in made:
        runtime.close()


def differences(runtime: SimulatedRuntime) -> list[str]:
    """What was noted since the last look."""
    noted, runtime.evidence.differences = runtime.evidence.differences, []
    return noted


# Where they agree


@pytest.mark.parametrize("release", ["1.31.13", "1.33.0", "1.33.13", "1.34.11", "1.35.0", "1.35.1", "1.36.3"])
def test_a_day_in_the_life_of_a_runtime_is_as_predicted(
    simulator: Callable[..., SimulatedRuntime], release: str
) -> None:
    runtime = simulator(release)
    docker_io, quay_io = runtime.internet.host("docker.io"), runtime.internet.host("quay.io")
    quay_io.offer(NAME, platforms=["linux/amd64", "linux/arm64"])
    docker_io.offer(NAME, platforms=["linux/s390x"])
    for name in (
        NAME,
        f"docker.io/{NAME}",
        "nowhere.example/app",
        f"{runtime.internet.refuse('down.example')}/app",
        "A",
    ):
        runtime.pull(name)
    runtime.pull(NAME, Login("robot", "wrong", "quay.io"))
    image = runtime.status(NAME).image
    assert image is not None
    docker_io.store("other", quay_io.offer("other"))
    runtime.pull("other")
    for name in ("other", image.id, image.id[:12], FIVES, "", "cafe", image.digests[0]):
        runtime.status(name)
    runtime.images()
    runtime.remove(NAME)
    runtime.remove(image.id)
    with pytest.raises(CRIError):
        runtime.remove("")
    runtime.images()
    assert differences(runtime) == []
    runtime.reset()
    assert (runtime.images(), differences(runtime)) == ([], [])


@pytest.mark.usefixtures("own_tmpdir")
def test_a_mutant_has_no_model_beside_it() -> None:
    with SimulatedRuntime(Release("1.36.3"), Configuration(), mutant("search-order-reversed")) as runtime:
        assert runtime.model_monitor is None
        assert not runtime.pull(NAME).succeeded


# Where they differ


def test_another_order_is_told_with_both_sides(simulator: Callable[..., SimulatedRuntime]) -> None:
    runtime = simulator(wrong="search-order-reversed")
    runtime.internet.host("quay.io").offer(NAME)
    pull = runtime.pull(NAME)
    assert pull.succeeded
    (told,) = differences(runtime)
    assert told == (
        f"PullImage {NAME}, asked:\n"
        "    the model: [HostRequests(host='docker.io', manifests=('latest', 'latest', 'latest', 'latest'), users=()), "
        "HostRequests(host='quay.io', manifests=('latest',), users=())]\n"
        "    CRI-O:     [HostRequests(host='quay.io', manifests=('latest',), users=())]"
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("reports-the-first-error-only", ["PullImage rhuss/app, error"]),
        ("asks-another-first", ["PullImage rhuss/app, asked"]),
        ("forgets-logins", ["PullImage rhuss/app, asked"]),
        ("says-nothing-went-wrong", ["PullImage rhuss/app, error", "PullImage rhuss/app, image_ref"]),
    ],
)
def test_a_wrong_pull_is_told(simulator: Callable[..., SimulatedRuntime], wrong: str, told: list[str]) -> None:
    runtime = simulator(wrong=wrong)
    login = runtime.internet.host("docker.io").require_login("rhuss/other")
    runtime.internet.host("quay.io").require_login("rhuss/other")
    runtime.pull(NAME, login)
    assert set(told) <= {each.partition(":")[0] for each in differences(runtime)}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("finds-no-short-id", "ImageStatus {id}, image"),
        ("missing-is-an-error", "ImageStatus rhuss/none, error"),
        ("lists-nothing", "ListImages, images"),
        ("removing-what-is-missing-fails", "RemoveImage rhuss/none, error"),
        ("removes-nothing", "ImageStatus rhuss/app, image"),
        ("answers-with-the-digest", "PullImage rhuss/app, image_ref"),
        ("digests-of-the-wrong-host", "ImageStatus rhuss/app, image"),
    ],
)
def test_a_wrong_store_is_told(simulator: Callable[..., SimulatedRuntime], wrong: str, told: str) -> None:
    runtime = simulator(wrong=wrong)
    image = runtime.internet.host("quay.io").offer(NAME)
    short = image.id[:12]  # type: ignore[union-attr]
    runtime.pull(NAME)
    for name in (NAME, short, "rhuss/none"):
        runtime.status(name)
    runtime.images()
    for name in ("rhuss/none", NAME):
        with suppress(CRIError):
            runtime.remove(name)
    runtime.status(NAME)
    assert told.format(id=short) in [each.partition(":")[0] for each in differences(runtime)]


@pytest.mark.parametrize(
    ("release", "beside", "told"),
    [
        ("1.36.3", "1.31.13", ["PullImage none, asked", "PullImage none, error", f"ImageStatus {FIVES}, error"]),
        ("1.36.3", "1.34.11", ["PullImage none, error"]),
        ("1.32.13", "1.31.13", []),
        ("1.36.3", "1.35.6", []),
    ],
)
def test_a_model_of_another_release_tells_what_changed(
    simulator: Callable[..., SimulatedRuntime], release: str, beside: str, told: list[str]
) -> None:
    runtime = simulator(release, beside=beside)
    runtime.pull("none")
    runtime.status(FIVES)
    assert [each.partition(":")[0] for each in differences(runtime)] == told


def test_a_removal_that_is_refused_otherwise_is_told_and_still_raised(
    simulator: Callable[..., SimulatedRuntime],
) -> None:
    runtime = simulator("1.36.3", beside="1.33.13", mode=None)
    with pytest.raises(CRIError, match="ambiguous"):
        runtime.remove(NAME)
    said = f"short name mode is enforcing, but image name {NAME} returns ambiguous list"
    assert differences(runtime) == [f"RemoveImage {NAME}, error:\n    the model: \n    CRI-O:     {said}"]


# The comparison


def evidence(*exchanges: Exchange | NameLookup) -> Evidence:
    return Evidence((), exchanges, tuple)


def exchange(host: str, kind: RequestKind, status: int, reference: str = "latest", user: str | None = "") -> Exchange:
    return Exchange(
        host=host, server=host, method="GET", path="/", status=status, kind=kind, reference=reference, user=user
    )


def failed(text: str) -> CRIError:
    return CRIError("PullImage", grpc.StatusCode.UNKNOWN, text)


def test_requests_for_manifests_count_where_they_are_answered() -> None:
    seen = evidence(
        exchange("registry.k8s.io", RequestKind.PING, 200),
        exchange("registry.k8s.io", RequestKind.MANIFEST, 307),
        exchange("registry.k8s.io", RequestKind.MANIFEST, 404, user="robot"),
        exchange("registry.k8s.io", RequestKind.BLOB, 200),
        NameLookup(host="nowhere.example"),
    )
    (told,) = comparison.pull_differences(Prediction((), Outcome(error="no")), Pull("x", "", None, failed("no"), seen))
    assert told.endswith(
        "CRI-O:     [HostRequests(host='registry.k8s.io', manifests=('latest',), users=('robot',)), "
        "HostRequests(host='nowhere.example', manifests=(), users=())]"
    )


def test_error_and_image_ref_are_compared() -> None:
    found = Pull("x", "abc", None, None, evidence())
    assert comparison.pull_differences(Prediction((), Outcome(error="no")), found) == [
        "error:\n    the model: no\n    CRI-O:     ",
        "image_ref:\n    the model: \n    CRI-O:     abc",
    ]
    assert comparison.pull_differences(Prediction((), Outcome()), Pull("x", "", None, None, evidence())) == []


LISTED, STORED = ListedImage("1", ("a:1",), ("a@2",)), ImageInfo("1", ("a:1",), ("a@2",))


@pytest.mark.parametrize(
    ("predicted", "image", "error", "told"),
    [
        (Looked(LISTED), STORED, None, []),
        (Looked(), None, None, []),
        (Looked(error="no"), None, failed("no"), []),
        (Looked(), STORED, None, ["image"]),
        (Looked(LISTED), None, None, ["image"]),
        (Looked(LISTED), ImageInfo("1", ("a:1",), ()), None, ["image"]),
        (Looked(), None, failed("no"), ["error"]),
        (Looked(error="other"), None, failed("no"), ["error"]),
    ],
)
def test_a_lookup_is_compared(
    predicted: Looked, image: ImageInfo | None, error: CRIError | None, told: list[str]
) -> None:
    found = comparison.status_differences(predicted, ImageStatusResult("x", image, error, evidence()))
    assert [each.partition(":")[0] for each in found] == told


def test_lists_and_removals_are_compared() -> None:
    assert comparison.error_differences("", None) == comparison.error_differences("no", failed("no")) == []
    assert comparison.error_differences("", failed("no")) == ["error:\n    the model: \n    CRI-O:     no"]
    other, of_other = ListedImage("2", (), ()), ImageInfo("2", (), ())
    assert comparison.list_differences([LISTED, other], [of_other, STORED], None) == []
    assert comparison.list_differences("no", [], failed("no")) == []
    (told,) = comparison.list_differences([LISTED], [STORED, of_other], None)
    assert told == f"images:\n    the model: {[LISTED]}\n    CRI-O:     {[LISTED, other]}"
    assert comparison.list_differences([], [], failed("no")) == ["images:\n    the model: []\n    CRI-O:     no"]
    assert comparison.list_differences("no", [], None) == ["images:\n    the model: no\n    CRI-O:     []"]


# The settings and the mounts


def test_the_settings_are_those_of_the_runtime_s_own_files() -> None:
    asked: list[tuple[RegistriesConfPaths, Path]] = []

    def load(paths: RegistriesConfPaths, root: Path) -> Registries:
        asked.append((paths, root))
        return Registries(search=("ghcr.io",))

    told = model_settings(
        Release("1.34.11"), Configuration(short_name_mode=None), load, root=Path("/world"), home=Path("/home")
    )
    assert (told.profile.since, told.short_name_mode, told.registries.search) == ("1.34", "", ("ghcr.io",))
    assert [(str(root), paths.user_conf_dir) for paths, root in asked] == [
        ("/world", "/home/.config/containers/registries.conf.d")
    ]


def test_what_a_container_mounts_cannot_be_removed_until_the_next_case() -> None:
    with Internet(loopback) as internet:
        internet.host("quay.io").offer(NAME)
        monitor = ModelMonitor(Settings(profile=profile(Release("1.36.3"))), internet)
        image = monitor.pull(f"quay.io/{NAME}", None).outcome.image
        assert image is not None
        monitor.created("c1", PredictedContainer(mounted=(image.id, "5" * 64)))
        monitor.created("c2", PredictedContainer(mounted=(image.id,)))
        monitor.created("c3", PredictedContainer())
        assert monitor.remove(f"quay.io/{NAME}") == "the image is in use by c2"
        monitor.removed("c2")
        assert monitor.remove(f"quay.io/{NAME}") == "the image is in use by c1"
        monitor.reset()
        assert monitor.images("") == []
        monitor.pull(f"quay.io/{NAME}", None)
        assert monitor.remove(f"quay.io/{NAME}") == ""
        assert internet.recorder.since(0) == (), "the model asks nobody"


def test_the_image_that_a_container_runs_keeps_its_last_name() -> None:
    with Internet(loopback) as internet:
        internet.host("quay.io").offer(NAME, tags=["one", "two"])
        monitor = ModelMonitor(Settings(profile=profile(Release("1.36.3"))), internet)
        image = monitor.pull(f"quay.io/{NAME}:one", None).outcome.image
        monitor.pull(f"quay.io/{NAME}:two", None)
        assert image is not None
        monitor.created("c1", PredictedContainer(image.id))
        assert monitor.remove(f"quay.io/{NAME}:one") == ""
        refusal = "image used by c1: image is in use by a container"
        assert monitor.remove(f"quay.io/{NAME}:two") == refusal
        assert monitor.remove(image.id) == f"delete image: {refusal}"
        monitor.removed("c1")
        assert monitor.remove(image.id) == ""


def test_before_1_33_an_image_is_removed_from_under_the_container_that_mounts_it() -> None:
    with Internet(loopback) as internet:
        internet.host("quay.io").offer(NAME)
        monitor = ModelMonitor(Settings(profile=profile(Release("1.31.13"))), internet)
        image = monitor.pull(f"quay.io/{NAME}", None).outcome.image
        assert image is not None
        monitor.created("c1", PredictedContainer(mounted=(image.id,)))
        assert "is mounted as volume to container with ID: c1" in monitor.remove(f"quay.io/{NAME}")
        assert monitor.remove(image.id) == ""
        monitor.pull(f"quay.io/{NAME}", None)
        assert monitor.remove(f"quay.io/{NAME}") == "", "the container has lost it"
