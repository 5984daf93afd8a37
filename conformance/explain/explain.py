"""An explanation made from the model's objects, without asking anyone."""

from collections.abc import Mapping

from conformance.explain.explanation import Candidate, End, Explanation, Found, Instead, Place, Reading, State
from conformance.explain.pull_trace import Tried, Visit, Walk, is_loopback
from conformance.model.answers import Manifest, Refused
from conformance.model.pull import Copied
from conformance.model.pull_sources import Places, Trouble
from conformance.model.reference import InvalidReference, Reference, parse, parse_normalized
from conformance.model.registries import Registries, Registry, Source
from conformance.model.registries_conf import fingerprint
from conformance.model.resolution import How, Resolution, resolve
from conformance.node_config.node_config import Circumstances

_PREFIXES = ("docker://", "https://", "http://")
_UNKNOWN = "unknown"
"""What BuildKit calls the platform of an attestation, which is no image."""


def explain(name: str, circumstances: Circumstances, walk: Walk) -> Explanation:
    """Explain the pull of a name, with what is known of how it goes."""
    settings, mode = circumstances.settings, circumstances.mode
    resolution = resolve(name, settings.registries, mode.effective)
    tried = {each.reference: each for each in walk.tried}
    candidates = tuple(
        _Looking(circumstances, walk).candidate(reference, tried.get(reference)) for reference in resolution.candidates
    )
    return Explanation(
        name=name,
        crio=circumstances.crio,
        files=settings.registries.files,
        fingerprint=fingerprint(settings.registries),
        unreadable=circumstances.unreadable,
        mode=mode,
        reading=_reading(name, resolution, settings.registries),
        probed=walk.probed,
        candidates=candidates,
        end=_end(resolution, walk),
        instead=_instead(name, resolution, candidates),
    )


# The name


def _reading(name: str, resolution: Resolution, registries: Registries) -> Reading:
    """Say how the name was read."""
    if resolution.how is How.NOT:
        return Reading(how=resolution.how, error=resolution.refusal)
    written = parse(name)
    is_alias, is_search = resolution.how is How.ALIAS, resolution.how is How.SEARCH
    alias = registries.alias(resolution.short_name) if is_alias else None
    return Reading(
        how=resolution.how,
        short=bool(resolution.short_name),
        first=written.domain or (written.path.partition("/")[0] if "/" in written.path else ""),
        tag=written.tag,
        digest=written.digest,
        full="" if is_search else str(resolution.candidates[0]),
        alias=alias.value if alias else "",
        alias_file=alias.file if alias else "",
        search=registries.search if is_search else (),
        search_file=registries.search_file if is_search else "",
    )


# The candidates


