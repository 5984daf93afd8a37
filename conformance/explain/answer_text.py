"""What registries answered, as sentences for a person, and what helps."""

from collections.abc import Iterator

from conformance.explain.explanation import Candidate, CandidateState, ExplainedSource, Explanation, SourceAnswer
from conformance.explain.page import Paragraph, TextStyle, listed
from conformance.model.reason import Reason

_LOOKS_AWAY = {Reason.UNREACHABLE, Reason.UNTRUSTED_CERTIFICATE, Reason.BROKEN, Reason.UNCLEAR}
"""The reasons that say little without the words that go with them."""


def answer_paragraphs(
    explanation: Explanation, candidate: Candidate, place: ExplainedSource, indent: int
) -> Iterator[Paragraph]:
    """Say what a pull source answered, and what CRI-O makes of it; nothing where it was not asked."""
    found = place.found
    if found is None:
        return
    text = f"{place.host} {_answer(explanation, candidate, found)}{_and_then(explanation, candidate, place)}."
    look = TextStyle.GOOD if found.digest and candidate.state is CandidateState.PULLED else TextStyle.BAD
    yield Paragraph(text, indent, look)
    if found.reason in _LOOKS_AWAY:
        yield Paragraph(f"In CRI-O's words: {found.error}", indent, TextStyle.QUIET)
    if found.digest and candidate.error and candidate.reason != Reason.NO_MATCHING_PLATFORM:
        yield Paragraph(f"In CRI-O's words: {candidate.error}", indent, TextStyle.QUIET)
    if found.login_unused:
        yield Paragraph(f"CRI-O has {found.login_unused} for it, which is not used here: it may be told more.", indent)


def _answer(explanation: Explanation, candidate: Candidate, found: SourceAnswer) -> str:
    if not found.digest:
        return _refusal(found)
    platforms = listed(found.platforms)
    if candidate.reason == Reason.NO_MATCHING_PLATFORM:
        only = f", for {platforms} only, and" if platforms else " as an index of no image, and"
        return f"has it{only} this node is {explanation.crio.platform}"
    if candidate.state is not CandidateState.PULLED:
        return "has it, but CRI-O cannot use it"
    if found.index:
        return f"has it, for {platforms}"
    return "has it, as an image for one platform, which CRI-O does not hold against this node's"


def _refusal(found: SourceAnswer) -> str:
    status = f" (HTTP {found.status})" if found.status else ""
    words = {
        Reason.LOGIN_REFUSED: f"refuses the login of {found.user or 'nobody'}",
        Reason.NOT_FOUND: f"does not have {'such a repository' if found.code == 'NAME_UNKNOWN' else 'it'}",
        Reason.TOO_MANY_REQUESTS: "says that there were too many requests",
        Reason.UNREACHABLE: "cannot be reached",
        Reason.UNKNOWN_HOST: "is a host name that nobody knows here",
        Reason.UNTRUSTED_CERTIFICATE: "shows a certificate that is not trusted here",
        Reason.PLAIN_HTTP: "speaks plain HTTP, which CRI-O takes of an insecure registry only",
        Reason.BROKEN: "does not answer as a registry does",
        Reason.UNCLEAR: "does not answer as a registry does",
    }
    to_whom = f" to {found.user}" if found.user else ""
    return words.get(Reason(found.reason), f"answers {found.reason}{to_whom}") + status


def _and_then(explanation: Explanation, candidate: Candidate, place: ExplainedSource) -> str:
    """Say what CRI-O does after that answer."""
    if explanation.end.ambiguous:
        return ""
    if candidate.state is CandidateState.PULLED and place.found and place.found.digest:
        return ": CRI-O pulls it from there"
    asked = [each for each in candidate.places if not each.unused]
    if place is not asked[-1] and not (place.found and place.found.digest):
        return ": CRI-O tries the next place"
    if candidate is not explanation.candidates[-1]:
        return ": CRI-O goes on"
    if len(explanation.candidates) > 1:
        return ", and that is all you will be told"
    return ", and that is what you will be told"


def hints(explanation: Explanation) -> Iterator[Paragraph]:
    """Say what helps against what was found."""
    reasons = {each.reason for each in explanation.candidates if each.state is CandidateState.FAILED}
    platform = explanation.crio.platform
    if Reason.NO_MATCHING_PLATFORM in reasons:
        hosts = listed(_hosts(explanation, Reason.NO_MATCHING_PLATFORM))
        yield Paragraph(f"On {hosts}, an image for {platform} is missing: whoever owns the repository can add one.")
    if hosts := listed(_hosts(explanation, Reason.UNAUTHORIZED, Reason.DENIED)):
        yield Paragraph(f"From {hosts}, that may mean a private image, or none at all: it says the same of both.")
    if hosts := listed(_hosts(explanation, Reason.TOO_MANY_REQUESTS)):
        yield Paragraph(
            f"CRI-O asks {hosts} four times more, for half a minute or longer. A login may be allowed more."
        )
    if hosts := listed(_hosts(explanation, Reason.UNTRUSTED_CERTIFICATE)):
        yield Paragraph(f"What /etc/containers/certs.d has for {hosts} counts for CRI-O, and was not used here.")


def _hosts(explanation: Explanation, *reasons: Reason) -> list[str]:
    """Give the registries that failed for one of these reasons, as far as they were asked without a login."""
    return [
        each.host
        for each in explanation.candidates
        if each.reason in reasons and not any(place.found and place.found.user for place in each.places)
    ]
