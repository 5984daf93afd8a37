"""Why some cases kill no mutant, and why some pass on a runtime that does nothing: tables, held against a matrix.

In a table, a case is named as in deviations.toml, or a function stands for all its cases.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from conformance.mutation.kill_matrix import Matrix

Reasons = Mapping[str, str]
"""By case, or function of cases, a sentence."""

KILLING_NONE = "killing_none.toml"
PASSING_ON_NULL = "passing_on_null.toml"


@dataclass(frozen=True)
class WeakCases:
    """Cases that have to be explained: what they do (``kill none``), ``why`` they do, and the remedy for the others."""

    verb: str
    cases: Sequence[str]
    why: Reasons
    remedy: str

    @property
    def unexplained(self) -> list[str]:
        """The cases for which there is no reason."""
        return [case for case in self.cases if not self._reason(case)]

    @property
    def outdated(self) -> list[str]:
        """The entries that are about none of the cases any more."""
        there = {name for case in self.cases for name in (case, _function(case))}
        return [entry for entry in self.why if entry not in there]

    def lines(self) -> Iterator[str]:
        """Write how many there are, the reasons, and what is to be mended."""
        yield f"{len(self.cases)} {self.verb}"
        reasons = Counter(filter(None, map(self._reason, self.cases)))
        for sentence, count in reasons.most_common():
            yield f"    {count} {'case' if count == 1 else 'cases'}: {sentence}"
        for case in self.unexplained:
            yield f"    {self.verb.upper()}: {case}: {self.remedy}"
        for entry in self.outdated:
            yield f"    NO LONGER: {entry}: take its reason away"

    def _reason(self, case: str) -> str:
        return self.why.get(case) or self.why.get(_function(case), "")


def weak_cases(matrix: Matrix, kind: str = "case") -> list[WeakCases]:
    """Give what a matrix of all mutants has to have explained; ``kind`` is a table of ``killing_none.toml``."""
    none = WeakCases(
        "kill none",
        matrix.cases_killing_none,
        read_reasons(KILLING_NONE).get(kind, {}),
        f"sharpen it, or write a mutant that it kills, or say why in {KILLING_NONE}",
    )
    null = [
        WeakCases(
            f"pass on {name}",
            cases,
            read_reasons(PASSING_ON_NULL).get(name, {}),
            f"sharpen it, or say why in {PASSING_ON_NULL}",
        )
        for name, cases in matrix.passing_on_null.items()
    ]
    return [none, *null]


def read_reasons(file: str) -> dict[str, Reasons]:
    """Read a table of reasons beside the simulator, by kind."""
    content = tomllib.loads((files("conformance.simulator") / file).read_text(encoding="utf-8"))
    return {
        kind: {case: entry["why"] for entry in entries for case in entry["cases"]} for kind, entries in content.items()
    }


def _function(case: str) -> str:
    return case.partition("[")[0]
