"""Whether what was seen of a scenario is what it expects: the contract, a known departure from it, or anything else."""

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.model.go_releases import without_go_release
from conformance.model.release import Release
from conformance.releases.installation import CRIO
from conformance.replay.observation import CallResult
from conformance.scenario.calls import Departure, Expectation, ScenarioCall


class ScenarioVerdict(enum.StrEnum):
    """How a scenario ended on a runtime, the graver ones later; ``SEEN`` is of one that expects nothing."""

    SEEN = "seen"
    PASSED = "passed"
    DEVIATES = "deviates"
    FAILED = "failed"
    SKIPPED = "skipped"


AS_EXPECTED = {ScenarioVerdict.SEEN, ScenarioVerdict.PASSED, ScenarioVerdict.DEVIATES}


@dataclass(frozen=True)
class Judgement:
    """A verdict, and in lines why: what was otherwise, or which departure that is."""

    verdict: ScenarioVerdict
    lines: tuple[str, ...] = ()

    @property
    def as_expected(self) -> bool:
        """Whether all is as the scenario says."""
        return self.verdict in AS_EXPECTED


def in_one_line(lines: Iterable[str]) -> str:
    """Give the lines of a judgement as one: what follows a call is told behind its name."""
    return "; ".join(map(str.strip, lines)).replace(":; ", ": ")


def judge(results: Sequence[CallResult], release: Release, program: str = CRIO) -> Judgement:
    """Judge all calls of a scenario; the gravest verdict is that of the whole."""
    order = list(ScenarioVerdict)
    judged = [judge_call(each, release, program) for each in results]
    verdict = max((each.verdict for each in judged), key=order.index, default=ScenarioVerdict.SEEN)
    return Judgement(verdict, tuple(line for each in judged if each.verdict is verdict for line in each.lines))


def judge_call(result: CallResult, release: Release, program: str = CRIO) -> Judgement:
    """Judge one call."""
    call = result.call
    if call.expect is None:
        return Judgement(ScenarioVerdict.SEEN)
    known = [each for each in call.seen if program == CRIO and release.within(each.releases)]
    title = title_of(call)
    differing = list(_differences(call.expect, result.observed))
    if not differing:
        if not known:
            return Judgement(ScenarioVerdict.PASSED)
        line = f"{title}: all is as expected, although {known[0].releases} is said to depart from it: narrow that range"
        return Judgement(ScenarioVerdict.FAILED, (line,))
    departures = [each for each in known if not list(_differences(each, result.observed))]
    if departures:
        return Judgement(ScenarioVerdict.DEVIATES, (_why(departures[0]),))
    lines = [f"{title}:", *(f"  {line}" for line in differing)]
    for departure in known:
        lines.append(f"  nor is it what is said to be seen on {departure.releases}:")
        lines += [f"    {line}" for line in _differences(departure, result.observed)]
    return Judgement(ScenarioVerdict.FAILED, tuple(lines))


def title_of(call: ScenarioCall) -> str:
    """Name a call as a person does."""
    name = getattr(call, "requested_name", getattr(call, "name", ""))
    volumes = ", ".join(each.image for each in getattr(call, "volumes", ()))
    return f"{call.__struct_config__.tag} {name or volumes}".strip()


def _why(departure: Departure) -> str:
    return ": ".join(filter(None, (departure.upstream, departure.why))) or f"as seen on {departure.releases}"


def _differences(expected: Expectation, observed: dict[str, Any]) -> Iterator[str]:
    """Say in a sentence each what is otherwise than expected."""
    for key, wanted in expected.stated().items():
        if key in {"error_has", "error_lacks"}:
            yield from _parts(key, expected, str(observed.get("error", "")))
            continue
        seen = observed.get(key)
        if _comparable(key, wanted) != _comparable(key, seen):
            yield f"{key} is {_plain(seen)!r}, and {_plain(wanted)!r} is expected"


def _parts(key: str, expected: Expectation, error: str) -> Iterator[str]:
    for part in getattr(expected, key):
        if (part in error) is (key == "error_lacks"):
            yield f"the error {'has' if key == 'error_lacks' else 'lacks'} {part!r}: {error or 'there is none'}"


def _comparable(key: str, value: Any) -> Any:
    if key == "error":
        return without_go_release(str(value))
    return sorted(value) if key == "tags" and value is not None else _plain(value)


def _plain(value: Any) -> Any:
    """Give a value as both sides have it: lists, tables and texts."""
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return str(value) if isinstance(value, str) else value
