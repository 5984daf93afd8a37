"""What will be seen when a runtime is asked for an image: which hosts are asked for what, and what comes of it.

Nothing here asks a host: who predicts says what each would answer.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

from conformance.model.answers import (
    Answer,
    ErrorResponse,
    HostAddress,
    Login,
    NoResponse,
    Refusal,
    RegistryRequest,
)
from conformance.model.pull_sources import Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reason import Reason

INSUFFICIENT_SCOPE = "insufficient_scope"
TOO_MANY_REQUESTS = 429
RATE_LIMITED_TRIES = 5
"""How often a rate-limited request is made (containers/image docker/docker_client.go, ``backoffNumIterations``)."""


class HostRequests(NamedTuple):
    """What one registry host is asked in a row.

    ``manifests`` are repositories with tag or digest, in order and repetitions included, ``blobs`` repositories with
    digest, ``users`` as whom it is asked, ``scopes`` those of each token that is asked for, with a space between them.
    """

    host: str
    manifests: tuple[str, ...] = ()
    blobs: frozenset[str] = frozenset()
    users: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    def __str__(self) -> str:
        asked = [*self.manifests, *(f"blob {each}" for each in sorted(self.blobs))]
        users = f" as {', '.join(self.users)}" if self.users else ""
        tokens = "".join(f", a token for {each}" for each in self.scopes)
        return f"{self.host}{users}: {', '.join(asked) or 'nothing but who is there'}{tokens}"


def content_name(repository: str, reference: str) -> str:
    """Name what is asked for in a repository by tag or digest."""
    return f"{repository}{'@' if ':' in reference else ':'}{reference}"


class Prediction(NamedTuple):
    """The requests of a pull with their answers, in order, its outcome, and the hosts that want a token.

    ``renewing`` are those whose tokens are dead when they come, so that each request needs another.
    """

    asked: tuple[tuple[RegistryRequest, Answer], ...]
    outcome: Outcome
    challenging: frozenset[str] = frozenset()
    renewing: frozenset[str] = frozenset()

    @property
    def attempts(self) -> tuple[HostRequests, ...]:
        """The requests by host, hosts in the order in which they are asked.

        A host that refuses connections, or whose certificate is refused, sees nothing of it and is left out.
        """
        return tuple(self._attempt(host, asked) for host, asked in self.visits)

    def _attempt(self, host: str, asked: list[tuple[RegistryRequest, Answer]]) -> HostRequests:
        """Sum up what one host is asked in a row."""
        return HostRequests(
            host,
            tuple(
                content_name(ask.repository, ask.reference)
                for ask, answer in asked
                if not ask.blob and not _is_before_manifest(answer)
                for _ in range(request_count(answer))
            ),
            frozenset(content_name(ask.repository, ask.reference) for ask, _ in asked if ask.blob),
            tuple(sorted({ask.login.user for ask, _ in asked if ask.login and ask.login.user and ask.login.password})),
            tuple(
                scope
                for each in asked
                if each[0].host in self.challenging
                for scope in _scopes(*each, renewed=each[0].host in self.renewing)
            ),
        )

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
    renews: Callable[[str], bool] = lambda _host: False,
) -> Prediction:
    """Follow the steps of a pull to their end.

    A host that does not challenge is shown no login (containers/image docker/docker_client.go, ``setupRequestAuth``).
    """
    asked = []
    challenging = set()
    try:
        ask = next(steps)
        while True:
            reply = answer(ask)
            if challenges(ask.host):
                challenging.add(ask.host)
            else:
                ask = ask._replace(login=None)
            asked.append((ask, reply))
            ask = steps.send(reply)
    except StopIteration as end:
        return Prediction(tuple(asked), end.value, frozenset(challenging), frozenset(filter(renews, challenging)))


def request_count(answer: Answer) -> int:
    """Tell how many HTTP requests for one manifest or blob end in this answer.

    A challenge that names ``insufficient_scope`` is answered with a new token once, a rate limit waited out four times.
    """
    if isinstance(answer, ErrorResponse) and answer.step in {"manifest", "blob"}:
        if answer.status == TOO_MANY_REQUESTS:
            return RATE_LIMITED_TRIES
        return 2 if answer.scope_error == INSUFFICIENT_SCOPE else 1
    return 1


def _is_before_manifest(answer: Answer) -> bool:
    """Tell whether a request for a manifest was never made, since a ping or a token failed."""
    return isinstance(answer, Refusal) and answer.step != "manifest"


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


def _scopes(ask: RegistryRequest, answer: Answer, *, renewed: bool) -> Iterator[str]:
    """Give the scopes of each token that a request takes, of a host that wants one.

    A session has one token, for the repository (containers/image docker/docker_client.go, ``newDockerClient``); a
    challenge that names ``insufficient_scope`` is met with one for the scope in it as well (``setupRequestAuth``).
    """
    if isinstance(answer, NoResponse | ErrorResponse) and answer.step == "ping":
        return
    scope = f"repository:{ask.repository}:pull"
    if renewed:
        yield from [scope] * request_count(answer)
    elif ask.opens:
        yield scope
    if isinstance(answer, ErrorResponse) and answer.scope_error == INSUFFICIENT_SCOPE and request_count(answer) > 1:
        yield f"{scope} {scope}"
