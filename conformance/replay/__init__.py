"""A scenario played on a running runtime: what is seen of each call, and whether that is what the file expects.

In come a scenario and the name of a runtime; out go observations, verdicts and a report that can be pasted upstream. It
also finds the release, or the commit, at which what is seen changed.
"""
