"""The pull sources of an image, its registry and the mirrors of it, and what each is asked and shown.

A pull is a generator of ``RegistryRequest`` that is sent an ``Answer`` for each, so that the same steps predict
(answers from what a registry is known to hold) and act (answers from HTTP). Methods are small on purpose: each is one
rule, with its source.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from conformance.model.answers import (
    Answer,
    FetchedBlob,
    HostAddress,
    Login,
    Manifest,
    NoResponse,
    Refusal,
    RegistryRequest,
)
from conformance.model.auth import InvalidAuthFileError
from conformance.model.error_texts import reason_for, unanswered
from conformance.model.platform import Platform
from conformance.model.policy import SignaturePolicies
from conformance.model.profile import PROFILES, Profile
from conformance.model.reason import Reason
from conformance.model.reference import InvalidReferenceError, Reference
from conformance.model.registries import PullSource, Registries

T = TypeVar("T")
Steps = Generator[RegistryRequest, Answer, T]


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """All that a pull depends on, but for the registries' answers.

    ``short_name_mode`` is that of crio.conf, see ``resolution.effective_mode``. ``credentials`` gives the login that
    this machine's auth files have for a host and repository, or raises ``InvalidAuthFileError``, ``policies`` says what
    may be pulled.
    """

    profile: Profile = PROFILES[-1]
    registries: Registries = field(default_factory=Registries)
    short_name_mode: str | None = ""
    platform: Platform = field(default_factory=Platform.host)
    credentials: Callable[[str, str], Login | None] = lambda _host, _repository: None
    policies: SignaturePolicies = field(default_factory=SignaturePolicies)


class PullError(NamedTuple):
    """Why a pull of one image, or from one pull source of it, failed.

    ``text`` is what CRI-O would say; ``network``, ``refused`` and ``rejected`` whether Go's error is one of the
    network, ECONNREFUSED, or the signature policy's.
    """

    text: str
    reason: Reason
    network: bool = False
    refused: bool = False
    rejected: bool = False

    def reworded(self, text: str) -> "PullError":
        """Give the same error under another text, as code that wraps it would."""
        return self._replace(text=text)


class PullOptions(NamedTuple):
    """With which options a candidate is pulled.

    ``login`` is the request's, ``insecure`` says that any certificate and HTTP will do, ``artifact`` that what comes is
    for the artifact store.
    """

    login: Login | None = None
    insecure: bool = False
    artifact: bool = False


class OpenedManifest(NamedTuple):
    """A manifest that came, and the pull source that gave it."""

    source: PullSource
    manifest: Manifest


LogWriter = Callable[[str, str], None]
"""Takes what CRI-O logs meanwhile: level and message."""


class PullSources:
    """The rules about pull sources under given settings."""

    def __init__(self, settings: ModelSettings, log: LogWriter | None = None) -> None:
        self.settings = settings
        self.profile = settings.profile
        self.registries = settings.registries
        self.log = log
        self._placed: tuple[Reference | None, tuple[PullSource, ...]] = (None, ())

    def open(self, reference: Reference, options: PullOptions) -> Steps[OpenedManifest | PullError]:
        """Fetch the manifest from the first pull source that has it.

        Source: containers/image docker/docker_image_src.go, ``newImageSource``.
        """
        try:
            sources = self.sources(reference)
        except InvalidReferenceError as error:
            return PullError(str(error), Reason.UNCLEAR)
        errors: list[tuple[PullSource, PullError]] = []
        for source in sources:
            if self.log:
                self.log("info", f'Trying to access "{source.reference}"')
            got = yield from self.manifest(reference, source, source.reference.tag_or_digest, options, opens=True)
            if isinstance(got, Manifest):
                return OpenedManifest(source, got)
            if self.log:
                self.log("debug", f'Accessing "{source.reference}" failed: {got.text}')
            errors.append((source, got))
        return self.unopened(errors)

    def sources(self, reference: Reference) -> tuple[PullSource, ...]:
        """Give the pull sources of an image; they are wanted twice in a row, for an image and for an artifact."""
        if self._placed[0] is not reference:
            self._placed = reference, self.registries.sources(reference, trims_mirrors=self.profile.trims_mirrors)
        return self._placed[1]

    def unopened(self, errors: list[tuple[PullSource, PullError]]) -> PullError:
        """Give the error for all pull sources of an image: the registry's own where it has no mirrors, else all."""
        source, last = errors[-1]
        if len(errors) == 1:
            return last
        mirrors = "\n".join(f"[{each.reference}: {trouble.text}]" for each, trouble in errors[:-1])
        return last.reworded(f"(Mirrors also failed: {mirrors}): {source.reference}: {last.text}")

    def manifest(
        self, reference: Reference, source: PullSource, digest_or_tag: str, options: PullOptions, *, opens: bool = False
    ) -> Steps[Manifest | PullError]:
        """Ask one pull source for a manifest, unless it is blocked, or an auth file that is needed cannot be read.

        Source: containers/image docker/docker_client.go, ``newDockerClientFromRef``, ``newDockerClient``.
        """
        place = source.reference
        try:
            ask = self.ask(reference, source, digest_or_tag, options, opens=opens)
        except InvalidAuthFileError as error:
            return PullError(f"getting username and password: {error}", Reason.UNREADABLE_LOGINS)
        if (blocked := self.blocked(place)) is not None:
            return blocked
        answer = yield ask
        if isinstance(answer, Manifest):
            return answer
        return self.pull_error(ask, place, answer)

    def blob(
        self, reference: Reference, source: PullSource, digest: str, options: PullOptions
    ) -> Steps[FetchedBlob | PullError]:
        """Ask the pull source that the manifest came from for a blob."""
        ask = self.ask(reference, source, digest, options, blob=True)
        answer = yield ask
        return answer if isinstance(answer, FetchedBlob) else self.pull_error(ask, source.reference, answer)

    def blocked(self, place: Reference) -> PullError | None:
        """Give the error of a pull source that is blocked, mirror or not; none for any other."""
        registry = self.registries.find(place.name) if self.registries.registries else None
        if registry is None or not registry.blocked:
            return None
        conf, conf_dir = self.registries.paths
        return PullError(f"registry {registry.prefix} is blocked in {conf} or {conf_dir}", Reason.BLOCKED)

    def ask(
        self,
        reference: Reference,
        source: PullSource,
        digest_or_tag: str,
        options: PullOptions,
        *,
        blob: bool = False,
        opens: bool = False,
    ) -> RegistryRequest:
        """Make the request to one pull source for a manifest, or a blob, with the login that it may be shown."""
        place = source.reference
        login = self.login(reference, place, options.login)
        return RegistryRequest(
            place.domain, place.path, digest_or_tag, login, source.insecure or options.insecure, blob, opens
        )

    def insecure(self, reference: Reference) -> Steps[bool]:
        """Tell whether a candidate's host needs no TLS; up to 1.34 it is looked up for that.

        Source: CRI-O internal/storage/image.go, ``isSecureIndex``.
        """
        if not self.profile.loopback_is_insecure:
            return False
        answer = yield RegistryRequest(reference.domain.partition(":")[0], "", "", lookup=True)
        return isinstance(answer, HostAddress) and answer.loopback

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        """Give what a pull source is shown: the request's login unless it is another host's, else the auth file's.

        Every candidate's host is shown the request's login (CRI-O server/image_pull.go, ``pullImage``), but no mirror
        on another host is (containers/image docker/docker_image_src.go, ``newImageSourceAttempt``).
        """
        if login is not None and login.user and place.domain == reference.domain:
            return login
        return self.settings.credentials(place.domain, place.path)

    def pull_error(self, ask: RegistryRequest, place: Reference, answer: Answer) -> PullError:
        """Say why a pull source did not give what it was asked for."""
        if isinstance(answer, Refusal):
            text = unanswered(ask, place.name, answer, self.profile)
            failed = isinstance(answer, NoResponse)
            return PullError(text, reason_for(answer), failed, isinstance(answer, NoResponse) and answer.refused)
        return PullError("the registry's answer is no manifest", Reason.BROKEN)
