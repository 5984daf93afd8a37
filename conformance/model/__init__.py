"""What CRI-O does with an image name, as rules, each with its source; and the words for platforms, reasons, releases.

In come configuration files, what registries answer, a release; out goes what will be asked of whom, and what comes of
it. Nothing here imports anything else of ours, or asks a network.
"""
