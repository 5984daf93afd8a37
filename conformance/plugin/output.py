"""The streams that a run writes to, and what becomes of it when one cannot be written, or Ctrl-C comes."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from conformance.standard_streams import UNWRITTEN, GuardedStream, guard_stdout, open_closed_streams

if TYPE_CHECKING:
    from collections.abc import Generator

OUTPUT: pytest.StashKey[GuardedStream] = pytest.StashKey()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None]:
    """Open what is closed of the standard streams before they are captured: pytest flushes them when all is over."""
    open_closed_streams()
    yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, int | None, int | None]:
    """Let no run whose output could not be written end well, whenever that was seen: Ctrl-C may come too late.

    An exit code that says of something else that it went wrong stays.
    """
    code = yield
    guarded = config.stash.get(OUTPUT, None)
    return code or UNWRITTEN if guarded is not None and guarded.complaint else code


def guard_terminal(config: pytest.Config) -> None:
    """Let a run end, as with Ctrl-C, whose output is read no further or cannot be written; and say which at its end."""
    if hasattr(config, "workerinput"):
        return
    config.stash[OUTPUT] = guarded = guard_stdout()
    guarded.on_failure = partial(signal.raise_signal, signal.SIGINT)

    def complain() -> None:
        guarded.on_failure = bool
        guarded.flush()
        if guarded.failure is not None and sys.__stdout__ is not None:
            GuardedStream(sys.__stdout__).flush()  # else Python ends with 120 for what another wrote there
        if guarded.complaint and not isinstance(sys.stderr, GuardedStream):
            GuardedStream(sys.stderr).write(f"ERROR: {guarded.complaint}\n")

    config.add_cleanup(complain)


def leave_undisturbed(config: pytest.Config) -> None:
    """Let Ctrl-C, and being told to end, pass until pytest is done: what is cleared up now would end anyway."""
    from conformance.interrupts import undisturbed

    calm = ExitStack()
    calm.enter_context(undisturbed())
    config.add_cleanup(calm.close)


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Let nobody who cannot wait interrupt what is being told and cleared up after the first Ctrl-C.

    It may come where code has no line, as before the first one of a function, and pytest tells of none without. Being
    told to end is passed over as well, where a run takes that for Ctrl-C.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if signal.getsignal(signal.SIGTERM) is signal.default_int_handler:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    excinfo.traceback = excinfo.traceback.filter(_has_line)


def _has_line(entry: Any) -> bool:
    """Tell whether an entry of a traceback has a line; CPython gives None for some instructions."""
    with suppress(TypeError):
        return bool(entry.lineno >= 0)
    return False
