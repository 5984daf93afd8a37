"""Issues and pull requests upstream, as links."""

import re

ISSUE = re.compile(r"(?<![\w/.-])(?P<repository>[\w.-]+/[\w.-]+)#(?P<number>\d+)\b")
"""An issue in a text, as GitHub writes it: ``cri-o/cri-o#8780``."""


def issue_url(issue: str) -> str:
    """Give the address of an issue; empty for what names none, such as ``unreported``.

    GitHub sends the number of a pull request on to where that is.
    """
    match = ISSUE.fullmatch(issue)
    return f"https://github.com/{match['repository']}/issues/{match['number']}" if match else ""
