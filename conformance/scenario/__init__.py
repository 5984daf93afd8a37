"""One situation as plain values: how registries.conf is written, what the registry hosts hold, which name is pulled.

In come the parts of a scenario, out go files and contents that are the same for the same words. Oracles make scenarios
up; a scenario knows nothing of them, nor of what comes of it.
"""
