"""The places where an image may be: its registry and the mirrors of it, and what each is asked and shown.

A pull is a generator of ``Ask`` that is sent an ``Answer`` for each, so that the same steps predict (answers from what
a registry is known to hold) and act (answers from HTTP). Methods are small on purpose: each is one rule, with its
source.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from conformance.model.answers import Address, Answer, Ask, Blob, Failed, Login, Manifest, Refused
from conformance.model.error_texts import reason, unanswered
from conformance.model.platform import Platform
from conformance.model.policy import Policies
from conformance.model.profile import PROFILES, Profile
from conformance.model.reason import Reason
from conformance.model.reference import InvalidReference, Reference
from conformance.model.registries import Registries, Source

T = TypeVar("T")
Steps = Generator[Ask, Answer, T]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that a pull depends on, but for the registries' answers.

    ``short_name_mode`` is that of crio.conf, see ``resolution.effective_mode``. ``credentials`` gives the login that
    this machine's auth files have for a host and repository, ``policies`` says what may be pulled.
    """

    profile: Profile = PROFILES[-1]
    registries: Registries = field(default_factory=Registries)
    short_name_mode: str | None = ""
    platform: Platform = field(default_factory=Platform.host)
    credentials: Callable[[str, str], Login | None] = lambda _host, _repository: None
    policies: Policies = field(default_factory=Policies)


class Trouble(NamedTuple):
    """Why one image, or one place of it, did not come.

    ``text`` is what CRI-O would say; ``network``, ``refused`` and ``rejected`` whether Go's error is one of the
    network, ECONNREFUSED, or the signature policy's.
    """

    text: str
    reason: Reason
    network: bool = False
    refused: bool = False
    rejected: bool = False

    def told(self, text: str) -> "Trouble":
        """Give the same in other words."""
        return self._replace(text=text)


class Terms(NamedTuple):
    """On which terms a candidate is asked for.

    ``login`` is the request's, ``insecure`` says that any certificate and HTTP will do, ``artifact`` that what comes is
    for the artifact store.
    """

    login: Login | None = None
    insecure: bool = False
    artifact: bool = False


class Opened(NamedTuple):
    """A manifest that came, and from where."""

    source: Source
    manifest: Manifest


Note = Callable[[str, str], None]
"""Is told what CRI-O logs meanwhile: level and message."""


class Places:
    """The rules about places under given settings."""

    def __init__(self, settings: Settings, note: Note | None = None) -> None:
        self.settings = settings
        self.profile = settings.profile
        self.registries = settings.registries
        self.note = note
        self._placed: tuple[Reference | None, tuple[Source, ...]] = (None, ())

    def open(self, reference: Reference, terms: Terms) -> Steps[Opened | Trouble]:
        """Fetch the manifest from the first place that has it (docker/docker_image_src.go, ``newImageSource``)."""
        try:
            sources = self.sources(reference)
        except InvalidReference as error:
            return Trouble(str(error), Reason.UNCLEAR)
        troubles: list[tuple[Source, Trouble]] = []
        for source in sources:
            if self.note:
                self.note("info", f'Trying to access "{source.reference}"')
            got = yield from self.manifest(reference, source, source.reference.tag_or_digest, terms, opens=True)
            if isinstance(got, Manifest):
                return Opened(source, got)
            if self.note:
                self.note("debug", f'Accessing "{source.reference}" failed: {got.text}')
            troubles.append((source, got))
        return self.unopened(troubles)

    def sources(self, reference: Reference) -> tuple[Source, ...]:
        """Give the places of an image; they are wanted twice in a row, for an image and for an artifact."""
        if self._placed[0] is not reference:
            self._placed = reference, self.registries.sources(reference, trims_mirrors=self.profile.trims_mirrors)
        return self._placed[1]

    def unopened(self, troubles: list[tuple[Source, Trouble]]) -> Trouble:
        """Give the error for all places of an image: the registry's own where it has no mirrors, else all."""
        source, last = troubles[-1]
        if len(troubles) == 1:
            return last
        mirrors = "\n".join(f"[{each.reference}: {trouble.text}]" for each, trouble in troubles[:-1])
        return last.told(f"(Mirrors also failed: {mirrors}): {source.reference}: {last.text}")

    def manifest(
        self, reference: Reference, source: Source, digest_or_tag: str, terms: Terms, *, opens: bool = False
    ) -> Steps[Manifest | Trouble]:
        """Ask one place for a manifest, unless it is blocked (docker/docker_client.go, ``newDockerClient``)."""
        place = source.reference
        if (blocked := self.blocked(place)) is not None:
            return blocked
        ask = self.ask(reference, source, digest_or_tag, terms, opens=opens)
        answer = yield ask
        if isinstance(answer, Manifest):
            return answer
        return self.trouble(ask, place, answer)

    def blob(self, reference: Reference, source: Source, digest: str, terms: Terms) -> Steps[Blob | Trouble]:
        """Ask for a blob where the manifest came from."""
        ask = self.ask(reference, source, digest, terms, blob=True)
        answer = yield ask
        return answer if isinstance(answer, Blob) else self.trouble(ask, source.reference, answer)

    def blocked(self, place: Reference) -> Trouble | None:
        """Refuse a place that is blocked, mirror or not."""
        registry = self.registries.find(place.name) if self.registries.registries else None
        if registry is None or not registry.blocked:
            return None
        conf, conf_dir = self.registries.paths
        return Trouble(f"registry {registry.prefix} is blocked in {conf} or {conf_dir}", Reason.BLOCKED)

    def ask(
        self,
        reference: Reference,
        source: Source,
        digest_or_tag: str,
        terms: Terms,
        *,
        blob: bool = False,
        opens: bool = False,
    ) -> Ask:
        """Put a question to one place."""
        place = source.reference
        login = self.login(reference, place, terms.login)
        return Ask(place.domain, place.path, digest_or_tag, login, source.insecure or terms.insecure, blob, opens)

    def insecure(self, reference: Reference) -> Steps[bool]:
        """Tell whether a candidate's host needs no TLS; up to 1.34 it is looked up for that (``isSecureIndex``)."""
        if not self.profile.loopback_is_insecure:
            return False
        answer = yield Ask(reference.domain.partition(":")[0], "", "", lookup=True)
        return isinstance(answer, Address) and answer.loopback

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        """Give what a place is shown: the request's login unless it is another host's, else the auth file's.

        Every candidate's host is shown the request's login (server/image_pull.go, ``pullImage``), but no mirror on
        another host is (``newImageSourceAttempt``).
        """
        if login is not None and login.user and place.domain == reference.domain:
            return login
        return self.settings.credentials(place.domain, place.path)

    def trouble(self, ask: Ask, place: Reference, answer: Answer) -> Trouble:
        """Say why a place did not give what it was asked for."""
        if isinstance(answer, Refused | Failed):
            text = unanswered(ask, place.name, answer, self.profile)
            failed = isinstance(answer, Failed)
            return Trouble(text, reason(answer), failed, isinstance(answer, Failed) and answer.refused)
        return Trouble("the registry's answer is no manifest", Reason.BROKEN)
