"""The conformance cases: a folder for each subject, a file for each family of behaviour. Nothing imports them.

A case arranges registry hosts, asks CRI-O, and states what must be seen, in that order and in the user's words. Its
docstring's first line is the behaviour. What releases are known to do otherwise is in ``deviations.toml`` beside it.
"""
