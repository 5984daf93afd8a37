"""Rights of a run: one on node containers takes root, which an ordinary user's run is lent before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Run this command anew with the rights that it takes, before its output is captured or anything is begun."""
    runtime = early_config.known_args_namespace.runtime or ""
    if runtime.startswith("container:"):
        from conformance.releases.installation import RuntimeNotFoundError
        from conformance.targets.node_containers import run_anew_with_rights

        try:
            status = run_anew_with_rights(runtime)
        except RuntimeNotFoundError as error:
            raise pytest.UsageError(str(error)) from None
        if status is not None:
            raise SystemExit(status)
    yield