class _Looking:
    """The places of a candidate under given circumstances."""

    def __init__(self, circumstances: Circumstances, walk: Walk) -> None:
        self.circumstances = circumstances
        self.walk = walk
        self.settings = circumstances.settings
        self.registries = circumstances.settings.registries
        self.rules = Places(circumstances.settings)

    def candidate(self, reference: Reference, tried: Tried | None) -> Candidate:
        """Say where a candidate is looked for, and what came of it."""
        entry = self.registries.find(reference.name)
        got = tried.got if tried else None
        state, error, reason = State.NOT_REACHED if self.walk.outcome else State.UNKNOWN, "", ""
        if isinstance(got, Copied):
            state = State.PULLED
        elif got is not None:
            state, error, reason = State.FAILED, got.text, got.reason
        return Candidate(
            image=str(reference),
            familiar=reference.familiar,
            host=reference.domain,
            prefix=entry.prefix if entry else "",
            file=entry.file if entry else "",
            places=self.places(reference, entry, tried.visits if tried else {}),
            state=state,
            digest=got.top.digest if isinstance(got, Copied) else "",
            reason=str(reason),
            error=error,
        )

    def places(self, reference: Reference, entry: Registry | None, visits: Mapping[Source, Visit]) -> tuple[Place, ...]:
        """Give the places of a candidate in order, the mirrors that are not asked before the registry's own."""
        try:
            sources = self.registries.sources(reference, trims_mirrors=self.settings.profile.trims_mirrors)
        except InvalidReference:
            return ()
        loopback = self.settings.profile.loopback_is_insecure and (
            reference in self.walk.insecure or is_loopback(reference.domain.partition(":")[0])
        )
        asked = [
            Place(
                image=str(source.reference),
                host=source.reference.domain,
                mirror=source.mirror is not None,
                insecure=source.insecure or loopback,
                loopback=loopback and not source.insecure,
                blocked=trouble.text if (trouble := self.rules.blocked(source.reference)) else "",
                found=self.found(visit) if (visit := visits.get(source)) and visit.ask else None,
            )
            for source in sources
        ]
        used = [source.mirror for source in sources]
        unused = [
            Place(
                image=mirror.location,
                host=mirror.location.partition("/")[0],
                mirror=True,
                insecure=mirror.insecure,
                unused="mirror-by-digest-only" if entry and entry.mirror_by_digest_only else mirror.pull_from_mirror,
            )
            for mirror in (entry.mirrors if entry else ())
            if mirror not in used
        ]
        return *asked[:-1], *unused, asked[-1]

    def found(self, visit: Visit) -> Found:
        """Say what a place answered."""
        user, unused, status, code = "", "", 0, ""
        if visit.ask is not None:
            user = visit.ask.login.user if visit.ask.login else ""
            unused = self.circumstances.login_unused(visit.ask.host, visit.ask.repository)
        if isinstance(visit.answer, Refused):
            status, code = visit.answer.status, visit.answer.code
        if isinstance(visit.got, Trouble):
            return Found(
                status=status,
                code=code,
                reason=visit.got.reason,
                error=visit.got.text,
                user=user,
                login_unused=unused,
            )
        return Found(
            digest=visit.got.digest,
            index=visit.got.is_index,
            platforms=_platforms(visit.got),
            status=200,
            user=user,
            login_unused=unused,
        )


def _platforms(manifest: Manifest) -> tuple[str, ...]:
    """List the platforms that an index has images for; attestations are none."""
    platforms = [child.platform for child in manifest.children]
    return tuple(dict.fromkeys(str(each) if each else "any" for each in platforms if not each or each.os != _UNKNOWN))


# The end


def _end(resolution: Resolution, walk: Walk) -> End:
    """Say how the pull ends, as far as that is known."""
    if walk.outcome is None:
        return End(succeeds=None)
    return End(
        succeeds=walk.outcome.image is not None,
        refused=bool(resolution.refusal),
        ambiguous=bool(resolution.refusal and resolution.candidates),
        error=walk.outcome.error,
    )


def _instead(name: str, resolution: Resolution, candidates: tuple[Candidate, ...]) -> tuple[Instead, ...]:
    """Give the names to write instead: the whole name of what was found, of all candidates where nothing was."""
    if resolution.how is How.NOT:
        return tuple(Instead(image=mended) for mended in _mended(name))
    if not candidates:
        return _as_docker_does(name) or tuple(Instead(image=mended) for mended in _mended(name))
    pulled = [each for each in candidates if each.state is State.PULLED]
    if pulled:
        return tuple(Instead(image=each.image, digest=each.digest, pinned=_pinned(each)) for each in pulled)
    return tuple(Instead(image=each.image) for each in candidates) if resolution.short_name else ()


def _mended(name: str) -> tuple[str, ...]:
    """Give a name that is near to one that is none."""
    bare = name.strip()
    for prefix in _PREFIXES:
        bare = bare.removeprefix(prefix)
    for mended in (bare, bare.lower()):
        try:
            parse_normalized(mended)
        except InvalidReference:
            continue
        return (mended,)
    return ()


def _as_docker_does(name: str) -> tuple[Instead, ...]:
    """Give the name that Docker would read, for want of a search list."""
    try:
        return (Instead(image=str(parse_normalized(name).with_default_tag().without_tag_beside_digest())),)
    except InvalidReference:
        return ()


def _pinned(candidate: Candidate) -> str:
    """Give the name with the digest that its tag stands for."""
    reference = parse(candidate.image)
    return str(Reference(reference.domain, reference.path, "", candidate.digest))
