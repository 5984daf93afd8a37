"""One situation as a file and as values: configuration, registry hosts with contents and faults, calls, expectations.

In comes the text of a ``*.scenario.toml``, out go a ``Scenario``, the configuration and the hosts that it describes,
and the same text again; or one sentence that says what is wrong in which line. Oracles, reports and users' own
regressions share it; a scenario knows nothing of them, nor of what comes of it.
"""
