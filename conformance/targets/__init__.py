"""What a run is about: the values of ``--runtime``, how each is found, and the runtimes that run meanwhile.

In come options, out go a ``Target`` and from it running runtimes, one for each configuration. Finding costs nothing:
what starts a runtime is imported when one is started.
"""
