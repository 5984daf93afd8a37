"""All that was recorded for a case: CRI calls, exchanges, CRI-O's log lines, and the attempts read off them.

In come records from the client, the registry hosts and the log file; out go values that a case states facts about and a
report shows. Log lines are matched here and nowhere else.
"""

from conformance.evidence.attempts import Attempt, attempts
from conformance.evidence.evidence import Collector, Command, Evidence
from conformance.evidence.log import Log, LogLine

__all__ = ["Attempt", "Collector", "Command", "Evidence", "Log", "LogLine", "attempts"]
