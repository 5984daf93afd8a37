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
        _refuse_more_workers(runtime, getattr(early_config.known_args_namespace, "numprocesses", None))
        from conformance.releases.installation import RuntimeNotFoundError
        from conformance.targets.node_containers import run_anew_with_rights

        try:
            status = run_anew_with_rights(runtime)
        except RuntimeNotFoundError as error:
            raise pytest.UsageError(str(error)) from None
        if status is not None:
            raise SystemExit(status)
    yield


def _refuse_more_workers(runtime: str, workers: int | str | None) -> None:
    """Say so where more workers are asked for than there are nodes; ``auto`` and ``logical`` are as many as nodes."""
    from conformance.targets.choice import most_workers

    most = most_workers(runtime)
    if most is not None and isinstance(workers, int) and workers > most:
        msg = f"--runtime {runtime} is for {most} at once, not {workers}: run with -n {most}"
        raise pytest.UsageError(msg)
