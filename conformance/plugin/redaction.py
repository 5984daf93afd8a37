"""Secrets taken out of what pytest itself says: of a case's failure, of what it printed, of warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.plugin.fixtures import CURSOR
from conformance.plugin.lifecycle import RUN, needs_runtime
from conformance.plugin.verdicts import SECRETS

if TYPE_CHECKING:
    import warnings
    from collections.abc import Generator

    from conformance.evidence.secrets import Secrets


def secrets_of(item: pytest.Item) -> Secrets:
    """Give what must not be shown of a case; it is known until the case is cleared up, and kept from then on."""
    if SECRETS not in item.stash and CURSOR in item.stash:
        item.stash[SECRETS] = item.stash[CURSOR][0].secrets
    return item.stash.get(SECRETS, None) or usual_secrets()


def usual_secrets() -> Secrets:
    """Give what removes only what is a secret wherever it stands."""
    from conformance.evidence.secrets import Secrets

    return Secrets(())


def hide_secrets(report: pytest.TestReport, item: pytest.Item) -> None:
    """Take secrets out of what pytest says of a case: values in its statements, and captured output."""
    if not (report.longrepr or report.sections):
        return
    secrets = secrets_of(item)
    report.sections = [(title, secrets.removed_from(text)) for title, text in report.sections]
    if report.longrepr and not isinstance(report.longrepr, tuple):
        shown = secrets.removed_from(text := report.longreprtext)
        if shown != text:
            report.longrepr = shown
    if hasattr(report, "wasxfail"):
        report.wasxfail = shown_reason(item, report.wasxfail)


def shown_reason(item: pytest.Item, reason: str) -> str:
    """Take secrets out of why a case ended as it did; what a known deviation says has none, whatever its words are."""
    run = item.config.stash.get(RUN, None)
    is_known = run is not None and any(reason == each.reason for each in run.deviations)
    return reason if is_known else secrets_of(item).removed_from(reason)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look at warnings where some cases are ours."""
    if any(map(needs_runtime, session.items)):
        session.config.pluginmanager.register(_WarningRedaction())


class _WarningRedaction:
    """Takes secrets out of warnings before pytest tells them, or a worker sends them to the one who does."""

    def __init__(self) -> None:
        self._last: pytest.Item | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None]:
        """Keep the secrets of a case: its warnings come when it has been cleared up."""
        try:
            yield
        finally:
            self._last = item
            secrets_of(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        """Let a warning say what is shown of it."""
        of_case = self._last is not None and self._last.nodeid == nodeid
        secrets = secrets_of(self._last) if of_case and self._last is not None else usual_secrets()
        shown = secrets.removed_from(text := str(warning_message.message))
        if shown != text:
            warning_message.message = UserWarning(shown)
