"""What a kubelet's log says (klog, verbosity 3): the events of a pod, which are nowhere else without an API server."""

import re

from conformance.evidence.log import fields_of
from conformance.kubelet.messages import Event
from conformance.kubelet.pod_document import NAMESPACE
from conformance.model.go_text import go_quote

VERBOSITY = 3
_MANY_LINES = re.compile(r"=<\n((?:\t.*\n)*?(?:\t.*))\n >")
"""A value that klog prints over several lines, each after a tab."""

_UNFINISHED = re.compile(r"^.*=<\n(?:\t.*\n)*.*\Z|^.+\Z", re.MULTILINE)
"""What is still being written at the end of a log: a value of several lines, or a line."""

_GRAVE = re.compile(r"(?:\S+ )?[EF]\d{4} .*?\] (?P<message>.*)|(?:Error|panic|fatal error): .*")
"""A line of level error or fatal, before which some builds print the goroutine's labels, or one of cobra's or Go's."""


def events_of(name: str, log: str) -> list[Event]:
    """Give the events of a pod, each once, in order: what ``kubectl describe pod`` shows in a cluster."""
    found = []
    for line in _UNFINISHED.sub("", _MANY_LINES.sub(_in_one_line, log)).splitlines():
        if '"Event occurred"' in line:
            fields = fields_of(line)
            if fields.get("object", "") == f"{NAMESPACE}/{name}":
                found.append(Event(fields.get("reason", ""), fields.get("message", "")))
    return list(dict.fromkeys(found))


def final_error(log: str) -> str:
    """Give what the log of a kubelet that ended says of that: its last error, else its last line."""
    lines = _MANY_LINES.sub(_in_one_line, log).splitlines()
    grave = [match["message"] or match[0] for match in map(_GRAVE.match, lines) if match]
    return " ".join((grave or lines or ["no word"])[-1].split())


def _in_one_line(text: re.Match[str]) -> str:
    """Put a value of several lines into one, quoted as Go quotes it."""
    return "=" + go_quote("\n".join(line.removeprefix("\t") for line in text[1].split("\n")))
