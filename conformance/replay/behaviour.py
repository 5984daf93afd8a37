"""What a runtime does in a scenario, as a value that can be kept and compared with what another does."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from conformance.model.go_releases import without_go_release
from conformance.replay.judgement import in_one_line, title_of
from conformance.replay.replay import Replay


class Behaviour(Struct, frozen=True):
    """What ``target`` did: the verdict and why, and what was seen of each call, with its title."""

    target: str
    verdict: str
    why: tuple[str, ...]
    calls: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def summary(self) -> str:
        """The verdict in one line."""
        why = in_one_line(self.why)
        return f"{self.target}: {self.verdict}{f' ({why})' if why else ''}"


def behaviour_of(replay: Replay) -> Behaviour:
    """Give what was done in a replay."""
    calls = tuple((title_of(each.call), each.observed) for each in replay.results)
    return Behaviour(replay.target, str(replay.judgement.verdict), replay.judgement.lines, calls)


def _verdict(done: Behaviour) -> object:
    return done.verdict


def _facts(done: Behaviour) -> object:
    return [{key: value for key, value in seen.items() if key != "error"} for _, seen in done.calls]


def _texts(done: Behaviour) -> object:
    return [without_go_release(str(seen.get("error", ""))) for _, seen in done.calls]


LEVELS: Mapping[str, Callable[[Behaviour], object]] = {
    "the verdict": _verdict,
    "what is seen": _facts,
    "the text of an error": _texts,
}
"""What may differ between two, the weightiest first."""


def level_of_change(first: Behaviour, second: Behaviour) -> str:
    """Name the weightiest of what differs; nothing where two did the same."""
    return next((name for name, look in LEVELS.items() if look(first) != look(second)), "")


def is_alike(level: str, first: Behaviour, second: Behaviour) -> bool:
    """Tell whether two do the same, as far as that matters."""
    return LEVELS[level](first) == LEVELS[level](second)


def changes(before: Behaviour, after: Behaviour) -> Iterator[str]:
    """Say in lines what is otherwise, call by call."""
    if before.verdict != after.verdict:
        yield f"the verdict was {before.verdict}, and is {after.verdict}"
    for (title, old), (_, new) in zip(before.calls, after.calls, strict=False):
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                yield f"{title}: {key} was {_text(old.get(key))}, and is {_text(new.get(key))}"
    if len(before.calls) != len(after.calls):
        yield f"{len(before.calls)} calls were made, and then {len(after.calls)}: {'; '.join(after.why or before.why)}"


def _text(value: Any) -> str:
    return "nothing" if value in (None, "", [], {}) else repr(value)
