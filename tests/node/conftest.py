from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.node import World
from tests.node.world_traces import PYTHON_HOME


@pytest.fixture
def here(own_tmpdir: Path) -> Iterator[World]:
    del own_tmpdir
    with World(visible=[PYTHON_HOME]) as living:
        yield living
