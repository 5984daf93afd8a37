"""JUnit's XML (pytest's ``--junitxml``): cases by family, and what was tested as properties of the test suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.plugin.lifecycle import run_of
from conformance.plugin.terminal import ended_cases

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Let only runs that write XML pay for what is done with each report."""
    if session.config.getoption("xmlpath", None) and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_CaseAttributes(session.config))


class _CaseAttributes:
    """Gives the elements of our cases the attributes by which people look for them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None]:
        """Name a case by its family, and in it by what follows its file: both stay wherever the suite is run.

        Where a deviation is tracked is in what CI shows of a case that it skips.
        """
        properties = dict(report.user_properties)
        if "family" not in properties:
            yield
            return
        elements = [each.node_reporter(report) for each in _writers(self._config)]
        for element in elements:
            element.add_attribute("classname", properties["family"])
            element.add_attribute("name", report.nodeid.partition("::")[2])
        yield
        if hasattr(report, "wasxfail") and (link := properties.get("deviation")):
            for skipped in (node for element in elements for node in element.nodes if node.tag == "skipped"):
                skipped.set("message", f"{skipped.get('message')} ({link})")


def _writers(config: pytest.Config) -> Iterator[Any]:
    """Give what writes XML, pytest's own or another's with the same face."""
    return (each for each in config.pluginmanager.get_plugins() if hasattr(each, "add_global_property"))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Add the properties before the file is written; without a case of ours there is nothing that was tested."""
    terminal = session.config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None and ended_cases(terminal):
        for xml in _writers(session.config):
            for name, value in run_of(session.config).target.properties.items():
                xml.add_global_property(name, value)
