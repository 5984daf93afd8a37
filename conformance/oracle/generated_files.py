"""Made-up registries.conf and drop-ins, about the names that a scenario is about.

Choices are drawn as numbers, whose strategies are made once: a scenario takes about a hundred, and Hypothesis looks at
every new strategy anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import tomli_w
from hypothesis import strategies as st

from conformance.model.registries import Mirror, Registry
from conformance.registry_hosts.personality import WELL_KNOWN
from conformance.runtime.configuration import registry_table
from conformance.scenario.calls import ScenarioFile
from conformance.scenario.scenario import SYSTEM, USER

T = TypeVar("T")
Draw = st.DrawFn

OTHERS = (
    "one.example.com",
    "two.example.com",
    "deep.one.example.com",
    "example.com",
    "one.example.com:5000",
    "registry.example.net",
    "localhost:5000",
    "localhost",
)
HOSTS = (*OTHERS, *WELL_KNOWN)
LOCATIONS = (*OTHERS, *OTHERS, *WELL_KNOWN)
PATHS = ("team/app", "app", "team/deep/app", "teams/app", "library/app", "mirrored/team/app")
WILDCARDS = ("*.example.com", "*.io", "*.com.example")
PARTS = ("", "", "", "/mirrored", "/team")
WHOLE_PATHS = ("/team/app", "/mirrored/team/app", "/app")
MODES = ("permissive", "disabled", "enforcing")
DROP_INS = ((), ("50-b",), ("10-a", "50-b"))


@dataclass(frozen=True)
class RegistriesFile:
    """A registries.conf or a drop-in; ``None`` and nothing is what is not said. Aliases are pairs."""

    path: str
    search: tuple[str, ...] | None = None
    mode: str = ""
    registries: tuple[Registry, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()

    @property
    def as_file(self) -> ScenarioFile:
        """The file with its TOML; what is not said is left out."""
        table: dict[str, Any] = {}
        if self.search is not None:
            table["unqualified-search-registries"] = list(self.search)
        if self.mode:
            table["short-name-mode"] = self.mode
        if self.registries:
            table["registry"] = [registry_table(each) for each in self.registries]
        if self.aliases:
            table["aliases"] = dict(self.aliases)
        return ScenarioFile(path=self.path, text=tomli_w.dumps(table))


@lru_cache
def _up_to(most: int) -> st.SearchStrategy[int]:
    """Give the strategy for a number from 0 on."""
    return st.integers(0, most)


def pick(draw: Draw, choices: Sequence[T]) -> T:
    """Choose one; the first is what a difference shrinks to."""
    return choices[draw(_up_to(len(choices) - 1))]


def rarely(draw: Draw, one_in: int) -> bool:
    """Say yes once in so many times."""
    return draw(_up_to(one_in - 1)) == one_in - 1


def some(draw: Draw, make: Callable[[], T], most: int) -> tuple[T, ...]:
    """Make 0 to ``most`` values; a difference shrinks to none."""
    return tuple(make() for _ in range(draw(_up_to(most))))


def files(draw: Draw, name: str, search: tuple[str, ...], near: tuple[str, ...]) -> tuple[RegistriesFile, ...]:
    """Draw a main file and drop-ins, system-wide or the user's own."""
    main = USER if rarely(draw, 8) else SYSTEM
    paths = [main, *(f"{main}.d/{each}.conf" for each in pick(draw, DROP_INS))]
    if main == USER and rarely(draw, 2):
        paths.append(SYSTEM)
    home = pick(draw, range(len(paths)))
    return tuple(
        RegistriesFile(
            path,
            search if number == home else pick(draw, (None, None, None, (), search[::-1], ("quay.io",))),
            pick(draw, MODES) if rarely(draw, 4) else "",
            some(draw, lambda: _entry(draw, near), 3),
            tuple(dict(some(draw, lambda: _alias(draw, name), 1)).items()),
        )
        for number, path in enumerate(paths)
    )


def _alias(draw: Draw, name: str) -> tuple[str, str]:
    """Draw an alias, most often of the name; one without a value cancels others."""
    bare = name.partition("@")[0].partition(":")[0]
    known = [bare] if bare in PATHS else []
    value = "" if rarely(draw, 4) else f"{pick(draw, HOSTS)}/{pick(draw, PATHS)}"
    return pick(draw, [*known * len(PATHS), *PATHS]), value


def _entry(draw: Draw, near: tuple[str, ...]) -> Registry:
    full = pick(draw, near)
    parts = full.split("/")
    covering = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    beside = (full.removesuffix("p"), f"{parts[0]}/te", pick(draw, HOSTS))
    host = parts[0].partition(":")[0]
    wildcards = (f"*.{host.partition('.')[2] or host}", f"*.{host}", *WILDCARDS)
    prefix = pick(draw, pick(draw, (covering, covering, covering, wildcards, beside)))
    wild = prefix.startswith("*")
    whole = prefix in near
    location = _location(draw, near, whole=whole) if rarely(draw, 2) else "" if wild else prefix
    digest_only = rarely(draw, 6)
    return Registry(
        prefix="" if location == prefix and rarely(draw, 2) else prefix,
        location=location,
        insecure=rarely(draw, 4),
        blocked=rarely(draw, 5),
        mirrors=some(draw, lambda: _mirror(draw, near, digest_only=digest_only, whole=whole), 3),
        mirror_by_digest_only=digest_only,
    )


def _location(draw: Draw, near: tuple[str, ...], *, whole: bool) -> str:
    """Draw where something may lie: a host, and a path perhaps; below that, or, for a ``whole`` name, just there."""
    host = pick(draw, near).partition("/")[0] if rarely(draw, 3) else pick(draw, LOCATIONS)
    if rarely(draw, 30):
        return pick(draw, (f"{host}/", host))
    return host + pick(draw, WHOLE_PATHS if whole else PARTS)


def _mirror(draw: Draw, near: tuple[str, ...], *, digest_only: bool, whole: bool) -> Mirror:
    """Draw a ``[[registry.mirror]]``; what it is for is said once, and rarely twice, which is an error."""
    only = "" if digest_only and not rarely(draw, 20) else pick(draw, ("", "", "", "digest-only", "tag-only", "all"))
    return Mirror(_location(draw, near, whole=whole), rarely(draw, 5), only)
