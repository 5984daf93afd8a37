"""What runs on the release lines of CRI-O have found, as files that are committed, and the pages made from them.

In come the evidence of whole runs, the suite's sentences and its known deviations; out go ``results/<release>.json``,
``docs/behaviours.md``, ``docs/findings.md`` and reports that are ready to be filed. Nothing here asks a runtime.
"""
