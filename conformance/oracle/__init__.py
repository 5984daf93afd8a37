"""The model held against oracles: other programs that answer the same question, on scenarios that are made up.

In comes the name of an oracle (skopeo, Podman, a live CRI-O) and a number; a scenario is generated, arranged, predicted
and tried, thousands of times. Out go counts, and the smallest scenario of every difference (docs/oracles.md).
"""
