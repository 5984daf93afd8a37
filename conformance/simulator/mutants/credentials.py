"""Faults about who is shown a login, and how registries are spoken to."""

from dataclasses import replace

from conformance.cri.v1 import api_pb2 as api
from conformance.distribution.client import RegistryClient
from conformance.distribution.wire import Wire
from conformance.model.answers import Answer, Ask, Login, Refused
from conformance.model.places import Steps, Terms, Trouble
from conformance.model.pull import Copied, Puller
from conformance.model.reference import Reference
from conformance.simulator.images import ImageServicer


class ShowsLoginsToMirrors(Puller):
    """Shows the request's login to mirrors, too."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return login or super().login(reference, place, login)


class ForgetsLogins(Puller):
    """Shows the request's login to nobody."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        del login
        return super().login(reference, place, None)


class ShowsLoginsToTheFirstOnly(Puller):
    """Shows the request's login to the first search registry and to no other."""

    _shown: str = ""

    def pull(self, name: str, login: Login | None = None) -> Steps[object]:  # type: ignore[override]
        candidates = self.resolve(name).candidates
        self._shown = candidates[0].domain if candidates else ""
        return (yield from super().pull(name, login))

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return super().login(reference, place, login if place.domain == self._shown else None)


class ShowsLoginsToDockerIoOnly(Puller):
    """Shows the request's login to docker.io alone."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return super().login(reference, place, login if place.domain == "docker.io" else None)


class TriesWithoutALoginThen(Puller):
    """Tries once more without a login when the login is refused."""

    def candidate(self, reference: Reference, login: Login | None) -> Steps[Copied | Trouble]:
        got = yield from super().candidate(reference, login)
        if isinstance(got, Trouble) and login is not None:
            again = yield from super().candidate(reference, None)
            return again if isinstance(again, Copied) else got
        return got


class TriesWithoutALoginFirst(Puller):
    """Tries without the login first, and shows it only where that does not help."""

    def candidate(self, reference: Reference, login: Login | None) -> Steps[Copied | Trouble]:
        got = yield from super().candidate(reference, None)
        return got if isinstance(got, Copied) or login is None else (yield from super().candidate(reference, login))


class ForgetsThePassword(ImageServicer):
    """Takes the user's name from a request, and another password."""

    def login(self, auth: api.AuthConfig) -> Login | None:
        login = super().login(auth)
        return replace(login, password="") if login else None


class SwapsRefusals(RegistryClient):
    """Takes a refused login for a missing image."""

    async def ask(self, ask: Ask) -> Answer:
        answer = await super().ask(ask)
        if isinstance(answer, Refused) and answer.step == "token":
            return replace(answer, step="manifest", status=404, code="MANIFEST_UNKNOWN", message="manifest unknown")
        return answer


class AsksForNoToken(RegistryClient):
    """Asks no token service, and so is a stranger everywhere."""

    async def authorization(self, *arguments: object) -> str:
        del arguments
        return ""


class AsksForATokenOnce(RegistryClient):
    """Does not ask for another token when the first one is not enough."""

    async def patiently(self, request: object) -> object:  # type: ignore[override]
        return await self.once(request, "")  # type: ignore[arg-type]


class TriesPlainHttp(RegistryClient):
    """Speaks plain HTTP to a registry that does not speak TLS, although it is not marked as insecure."""

    def schemes(self, ask: Ask) -> tuple[str, ...]:
        del ask
        return ("https", "http")


class PrefersPlainHttp(RegistryClient):
    """Speaks plain HTTP first to a registry that is marked as insecure."""

    def schemes(self, ask: Ask) -> tuple[str, ...]:
        return super().schemes(ask)[::-1]


class NeverSpeaksHttp(RegistryClient):
    """Speaks TLS only, although a registry is marked as insecure."""

    def schemes(self, ask: Ask) -> tuple[str, ...]:
        del ask
        return ("https",)


class TrustsEveryCertificate(Puller):
    """Takes any certificate for good."""

    def insecure(self, reference: Reference) -> Steps[bool]:
        yield from super().insecure(reference)
        return True


class TrustsTheLoopback(Puller):
    """Takes any certificate, and HTTP, of a host in 127.0.0.0/8, as 1.34 and older did."""

    def insecure(self, reference: Reference) -> Steps[bool]:
        answer = yield Ask(reference.domain.partition(":")[0], "", "", lookup=True)
        return getattr(answer, "loopback", False)


class DoesNotTrustTheLoopback(Puller):
    """Wants a certificate of a host in 127.0.0.0/8, as only 1.35 and later do."""

    release_line = "1.33"

    def insecure(self, reference: Reference) -> Steps[bool]:
        yield from super().insecure(reference)
        return False


class _Keeping(Wire):
    """Takes credentials along wherever it is sent."""

    def keeps_credentials(self, first: str, then: str) -> bool:
        del first, then
        return True


class KeepsCredentialsOnRedirects(RegistryClient):
    """Shows a token to every server that a registry redirects to."""

    wire_type = _Keeping


class TermsAreForgotten(Puller):
    """Looks for an artifact without the login that the image was asked for with."""

    def artifact(self, reference: Reference, terms: Terms) -> Steps[Trouble | None]:
        return (yield from super().artifact(reference, Terms(None, terms.insecure)))
