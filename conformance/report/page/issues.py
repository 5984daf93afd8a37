"""Links to issues: ``owner/repo#N`` in a text becomes one to GitHub, all else in it is escaped."""

import re

from markupsafe import Markup, escape

_ISSUE = re.compile(r"(?<![\w/.-])([\w.-]+/[\w.-]+)#(\d+)\b")


def issue_url(issue: str) -> str:
    """Give the address of an issue, empty for what names none, such as ``unreported``."""
    match = _ISSUE.fullmatch(issue)
    return f"https://github.com/{match[1]}/issues/{match[2]}" if match else ""


def linked(text: str) -> Markup:
    """Give a text as HTML, with links where it names issues."""
    parts: list[Markup] = []
    end = 0
    for match in _ISSUE.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(Markup('<a href="{}" rel="noreferrer">{}</a>').format(issue_url(match[0]), match[0]))
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])
