from collections.abc import Iterator

import pytest

from tests.simulator.served_simulator import Run, simulated


@pytest.fixture
def run() -> Iterator[Run]:
    with simulated() as made:
        yield made
