"""JUnit's XML says what was tested: properties of its test suite (pytest's ``--junitxml``)."""

from __future__ import annotations

import pytest

from conformance.plugin.lifecycle import run_of
from conformance.plugin.terminal import ended_cases


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Add the properties before the file is written; without a case of ours there is nothing that was tested."""
    plugins = session.config.pluginmanager
    terminal = plugins.getplugin("terminalreporter")
    for xml in plugins.get_plugins():
        if hasattr(xml, "add_global_property") and terminal is not None and ended_cases(terminal):
            for name, value in run_of(session.config).target.properties.items():
                xml.add_global_property(name, value)
