"""Links to issues: ``owner/repo#N`` in a text becomes one to GitHub, all else in it is escaped."""

from markupsafe import Markup, escape

from conformance.report.issue_links import ISSUE, issue_url


def linked(text: str) -> Markup:
    """Give a text as HTML, with links where it names issues."""
    parts: list[Markup] = []
    end = 0
    for match in ISSUE.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(Markup('<a href="{}" rel="noreferrer">{}</a>').format(issue_url(match[0]), match[0]))
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])
