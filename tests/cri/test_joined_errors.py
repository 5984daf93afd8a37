"""The errors of all candidates, joined: what no release does today (cri-o/cri-o#8780), and what a mended one might."""

from collections.abc import Callable, Sequence

import pytest

from conformance.cri import error_parser
from conformance.model.answers import Answer
from conformance.model.profile import PROFILES, Fallback
from conformance.model.reason import Reason
from tests.model.known_answers import FOREIGN, NO_TAG, OF_QUAY, Known, puller, refuses_connections, went
from tests.model.pull_errors import CASES, Case

JOINERS: dict[str, Callable[[Sequence[str]], str]] = {
    "lines": "\n".join,
    "semicolons": "; ".join,
    "commas": ", ".join,
    "colons": ": ".join,
    "a list": lambda errors: f"[{', '.join(errors)}]",
    "numbered": lambda errors: " ".join(f"({number}) {error}" for number, error in enumerate(errors, start=1)),
    "hashicorp's multierror": lambda errors: f"{len(errors)} errors occurred:\n\t* " + "\n\t* ".join(errors) + "\n\n",
    "Podman's": lambda errors: f"{len(errors)} errors occurred while pulling:\n * " + "\n * ".join(errors),
}
QUAY: dict[str, tuple[Answer, Reason]] = {
    "unauthorized": (OF_QUAY, Reason.UNAUTHORIZED),
    "no tag": (NO_TAG, Reason.NOT_FOUND),
    "no architecture": (FOREIGN, Reason.NO_MATCHING_PLATFORM),
    "down": (refuses_connections("quay.io"), Reason.UNREACHABLE),
}
NAMED = {
    name: case
    for name, case in CASES.items()
    if "@" not in case.name and error_parser.reasons_by_registry(case.image) == {"docker.io": case.reason}
}
"""Failures on docker.io whose text says of which registry it is, and why."""

RELEASES = [str(each.since) for each in PROFILES if each.artifact is not Fallback.FIRST]
"""Of every profile the first; 1.33.0 to 1.33.3 try an artifact first, and do not say on which registry."""


@pytest.mark.parametrize("join", JOINERS.values(), ids=JOINERS)
@pytest.mark.parametrize("release", RELEASES)
def test_every_candidate_is_read_with_its_own_reason(release: str, join: Callable[[Sequence[str]], str]) -> None:
    assert len(NAMED) > 10
    for name, case in NAMED.items():
        for answer, reason in QUAY.values():
            error = join(errors(release, case, answer))
            expected = [("docker.io", case.reason), ("quay.io", reason)]
            assert list(error_parser.reasons_by_registry(error).items()) == expected, (name, error)


@pytest.mark.parametrize("join", JOINERS.values(), ids=JOINERS)
@pytest.mark.parametrize("release", RELEASES)
def test_every_candidate_s_image_is_named_once(release: str, join: Callable[[Sequence[str]], str]) -> None:
    error = join(errors(release, NAMED["no platform"], OF_QUAY))
    assert error_parser.image_names(error) == ("rhuss/app:latest", "quay.io/rhuss/app:latest")


def errors(release: str, case: Case, of_quay: Answer) -> list[str]:
    """Give what a release says of each candidate, in order."""
    outcome = went(puller(release).pull("rhuss/app"), Known({**case.answers, "quay.io": of_quay}))
    return [error.text for _, error in outcome.errors]
