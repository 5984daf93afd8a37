"""How the results of each release were obtained, as a table."""

from collections.abc import Iterator, Sequence

from conformance.catalogue.markdown import code, escaped, table
from conformance.catalogue.release_results import ReleaseResults
from conformance.catalogue.suite_source import StatedBehaviour
from conformance.report.summary import VERDICTS


def obtained_lines(results: Sequence[ReleaseResults], behaviours: Sequence[StatedBehaviour]) -> Iterator[str]:
    """Give the table of releases, a row each, and below it what was typed."""
    names = {each.name for each in behaviours}
    head = ["release", "on", "by", "with", "cases", *VERDICTS]
    yield from table(head, (_row(each) for each in results))
    for each in results:
        yield f"- {each.release}: {code(each.command)}{_gone(each, names)}"
    yield ""


def environment_of(results: ReleaseResults) -> str:
    """Say what a release ran with."""
    known = (
        ("", results.oci_runtime),
        ("conmon ", results.conmon),
        ("", results.kernel),
        ("control groups ", results.cgroup),
        ("storage ", results.storage_driver),
    )
    return ", ".join(f"{what}{value}" for what, value in known if value)


def _row(results: ReleaseResults) -> list[str]:
    counts = [str(results.totals[verdict]) for verdict in VERDICTS]
    whose = f"crio-conformance {results.version}"
    return [results.target, results.date, whose, escaped(environment_of(results)), str(results.count), *counts]


def _gone(results: ReleaseResults, names: set[str]) -> str:
    """Say how many cases of a run the suite does not have any more."""
    gone = sum(each.case.partition("[")[0] not in names for each in results.cases)
    return f" ({gone} of its cases are not in the suite any more)" if gone else ""
