"""Pages and tables made from evidence.

In comes evidence, or how the cases of a run ended; out goes text. Nothing here asks a runtime.
"""
