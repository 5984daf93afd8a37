"""What a run of oracles says in the end."""

from collections.abc import Iterator, Sequence

from conformance.oracle.search_jobs import DifferingScenario, OracleResult
from conformance.scenario.writer import as_toml


def result_lines(results: Sequence[OracleResult]) -> Iterator[str]:
    """Give the lines: every difference, what was exercised, and the counts last."""
    for result in results:
        for each in result.differing:
            yield from _difference(result.title, each)
    yield from _table(results)
    for result in results:
        yield _count(result)


def _difference(title: str, differing: DifferingScenario) -> Iterator[str]:
    yield f"The model and {title} differ ({differing.origin}) on {differing.scenario.requested_name}"
    yield from differing.lines
    yield "--- the scenario, as a file ---"
    yield as_toml(differing.scenario)
    yield "--- a case about it ---"
    yield differing.case
    yield "---"


def _table(results: Sequence[OracleResult]) -> Iterator[str]:
    names = sorted({name for result in results for name in result.found.exercised})
    yield f"{'exercised by':<28}" + "".join(f"{result.title:>16}" for result in results)
    for name in names:
        yield f"{name:<28}" + "".join(f"{result.found.exercised[name]:>16,}" for result in results)
    yield ""


def _count(result: OracleResult) -> str:
    found, differing = result.found, len(result.differing)
    rate = f", {found.examples / found.seconds:.0f} a second" if found.seconds else ""
    kept = f" and {result.kept} kept" if result.kept else ""
    outcome = f"{differing} differ{'s' if differing == 1 else ''}" if differing else "no difference"
    return f"{result.title}: {found.examples:,} scenarios{kept}{rate}: {outcome}"
