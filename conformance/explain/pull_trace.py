"""How a pull goes, place by place: as far as it is known without asking anyone, or as the registries answer."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from conformance.model.answers import Address, Answer, Ask, Blob, Login, Manifest
from conformance.model.pull import Copied, Outcome, Puller
from conformance.model.pull_sources import Settings, Steps, Terms, Trouble
from conformance.model.reference import Reference
from conformance.model.registries import Source

T = TypeVar("T")


class Visit(NamedTuple):
    """What a place gave for a candidate; ``ask`` and ``answer`` are missing where it is blocked, and not asked."""

    got: Manifest | Trouble
    ask: Ask | None = None
    answer: Answer | None = None


class Tried(NamedTuple):
    """One candidate, the places where it was looked for, and what came of it."""

    reference: Reference
    visits: Mapping[Source, Visit]
    got: Copied | Trouble


@dataclass(frozen=True, slots=True)
class Walk:
    """The candidates that were tried, and the outcome of the pull, which is missing where it is not known.

    ``insecure`` are those that need no certificate since their host is this machine, ``probed`` is whether registries
    were asked.
    """

    tried: tuple[Tried, ...]
    outcome: Outcome | None
    insecure: frozenset[Reference] = frozenset()
    probed: bool = False


class Walker(Puller):
    """The rules of a pull, with a note of every place that was visited and every candidate that was tried."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._tried: list[Tried] = []
        self._insecure: set[Reference] = set()
        self._visits: dict[Source, Visit] = {}

    def walk(self, outcome: Outcome | None, *, probed: bool = False) -> Walk:
        """Give what was noted."""
        return Walk(tuple(self._tried), outcome, frozenset(self._insecure), probed)

    def candidate(self, reference: Reference, login: Login | None) -> Steps[Copied | Trouble]:
        """Try one candidate."""
        self._visits = {}
        got = yield from super().candidate(reference, login)
        self._tried.append(Tried(reference, self._visits, got))
        return got

    def insecure(self, reference: Reference) -> Steps[bool]:
        """Tell whether a candidate's host needs no TLS."""
        insecure = yield from super().insecure(reference)
        if insecure:
            self._insecure.add(reference)
        return insecure

    def manifest(
        self, reference: Reference, source: Source, digest_or_tag: str, terms: Terms, *, opens: bool = False
    ) -> Steps[Manifest | Trouble]:
        """Ask one place for a manifest; a place counts once, however often CRI-O asks it."""
        said: list[tuple[Ask, Answer]] = []
        got = yield from _noting(super().manifest(reference, source, digest_or_tag, terms, opens=opens), said)
        if opens:
            self._visits[source] = Visit(got, *(said[0] if said else ()))
        return got


def _noting(steps: Steps[T], said: list[tuple[Ask, Answer]]) -> Steps[T]:
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


def foresee(settings: Settings, name: str) -> Walk:
    """Go as far as nobody has to be asked: to a refusal, or past what is blocked."""
    walker = Walker(settings)
    steps = walker.pull(name)
    try:
        ask = next(steps)
        while ask.lookup:
            ask = steps.send(Address(is_loopback(ask.host)))
    except StopIteration as end:
        return walker.walk(end.value)
    return walker.walk(None)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by the way it is written."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def probe(settings: Settings, name: str, put: Callable[[Ask], Awaitable[Answer]]) -> Walk:
    """Ask the registries as that CRI-O would, and stop where it stops; each question is put once.

    Where CRI-O refuses to choose between candidates, all of them are tried, which says where the image is to be had.
    """
    walker = Walker(settings)
    known: dict[Ask, Answer] = {}

    async def answer(ask: Ask) -> Answer:
        if ask.blob:
            return Blob(ask.reference)
        question = ask._replace(opens=False)
        if question not in known:
            known[question] = await put(ask)
        return known[question]

    resolution = walker.resolve(name)
    if resolution.refusal:
        for reference in resolution.candidates:
            await _followed(walker.candidate(reference, None), answer)
        return walker.walk(Outcome(error=resolution.refusal), probed=True)
    return walker.walk(await _followed(walker.pull(name), answer), probed=True)


async def _followed(steps: Steps[T], answer: Callable[[Ask], Awaitable[Answer]]) -> T:
    """Take steps to their end."""
    try:
        ask = next(steps)
        while True:
            ask = steps.send(await answer(ask))
    except StopIteration as end:
        result: T = end.value
        return result
