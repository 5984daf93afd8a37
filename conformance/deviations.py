"""Known departures of releases from the contract, and how a new fault is kept apart from them.

Each folder of the suite has a ``deviations.toml`` beside its cases. A case that fails is excused only when what was
seen instead is exactly what the deviation says; a case that passes although a deviation covers the release is reported,
since CRI-O has been mended.
"""

import enum
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from conformance.model.release import Release


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """One known departure.

    ``cases`` names the cases, as ``test_file.py::TestClass::test_name``, with or without parameters (``[id]``);
    ``releases`` is a range of the releases of ``runtime``, such as ``>=1.31,<1.34``; ``upstream`` the issue or pull
    request, or ``unreported``; ``why`` one sentence.
    ``seen`` maps an expression over the case's fixtures (``pull.reasons``) to its value on these releases.
    ``oci_runtime``, where it is given, is the only one that it is about (``crun``). ``finding`` is the fault that it
    shows where upstream has not been told of that: an ``id`` in ``findings.toml``.
    """

    cases: tuple[str, ...]
    releases: str
    upstream: str
    why: str
    seen: Mapping[str, Any] = field(hash=False)
    runtime: str = "CRI-O"
    oci_runtime: str = ""
    finding: int = 0

    @property
    def reason(self) -> str:
        """Why a case deviates, in the words of reports: the issue, and what is otherwise."""
        return f"{self.upstream}: {self.why}"

    def names(self, case: str) -> bool:
        """Tell whether it is about this case, with any parameters or just these, on whatever release."""
        return case in self.cases or case.partition("[")[0] in self.cases

    def covers(self, case: str, release: Release, runtime: str = "CRI-O", oci_runtime: str = "") -> bool:
        """Tell whether it is about this case on this release of a runtime, with that OCI runtime below it."""
        on = runtime == self.runtime and self.oci_runtime in {"", oci_runtime}
        return self.names(case) and on and release.within(self.releases)

    def differences(self, fixtures: Mapping[str, Any]) -> list[str]:
        """Compare what was seen with what it says is seen; give a sentence for each difference."""
        found = []
        for expression, expected in self.seen.items():
            try:
                actual = evaluate(expression, fixtures)
            except (AttributeError, KeyError) as error:
                found.append(f"{expression} has no value here ({error}), and {expected!r} in the deviation")
                continue
            if actual != expected:
                found.append(f"{expression} is {actual!r}, and {expected!r} in the deviation")
        return found


def load_deviations() -> list[Deviation]:
    """Read the ``deviations.toml`` of every folder of the suite, folders by name.

    Raises ``ValueError``, with the file's name, for an entry that is not complete.
    """
    found = []
    for folder in sorted(files("conformance.suite").iterdir(), key=lambda each: each.name):
        file = folder / "deviations.toml"
        if file.is_file():
            try:
                found += parse_deviations(file.read_text(encoding="utf-8"))
            except ValueError as error:
                msg = f"{folder.name}/{file.name}: {error}"
                raise ValueError(msg) from error
    return found


def parse_deviations(text: str) -> list[Deviation]:
    """Read the ``[[deviation]]`` tables of a ``deviations.toml``, in their order.

    Raises ``ValueError`` for text that is no TOML, and, with the number of the table, for one that lacks something, has
    something unknown, or whose ``releases`` are no version specifier (PEP 440).
    """
    deviations = []
    for number, entry in enumerate(tomllib.loads(text).get("deviation", []), start=1):
        try:
            deviation = Deviation(**entry | {"cases": tuple(entry["cases"])})
        except (KeyError, TypeError) as error:
            msg = (
                f"deviation {number}: cases, releases, upstream, why and seen must be given, runtime, oci_runtime"
                f" and finding may be, and nothing else ({error})"
            )
            raise ValueError(msg) from error
        if wrong := _wrong(deviation, entry):
            msg = f"deviation {number} ({deviation.upstream}): {wrong}"
            raise ValueError(msg)
        deviations.append(deviation)
    return deviations


def _wrong(deviation: Deviation, entry: Mapping[str, Any]) -> str:
    """Say what is wrong with an entry that has all its parts; nothing where it is right."""
    if not deviation.cases or isinstance(entry["cases"], str):
        return "cases is a list of names"
    if not deviation.seen:
        return "say what is seen instead"
    try:
        SpecifierSet(deviation.releases)
    except InvalidSpecifier:
        return f"{deviation.releases!r} is no range of releases: write it like >=1.31,<1.34"
    return ""


def covering(
    deviations: Iterable[Deviation], case: str, release: Release, runtime: str = "CRI-O", oci_runtime: str = ""
) -> Deviation | None:
    """Give the deviation that covers a case on a release of a runtime; the more particular name wins."""
    found = [each for each in deviations if each.covers(case, release, runtime, oci_runtime)]
    return next((each for each in found if case in each.cases), found[0] if found else None)


def evaluate(expression: str, fixtures: Mapping[str, Any]) -> Any:
    """Follow an expression such as ``pull.error.reasons`` over fixtures; give plain values, as TOML has them."""
    name, *attributes = expression.split(".")
    value = fixtures[name]
    for attribute in attributes:
        value = getattr(value, attribute)
    return as_toml_value(value)


def as_toml_value(value: Any) -> Any:
    """Give a value in TOML's terms: text, numbers, lists and tables."""
    match value:
        case enum.Enum():
            return as_toml_value(value.value)
        case Mapping():
            return {str(key): as_toml_value(each) for key, each in value.items()}
        case list() | tuple():
            return [as_toml_value(each) for each in value]
        case bool() | int() | float():
            return value
        case _:
            return "" if value is None else str(value)
