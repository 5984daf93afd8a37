"""What a scenario exercises, by its prediction, so that one sees that the ground is covered."""

from collections.abc import Iterator

from conformance.model.prediction import Prediction
from conformance.model.puller import Puller
from conformance.model.reason import Reason
from conformance.model.reference import InvalidReferenceError, Reference
from conformance.model.resolution import NameKind, Resolution
from conformance.oracle.oracle import ScenarioPrediction
from conformance.scenario.scenario import USER, Scenario

REASONS = {
    Reason.UNAUTHORIZED: "unauthorized",
    Reason.DENIED: "denied",
    Reason.LOGIN_REFUSED: "login refused",
    Reason.NOT_FOUND: "not found",
    Reason.NO_MATCHING_PLATFORM: "no matching platform",
    Reason.UNREACHABLE: "connection refused",
    Reason.UNKNOWN_HOST: "unknown host",
    Reason.BLOCKED: "blocked",
    Reason.UNTRUSTED_CERTIFICATE: "untrusted certificate",
    Reason.PLAIN_HTTP: "plain HTTP to a TLS client",
    Reason.BROKEN: "server error",
}


def features_of(scenario: Scenario, predicted: ScenarioPrediction) -> Iterator[str]:
    """Name what a scenario exercises, some more than once."""
    yield from _of_files(scenario)
    yield from _of_outcome(predicted.prediction)
    if scenario.pull.digest:
        yield "digest"
    if predicted.puller is None:
        yield "invalid registries.conf"
        return
    yield from _read(predicted.puller.resolve(scenario.requested_name))
    outcome = predicted.prediction.outcome
    tried = [reference for reference, _ in outcome.errors]
    if outcome.image:
        tried.append(outcome.image.reference)
    if len(tried) > 1:
        yield "fall-through"
    for reference in tried:
        yield from _placed(reference, predicted.puller)


def _of_files(scenario: Scenario) -> Iterator[str]:
    if len(scenario.files) > 1:
        yield "drop-ins"
    if any(file.path.startswith(USER) for file in scenario.files):
        yield "the user's own files"


def _of_outcome(prediction: Prediction) -> Iterator[str]:
    """Name what is about who was asked, and what came of it."""
    outcome = prediction.outcome
    yield "image came" if outcome.image else "error"
    if outcome.image and outcome.image.top.is_index:
        yield "image of an index"
    yield from (REASONS[trouble.reason] for _, trouble in outcome.errors if trouble.reason in REASONS)
    asked = [ask for ask, _ in prediction.asked if not ask.blob and not ask.lookup]
    if any(ask.login for ask in asked):
        yield "login shown"
    if any(ask.host == "docker.io" and ask.repository.startswith("library/") for ask in asked):
        yield "library/ of docker.io"


def _read(resolution: Resolution) -> Iterator[str]:
    """Name how a name became a full one."""
    if resolution.refusal:
        yield "name refused"
    if resolution.kind is NameKind.ALIAS:
        yield "alias"
    if resolution.kind is NameKind.SEARCH and not resolution.refusal:
        yield "search list"


def _placed(reference: Reference, puller: Puller) -> Iterator[str]:
    """Name what decides where one candidate is asked for."""
    matching = [each for each in puller.registries.registries if each.matches(reference.name) != -1]
    if len(matching) > 1:
        yield "several prefixes match"
    entry = puller.registries.find(reference.name)
    if entry is None:
        return
    yield "entry of registries.conf"
    if entry.prefix.startswith("*."):
        yield "wildcard"
    try:
        sources = puller.sources(reference)
    except InvalidReferenceError:
        yield "location that makes no name"
        return
    if sources[-1].reference.name != reference.name:
        yield "remapped"
    if len(sources) > 1:
        yield "mirror asked"
    if len(sources) <= len(entry.mirrors):
        yield "mirror left out"
    if any(source.insecure for source in sources):
        yield "insecure"
