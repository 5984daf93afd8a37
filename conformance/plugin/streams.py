"""Standard streams that were closed before pytest began."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.standard_streams import open_closed_streams

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None]:
    """Open what is closed of them before they are captured: pytest flushes them when all is over."""
    open_closed_streams()
    yield
