"""Faults about who is shown a login, and how registries are spoken to."""

from conformance.model.answers import Login, RegistryRequest
from conformance.model.auth import InvalidAuthFileError
from conformance.model.image_copy import PulledImage
from conformance.model.pull_sources import PullError, Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reference import Reference
from conformance.registry_client.http_transport import HTTPTransport
from conformance.registry_client.pull_client import PullClient


class ShowsLoginsToMirrors(Puller):
    """Shows the request's login to mirrors, too."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return login or super().login(reference, place, login)


class ForgetsLogins(Puller):
    """Shows the request's login to nobody."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        del login
        return super().login(reference, place, None)


class IgnoresAuthFiles(Puller):
    """Does not look for logins in authentication files."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return super().login(reference, place, login) if login and login.user else None


class PassesOverBrokenAuthFiles(Puller):
    """Pulls without a login where an authentication file that is needed cannot be read."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        try:
            return super().login(reference, place, login)
        except InvalidAuthFileError:
            return None


class ReadsAuthFilesInAnyCase(Puller):
    """Fails for an authentication file that cannot be read although the request has a login."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        self.settings.credentials(place.domain, place.path)
        return super().login(reference, place, login)


class PrefersAuthFiles(Puller):
    """Lets the login in an authentication file count before that in the request."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return self.of_file(place) or super().login(reference, place, login)

    def of_file(self, place: Reference) -> Login | None:
        try:
            return self.settings.credentials(place.domain, place.path)
        except InvalidAuthFileError:
            return None


class KnowsOnlyKeysOfHosts(Puller):
    """Finds no entry of an authentication file that is for a part of a registry."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return super().login(reference, place._replace(path=""), login)


class ShowsLoginsOfFilesToEveryRegistry(Puller):
    """Shows the login that an authentication file has for docker.io to the other registries as well."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return super().login(reference, place, login) or self.settings.credentials("docker.io", place.path)


class TriesWithoutALoginThen(Puller):
    """Tries once more without a login when the login is refused."""

    def candidate(self, reference: Reference, login: Login | None) -> Steps[PulledImage | PullError]:
        got = yield from super().candidate(reference, login)
        if isinstance(got, PullError) and login is not None:
            again = yield from super().candidate(reference, None)
            return again if isinstance(again, PulledImage) else got
        return got


class LoginsAreForTheFirstRegistry(Puller):
    """Shows the request's login to the first search registry only."""

    def candidate(self, reference: Reference, login: Login | None) -> Steps[PulledImage | PullError]:
        return (yield from super().candidate(reference, None if reference in self._later else login))

    def pull(self, name: str, login: Login | None = None) -> Steps[Outcome]:
        self._later = self.resolve(name).candidates[1:]
        return (yield from super().pull(name, login))


class TriesPlainHttpFirst(PullClient):
    """Speaks plain HTTP to a registry that is marked as insecure, where that has both."""

    def schemes(self, ask: RegistryRequest) -> tuple[str, ...]:
        return tuple(reversed(super().schemes(ask)))


class TriesPlainHttp(PullClient):
    """Speaks plain HTTP to a registry that does not speak TLS, although it is not marked as insecure."""

    def schemes(self, ask: RegistryRequest) -> tuple[str, ...]:
        del ask
        return ("https", "http")


class TrustsEveryCertificate(Puller):
    """Takes any certificate for good."""

    def insecure(self, reference: Reference) -> Steps[bool]:
        yield from super().insecure(reference)
        return True


class DoesNotTrustTheLoopback(Puller):
    """Wants a certificate of a host in 127.0.0.0/8, as only 1.35 and later do."""

    release_line = "1.33"

    def insecure(self, reference: Reference) -> Steps[bool]:
        yield from super().insecure(reference)
        return False


class _Keeping(HTTPTransport):
    """Takes credentials along wherever it is sent."""

    def keeps_credentials(self, first: str, then: str) -> bool:
        del first, then
        return True


class KeepsCredentialsOnRedirects(PullClient):
    """Shows a token to every server that a registry redirects to."""

    transport_type = _Keeping
