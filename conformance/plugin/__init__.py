"""The pytest plugin: what a run of pytest with our cases needs. A file for each concern, each a plugin of its own.

In come options and the cases that pytest collected; out go verdicts, totals per family, deviations met and stories. It
is loaded in every pytest run of the environment, so what is heavy is imported when a case needs CRI-O. One imports from
earlier ones alone: of what is imported before pytest loads it as a plugin, pytest warns that it cannot be rewritten.
"""

pytest_plugins = (
    "conformance.plugin.options",
    "conformance.plugin.rights",
    "conformance.plugin.collection",
    "conformance.plugin.output",
    "conformance.plugin.lifecycle",
    "conformance.plugin.scenario_items",
    "conformance.plugin.fixtures",
    "conformance.plugin.rerun",
    "conformance.plugin.verdicts",
    "conformance.plugin.redaction",
    "conformance.plugin.evidence_files",
    "conformance.plugin.failures",
    "conformance.plugin.terminal",
    "conformance.plugin.progress",
    "conformance.plugin.junit",
    "conformance.plugin.step_summary",
)
