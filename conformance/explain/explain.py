"""An explanation made from the model's objects, without asking anyone."""

from collections.abc import Mapping

from conformance.explain.explanation import (
    Candidate,
    CandidateState,
    ExplainedOutcome,
    ExplainedSource,
    Explanation,
    NameReading,
    SourceAnswer,
    Suggestion,
)
from conformance.explain.pull_trace import CandidateTrace, PullTrace, SourceVisit, is_loopback
from conformance.model.answers import ErrorResponse, Manifest
from conformance.model.image_copy import PulledImage
from conformance.model.pull_sources import PullError, PullSources
from conformance.model.reference import InvalidReferenceError, Reference, parse, parse_normalized
from conformance.model.registries import PullSource, Registries, Registry
from conformance.model.registries_conf import fingerprint
from conformance.model.resolution import NameKind, Resolution, resolve
from conformance.node_config.node_config import NodeConfig

_PREFIXES = ("docker://", "https://", "http://")
_UNKNOWN = "unknown"
"""What BuildKit calls the platform of an attestation, which is no image."""


def explain(name: str, node: NodeConfig, trace: PullTrace) -> Explanation:
    """Explain the pull of a name, with what is known of how it goes."""
    settings, mode = node.settings, node.mode
    resolution = resolve(name, settings.registries, mode.effective)
    tried = {each.reference: each for each in trace.tried}
    candidates = tuple(
        _CandidateExplainer(node, trace).candidate(reference, tried.get(reference))
        for reference in resolution.candidates
    )
    return Explanation(
        name=name,
        crio=node.crio,
        files=settings.registries.files,
        fingerprint=fingerprint(settings.registries),
        unreadable=node.unreadable,
        mode=mode,
        reading=_reading(name, resolution, settings.registries),
        probed=trace.probed,
        candidates=candidates,
        end=_end(resolution, trace),
        instead=_instead(name, resolution, candidates),
    )


# The name


def _reading(name: str, resolution: Resolution, registries: Registries) -> NameReading:
    if resolution.kind is NameKind.INVALID:
        return NameReading(how=resolution.kind, error=resolution.refusal)
    written = parse(name)
    is_alias, is_search = resolution.kind is NameKind.ALIAS, resolution.kind is NameKind.SEARCH
    alias = registries.alias(resolution.short_name) if is_alias else None
    return NameReading(
        how=resolution.kind,
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


class _CandidateExplainer:
    """Finds the pull sources of a candidate on a given node."""

    def __init__(self, node: NodeConfig, trace: PullTrace) -> None:
        self.node = node
        self.trace = trace
        self.settings = node.settings
        self.registries = node.settings.registries
        self.rules = PullSources(node.settings)

    def candidate(self, reference: Reference, tried: CandidateTrace | None) -> Candidate:
        """Say where a candidate is looked for, and what came of it."""
        entry = self.registries.find(reference.name)
        got = tried.got if tried else None
        state, error, reason = CandidateState.NOT_REACHED if self.trace.outcome else CandidateState.UNKNOWN, "", ""
        if isinstance(got, PulledImage):
            state = CandidateState.PULLED
        elif got is not None:
            state, error, reason = CandidateState.FAILED, got.text, got.reason
        return Candidate(
            image=str(reference),
            familiar=reference.familiar,
            host=reference.domain,
            prefix=entry.prefix if entry else "",
            file=entry.file if entry else "",
            places=self.places(reference, entry, tried.visits if tried else {}),
            state=state,
            digest=got.top.digest if isinstance(got, PulledImage) else "",
            reason=str(reason),
            error=error,
        )

    def places(
        self, reference: Reference, entry: Registry | None, visits: Mapping[PullSource, SourceVisit]
    ) -> tuple[ExplainedSource, ...]:
        """Give the pull sources of a candidate in order, the mirrors that are not asked before the registry's own."""
        try:
            sources = self.registries.sources(reference, trims_mirrors=self.settings.profile.trims_mirrors)
        except InvalidReferenceError:
            return ()
        loopback = self.settings.profile.loopback_is_insecure and (
            reference in self.trace.insecure or is_loopback(reference.domain.partition(":")[0])
        )
        asked = [
            ExplainedSource(
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
            ExplainedSource(
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

    def found(self, visit: SourceVisit) -> SourceAnswer:
        user, unused, status, code = "", "", 0, ""
        if visit.ask is not None:
            user = visit.ask.login.user if visit.ask.login else ""
            unused = self.node.login_unused(visit.ask.host, visit.ask.repository)
        if isinstance(visit.answer, ErrorResponse):
            status, code = visit.answer.status, visit.answer.code
        if isinstance(visit.got, PullError):
            return SourceAnswer(
                status=status,
                code=code,
                reason=visit.got.reason,
                error=visit.got.text,
                user=user,
                login_unused=unused,
            )
        return SourceAnswer(
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


def _end(resolution: Resolution, trace: PullTrace) -> ExplainedOutcome:
    """Say how the pull ends, as far as that is known."""
    if trace.outcome is None:
        return ExplainedOutcome(succeeds=None)
    return ExplainedOutcome(
        succeeds=trace.outcome.image is not None,
        refused=bool(resolution.refusal),
        ambiguous=bool(resolution.refusal and resolution.candidates),
        error=trace.outcome.error,
    )


def _instead(name: str, resolution: Resolution, candidates: tuple[Candidate, ...]) -> tuple[Suggestion, ...]:
    """Give the names to write instead: the whole name of what was found, of all candidates where nothing was."""
    if resolution.kind is NameKind.INVALID:
        return tuple(Suggestion(image=mended) for mended in _mended(name))
    if not candidates:
        return _as_docker_does(name) or tuple(Suggestion(image=mended) for mended in _mended(name))
    pulled = [each for each in candidates if each.state is CandidateState.PULLED]
    if pulled:
        return tuple(Suggestion(image=each.image, digest=each.digest, pinned=_pinned(each)) for each in pulled)
    return tuple(Suggestion(image=each.image) for each in candidates) if resolution.short_name else ()


def _mended(name: str) -> tuple[str, ...]:
    """Give a valid name close to one that is none: without blanks, a scheme or capitals."""
    bare = name.strip()
    for prefix in _PREFIXES:
        bare = bare.removeprefix(prefix)
    for mended in (bare, bare.lower()):
        try:
            parse_normalized(mended)
        except InvalidReferenceError:
            continue
        return (mended,)
    return ()


def _as_docker_does(name: str) -> tuple[Suggestion, ...]:
    """Give the name that Docker would read, for want of a search list."""
    try:
        return (Suggestion(image=str(parse_normalized(name).with_default_tag().without_tag_beside_digest())),)
    except InvalidReferenceError:
        return ()


def _pinned(candidate: Candidate) -> str:
    """Give the name with the digest that its tag stands for."""
    reference = parse(candidate.image)
    return str(Reference(reference.domain, reference.path, "", candidate.digest))
