"""A runtime with the model beside it: silent where they agree, and otherwise telling both sides."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.cri import CRIError
from conformance.images.builder import image, layer
from conformance.model.answers import Login
from conformance.model.profile import profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.registries import Registries
from conformance.model.release import Release
from conformance.runtime import simulated
from conformance.runtime.configuration import Configuration
from conformance.runtime.model_monitor import ModelMonitor
from conformance.runtime.runtime import Runtime
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
            other = ModelSettings(profile=profile(Release(beside)), registries=search, short_name_mode=mode or "")
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
    scope = f"repository:{NAME}:pull"
    docker = (
        f"docker.io: {', '.join([f'{NAME}:latest'] * 4)}" + f", a token for {scope}, a token for {scope} {scope}" * 2
    )
    quay = next(line for line in told.splitlines() if line.startswith("    CRI-O:     quay.io: ")).removeprefix(
        "    CRI-O:     "
    )
    assert told == f"PullImage {NAME}, asked:\n    the model: {docker}; {quay}\n    CRI-O:     {quay}"
    assert quay.endswith(f", a token for {scope}")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("reports-the-first-error-only", ["PullImage rhuss/app, error"]),
        ("asks-another-first", ["PullImage rhuss/app, asked"]),
        ("forgets-logins", ["PullImage rhuss/app, asked"]),
        ("says-nothing-went-wrong", ["PullImage rhuss/app, error", "PullImage rhuss/app, image"]),
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
        ("answers-with-the-digest", "PullImage rhuss/app, image"),
        ("digests-of-the-wrong-host", "ImageStatus rhuss/app, image"),
        ("tells-no-size", "ListImages, images"),
        ("tells-numbers-as-names", "ImageStatus rhuss/app, image"),
        ("takes-names-for-root", "ImageStatus rhuss/web, image"),
    ],
)
def test_a_wrong_store_is_told(simulator: Callable[..., SimulatedRuntime], wrong: str, told: str) -> None:
    runtime = simulator(wrong=wrong)
    quay_io = runtime.internet.host("quay.io")
    images = [image([layer({"user": user})], config={"User": user}) for user in ("1000", "web")]
    for name, each in zip((NAME, "rhuss/web"), images, strict=True):
        quay_io.store(name, each)
        runtime.pull(name)
    short = images[0].id[:12]
    for name in (NAME, short, "rhuss/web", "rhuss/none"):
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
    assert differences(runtime) == [f"RemoveImage {NAME}, error:\n    the model: nothing\n    CRI-O:     {said}"]


# Between cases


def test_a_reset_looks_no_oftener_than_there_may_be_something(simulator: Callable[..., SimulatedRuntime]) -> None:
    runtime = simulator()
    runtime.cleanup_client = runtime.client
    runtime.internet.host("docker.io").offer(NAME)

    def listed() -> int:
        before = len(runtime.evidence.calls)
        Runtime._clean_store(runtime)
        return [call.rpc for call in runtime.evidence.calls[before:]].count("ListImages")

    assert listed() == 1
    assert runtime.pull(NAME).error is None
    assert listed() == 2
    assert runtime.images() == []
    assert not runtime.dirty
