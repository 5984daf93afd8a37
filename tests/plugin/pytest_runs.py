"""Runs of pytest with the plugin."""

from collections.abc import Callable

import pytest

ONE_FILE = ("--pyargs", "conformance.suite.names.test_short_name_mode")
Run = Callable[..., pytest.RunResult]
