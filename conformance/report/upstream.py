"""Issues and pull requests upstream, as links."""

import re

_ISSUE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)#(?P<number>[0-9]+)")


def upstream_url(issue: str) -> str:
    """Give the address of an issue such as ``cri-o/cri-o#8780``; empty for what is none (``unreported``).

    GitHub sends the number of a pull request on to where that is.
    """
    match = _ISSUE.fullmatch(issue)
    return f"https://github.com/{match['repository']}/issues/{match['number']}" if match else ""
