"""The page as text: rows and heads as HTML, details compressed, style and script inside."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files

import jinja2
from markupsafe import Markup

from conformance.evidence.case_records import VERDICTS, CaseRecord
from conformance.evidence.evidence_folder import EvidenceError, RunEvidence
from conformance.report.page.case_details import details_of
from conformance.report.page.case_rows import CaseRow, Family, families_of
from conformance.report.page.issues import linked
from conformance.report.page.packing import pack
from conformance.report.page.run_heads import count_by_reason, head_of, names_of
from conformance.report.page.sequence import duration, short

_TEMPLATES = "conformance.report.page"
_CASE = "case.html.j2"


@dataclass(frozen=True)
class PackedFamily:
    """A family as the template shows it: its rows in plain HTML, its details packed."""

    family: Family
    anchor: str
    packed: str

    @property
    def first(self) -> int:
        """The number of its first row, which has the first of the packed details."""
        return self.family.rows[0].number

    @property
    def counts(self) -> list[dict[str, int]]:
        """How many of its cases that do not differ from run to run ended how, in each run."""
        rows = [row for row in self.family.rows if not row.difference]
        columns = zip(*(row.cells for row in rows), strict=True)
        return [{verdict: [cell.verdict for cell in cells].count(verdict) for verdict in VERDICTS} for cells in columns]


def render_page(runs: Sequence[RunEvidence]) -> str:
    """Give the page of one run, or of several side by side, in the order in which they are given.

    Raises ``EvidenceError`` where the verdict of a case is none of ``VERDICTS``.
    """
    for run in runs:
        _check_verdicts(run)
    names = names_of(runs)
    families = families_of(runs)
    rows = [row for family in families for row in family.rows]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            heads=[head_of(run, name) for run, name in zip(runs, names, strict=True)],
            reasons=count_by_reason(runs[0].cases) if len(runs) == 1 else {},
            families=[PackedFamily(each, _anchor(each.name), _packed(each, runs)) for each in families],
            differing=Counter(str(row.difference) for row in rows),
            total=len(rows),
            issues=_issues(rows),
            style=_style(),
            script=_script(),
            script_digest=_digest(_script()),
            version=version("crio-conformance"),
        )
    )


def _check_verdicts(run: RunEvidence) -> None:
    if odd := next((each for each in run.cases if each.verdict not in VERDICTS), None):
        raise EvidenceError(f"{run.folder} is no evidence of a run: the verdict of {odd.case} is {odd.verdict!r}")


def _anchor(name: str) -> str:
    return "family-" + "-".join(name.split())


def _issues(rows: Sequence[CaseRow]) -> list[tuple[str, int]]:
    """Count the cases that are about each issue, the most frequent first."""
    return Counter(issue for row in rows for issue in row.upstream).most_common()


def _packed(family: Family, runs: Sequence[RunEvidence]) -> str:
    cells = ((record, run) for row in family.rows for record, run in zip(row.records, runs, strict=True))
    return pack([case_sections(record, run) for record, run in cells])


def case_sections(record: CaseRecord | None, run: RunEvidence) -> list[str]:
    """Give what a case opens to as HTML, a text for each block of its template; empty ones where a run lacks it."""
    template = _environment().get_template(_CASE)
    if record is None:
        return [""] * len(template.blocks)
    context = template.new_context({"c": details_of(record, run), "record": record})
    return ["".join(block(context)) for block in template.blocks.values()]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., object]] = {
        "as_json": lambda value: json.dumps(value, ensure_ascii=False),
        "clock": lambda seconds: f"{seconds:.3f} s",
        "count": lambda number: f"{number:,}",
        "duration": duration,
        "linked": linked,
        "px": lambda pixels: f"{pixels:.0f}",
        "short": short,
    }
    environment.filters |= filters
    environment.globals["VERDICTS"] = VERDICTS
    return environment


@cache
def _style() -> Markup:
    return Markup(_read("page.css"))  # noqa: S704 (our own file)


@cache
def _script() -> Markup:
    return Markup(_read("page.js"))  # noqa: S704 (our own file)


def _read(name: str) -> str:
    return files(_TEMPLATES).joinpath("templates", name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    """Give the script's digest, as a Content Security Policy names the only script that may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
