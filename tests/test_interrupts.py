"""Ctrl-C between two things that belong together."""

import signal

import pytest

from conformance.interrupts import undisturbed, uninterrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_waits_for_the_end_of_the_block(number: signal.Signals) -> None:
    """Then it counts as it would have."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    done = []

    def begin() -> None:
        with uninterrupted():
            signal.raise_signal(number)
            done.append("begun")

    before = signal.signal(number, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            begin()
        assert signal.getsignal(number) is interrupt
    finally:
        signal.signal(number, before)
    assert done == ["begun"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_cleared_up_is_not_disturbed(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with undisturbed():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before
