"""What is compared: who was asked for what, in which order and as whom, and the image or the error."""

from collections.abc import Iterable
from typing import NamedTuple

from conformance.evidence import attempts
from conformance.model.answers import Answer, ErrorResponse, NoResponse, RegistryRequest
from conformance.model.prediction import Prediction, request_count
from conformance.registry_hosts.recorder import Exchange, NameLookup, RequestKind

REDIRECTIONS = range(300, 400)


class HostVisit(NamedTuple):
    """What one host was asked in a row: manifests in order, each ``repository:reference``, users, blobs."""

    host: str
    manifests: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    blobs: frozenset[str] = frozenset()

    def __str__(self) -> str:
        asked = [*self.manifests, *(f"blob {each[:19]}" for each in sorted(self.blobs))]
        users = f" as {', '.join(self.users)}" if self.users else ""
        return f"{self.host}{users}: {', '.join(asked) or 'nothing but who is there'}"


class PullResult(NamedTuple):
    """What came of a pull: ``image`` is a digest or ID, in the oracle's own form, ``error`` its text."""

    visits: tuple[HostVisit, ...] = ()
    image: str = ""
    error: str = ""


def recorded_visits(records: Iterable[Exchange | NameLookup]) -> tuple[HostVisit, ...]:
    """Read off the records what each host was asked; a redirected request counts where it ends."""
    return tuple(
        HostVisit(
            attempt.host,
            tuple(
                f"{each.repository}:{each.reference}"
                for each in attempt.exchanges
                if each.kind is RequestKind.MANIFEST and each.status not in REDIRECTIONS
            ),
            attempt.users,
            frozenset(each.reference for each in attempt.exchanges if each.kind is RequestKind.BLOB),
        )
        for attempt in attempts(records)
    )


def predicted_visits(prediction: Prediction) -> tuple[HostVisit, ...]:
    """Read off a prediction what each host will be asked."""
    return tuple(_visit(host, asked) for host, asked in prediction.visits)


def _visit(host: str, asked: list[tuple[RegistryRequest, Answer]]) -> HostVisit:
    """Sum up what one host is asked in a row."""
    return HostVisit(
        host,
        tuple(
            f"{ask.repository}:{ask.reference}"
            for ask, answer in asked
            if not ask.blob and not (isinstance(answer, NoResponse | ErrorResponse) and answer.step != "manifest")
            for _ in range(request_count(answer))
        ),
        tuple(sorted({ask.login.user for ask, _ in asked if ask.login and ask.login.user and ask.login.password})),
        frozenset(ask.reference for ask, _ in asked if ask.blob),
    )


def differences(model: PullResult, oracle: PullResult) -> list[str]:
    """Word each difference in three lines: what differs, what the model says, and below it what was seen."""
    return [
        line
        for what, left, right in zip(("asked", "image", "error"), model, oracle, strict=True)
        if left != right
        for line in (f"{what}:", f"    the model:  {_text(left)}", f"    the oracle: {_text(right)}")
    ]


def _text(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, tuple) and value else str(value or "nothing")
