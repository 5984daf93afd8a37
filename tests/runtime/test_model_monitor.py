"""The model monitor: what it compares, by which settings it goes, and what containers mount."""

from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from conformance.cri import CRIError
from conformance.evidence import Evidence
from conformance.model.image_service import ImageLookup as Looked
from conformance.model.image_store import ListedImage
from conformance.model.prediction import Prediction
from conformance.model.profile import Profile, profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.puller import Outcome
from conformance.model.registries import Registries
from conformance.model.registries_conf import RegistriesConfPaths
from conformance.model.release import Release
from conformance.registry_hosts import Exchange, Internet, NameLookup, RequestKind, loopback
from conformance.runtime import model_monitor as comparison
from conformance.runtime.configuration import Configuration
from conformance.runtime.model_monitor import ModelMonitor, PredictedContainer, model_settings
from conformance.runtime.pull import ImageInfo, ImageStatusResult, Pull

NAME = "rhuss/app"


# The comparison


def evidence(*exchanges: Exchange | NameLookup) -> Evidence:
    return Evidence((), exchanges, tuple)


def exchange(host: str, kind: RequestKind, status: int, reference: str = "latest", user: str | None = "") -> Exchange:
    return Exchange(
        host=host, server=host, method="GET", path="/", status=status, kind=kind, reference=reference, user=user
    )


def failed(text: str) -> CRIError:
    return CRIError("PullImage", grpc.StatusCode.UNKNOWN, text)


def test_error_and_image_are_compared() -> None:
    found = Pull("x", "abc", None, None, evidence())
    assert comparison.compare_pull(Prediction((), Outcome(error="no")), found) == [
        "image:\n    the model: nothing\n    CRI-O:     abc",
        "error:\n    the model: no\n    CRI-O:     nothing",
    ]
    assert comparison.compare_pull(Prediction((), Outcome()), Pull("x", "", None, None, evidence())) == []


def test_requests_are_compared() -> None:
    seen = evidence(exchange("docker.io", RequestKind.MANIFEST, 404))
    (told,) = comparison.compare_pull(Prediction((), Outcome(error="no")), Pull("x", "", None, failed("no"), seen))
    assert told == "asked:\n    the model: nothing\n    CRI-O:     docker.io: :latest"


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
        (Looked(LISTED), replace(STORED, size=1), None, ["image"]),
        (Looked(LISTED), replace(STORED, uid=0), None, ["image"]),
        (Looked(LISTED), replace(STORED, username="web"), None, ["image"]),
        (Looked(LISTED), replace(STORED, pinned=True), None, ["image"]),
        (Looked(), None, failed("no"), ["error"]),
        (Looked(error="other"), None, failed("no"), ["error"]),
    ],
)
def test_a_lookup_is_compared(
    predicted: Looked, image: ImageInfo | None, error: CRIError | None, told: list[str]
) -> None:
    found = comparison.compare_status(predicted, ImageStatusResult("x", image, error, evidence()))
    assert [each.partition(":")[0] for each in found] == told


def test_lists_and_removals_are_compared() -> None:
    assert comparison.compare_error("", None) == comparison.compare_error("no", failed("no")) == []
    assert comparison.compare_error("", failed("no")) == ["error:\n    the model: nothing\n    CRI-O:     no"]
    other, of_other = ListedImage("2", (), ()), ImageInfo("2", (), ())
    assert comparison.compare_list([LISTED, other], [of_other, STORED], None) == []
    assert comparison.compare_list("no", [], failed("no")) == []
    (told,) = comparison.compare_list([LISTED], [STORED, of_other], None)
    assert told == f"images:\n    the model: {LISTED}\n    CRI-O:     {LISTED}; {other}"
    assert comparison.compare_list([], [], failed("no")) == ["images:\n    the model: nothing\n    CRI-O:     no"]
    assert comparison.compare_list("no", [], None) == ["images:\n    the model: no\n    CRI-O:     nothing"]


# The settings and the mounts


def test_the_settings_are_those_of_the_runtime_s_own_files() -> None:
    asked: list[tuple[RegistriesConfPaths, Path, Profile]] = []

    def load(paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        asked.append((paths, root, profile))
        return Registries(search=("ghcr.io",))

    told = model_settings(
        Release("1.34.11"), Configuration(short_name_mode=None), load, root=Path("/world"), home=Path("/home")
    )
    assert (told.profile.since, told.short_name_mode, told.registries.search) == ("1.34", "", ("ghcr.io",))
    assert [(str(root), paths.user_conf_dir, profile.since) for paths, root, profile in asked] == [
        ("/world", "/home/.config/containers/registries.conf.d", "1.34")
    ]


def test_what_a_container_mounts_cannot_be_removed_until_the_next_case() -> None:
    with Internet(loopback) as internet:
        internet.host("quay.io").offer(NAME)
        monitor = ModelMonitor(ModelSettings(profile=profile(Release("1.36.3"))), internet)
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
        monitor = ModelMonitor(ModelSettings(profile=profile(Release("1.36.3"))), internet)
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
        monitor = ModelMonitor(ModelSettings(profile=profile(Release("1.31.13"))), internet)
        image = monitor.pull(f"quay.io/{NAME}", None).outcome.image
        assert image is not None
        monitor.created("c1", PredictedContainer(mounted=(image.id,)))
        assert "is mounted as volume to container with ID: c1" in monitor.remove(f"quay.io/{NAME}")
        assert monitor.remove(image.id) == ""
        monitor.pull(f"quay.io/{NAME}", None)
        assert monitor.remove(f"quay.io/{NAME}") == "", "the container has lost it"
