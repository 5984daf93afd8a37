"""What is compared of a pull, and of an image in the store, wherever the model is held against a program.

Of each registry host, in the order in which hosts are asked: which manifests of which repositories, which blobs, as
whom, and tokens of which scope; then the image that came, or the error; then what the store says of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from conformance.evidence.attempts import Attempt, attempts
from conformance.model.go_releases import without_go_release
from conformance.model.image_store import ListedImage
from conformance.model.prediction import HostRequests, Prediction, content_name
from conformance.registry_hosts.recorder import Exchange, NameLookup, RequestKind

REDIRECTIONS = range(300, 400)


class PullResult(NamedTuple):
    """What came of a pull: ``image`` is a digest or ID, in the program's own form, ``error`` its text.

    ``stored`` is what the store then holds, none where it is not looked at.
    """

    asked: tuple[HostRequests, ...] = ()
    image: str = ""
    error: str = ""
    stored: ListedImage | None = None

    @classmethod
    def predicted(cls, prediction: Prediction, image: str, stored: ListedImage | None = None) -> "PullResult":
        """Give what is predicted, the image named in the program's own form."""
        return cls(prediction.attempts, image, prediction.outcome.error, stored)


def recorded_requests(records: Iterable[Exchange | NameLookup]) -> tuple[HostRequests, ...]:
    """Read off the records what each host was asked; a redirected request counts where it ends."""
    return tuple(map(_requests, attempts(records)))


def _requests(attempt: Attempt) -> HostRequests:
    """Sum up what one host was asked in a row."""
    contents: dict[RequestKind, list[str]] = {RequestKind.MANIFEST: [], RequestKind.BLOB: []}
    for each in attempt.exchanges:
        if each.kind in contents and each.status not in REDIRECTIONS:
            contents[each.kind].append(content_name(each.repository, each.reference))
    return HostRequests(
        attempt.host,
        tuple(contents[RequestKind.MANIFEST]),
        frozenset(contents[RequestKind.BLOB]),
        attempt.users,
        tuple(" ".join(each.scopes) for each in attempt.exchanges if each.kind is RequestKind.TOKEN),
    )


def pull_differences(model: PullResult, seen: PullResult, program: str) -> list[str]:
    """Word each difference between what is predicted of a pull and what was seen."""
    return list(_differences(model, seen, program))


def _differences(model: PullResult, seen: PullResult, program: str) -> Iterator[str]:
    for what, left, right in zip(PullResult._fields, model, seen, strict=True):
        yield from difference(what, left, right, program)


def difference(what: str, model: object, seen: object, program: str) -> list[str]:
    """Word a difference in three lines: what differs, what the model says, and below it what was seen; else nothing.

    What changes with the Go release is not compared (``without_go_release``).
    """
    if isinstance(model, str) and isinstance(seen, str):
        model, seen = without_go_release(model), without_go_release(seen)
    if model == seen:
        return []
    said, did = "the model:", f"{program}:"
    width = max(len(said), len(did))
    return [f"{what}:\n    {said:<{width}} {_text(model)}\n    {did:<{width}} {_text(seen)}"]


def _text(value: object) -> str:
    """Write a value, of several each."""
    if isinstance(value, Sequence) and not isinstance(value, str | ListedImage):
        return "; ".join(map(str, value)) or "nothing"
    return str(value or "nothing")
