"""The conformance cases, a file per family of behaviour. Nothing imports them; pytest finds them.

A case arranges registry hosts, asks CRI-O, and states what must be seen, in that order and in the user's words. Its
docstring's first line is the behaviour.
"""
