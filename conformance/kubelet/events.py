"""The events of a pod, read from a kubelet's log: without an API server they are nowhere else (klog, verbosity 3)."""

import re

from conformance.evidence.log import fields_of
from conformance.kubelet.static import NAMESPACE
from conformance.kubelet.words import Event
from conformance.model.wording import go_quote

VERBOSITY = 3
_MANY_LINES = re.compile(r"=<\n((?:\t.*\n)*?(?:\t.*))\n >")
"""A value that klog prints over several lines, each after a tab."""


def events_of(name: str, log: str) -> list[Event]:
    """Give the events of a pod, each once, in order: what ``kubectl describe pod`` shows in a cluster."""
    found = []
    for line in _MANY_LINES.sub(_in_one_line, log).splitlines():
        if '"Event occurred"' in line:
            fields = fields_of(line)
            if fields.get("object", "") == f"{NAMESPACE}/{name}":
                found.append(Event(fields.get("reason", ""), fields.get("message", "")))
    return list(dict.fromkeys(found))


def _in_one_line(text: re.Match[str]) -> str:
    """Put a value of several lines into one, quoted as Go quotes it."""
    return "=" + go_quote("\n".join(line.removeprefix("\t") for line in text[1].split("\n")))
