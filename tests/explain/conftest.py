from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.registry_hosts import Internet, RegistryHost, loopback
from tests.explain.explained import Explain
from tests.explain.probe import Probe


@pytest.fixture
def said(tmp_path: Path) -> Explain:
    return Explain(tmp_path)


@pytest.fixture(scope="module")
def everywhere() -> Iterator[Internet]:
    with Internet(loopback) as internet:
        yield internet


@pytest.fixture
def internet(everywhere: Internet) -> Iterator[Internet]:
    yield everywhere
    everywhere.clear()


@pytest.fixture
def probe(tmp_path: Path, internet: Internet) -> Probe:
    return Probe(tmp_path, internet)


@pytest.fixture
def docker_io(internet: Internet) -> RegistryHost:
    return internet.host("docker.io")


@pytest.fixture
def quay_io(internet: Internet) -> RegistryHost:
    return internet.host("quay.io")
