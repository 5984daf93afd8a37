"""What will be seen when a runtime is asked for an image: which hosts are asked for what, and what comes of it.

Nothing here asks a host: who predicts says what each would answer.
"""

from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

from conformance.model.answers import (
    Answer,
    ErrorResponse,
    HostAddress,
    Login,
    NoResponse,
    RegistryRequest,
    UnusableResponse,
)
from conformance.model.pull_sources import Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reason import Reason

TOO_MANY_REQUESTS = 429
RATE_LIMITED_TRIES = 5
"""How often a rate-limited request is made (containers/image docker/docker_client.go, ``backoffNumIterations``)."""


class HostRequests(NamedTuple):
    """What one registry host is asked in a row, repetitions included: tags and digests of manifests, and as whom."""

    host: str
    manifests: tuple[str, ...]
    users: tuple[str, ...]


class Prediction(NamedTuple):
    """The requests of a pull with their answers, in order, and its outcome."""

    asked: tuple[tuple[RegistryRequest, Answer], ...]
    outcome: Outcome

    @property
    def attempts(self) -> list[HostRequests]:
        """The requests by host, hosts in the order in which they are asked.

        A host that refuses connections, or whose certificate is refused, sees nothing of it and is left out.
        """
        return [_attempt(host, asked) for host, asked in self.visits]

    @property
    def visits(self) -> list[tuple[str, list[tuple[RegistryRequest, Answer]]]]:
        """The requests that a host sees, with their answers, by the name under which they are on record."""
        seen = [each for each in self.asked if not _is_unseen(each[1])]
        return [(host, list(group)) for host, group in groupby(seen, key=_seen_as)]


def predict(
    puller: Puller, name: str, answer: Callable[[RegistryRequest], Answer], login: Login | None = None
) -> Prediction:
    """Predict a pull of ``name`` where registries answer as ``answer`` says."""
    return answer_steps(puller.pull(name, login), answer)


def answer_steps(
    steps: Steps[Outcome],
    answer: Callable[[RegistryRequest], Answer],
    challenges: Callable[[str], bool] = lambda _host: True,
) -> Prediction:
    """Follow the steps of a pull to their end.

    A host that does not challenge is shown no login (containers/image docker/docker_client.go, ``setupRequestAuth``).
    """
    asked = []
    try:
        ask = next(steps)
        while True:
            reply = answer(ask)
            asked.append((ask if challenges(ask.host) else ask._replace(login=None), reply))
            ask = steps.send(reply)
    except StopIteration as end:
        return Prediction(tuple(asked), end.value)


def request_count(answer: Answer) -> int:
    """Tell how many HTTP requests for one manifest or blob end in this answer.

    A challenge that names ``insufficient_scope`` is answered with a new token once, a rate limit waited out four times.
    """
    if isinstance(answer, ErrorResponse) and answer.step in {"manifest", "blob"}:
        if answer.status == TOO_MANY_REQUESTS:
            return RATE_LIMITED_TRIES
        return 2 if answer.scope_error == "insufficient_scope" else 1
    return 1


def _is_unseen(answer: Answer) -> bool:
    """Tell whether a request never reaches its host, nor the name server that denies the host."""
    return isinstance(answer, HostAddress) or (
        isinstance(answer, NoResponse) and answer.reason is not Reason.UNKNOWN_HOST
    )


def _seen_as(asked: tuple[RegistryRequest, Answer]) -> str:
    """Give the name that a request is on record under, in small letters: without the port, of a host nobody knows."""
    ask, answer = asked
    host = ask.host.lower()
    return host.partition(":")[0] if isinstance(answer, NoResponse) else host


def _attempt(host: str, asked: list[tuple[RegistryRequest, Answer]]) -> HostRequests:
    """Sum up what one host is asked in a row."""
    manifests = [
        ask.reference
        for ask, answer in asked
        if not ask.blob
        and not (isinstance(answer, NoResponse | UnusableResponse | ErrorResponse) and answer.step != "manifest")
        for _ in range(request_count(answer))
    ]
    users = sorted({ask.login.user for ask, _ in asked if ask.login and ask.login.user and ask.login.password})
    return HostRequests(host, tuple(manifests), tuple(users))
