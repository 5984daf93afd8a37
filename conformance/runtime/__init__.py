"""Where the runtime comes from, how it is configured and started, and the face that cases see.

In come a ``--runtime`` value and a ``Configuration``; out comes a running CRI-O in a world of its own (or the
simulator, or another runtime, for contrast), that pulls, is asked for images and runs pods, each with the evidence of
it. ``choice`` and ``installation`` are light: finding costs nothing.
"""
