"""A running runtime as cases see it: CRI-O, the simulator in a rehearsal, or another one for contrast.

In come an installation and a ``Configuration``; out comes a runtime in a world of its own that pulls, is asked for
images and runs pods, each with the evidence of it. The model runs beside it (``model_monitor``), and where the two
differ, that is evidence, too.
"""
