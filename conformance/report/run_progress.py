"""How far a run is: cases done of all, how they have ended so far, which run now, how long the rest may take."""

from collections.abc import Iterator
from dataclasses import dataclass, field

MINUTE = 60.0
HOUR = 3600.0
LEAST_DONE = 5
"""After how many cases the time of the rest is estimated: the first one starts what others find started."""


@dataclass
class RunProgress:
    """A run that goes on: ``total`` cases, ``done`` of them, ``running`` now.

    ``began`` is when the first case did, in seconds of the clock that is asked with; none before that.
    """

    began: float | None = None
    total: int = 0
    done: int = 0
    running: dict[str, None] = field(default_factory=dict)
    ended: dict[str, set[str]] = field(default_factory=lambda: {"failed": set(), "deviates": set(), "skipped": set()})

    def start(self, case: str, now: float) -> None:
        """Note that a case begins."""
        self.began = now if self.began is None else self.began
        self.running[case] = None

    def judge(self, case: str, verdict: str) -> None:
        """Note how a part of a case ended; one that also fails while it is cleared up has failed, and nothing else."""
        if verdict in self.ended and case not in self.ended["failed"]:
            for cases in self.ended.values():
                cases.discard(case)
            self.ended[verdict].add(case)

    def finish(self, case: str) -> None:
        """Note that a case is over."""
        self.running.pop(case, None)
        self.done += 1

    def verdicts(self) -> Iterator[tuple[str, str]]:
        """Give the verdicts but for passed, each with its words, where there are any."""
        for verdict, word in (("failed", "failed"), ("deviates", "deviating"), ("skipped", "skipped")):
            if cases := self.ended[verdict]:
                yield verdict, f"{len(cases)} {word}"

    def seconds_left(self, now: float) -> float | None:
        """Estimate how long the rest takes, from how long cases took so far; none before some have ended."""
        if self.began is None or self.done < min(LEAST_DONE, self.total):
            return None
        return (now - self.began) / self.done * max(self.total - self.done, 0)

    def counted(self) -> str:
        """Say how many cases are done."""
        return f"{self.done} of {self.total} {'case' if self.total == 1 else 'cases'}"

    def line(self, now: float) -> str:
        """Say it in one line, without what is running."""
        left = self.seconds_left(now)
        told = [self.counted(), *(words for _, words in self.verdicts())]
        return ", ".join(
            [*told, *([f"about {written_duration(left)} left"] if left and self.done < self.total else [])]
        )


def written_duration(seconds: float) -> str:
    """Write a duration as a person would: 8 s, 3 min, 1 h 20 min."""
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    minutes = round(seconds / MINUTE)
    return f"{minutes} min" if seconds < HOUR else f"{minutes // 60} h {minutes % 60} min"
