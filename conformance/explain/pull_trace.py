"""How a pull goes, from pull source to pull source: as far as known without asking anyone, or as registries answer."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from conformance.model.answers import Answer, FetchedBlob, HostAddress, Login, Manifest, RegistryRequest
from conformance.model.image_copy import PulledImage
from conformance.model.pull_sources import ModelSettings, PullError, PullOptions, Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reference import Reference
from conformance.model.registries import PullSource

T = TypeVar("T")


class SourceVisit(NamedTuple):
    """What a pull source gave for a candidate; one that is blocked is not asked, and has no ``ask`` and ``answer``."""

    got: Manifest | PullError
    ask: RegistryRequest | None = None
    answer: Answer | None = None


class CandidateTrace(NamedTuple):
    """One candidate, the pull sources where it was looked for, and what came of it."""

    reference: Reference
    visits: Mapping[PullSource, SourceVisit]
    got: PulledImage | PullError


@dataclass(frozen=True, slots=True)
class PullTrace:
    """The candidates that were tried, and the outcome of the pull, which is missing where it is not known.

    ``insecure`` are those that need no certificate since their host is this machine, ``probed`` is whether registries
    were asked.
    """

    tried: tuple[CandidateTrace, ...]
    outcome: Outcome | None
    insecure: frozenset[Reference] = frozenset()
    probed: bool = False


class TracingPuller(Puller):
    """The rules of a pull, with a note of every pull source that was visited and every candidate that was tried."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__(settings)
        self._tried: list[CandidateTrace] = []
        self._insecure: set[Reference] = set()
        self._visits: dict[PullSource, SourceVisit] = {}

    def trace(self, outcome: Outcome | None, *, probed: bool = False) -> PullTrace:
        """Make the trace of what was tried so far; ``outcome`` is the pull's, ``probed`` as in ``PullTrace``."""
        return PullTrace(tuple(self._tried), outcome, frozenset(self._insecure), probed)

    def candidate(self, reference: Reference, login: Login | None) -> Steps[PulledImage | PullError]:
        """Try one candidate, and note what each of its pull sources gave."""
        self._visits = {}
        got = yield from super().candidate(reference, login)
        self._tried.append(CandidateTrace(reference, self._visits, got))
        return got

    def insecure(self, reference: Reference) -> Steps[bool]:
        """Tell whether a candidate's host needs no TLS, and note that."""
        insecure = yield from super().insecure(reference)
        if insecure:
            self._insecure.add(reference)
        return insecure

    def manifest(
        self, reference: Reference, source: PullSource, digest_or_tag: str, options: PullOptions, *, opens: bool = False
    ) -> Steps[Manifest | PullError]:
        """Ask one pull source for a manifest; each counts once, however often CRI-O asks it."""
        said: list[tuple[RegistryRequest, Answer]] = []
        got = yield from _noting(super().manifest(reference, source, digest_or_tag, options, opens=opens), said)
        if opens:
            self._visits[source] = SourceVisit(got, *(said[0] if said else ()))
        return got


def _noting(steps: Steps[T], said: list[tuple[RegistryRequest, Answer]]) -> Steps[T]:
    """Take steps, and note what was asked and answered."""
    try:
        ask = next(steps)
        while True:
            answer = yield ask
            said.append((ask, answer))
            ask = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


def predict_trace(settings: ModelSettings, name: str) -> PullTrace:
    """Go as far as nobody has to be asked: to a refusal, or past what is blocked."""
    puller = TracingPuller(settings)
    steps = puller.pull(name)
    try:
        ask = next(steps)
        while ask.lookup:
            ask = steps.send(HostAddress(is_loopback(ask.host)))
    except StopIteration as end:
        return puller.trace(end.value)
    return puller.trace(None)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by the way it is written."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def trace_pull(
    settings: ModelSettings, name: str, put: Callable[[RegistryRequest], Awaitable[Answer]]
) -> PullTrace:
    """Ask the registries as that CRI-O would, and stop where it stops; each request is made once.

    Where CRI-O refuses to choose between candidates, all of them are tried, which says where the image is to be had.
    """
    puller = TracingPuller(settings)
    known: dict[RegistryRequest, Answer] = {}

    async def answer(ask: RegistryRequest) -> Answer:
        if ask.blob:
            return FetchedBlob(ask.reference)
        question = ask._replace(opens=False)
        if question not in known:
            known[question] = await put(ask)
        return known[question]

    resolution = puller.resolve(name)
    if resolution.refusal:
        for reference in resolution.candidates:
            await _followed(puller.candidate(reference, None), answer)
        return puller.trace(Outcome(error=resolution.refusal), probed=True)
    return puller.trace(await _followed(puller.pull(name), answer), probed=True)


async def _followed(steps: Steps[T], answer: Callable[[RegistryRequest], Awaitable[Answer]]) -> T:
    try:
        ask = next(steps)
        while True:
            ask = steps.send(await answer(ask))
    except StopIteration as end:
        result: T = end.value
        return result
