"""Faults in going from one registry to the next."""

from conformance.model.answers import Login
from conformance.model.image_copy import PulledImage
from conformance.model.pull_sources import PullError, PullOptions, Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reason import Reason
from conformance.model.reference import Reference


class _Stopping(Puller):
    """Stops at the first registry that fails for one of some reasons."""

    final: frozenset[Reason] = frozenset()

    def pull(self, name: str, login: Login | None = None) -> Steps[Outcome]:
        resolution = self.resolve(name)
        errors: list[tuple[Reference, PullError]] = []
        if resolution.refusal:
            return (yield from super().pull(name, login))
        for reference in resolution.candidates:
            got = yield from self.candidate(reference, login)
            if isinstance(got, PulledImage):
                return Outcome(got, self.image_ref(got), errors=tuple(errors))
            errors.append((reference, got))
            if got.reason in self.final:
                break
        return Outcome(error=self.error(errors), errors=tuple(errors))


class StopsAtTheFirstFailure(_Stopping):
    """Asks no registry after one that failed."""

    final = frozenset(Reason)


class UnauthorizedIsFinal(_Stopping):
    """Asks no registry after one that wants a login."""

    final = frozenset({Reason.UNAUTHORIZED, Reason.DENIED, Reason.LOGIN_REFUSED})


class NotFoundIsFinal(_Stopping):
    """Asks no registry after one that does not have the image."""

    final = frozenset({Reason.NOT_FOUND})


class UnreachableIsFinal(_Stopping):
    """Asks no registry after one that cannot be reached."""

    final = frozenset({Reason.UNREACHABLE, Reason.UNKNOWN_HOST})


class GoesOnAfterSuccess(Puller):
    """Asks the registries after the one that served as well, and keeps the first image."""

    def pull(self, name: str, login: Login | None = None) -> Steps[Outcome]:
        outcome = yield from super().pull(name, login)
        if outcome.image is not None:
            candidates = self.resolve(name).candidates
            for reference in candidates[candidates.index(outcome.image.reference) + 1 :]:
                yield from self.candidate(reference, login)
        return outcome


class LogsNothing(Puller):
    """Does not log what it tries."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.log = None


class AsksAgainBeforeItsTime(Puller):
    """Asks a registry that failed once more, for an artifact, as later releases do."""

    release_line = "1.31"

    def candidate(self, reference: Reference, login: Login | None) -> Steps[PulledImage | PullError]:
        got = yield from super().candidate(reference, login)
        if isinstance(got, PullError):
            yield from self.open(reference, PullOptions(login))
        return got
