"""What the registry hosts of an internet would answer, read off what they hold, without asking them.

The answers are the model's (``conformance.model.answers``), so that it can predict what a runtime will meet.
"""

from functools import lru_cache

from conformance.model.answers import (
    Answer,
    ErrorResponse,
    FetchedBlob,
    HostAddress,
    Login,
    Manifest,
    NoResponse,
    RegistryRequest,
)
from conformance.model.error_texts import server_of
from conformance.model.reason import Reason
from conformance.registry_hosts.arranged_answers import arranged_answer, gives_dead_tokens, ping_challenges
from conformance.registry_hosts.host import RegistryHost
from conformance.registry_hosts.internet import REFUSING_ADDRESS, Internet, Transport
from conformance.registry_hosts.origin import Repository
from conformance.registry_hosts.personality import ErrorAnswer
from conformance.registry_hosts.recorder import RequestKind

UNAUTHORIZED = 401
NAME_SERVER = "127.0.0.1:53"


class HostAnswers:
    """Answers for all hosts of an internet, as they are arranged at the moment of asking."""

    def __init__(self, internet: Internet) -> None:
        self._internet = internet

    def __call__(self, ask: RegistryRequest) -> Answer:
        """Give what the host of a request would answer."""
        if ask.lookup:
            return self._address(ask)
        if (failed := self._unreachable(ask)) is not None:
            return failed
        host = self._internet.hosts_as_asked[ask.host.lower()]
        if (arranged := arranged_answer(host, ask)) is not None:
            is_ping = isinstance(arranged, ErrorResponse) and arranged.step == "ping"
            return (self._unreachable(ask, ("http", 80)) if is_ping and ask.insecure else None) or arranged
        repository = host.origin.repositories.get(ask.repository)
        if (refused := _refused(host, ask, repository)) is not None:
            return refused
        held = repository or Repository()
        return _blob(host, held, ask) if ask.blob else _manifest(host, held, ask)

    def challenges(self, host: str) -> bool:
        """Tell whether a host wants a token of everybody; others, and who is not there, ask nobody who it is."""
        found = self._internet.hosts_as_asked.get(host.lower())
        return found is not None and any("realm" in each.parameters for each in ping_challenges(found))

    def renews(self, host: str) -> bool:
        """Tell whether the tokens of a host are dead when they come."""
        found = self._internet.hosts_as_asked.get(host.lower())
        return found is not None and gives_dead_tokens(found)

    def _address(self, ask: RegistryRequest) -> HostAddress | NoResponse:
        """Look a host up; every host has an address in 127.0.0.0/8, but for those that are written as an address."""
        door = self._internet.endpoint(ask.host, 443)
        if door is None:
            return NoResponse(step="lookup", url="", words=_no_such_host(ask.host), reason=Reason.UNKNOWN_HOST)
        return HostAddress.of(door[0])

    def _unreachable(self, ask: RegistryRequest, *tried: tuple[str, int]) -> NoResponse | None:
        """Say why a ping gets no answer, if it gets none: of https, or of http where that is tried after it.

        Without schemes and ports that are ``tried``, those are that a request has.
        """
        failed = None
        for scheme, port in tried or (("https", 443), ("http", 80))[: 1 + ask.insecure]:
            words, reason = self._connect_error(ask, scheme, port)
            if not words:
                return None
            refused = words.endswith("connection refused")
            url = f"{scheme}://{server_of(ask.host)}/v2/"
            failed = NoResponse(step="ping", url=url, words=words, reason=reason, refused=refused)
        return failed

    def _connect_error(self, ask: RegistryRequest, scheme: str, port: int) -> tuple[str, Reason]:
        """Say in Go's words why a host cannot be reached that way; nothing when it can."""
        server = server_of(ask.host)
        name, _, explicit = server.partition(":")
        port = int(explicit or port)
        door = self._internet.endpoint(name, port)
        if door is None:
            return f"dial tcp: {_no_such_host(name)}", Reason.UNKNOWN_HOST
        address, transport = door
        if transport is None or address == REFUSING_ADDRESS:
            return f"dial tcp {address}:{port}: connect: connection refused", Reason.UNREACHABLE
        if scheme == "https" and transport is Transport.PLAIN_HTTP:
            return "http: server gave HTTP response to HTTPS client", Reason.PLAIN_HTTP
        if transport is Transport.UNTRUSTED_TLS and not ask.insecure:
            words = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
            return words, Reason.UNTRUSTED_CERTIFICATE
        return "", Reason.UNCLEAR


def _no_such_host(name: str) -> str:
    return f"lookup {name} on {NAME_SERVER}: no such host"


def _refused(host: RegistryHost, ask: RegistryRequest, repository: Repository | None) -> ErrorResponse | None:
    """Say no as the host does: to a bad login, to who may not pull, to everybody while it fails."""
    personality = host.personality
    step = "blob" if ask.blob else "manifest"
    login = ask.login if personality.realm and ask.login and ask.login.user and ask.login.password else None
    if login and not any(each.logins.get(login.user) == login.password for each in host.origin.repositories.values()):
        return _error_response(ask, "token", personality.bad_login)
    allowed = repository is not None and _may_pull(login, repository)
    refused = personality.no_token(exists=repository is not None, anonymous=login is None)
    if personality.realm and refused and not allowed:
        return _error_response(ask, "token", refused)
    if host.origin.faults.refusal and not ask.blob:
        return _error_response(ask, step, host.origin.faults.refusal)
    if not allowed:
        missing = personality.absent(RequestKind.BLOB if ask.blob else RequestKind.MANIFEST)
        scope_error = personality.scope_error if personality.realm and missing.status == UNAUTHORIZED else ""
        return _error_response(ask, step, missing, scope_error)
    return None


def _may_pull(login: Login | None, repository: Repository) -> bool:
    """Tell whether a login, or anybody, may pull from a repository."""
    if not repository.logins:
        return True
    return login is not None and repository.logins.get(login.user) == login.password


def _manifest(host: RegistryHost, repository: Repository, ask: RegistryRequest) -> Answer:
    """Give a manifest as it leaves the host."""
    found = repository.manifest(ask.reference)
    data = host.origin.faults.served(found)
    if found is None or data is None:
        return _error_response(ask, "manifest", host.personality.no_manifest)
    return _parsed(data, found.media_type)


def _blob(host: RegistryHost, repository: Repository, ask: RegistryRequest) -> Answer:
    """Give a blob as it leaves the host."""
    found = repository.blobs.get(ask.reference)
    data = host.origin.faults.served(found)
    if found is None or data is None:
        return _error_response(ask, "blob", host.personality.no_blob)
    return FetchedBlob(found.digest, len(data), data) if data is found.data else FetchedBlob.of(data)


@lru_cache(maxsize=1024)
def _parsed(data: bytes, media_type: str) -> Manifest:
    return Manifest.parse(data, media_type)


def _error_response(ask: RegistryRequest, step: str, refusal: ErrorAnswer, scope_error: str = "") -> ErrorResponse:
    """Put a host's refusal into the model's terms."""
    return ErrorResponse(
        step=step,
        status=refusal.status,
        code=refusal.code,
        message=refusal.message.replace("{reference}", ask.reference),
        detail=refusal.detail is not None,
        scope_error=scope_error,
    )
